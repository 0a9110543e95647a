#!/bin/sh
# @TITLE@
#
# Written by kubectl-extreg. Run it as root on every node; a second run changes nothing.
# @REMARK@
#
#   sh @NAME@ [install|remove] [--root DIR]
#
# Without a word it does: @ACTION@. DIR (or $ROOT) is put before every path.
set -eu

action=@ACTION@
root=${ROOT:-}
while [ $# -gt 0 ]; do
    case $1 in
        install | remove)
            action=$1
            shift
            ;;
        --root)
            root=${2:?--root needs a folder}
            shift 2
            ;;
        *)
            echo "usage: $0 [install|remove] [--root DIR]" >&2
            exit 2
            ;;
    esac
done
root=${root%/}

