# Every libcheck program, in the release build and under AddressSanitizer; each check counts.

export CK_DEFAULT_TIMEOUT=120 # s: a busy machine is no failure; programs have their own bound below

unit_program() {
    local program=$1 label=$2 log counts
    log=$(mktemp)
    if timeout 300 "$program" >"$log" 2>&1; then
        counts=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: 0, Errors: 0$/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
        if [ "$counts" -gt 0 ]; then
            passed=$((passed + counts))
            printf 'ok      %s (%s checks)\n' "$label" "$counts"
        else
            fail "$label ran no check" "$log"
        fi
    else
        fail "$label" "$log"
    fi
    rm -f "$log"
}

for preset in release asan; do
    for source in tests/unit/test_*.c; do
        name=$(basename "$source" .c)
        unit_program "build/$preset/tests/$name" "$preset $name"
    done
done
