# Each known bug, switched on, is caught by its checker; switched off, the same scenario passes.

# caught FILE CHECK: with the switch the run fails, and CHECK is a violation that names node, offset and command.
caught() {
    local out
    out=$("$DETSIM" run "$1" --seeds 1..20 --format json --quiet) && { echo "nothing was caught"; return 1; }
    printf '%s\n' "$out" | python3 -c '
import json, sys
check = sys.argv[1]
runs = [json.loads(line) for line in sys.stdin]
assert len(runs) == 20, len(runs)
for run in runs:
    assert run["verdict"] == "fail", (run["seed"], "not caught")
    found = [c for c in run["checks"] if c["name"] == check]
    assert found and found[0]["verdict"] == "violation", (run["seed"], run["checks"])
    assert " diverged from m at offset " in found[0]["detail"] and found[0]["at_ns"] >= 0, found
' "$2"
}

passes_without() {
    grep -v '^defect ' "$1" >build/without-defect.scn
    "$DETSIM" run build/without-defect.scn --seeds 1..20 --quiet
}

for file in scenarios/defects/*.scn; do
    name=$(sed -n 's/^defect \([a-z_]*\).*/\1/p' "$file")
    check=$("$DETSIM" defects | awk -v name="$name" '$1 == name {print $2}')
    verify "defect $name is caught by ${check:-?}" caught "$file" "$check"
    verify "without $name the scenario passes" passes_without "$file"
done
