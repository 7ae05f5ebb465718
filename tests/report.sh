# Sourced by the test scripts: counts what passed and failed, one line a test.

passed=0
failed=0

# pass NAME / fail NAME [DETAIL-FILE]
pass() {
    passed=$((passed + 1))
    printf 'ok      %s\n' "$1"
}

fail() {
    failed=$((failed + 1))
    printf 'FAILED  %s\n' "$1"
    if [ -n "${2:-}" ] && [ -s "$2" ]; then
        tail -n 25 "$2" | sed 's/^/        /'
    fi
    return 0
}

# verify NAME COMMAND...: passes if the command succeeds; its output is shown only if it fails.
verify() {
    local name=$1 log
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then pass "$name"; else fail "$name" "$log"; fi
    rm -f "$log"
}

# exits_with STATUS COMMAND...: succeeds if the command ends with exactly that status.
exits_with() {
    local want=$1 got=0
    shift
    "$@" || got=$?
    [ "$got" -eq "$want" ] && return 0
    echo "exit status $got, expected $want: $*"
    return 1
}
