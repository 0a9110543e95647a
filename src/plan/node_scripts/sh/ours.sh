mark='# Written by kubectl-extreg'

# Whether this script wrote the file.
ours() {
    [ -f "$1" ] && [ "$(head -n 1 "$1")" = "$mark" ]
}

