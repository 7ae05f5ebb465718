#!/bin/bash
# Runs the scenarios of tests/conform/scenarios.txt beside real servers and writes the table of tests/conform/README.md.
# Takes a few minutes, most of them waiting.
set -u
cd "$(dirname "$0")/../.." || exit 3
detsim=${DETSIM:-build/release/detsim}
mapfile -t scenarios < <(grep -v '^#' tests/conform/scenarios.txt | awk '{ print $1 }')
table=$(mktemp)
"$detsim" conform "${scenarios[@]}" --jobs "${JOBS:-10}" --confirm 4 --format table >"$table"
status=$?
{
    cat <<'HEAD'
# The model beside real servers

Each scenario runs in the model and on real redis-server 7.0.15 processes (`detsim conform`). Compared are, for every node at
the end: role, link, counters of full and partial resyncs, who shares which replication id, offsets, backlog, dataset and
its size; the replies to all commands of the timeline; every expectation of the scenario; the landmarks of the logs in their
order. Written by `tests/conform/make.sh` from the list in [scenarios.txt](scenarios.txt).

A fact is *not compared* where it depends on phases and delays (it differs between worlds of the model), or cannot be seen from
outside. *Unstable*: real servers do not agree with themselves from run to run.

HEAD
    cat "$table"
    sed 's,\\|,/,g' "$table" | awk -F'|' 'NR > 2 { n++; compared += $3; agree += $4; differ += $5 }
        END { printf "\n%d scenarios, %d facts compared, %d agree; %d are unstable on real servers, or differ.\n", n, compared, agree, differ }'
} >tests/conform/README.md
rm -f "$table"
exit "$status"
