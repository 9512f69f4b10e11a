# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_git_mldata_global_optspecs
    string join \n C= q/quiet v/verbose color= h/help V/version
end

function __fish_git_mldata_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_git_mldata_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_git_mldata_using_subcommand
    set -l cmd (__fish_git_mldata_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c git-mldata -n "__fish_git_mldata_needs_command" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_needs_command" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_needs_command" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -s V -l version -d 'Print version'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "init" -d 'Prepare this repository: settings, merge rules and hooks'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "install" -d 'Install Git\'s hooks that check commits and keep data in step'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "uninstall" -d 'Take our hooks away, and put back what was there before'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "doctor" -d 'Explain which hooks run here, and what is wrong with them'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "add" -d 'Put files and directories under version control, or record their changes'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "status" -d 'Show how data differs from its pointers, and what is not here'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "checkout" -d 'Make the worktree match the pointers'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "push" -d 'Send data to a remote'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "fetch" -d 'Bring data from a remote into the cache'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "pull" -d 'Bring data from a remote and check it out'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "remote" -d 'Name the places where data is shared'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "recover" -d 'Bring back what a command displaced'
complete -c git-mldata -n "__fish_git_mldata_needs_command" -f -a "hook" -d 'Do what a Git hook has to do; Git calls this'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand init" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand init" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand init" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand init" -l no-hooks -d 'Install no hooks: after `git switch`, run `git mldata checkout` yourself'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand init" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand init" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand init" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -l method -d 'How: as files, by Git\'s settings, or as files where that is possible' -r -f -a "auto\t'As files, and by settings where the directory is somebody else\'s'
hookdir\t'As files in Git\'s directory of hooks'
config\t'By Git\'s settings'"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -l events -d 'Only these hooks' -r -f -a "pre-commit\t''
pre-merge-commit\t''
prepare-commit-msg\t''
commit-msg\t''
post-checkout\t''
post-merge\t''
post-rewrite\t''
pre-push\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -l global -d 'For all repositories of this user, by Git\'s settings (Git 2.54 and later)'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -l events -d 'Only these hooks' -r -f -a "pre-commit\t''
pre-merge-commit\t''
prepare-commit-msg\t''
commit-msg\t''
post-checkout\t''
post-merge\t''
post-rewrite\t''
pre-push\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -l global -d 'Those that `install --global` put into the user\'s settings, and no others'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand doctor" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand doctor" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand doctor" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand doctor" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand doctor" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -s j -l jobs -d 'Use N threads; as many as there are processors if not given' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -s f -l force -d 'Record what is here even where it would undo a newer version that Git brought'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -l remote -d 'Also ask the default remote, or the one named, what it lacks' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -s j -l jobs -d 'Use N threads; as many as there are processors if not given' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -s s -l short -d 'Show one line for each path'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -s z -d 'End each path with NUL instead of a newline, unescaped; implies --short'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -l exit-code -d 'Exit with 1 if anything differs'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -l unchanged -d 'Also list what is as it should be'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -s j -l jobs -d 'Use N threads; as many as there are processors if not given' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -s f -l force -d 'Replace changed data too; it is kept, and `git mldata recover` brings it back'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -l relink -d 'Make files anew that match already, so that they share their bytes with the cache'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -l allow-missing -d 'Leave out what is not in the cache, instead of failing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand checkout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -s r -l remote -d 'Use this remote instead of the default one' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -l rev -d 'Include what this revision or range names (repeatable)' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -s j -l jobs -d 'Use N threads; as many as there are processors if not given' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -l all-branches -d 'Include what every branch names'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -l all-tags -d 'Include what every tag names'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -s r -l remote -d 'Use this remote instead of the default one' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -l rev -d 'Include what this revision or range names (repeatable)' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -s j -l jobs -d 'Use N threads; as many as there are processors if not given' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -l all-branches -d 'Include what every branch names'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -l all-tags -d 'Include what every tag names'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand fetch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -s r -l remote -d 'Use this remote instead of the default one' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -l rev -d 'Include what this revision or range names (repeatable)' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -s j -l jobs -d 'Use N threads; as many as there are processors if not given' -r
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -l all-branches -d 'Include what every branch names'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -l all-tags -d 'Include what every tag names'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -s n -l dry-run -d 'Show what would be done, and do nothing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -s f -l force -d 'Replace changed data too; it is kept, and `git mldata recover` brings it back'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -l allow-missing -d 'Leave out what the remote lacks, instead of failing'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -f -a "add" -d 'Add a remote, making the directory if it does not exist'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -f -a "list" -d 'List the remotes'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -f -a "remove" -d 'Forget a remote; what it holds stays there'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -f -a "rename" -d 'Give a remote another name'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -f -a "default" -d 'Show the default remote, or choose it'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and not __fish_seen_subcommand_from add list remove rename default set-url" -f -a "set-url" -d 'Say where a remote is now'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from add" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from add" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from add" -s d -l default -d 'Make it the default remote'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from add" -l local -d 'Keep it to this clone, in `git config`, instead of `.mldataconfig`'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from list" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from list" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from remove" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from rename" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from rename" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from rename" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from rename" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from default" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from default" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from default" -l local -d 'Choose it for this clone only'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from default" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from default" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from default" -s h -l help -d 'Print help'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from set-url" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from set-url" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from set-url" -l local -d 'Say it for this clone only, in `git config`'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from set-url" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from set-url" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand remote; and __fish_seen_subcommand_from set-url" -s h -l help -d 'Print help'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and not __fish_seen_subcommand_from list restore drop" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and not __fish_seen_subcommand_from list restore drop" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and not __fish_seen_subcommand_from list restore drop" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and not __fish_seen_subcommand_from list restore drop" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and not __fish_seen_subcommand_from list restore drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and not __fish_seen_subcommand_from list restore drop" -f -a "list" -d 'List what is kept'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and not __fish_seen_subcommand_from list restore drop" -f -a "restore" -d 'Put displaced files back where they were'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and not __fish_seen_subcommand_from list restore drop" -f -a "drop" -d 'Delete for good what is kept under an id'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from list" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from list" -l json -d 'Report as one JSON object'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from restore" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from restore" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from drop" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from drop" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from drop" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from drop" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand recover; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand hook" -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand hook" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c git-mldata -n "__fish_git_mldata_using_subcommand hook" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand hook" -s v -l verbose -d 'Say more'
complete -c git-mldata -n "__fish_git_mldata_using_subcommand hook" -s h -l help -d 'Print help (see more with \'--help\')'
