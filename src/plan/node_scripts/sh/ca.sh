wanted() {
    cat <<'END_OF_CA'
# Written by kubectl-extreg
@CA@
END_OF_CA
}

