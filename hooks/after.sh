#!/bin/sh
# Hook of git-mldata, version 2. `git mldata doctor` explains it, `git mldata uninstall` takes it away.
gitml_program=$(command -v git-mldata)
case $gitml_program in /*) ;; *) gitml_program=@PROGRAM@ ;; esac
gitml_chained=${0%.legacy}.mldata-chained
gitml_status=0
[ ! -x "$gitml_chained" ] || "$gitml_chained" "$@" || gitml_status=$?
[ ! -x "$gitml_program" ] || "$gitml_program" hook @EVENT@ "$@" || gitml_status=$((gitml_status ? gitml_status : $?))
exit $gitml_status
