# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_git_mlrun_global_optspecs
    string join \n C= q/quiet v/verbose color= h/help V/version
end

function __fish_git_mlrun_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_git_mlrun_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_git_mlrun_using_subcommand
    set -l cmd (__fish_git_mlrun_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -s V -l version -d 'Print version'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "new" -d 'Make a project from a template'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "template" -d 'Follow the template that a project was made from'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "stage" -d 'Write down what the pipeline does, and list it'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "repro" -d 'Run the stages whose inputs changed'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "exec" -d 'Run a command and record it'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "status" -d 'Show which stages would run, and why'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "commit" -d 'Take the outs that are there for what the stages wrote'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "dag" -d 'Draw which stages need which'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "freeze" -d 'Keep stages from running again'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "unfreeze" -d 'Let frozen stages run again'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "params" -d 'Show how parameters differ between revisions'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "metrics" -d 'Show metrics, and how they differ between revisions'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "plots" -d 'Draw plots of the worktree and of revisions'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "diff" -d 'Show what differs between two revisions, or two runs: params, metrics, data and code'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "log" -d 'List runs with their params and metrics'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "show" -d 'Show everything about a run'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "tag" -d 'Tag runs, write a note to them, or list what was said about them'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "rm" -d 'Delete runs, or bring them back'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "restore" -d 'Bring back a run: its code, its data and what it left'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "push" -d 'Send runs to another repository'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "fetch" -d 'Bring the runs of another repository beside those here'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "pull" -d 'Bring the runs of another repository'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "gc" -d 'Drop runs that were deleted long ago'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "schema" -d 'Print the JSON schema of pipeline files'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "merge-lock" -d 'Merge two versions of mlrun.lock, stage by stage; Git calls this'
complete -c git-mlrun -n "__fish_git_mlrun_needs_command" -f -a "watchdog" -d 'End the processes of stages when the process that runs them dies'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -s t -l template -d 'A built-in name, a directory, an archive, a Git URL, or gh:, gl: or bb:OWNER/NAME' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l ref -d 'The branch, tag or commit of the template' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l directory -d 'Where in its source the template is' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l set -d 'Answer a question (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l answers -d 'Take answers from a YAML or JSON file, or from standard input (`-`)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -s o -l output-dir -d 'Make the project below this directory' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l engine -d 'What renders: this program, or `cookiecutter`, which some templates need for extensions in Python' -r -f -a "native\t''
cookiecutter\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l no-input -d 'Ask nothing: take defaults'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l run -d 'Run the pipeline of the project, and show its metrics'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l trust -d 'Trust the template\'s hooks, of exactly this version, and run them'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l no-hooks -d 'Run no hooks of the template'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l no-git -d 'Make no repository'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l no-commit -d 'Leave the first commit to you: everything is staged'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -s n -l dry-run -d 'Show what would be made, and make nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l list -d 'List the built-in templates'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -f -a "status" -d 'Show which template the project is from, and whether that has changed'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -f -a "diff" -d 'Show what the template has become since the last update'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -f -a "update" -d 'Merge into the project what its template has become'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and not __fish_seen_subcommand_from status diff update adopt" -f -a "adopt" -d 'Link a project that is there to its template'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -l check -d 'Exit with 1 if the template has changed'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -l offline -d 'Do not look at the template'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -l allow-local -d 'Read the template although only the project\'s files say where on this machine it is'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l ref -d 'The branch, tag or commit of the template to compare with' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l set -d 'Give another answer than the recorded one (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l project -d 'Compare the last render with the project'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l stat -d 'Show how much changed in each file, instead of what'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l exit-code -d 'Exit with 1 if there are differences'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l no-input -d 'Ask nothing: take the defaults of new questions'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l trust -d 'Run the template\'s hooks, now and whenever this version of it is used'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l no-hooks -d 'Do not run the template\'s hooks: what they would do to files is left out'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -l allow-local -d 'Read the template although only the project\'s files say where on this machine it is'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l ref -d 'The branch, tag or commit of the template to take, now and later' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l set -d 'Give another answer than the recorded one (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l no-input -d 'Ask nothing: take the defaults of new questions'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l base-empty -d 'Merge without knowing what the template rendered before'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -s n -l dry-run -d 'Show what would be merged, and do nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l trust -d 'Run the template\'s hooks, now and whenever this version of it is used'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l no-hooks -d 'Do not run the template\'s hooks: what they would do to files is left out'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l allow-local -d 'Read the template although only the project\'s files say where on this machine it is'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l ref -d 'The branch, tag or commit of the template that the project comes from' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l directory -d 'Where in its source the template is' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l set -d 'Answer a question (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l no-input -d 'Ask nothing: take defaults'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -s n -l dry-run -d 'Show what would be recorded, and do nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l trust -d 'Run the template\'s hooks, now and whenever this version of it is used'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l no-hooks -d 'Do not run the template\'s hooks: what they would do to files is left out'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l allow-local -d 'Read the template although only the project\'s files say where on this machine it is'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand template; and __fish_seen_subcommand_from adopt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and not __fish_seen_subcommand_from add list" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and not __fish_seen_subcommand_from add list" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and not __fish_seen_subcommand_from add list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and not __fish_seen_subcommand_from add list" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and not __fish_seen_subcommand_from add list" -s h -l help -d 'Print help'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and not __fish_seen_subcommand_from add list" -f -a "add" -d 'Add a stage to the pipeline file of the current directory'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and not __fish_seen_subcommand_from add list" -f -a "list" -d 'List stages with what they are for'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s n -l name -d 'Name of the stage: letters, digits, `-` and `_`' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s d -l dep -d 'A file, directory or glob that the command reads (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s o -l out -d 'A file or directory that the command writes (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s O -l outs-no-cache -d 'The same, for Git to track: it does not go to the cache (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l outs-persist -d 'An out that stays in place while the stage runs again (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l outs-persist-no-cache -d 'The same, for Git to track (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s m -l metric -d 'A file of metrics that the command writes (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s M -l metrics-no-cache -d 'The same, for Git to track (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l plots -d 'A file or directory of plots that the command writes (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l plots-no-cache -d 'The same, for Git to track (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s p -l params -d 'Parameters that the command reads: `lr,epochs` of params.yaml, `FILE:KEY,...`, or `FILE:` for all of a file (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s w -l wdir -d 'Run the command in this directory' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s e -l env -d 'An environment variable that counts as input; without a value, the caller\'s (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l desc -d 'What the stage is for' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l timeout -d 'Give up on an attempt after this time: 90s, 15m, 2h, or seconds' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l retry -d 'Try again this often after a failure' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l always-changed -d 'Run the stage every time'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s f -l force -d 'Replace the stage of this name'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -l dry-run -d 'Show the change to the file, and do nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -l glob -d 'Take targets for globs over the names of stages'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -s P -l all-pipelines -l all -d 'All stages of all pipeline files of the repository'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -l names -d 'Only the names, one in a line'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand stage; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s j -l jobs -d 'Run up to N stages at a time' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s m -l message -d 'The message of that commit' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l branch -d 'Reproduce local branches that are not checked out: a name or a glob (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l glob -d 'Take targets for globs over the names of stages'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s P -l all-pipelines -l all -d 'All stages of all pipeline files of the repository'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s k -l keep-going -d 'Go on with stages that do not need one that failed'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s f -l force -d 'Run stages that need not run, and move edited outs to recovery'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s s -l single -d 'Only the targets, not what they need'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l downstream -d 'The targets and everything that needs them'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l pull -d 'Fetch data that is not here'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l allow-missing -d 'Take data that is not here for what its pointer or lock says'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s n -l dry-run -d 'Show what would run, and run nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l explain -d 'Say why each stage runs, or need not'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l no-run-cache -d 'Run stages even if they ran with the same inputs before'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s i -l interactive -d 'Ask before each stage'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l no-record -d 'Do not record the run'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l commit -d 'Commit the lock, and outs that Git tracks, if all went well'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand repro" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -l name -d 'What to call the run, instead of a name that is made up; no run or commit may be called so yet' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -s t -l tag -d 'Tag the run (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -l metrics -d 'A file that the command writes metrics to (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -l params -d 'A file that the command reads parameters from (repeatable)' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -l branch -d 'The same of these branches: a name or a glob (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -l glob -d 'Take targets for globs over the names of stages'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -s P -l all-pipelines -l all -d 'All stages of all pipeline files of the repository'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -s s -l single -d 'Only the targets, not what they need'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -l unchanged -d 'Show stages that are up to date, too'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -l branches -d 'Show which stages of local branches are not what their locks say, without a checkout'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -l exit-code -d 'Exit with 1 if a stage would run'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -l glob -d 'Take targets for globs over the names of stages'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -s P -l all-pipelines -l all -d 'All stages of all pipeline files of the repository'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -s n -l dry-run -d 'Show what would be recorded, and record nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand commit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -l glob -d 'Take targets for globs over the names of stages'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -s P -l all-pipelines -l all -d 'All stages of all pipeline files of the repository'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -l full -d 'Also what needs the targets, and all that has to do with that'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -s o -l outs -d 'Outs instead of stages'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -l collapse -l collapse-foreach-matrix -d 'All stages of a foreach or matrix as one'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -l mermaid -d 'Write it in the language of Mermaid'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -l md -d 'Write it in the language of Mermaid, as a block of Markdown'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -l dot -d 'Write it in the language of Graphviz'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand dag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand freeze" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand freeze" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand freeze" -s n -l dry-run -d 'Show the change to the file, and do nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand freeze" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand freeze" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand freeze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand unfreeze" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand unfreeze" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand unfreeze" -s n -l dry-run -d 'Show the change to the file, and do nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand unfreeze" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand unfreeze" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand unfreeze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and not __fish_seen_subcommand_from diff" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and not __fish_seen_subcommand_from diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and not __fish_seen_subcommand_from diff" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and not __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and not __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and not __fish_seen_subcommand_from diff" -f -a "diff" -d 'Show which parameters differ between two revisions'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -l precision -d 'Show floats with N significant digits' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -l all -d 'Also show what does not differ'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -l exit-code -d 'Exit with 1 if anything differs'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -l md -d 'Write a table in GitHub\'s Markdown'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand params; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and not __fish_seen_subcommand_from show diff" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and not __fish_seen_subcommand_from show diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and not __fish_seen_subcommand_from show diff" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and not __fish_seen_subcommand_from show diff" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and not __fish_seen_subcommand_from show diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and not __fish_seen_subcommand_from show diff" -f -a "show" -d 'Show the metrics of the worktree, or of revisions'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and not __fish_seen_subcommand_from show diff" -f -a "diff" -d 'Show which metrics differ between two revisions'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -l rev -d 'Show this revision, or each commit of a range `A..B`, instead of the worktree (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -s n -l max-count -d 'Also show the N latest commits of HEAD, or of each --rev' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -l precision -d 'Show floats with N significant digits' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -s a -l all-branches -d 'Also show every local branch'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -s T -l all-tags -d 'Also show every tag'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -s A -l all-commits -d 'Also show every commit that a branch or tag leads to'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -l md -d 'Write a table in GitHub\'s Markdown'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -l precision -d 'Show floats with N significant digits' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -l all -d 'Also show what does not differ'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -l exit-code -d 'Exit with 1 if anything differs'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -l md -d 'Write a table in GitHub\'s Markdown'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand metrics; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and not __fish_seen_subcommand_from show diff" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and not __fish_seen_subcommand_from show diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and not __fish_seen_subcommand_from show diff" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and not __fish_seen_subcommand_from show diff" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and not __fish_seen_subcommand_from show diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and not __fish_seen_subcommand_from show diff" -f -a "show" -d 'Draw plots of the worktree, or of revisions'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and not __fish_seen_subcommand_from show diff" -f -a "diff" -d 'Draw plots of several revisions over each other'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -l rev -d 'Show this revision, or each commit of a range `A..B`, instead of the worktree (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s n -l max-count -d 'Also show the N latest commits of HEAD, or of each --rev' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s o -l output -d 'Write the page to FILE instead of into the Git directory' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s t -l template -d 'Draw with this template, whatever the pipeline file says' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s x -d 'Take this column for x' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s y -d 'Take this column for y' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -l x-label -d 'Write this at the x axis' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -l y-label -d 'Write this at the y axis' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -l title -d 'Write this above the plot' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s a -l all-branches -d 'Also show every local branch'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s T -l all-tags -d 'Also show every tag'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s A -l all-commits -d 'Also show every commit that a branch or tag leads to'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -l text -d 'Draw in the terminal only'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -l json -d 'Report the points as one JSON object, and draw nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -l no-header -d 'Take the first line of CSV and TSV files for data, and call columns 0, 1, 2 …'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -s o -l output -d 'Write the page to FILE instead of into the Git directory' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -s t -l template -d 'Draw with this template, whatever the pipeline file says' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -s x -d 'Take this column for x' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -s y -d 'Take this column for y' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -l x-label -d 'Write this at the x axis' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -l y-label -d 'Write this at the y axis' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -l title -d 'Write this above the plot' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -l text -d 'Draw in the terminal only'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -l json -d 'Report the points as one JSON object, and draw nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -l no-header -d 'Take the first line of CSV and TSV files for data, and call columns 0, 1, 2 …'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand plots; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -l precision -d 'Show floats with N significant digits' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -l html -d 'Of two runs, write a page to FILE, which needs nothing but itself' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -l exit-code -d 'Exit with 1 if anything differs'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -l all -d 'Of two runs, also show what does not differ'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -s p -l patch -d 'Of two runs, also show the changes of the code, line by line'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -l md -d 'Write a table in GitHub\'s Markdown'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -s f -l filter -d 'Only runs of which this is true (repeatable: all of them)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -s s -l sort -d 'Sort by this: a key, or `-KEY` for the greatest first (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -s n -l max-count -d 'At most N runs' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l columns -d 'Show these columns: keys, or globs such as `metrics.*`, with commas between them' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l add-columns -d 'Show these columns, too' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l precision -d 'Show floats with N significant digits' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -s a -l all -d 'Also runs of stages'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l stages -d 'Only runs of stages'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l deleted -d 'Only runs that were deleted'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l json -d 'Report as one JSON array'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l csv -d 'Write comma-separated values (RFC 4180), with all params and metrics'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -l md -d 'Write a table in GitHub\'s Markdown'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -l curves -d 'Draw these curves large; all if no name is given' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -l html -d 'Write a page to FILE, which needs nothing but itself' -r -F
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -l log -d 'Show all that it printed, not only the end'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -l points -d 'Report all points of curves, which may be millions, as far as they are here'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -s d -l delete -d 'Take this tag away (repeatable)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -s m -l message -d 'Write this note; an empty one takes the note away' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -s n -l dry-run -d 'Show which runs would be changed, and change nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -l json -d 'Report what holds as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand tag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand rm" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand rm" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand rm" -l undo -d 'Bring deleted runs back'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand rm" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand rm" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand rm" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand rm" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -s b -l branch -d 'Name of the new branch, instead of `run/NAME`' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -l worktree -d 'Make a new worktree in DIR and leave this one alone' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -l no-data -d 'Bring the code only'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -s j -l jobs -d 'Use N threads for data; as many as there are processors if not given' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -l no-data -d 'Send no logs, curves and outs to the remote of `git mldata`'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -s n -l dry-run -d 'Show what would be sent, and send nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand fetch" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand fetch" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand fetch" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand fetch" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand fetch" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand fetch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand pull" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand pull" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand pull" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand pull" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand pull" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -l expire -d 'Keep what was deleted less than this long ago: days (`30d`), hours (`12h`) or weeks (`2w`)' -r
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -l force -d 'Also store what runners recorded that may still be at work elsewhere'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -s n -l dry-run -d 'Show what would go, and change nothing'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -l json -d 'Report as one JSON object'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand gc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand schema" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand schema" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand schema" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand schema" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand merge-lock" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand merge-lock" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand merge-lock" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand merge-lock" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand merge-lock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand watchdog" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand watchdog" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand watchdog" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand watchdog" -s v -l verbose -d 'Say more'
complete -c git-mlrun -n "__fish_git_mlrun_using_subcommand watchdog" -s h -l help -d 'Print help'
