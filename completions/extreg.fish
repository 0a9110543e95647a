# fish completion for kubectl-extreg and oc-extreg, called by these names.
# Load it with: kubectl-extreg completion fish | source
#
# For `oc extreg` and `kubectl extreg` there is `kubectl-extreg completion install`.

function __extreg_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    # What stands before the value of --flag=value belongs to every candidate.
    set -l before (string match -r -- '^-.*?=' "$current")
    set -l typed (string replace -r -- '^-.*?=' '' "$current")

    set -l lines ($program __complete $words "$current" 2>/dev/null)
    test (count $lines) -gt 0; or return
    set -l directive (string replace -- ':' '' $lines[-1])
    set -e lines[-1]
    if test (count $lines) -gt 0
        printf "$before%s\n" $lines
    else if test $directive -eq 16
        printf "$before%s\n" (__fish_complete_directories "$typed" '')
    else if test $directive -eq 0
        printf "$before%s\n" (__fish_complete_path "$typed")
    end
end

complete -c kubectl-extreg -f -a '(__extreg_complete)'
complete -c oc-extreg -f -a '(__extreg_complete)'
