#!/bin/sh
# Hook of git-mldata, version 2. `git mldata doctor` explains it, `git mldata uninstall` takes it away.
gitml_program=$(command -v git-mldata)
case $gitml_program in /*) ;; *) gitml_program=@PROGRAM@ ;; esac
gitml_input=$(cat && echo .)
if [ -x "$gitml_program" ]; then printf %s "${gitml_input%.}" 2>/dev/null | "$gitml_program" hook @EVENT@ "$@" || exit
elif [ -n "$(git ls-files -- '*.mldata' '*mlrun.lock')" ]; then
    printf '%s\n' 'error: git-mldata was not found: the data of this push would stay behind' 'hint: install it, then push again; `git push --no-verify` pushes without the data' >&2; exit 1
fi
[ ! -x "${0%.legacy}.mldata-chained" ] || printf %s "${gitml_input%.}" 2>/dev/null | "${0%.legacy}.mldata-chained" "$@"
