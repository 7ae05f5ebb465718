# The model beside real servers: short scenarios of tests/conform/scenarios.txt, and what becomes of the servers.
# A fact that differs is looked at again by more real runs: only what differs every time counts.

work=$PWD/build/conform
rm -rf "$work" && mkdir -p "$work/tmp"
export TMPDIR=$work/tmp

# The scenarios that the list marks with `ci`.
mapfile -t chosen < <(grep -v '^#' tests/conform/scenarios.txt | awk '$2 == "ci" { print $1 }')
facts=$work/facts.jsonl

agree() {
    "$DETSIM" conform "${chosen[@]}" --jobs 8 --confirm 3 --format json --db "$work/facts.db" >"$facts"
    local status=$?
    python3 - "$facts" <<'PYTHON'
import json, sys
for line in open(sys.argv[1]):
    outcome = json.loads(line)
    for fact in outcome["facts"]:
        if fact["verdict"] == "differs":
            print(outcome["scenario"], fact["subject"], fact["name"], "model", fact["model"], "real", fact["real"], fact["why"])
PYTHON
    return "$status"
}
verify "${#chosen[@]} scenarios agree with real servers" agree
verify "all of them were compared" python3 -c '
import json, sys
outcomes = [json.loads(line) for line in open(sys.argv[1])]
assert len(outcomes) == int(sys.argv[2]), len(outcomes)
for outcome in outcomes:
    assert outcome["verdict"] in ("agrees", "differs"), outcome["reason"]
    assert outcome["agreed"] >= 40, outcome["scenario"]
' "$facts" "${#chosen[@]}"
recorded() { [ "$(sqlite3 "$work/facts.db" "SELECT count(*) FROM v_conform WHERE agree >= 40")" = "${#chosen[@]}" ]; }
verify "the facts are in the evidence file" recorded
unset TMPDIR

# A server that is not what the model is a model of.
cat >"$work/other-server" <<'SCRIPT'
#!/bin/sh
exec redis-server "$@" --repl-backlog-size 16kb
SCRIPT
chmod +x "$work/other-server"
resync=scenarios/resync/partial-resync.scn
verify "a server that behaves differently is found" exits_with 1 "$DETSIM" conform "$resync" --server "$work/other-server" --confirm 0

verify "a server that is not there exits with 3" exits_with 3 "$DETSIM" conform "$resync" --server /nonexistent/server
impossible() { "$DETSIM" conform scenarios/sync/fork-failure.scn | grep -q 'NOT COMPARABLE .*fork() cannot be made to fail'; }
verify "what a real server cannot be made to do is said" impossible

# in_folder: the processes that live in the folder of a run.
in_folder() {
    local link
    for link in /proc/[0-9]*/cwd; do
        case $(readlink "$link") in "$work/gone"/*) echo "$link" ;; esac
    done
}

# ended_by SIGNAL: begins a long run, ends it, and looks for what is left of it.
ended_by() {
    local pid i status
    rm -rf "$work/gone" && mkdir -p "$work/gone"
    TMPDIR=$work/gone "$DETSIM" conform scenarios/timeouts/paused-replica.scn scenarios/topology/chain.scn >/dev/null 2>&1 &
    pid=$!
    for ((i = 0; i < 100; i++)); do
        [ "$(in_folder | wc -l)" -ge 2 ] && break
        sleep 0.1
    done
    [ "$(in_folder | wc -l)" -ge 2 ] || { echo "no server was started"; return 1; }
    kill -s "$1" "$pid"
    wait "$pid"
    status=$?
    [ "$1" = KILL ] || [ "$status" -eq 3 ] || { echo "exit status $status"; return 1; }
    for ((i = 0; i < 50; i++)); do
        [ -z "$(in_folder)" ] && break
        sleep 0.1
    done
    [ -z "$(in_folder)" ] || { in_folder; return 1; }
    [ "$1" = KILL ] || [ -z "$(ls "$work/gone")" ] || { ls "$work/gone"; return 1; }
}
verify "Ctrl-C ends the servers and removes their folders" ended_by INT
verify "nothing is left running when detsim is killed" ended_by KILL
