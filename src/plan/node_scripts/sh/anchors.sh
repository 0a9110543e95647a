file=$root/etc/pki/ca-trust/source/anchors/extreg-@SLUG@.crt

is_installed() {
    [ -f "$file" ] && wanted | cmp -s - "$file"
}

do_install() {
    mkdir -p "${file%/*}"
    wanted > "$file"
    chmod 0644 "$file"
}

is_removed() {
    [ ! -e "$file" ]
}

do_remove() {
    rm -f "$file"
}

apply() {
    update-ca-trust extract
    systemctl restart docker
}

