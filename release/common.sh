# shellcheck shell=bash
# What the scripts of this folder share; they source it. It sets:
#
#   project            the folder of the sources
#   version            the version in Cargo.toml
#   SOURCE_DATE_EPOCH  how old files are, unless it is set: as old as the commit, or of 1980 where there is no git

set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # for those who source this
version=$(sed -n '/^\[workspace\.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$project/Cargo.toml")

fail() {
    echo "error: $*" >&2
    exit 1
}

# Ends the script with the line of its comment that says how it is called.
usage() {
    echo "usage: $(sed -n "s|^#   \(release/${0##*/}\)|\1|p" "$0")" >&2
    exit 2
}

# What git says of the sources; nothing where there is no git, or where the folder only lies inside of another repository.
git_says() {
    [ -e "$project/.git" ] && git -C "$project" "$@" 2>/dev/null
}

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git_says log -1 --format=%ct || echo 315532800)
fi
export SOURCE_DATE_EPOCH

# The platform of a Rust target, `linux amd64`; nothing for one that there are no releases for.
platform_of() {
    awk -v target="$1" '$3 == target { print $1, $2 }' "$project/release/targets"
}

# A folder for work in progress, which goes away with the script.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
