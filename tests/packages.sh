# Sourced by the two start commands (scenarios/demo.sh, tests/run.sh): installs the Debian packages that are missing.

# need_packages PACKAGE...: installs what is missing, or says what is missing and ends with status 3.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0

    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo -n)
        if ! sudo -n true 2>/dev/null; then
            packages_missing "${missing[@]}"
        fi
    fi
    command -v apt-get >/dev/null || packages_missing "${missing[@]}"
    echo "installing: ${missing[*]}"
    local log
    log=$(mktemp)
    # No service of an installed package starts by itself: tests start the servers they need, on loopback.
    if ! { "${as_root[@]}" apt-get update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
            apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        packages_missing "${missing[@]}"
    fi
    rm -f "$log"
}

packages_missing() {
    echo "these Debian packages are missing and could not be installed: $*" >&2
    echo "install them (apt-get install $*) and try again" >&2
    exit 3
}
