registry='@REGISTRY@'
dir=$root/etc/docker/certs.d/$registry

# Docker reads every .crt of the folder: somebody else's ca.crt stays as it is.
file=$dir/ca.crt
if [ -e "$file" ] && ! ours "$file"; then
    file=$dir/extreg.crt
fi

is_installed() {
    [ -f "$file" ] && wanted | cmp -s - "$file"
}

do_install() {
    mkdir -p "$dir"
    wanted > "$file"
    chmod 0644 "$file"
}

is_removed() {
    ! ours "$dir/ca.crt" && ! ours "$dir/extreg.crt"
}

do_remove() {
    for one in "$dir/ca.crt" "$dir/extreg.crt"; do
        if ours "$one"; then
            rm -f "$one"
        fi
    done
    rmdir "$dir" 2> /dev/null || :
}

apply() {
    systemctl restart docker
}

