state=$root/var/lib/extreg/@KIND@-@SLUG@

is_done() {
    case $action in
        install) is_installed ;;
        *) is_removed ;;
    esac
}

# Docker is restarted only after a change; one whose restart failed is remembered, and made good by the next run.
if [ ! -e "$state/pending" ] && is_done; then
    echo "unchanged: $file"
    exit 0
fi
mkdir -p "$state"
: > "$state/pending"
if ! is_done; then
    case $action in
        install) do_install ;;
        *) do_remove ;;
    esac
fi
apply
rm -f "$state/pending"
rmdir "$state" "$root/var/lib/extreg" 2> /dev/null || :
echo "changed: $file; docker was restarted"
