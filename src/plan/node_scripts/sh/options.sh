registry='@REGISTRY@'
file=$root/etc/sysconfig/docker
if [ ! -f "$file" ]; then
    echo "error: there is no $file: docker is configured in another way here, or another runtime runs the containers" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Edits the OPTIONS that is in force, the last one, as systemd and shells read it: with single, double or no quotes, over
# several lines, with a quote missing. What comes of it goes to standard output; `present` only says whether it has the flag.
edit() {
    EXTREG_REGISTRY=$registry EXTREG_ACTION=$1 awk '
@AWK@
    ' "$2"
}

edited() {
    # A last line without an end stays one.
    if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then
        printf '%s' "$(edit "$1" "$file")"
    else
        edit "$1" "$file"
    fi > "$work/new"
}

is_installed() {
    edited install
    cmp -s "$file" "$work/new"
}

# Written in place: owner, mode and label of the file stay.
do_install() {
    cat "$file" > "$state/before"
    cat "$work/new" > "$file"
    cat "$work/new" > "$state/after"
}

# Only what this script added is taken away: what it has no note of was there before.
is_removed() {
    [ ! -e "$state/before" ]
}

do_remove() {
    if [ -e "$state/after" ] && cmp -s "$file" "$state/after"; then
        cat "$state/before" > "$file"
    elif [ "$(edit present "$state/before")" = no ]; then
        # Edited by somebody since: only the flag goes.
        edited remove
        cat "$work/new" > "$file"
    fi
    rm -f "$state/before" "$state/after"
}

apply() {
    systemctl restart docker
}

