# The measurement of this machine's costs: it runs, every cost of the language has its row, every figure is above 0.

work=build/calibrate
rm -rf "$work" && mkdir -p "$work/servers"

every_cost_is_measured() {
    local cost
    timeout 100 tests/calibrate/run.sh --quick --conf --dir "$work/servers" >"$work/table.txt" || return 1
    # Figures begin in the 55th column of the table's rows.
    awk '/^#/ {exit} NR > 1 && NF {n++; if (substr($0, 55) + 0 <= 0) {print; bad = 1}} END {exit bad || n < 20}' \
        "$work/table.txt" || return 1
    for cost in $(sed -n 's/.*{"\([a-z-]*\)", &costs->.*/\1/p' sim/run/costs.c) fsync-time; do
        grep -qE "^cost \* $cost [0-9]" "$work/table.txt" || { echo "$cost is not measured"; return 1; }
    done
    grep -qE '^link \* buffer [1-9]' "$work/table.txt"
}
verify "tests/calibrate/run.sh --quick measures every cost" every_cost_is_measured

lines_can_be_pasted() {
    {
        printf 'node m\nnode r replicaof m\nconf * repl-diskless-sync-delay 0\nexpect converged\n'
        sed -n '/^# This machine/,$p' "$work/table.txt"
    } >"$work/pasted.scn"
    "$DETSIM" run "$work/pasted.scn"
}
verify "its cost lines can be pasted into a scenario" lines_can_be_pasted

verify "it leaves nothing behind" rmdir "$work/servers"
verify "without a server it exits with 3" exits_with 3 tests/calibrate/run.sh --server /nonexistent/redis-server
