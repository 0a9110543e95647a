# bash completion for kubectl-extreg and oc-extreg, called by these names.
# Load it with: source <(kubectl-extreg completion bash)
#
# For `oc extreg` and `kubectl extreg` there is `kubectl-extreg completion install`.

__extreg_complete() {
    # Readline parts words at = and : as well; the program wants them as they were typed.
    local rest=${COMP_LINE:0:COMP_POINT} words=() word trimmed i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        trimmed=${rest#"${rest%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && word=$trimmed
        if ((i > 0)) && [[ $trimmed == "$rest" ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        rest=${trimmed#"$word"}
    done

    local current=${words[${#words[@]} - 1]}
    # The value alone, behind --flag=.
    local typed=$current
    [[ $current == -*=* ]] && typed=${current#*=}
    # Readline replaces only what stands behind the last colon.
    local fixed=
    [[ $COMP_WORDBREAKS == *:* && $typed == *:* ]] && fixed=${typed%"${typed##*:}"}

    local line directive=0
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :*) directive=${line#:} ;;
            *)
                line=${line%%$'\t'*}
                COMPREPLY+=("${line#"$fixed"}")
                ;;
        esac
    done < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)

    if ((directive & 2)); then
        compopt -o nospace 2>/dev/null
    fi
    if ((${#COMPREPLY[@]} == 0)); then
        if ((directive & 16)); then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$typed")
        elif ((!(directive & 4))); then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$typed")
        fi
    fi
}

complete -F __extreg_complete kubectl-extreg oc-extreg
