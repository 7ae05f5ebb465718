#!/usr/bin/env bash
# The chaos campaigns: three topologies under every fault, many seeds each.
#
#   tests/campaign.sh [SEEDS [FIRST]]    seeds FIRST .. FIRST + SEEDS - 1 of each topology (20000 from 1); JOBS=1 for one CPU
#
# For each topology the verdicts, then over all of them which faults struck, which states, decisions and rare branches of
# replication were reached, in how many runs and how often, and what was never reached. Exit status 1 if a run failed, if
# a kind of fault never struck, or if a state of replication that chaos can reach was not entered.
set -uo pipefail
cd "$(dirname "$0")/.."
seeds=${1:-20000}
first=${2:-1}
detsim=${DETSIM:-build/release/detsim}
tables=$(mktemp)
trap 'rm -f "$tables"' EXIT
bad=0

for topology in star chain tree; do
    file=scenarios/chaos/$topology.scn
    "$detsim" run "$file" --seeds "$first..$((first + seeds - 1))" --jobs "${JOBS:-$(nproc)}" --probes --quiet |
        grep -vE '^PASS |: note: ' | tee -a "$tables" | grep -E "^FAIL|violation:|missed:|replay:|runs: " |
        sed "s|^|$topology: |"
    [ "${PIPESTATUS[0]}" -eq 0 ] || bad=1
done

# All names that the tables hold, added up: "SECTION NAME RUNS TIMES"; 0 for those that no run reached.
sums() {
    awk '/^(faults|probes) +runs +times$/ {section = $1; next}
         /^never \(/ {section = "never"; next}
         /^  / && section == "never" {for (i = 1; i <= NF; i++) if (!($i in runs)) {runs[$i] = times[$i] = 0; kind[$i] = "probes"}; next}
         /^  [a-z0-9-]+ +[0-9]+ +[0-9]+$/ {runs[$1] += $2; times[$1] += $3; kind[$1] = section; next}
         {section = ""}
         END {for (name in runs) print kind[name], name, runs[name], times[name]}' "$tables"
}

show() {
    printf '%-38s %10s %12s\n' "$1" runs times
    sums | awk -v want="$1" '$1 == want && $4 > 0 {printf "  %-36s %10d %12d\n", $2, $3, $4}' | sort
}
show faults
show probes
echo "never:" $(sums | awk '$4 == 0 {print $2}' | sort)

# Every kind of fault (fault_name() in sim/run/faults.c) but a flipped byte in an RDB file, which ends a node for good, and
# every state on both sides.
expected="isolate cut refuse reset crash power shutdown pause partition link slow-link child-kill child-stall fork-fail
    disk-full disk-error disk-slow disk-remove clock-jump clock-drift
    $(sed -n 's/^    P(\(LINK\|REPLICA\)_[A-Z_]*, "\([a-z-]*\)").*/\2/p' model/redis/probes.h)"
for name in $expected; do
    if ! sums | awk -v want="$name" '$2 == want && $4 > 0 {found = 1} END {exit !found}'; then
        echo "not reached: $name"
        bad=1
    fi
done
exit "$bad"
