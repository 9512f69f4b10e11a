_mlhook__data() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="mlhook__data"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        mlhook__data)
            opts="-C -q -v -a -h -V --quiet --verbose --color --fix --check --all --worktree --from-ref --to-ref --json --sarif --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                -C)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --from-ref)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --to-ref)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _mlhook__data -o nosort -o bashdefault -o default mlhook-data
else
    complete -F _mlhook__data -o bashdefault -o default mlhook-data
fi

_mlhook_data_words() {
    local reply words=()
    _mlhook__data "$@"
    for reply in "${COMPREPLY[@]}"; do
        case $reply in
            '['* | '<'*) ;;
            -*) [[ $2 == -* ]] && words+=("$reply") ;;
            *) words+=("$reply") ;;
        esac
    done
    COMPREPLY=("${words[@]}")
}
complete -F _mlhook_data_words -o bashdefault -o default mlhook-data
