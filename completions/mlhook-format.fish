complete -c mlhook-format -s C -d 'Run as if started in DIR' -r -f -a "(__fish_complete_directories)"
complete -c mlhook-format -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t''
never\t''"
complete -c mlhook-format -l from-ref -d 'Check what changed since REV, as the commit of --to-ref has it' -r
complete -c mlhook-format -l to-ref -d 'The commit that --from-ref goes to; HEAD if not given' -r
complete -c mlhook-format -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c mlhook-format -s v -l verbose -d 'Say more'
complete -c mlhook-format -l fix -d 'Correct what can be corrected, and stage it; under pre-commit and prek, correct the worktree'
complete -c mlhook-format -l check -d 'Correct nothing, whatever the settings say'
complete -c mlhook-format -s a -l all -d 'Check every file that Git tracks, as it is staged'
complete -c mlhook-format -l worktree -d 'Check FILE as it is in the worktree'
complete -c mlhook-format -l json -d 'Report as one JSON object'
complete -c mlhook-format -l sarif -d 'Report as SARIF 2.1.0, for services that show findings beside the code'
complete -c mlhook-format -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mlhook-format -s V -l version -d 'Print version'
