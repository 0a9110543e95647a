registry='@REGISTRY@'
dir=$root/etc/containerd/certs.d/$registry
file=$dir/hosts.toml
ca=$dir/extreg-ca.crt
config=$root/etc/containerd/config.toml

wanted_hosts() {
    cat <<'END_OF_HOSTS'
@HOSTS@
END_OF_HOSTS
}

if [ -e "$file" ] && ! ours "$file"; then
    if [ "$action" = remove ]; then
        echo "unchanged: $file was not written by kubectl-extreg"
        exit 0
    fi
    echo "error: $file was not written by kubectl-extreg; merge this into it by hand:" >&2
    wanted_hosts >&2
    exit 1
fi

if [ "$action" = remove ]; then
    if [ ! -e "$file" ] && [ ! -e "$ca" ]; then
        echo "unchanged: $file"
        exit 0
    fi
    rm -f "$file" "$ca"
    rmdir "$dir" 2> /dev/null || :
    echo "changed: $file is gone"
    exit 0
fi

# The files are read at every pull; whether they are read at all is up to containerd's own configuration.
if [ ! -f "$config" ] || ! grep -Eq '^[[:space:]]*config_path[[:space:]]*=.*/etc/containerd/certs\.d' "$config"; then
    echo "warning: $config names no config_path with /etc/containerd/certs.d." >&2
    echo "Unless \`containerd config dump\` shows one, add it and restart containerd:" >&2
    echo "  containerd 1: [plugins.\"io.containerd.grpc.v1.cri\".registry]" >&2
    echo "  containerd 2: [plugins.\"io.containerd.cri.v1.images\".registry]" >&2
    echo "                config_path = \"/etc/containerd/certs.d\"" >&2
fi

if [ -f "$file" ] && wanted_hosts | cmp -s - "$file" && @CA_IS_DONE@; then
    echo "unchanged: $file"
    exit 0
fi
mkdir -p "$dir"
@CA_INSTALL@
wanted_hosts > "$file"
chmod 0644 "$file"
echo "changed: $file"
