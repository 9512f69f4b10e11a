#!/bin/sh
# Hook of git-mldata, version 2. `git mldata doctor` explains it, `git mldata uninstall` takes it away.
gitml_program=$(command -v git-mldata)
case $gitml_program in /*) ;; *) gitml_program=@PROGRAM@ ;; esac
gitml_chained=${0%.legacy}.mldata-chained
if [ -x "$gitml_chained" ]; then "$gitml_chained" "$@" || exit; fi
[ ! -x "$gitml_program" ] || exec "$gitml_program" hook @EVENT@ "$@"
