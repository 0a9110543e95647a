#compdef kubectl-extreg oc-extreg
# zsh completion for kubectl-extreg and oc-extreg, called by these names.
# Load it with: source <(kubectl-extreg completion zsh)
# or put it into a folder of $fpath as _extreg.
#
# For `oc extreg` and `kubectl extreg` there is `kubectl-extreg completion install`.

_extreg() {
    local -a asked lines offered ending
    local line value help directive=0
    # Words without their quotes; the last one up to the cursor.
    ((CURRENT > 2)) && asked=("${(@Q)words[2,CURRENT-1]}")
    asked+=("${(Q)PREFIX}")
    lines=("${(@f)$(${(Q)words[1]/#\~/$HOME} __complete "${asked[@]}" 2>/dev/null)}")
    for line in $lines; do
        if [[ $line == :* ]]; then
            directive=${line#:}
            continue
        fi
        value=${line%%$'\t'*}
        help=
        [[ $line == *$'\t'* ]] && help=${line#*$'\t'}
        # _describe parts value and description at the first colon.
        offered+=("${value//:/\\:}${help:+:$help}")
    done
    # Candidates are values alone, behind --flag=.
    compset -P '-*='
    ((directive & 2)) && ending=(-S '')
    if ((${#offered})); then
        _describe -t values 'extreg' offered "${ending[@]}"
    elif ((directive & 16)); then
        _files -/
    elif ((!(directive & 4))); then
        _files
    fi
}

if [[ ${funcstack[1]} == _extreg ]]; then
    _extreg "$@"
else
    compdef _extreg kubectl-extreg oc-extreg
fi
