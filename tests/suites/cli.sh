# The command line's contract: exit status, output forms, errors with their place.

work=build/cli
rm -rf "$work" && mkdir -p "$work"
good=scenarios/resync/partial-resync.scn

printf 'node m\nnode r replicaof m\nexpect m.sync_full == 7\n' >"$work/missed.scn"
printf 'node m\nexpect r3.role == slave\n' >"$work/bad.scn"
printf 'node m\nconf m repl-backlog-sise 1mb\n' >"$work/directive.scn"
printf 'node m\nnode r replicaof m\nat 1s m> SET k "a\\xffb<&\\"" => OK\n' >"$work/bytes.scn"

verify "a run that holds exits with 0" exits_with 0 "$DETSIM" run "$good" --seed 1
verify "a missed expectation exits with 1" exits_with 1 "$DETSIM" run "$work/missed.scn"
verify "a scenario error exits with 2" exits_with 2 "$DETSIM" run "$work/bad.scn"
verify "a missing file exits with 2" exits_with 2 "$DETSIM" run "$work/none.scn"
verify "no arguments exit with 2" exits_with 2 "$DETSIM"
verify "an unknown option exits with 2" exits_with 2 "$DETSIM" run "$good" --sed 1
verify "an unknown subcommand exits with 2" exits_with 2 "$DETSIM" rum "$good"
verify "a report of what is no database exits with 2" exits_with 2 "$DETSIM" report "$good"
verify "a database that cannot be written exits with 3" exits_with 3 "$DETSIM" run "$good" --db /nonexistent/x.db
for command in run replay report defects conform; do
    verify "detsim $command --help" exits_with 0 "$DETSIM" "$command" --help
done

error_has_place() {
    exits_with 2 "$DETSIM" run "$work/bad.scn" >"$work/bad.txt" 2>&1 &&
        grep -q 'bad.scn:2:8: no node named "r3" (nodes: m)' "$work/bad.txt"
}
verify "an error names file, line, column and what there is" error_has_place

error_has_nearest() {
    exits_with 2 "$DETSIM" run "$work/directive.scn" >"$work/directive.txt" 2>&1 &&
        grep -q 'repl-backlog-size' "$work/directive.txt"
}
verify "an unknown directive is told the nearest one" error_has_nearest

all_errors_cost_nothing() {
    rm -f "$work/none.db"
    "$DETSIM" run "$good" "$work/bad.scn" --db "$work/none.db" && return 1
    [ ! -e "$work/none.db" ]
}
verify "a scenario error runs and records nothing" all_errors_cost_nothing

text_line() {
    "$DETSIM" run "$good" --seed 7 |
        grep -qE '^PASS scenarios/resync/partial-resync\.scn seed=7 trace=[0-9a-f]{16} sim=[0-9.]+m?s events=[0-9]+ wall='
}
verify "the PASS line has the contract's form" text_line

fail_line() {
    exits_with 1 "$DETSIM" run "$work/missed.scn" --seed 3 >"$work/fail.txt" &&
        grep -qE '^FAIL build/cli/missed\.scn seed=3 trace=[0-9a-f]{16} ' "$work/fail.txt" &&
        grep -q 'replay: detsim replay' "$work/fail.txt"
}
verify "the FAIL line says what failed and how to see it" fail_line

json_members() {
    "$DETSIM" run "$good" "$work/bytes.scn" --seeds 1..2 --format json --quiet | python3 -c '
import json, sys
runs = [json.loads(line) for line in sys.stdin]
assert len(runs) == 4, len(runs)
want = "scenario seed trace verdict sim_ns events wall_ns checks expectations nodes metrics faults probes notes".split()
for run in runs:
    missing = [w for w in want if w not in run]
    assert not missing, missing
    assert run["verdict"] == "pass"
    for name in ("m", "r"):
        node = run["nodes"][name]
        assert isinstance(node["master_repl_offset"], int) and node["alive"] == 1
        assert len(node["digest"]) == 40 and isinstance(node["dbsize"], int)
    assert run["nodes"]["r"]["lag_bytes"] == 0
    assert run["nodes"]["m"]["digest"] == run["nodes"]["r"]["digest"]
    for c in run["checks"]:
        assert c["verdict"] in ("ok", "anomaly", "violation", "unknown") and "count" in c and "detail" in c
    for e in run["expectations"]:
        assert e["verdict"] in ("held", "missed") and e["line"] > 0 and "got" in e and "text" in e
assert runs[0]["probes"]["psync-by-replid"] == 1 and runs[0]["probes"]["promoted"] == 0
assert runs[0]["faults"]["refuse"] == 1, runs[0]["faults"]
'
}
verify "JSON has the contract's members" json_members

probes_table() {
    "$DETSIM" run "$good" --seeds 1..3 --probes --quiet --jobs 2 >"$work/probes.txt" &&
        grep -qE '^  refuse +3 +3$' "$work/probes.txt" &&
        grep -qE '^  psync-by-replid +3 +3$' "$work/probes.txt" &&
        grep -q '^never (' "$work/probes.txt" &&
        exits_with 2 "$DETSIM" run "$good" --probes --format json
}
verify "--probes shows what the runs came by" probes_table

db_is_whole() {
    rm -f "$work/w.db"
    "$DETSIM" run "$good" --seeds 1..6 --jobs 3 --db "$work/w.db" --record events --quiet || return 1
    [ "$(sqlite3 "$work/w.db" 'pragma integrity_check')" = ok ] &&
        [ -z "$(sqlite3 "$work/w.db" 'pragma foreign_key_check')" ] &&
        [ "$(sqlite3 "$work/w.db" 'select count(*) from run')" -eq 6 ] &&
        [ "$(sqlite3 "$work/w.db" 'select count(*) from event')" -gt 1000 ] &&
        [ "$(sqlite3 "$work/w.db" "select count(*) from sample where metric='master_repl_offset'")" -gt 100 ]
}
verify "the database is whole, from several jobs" db_is_whole

report_is_written() {
    rm -rf "$work/report"
    "$DETSIM" report "$work/w.db" -o "$work/report" >"$work/report.out" || return 1
    [ -s "$work/report/index.html" ] && [ "$(find "$work/report" -name '*.svg' | wc -l)" -ge 4 ] &&
        [ "$(find "$work/report" -name '*.png' | wc -l)" -ge 4 ] &&
        ! grep -qE '(src|href)="https?:' "$work/report/index.html"
}
verify "the report has a page that needs no network, and plots" report_is_written

report_without_gnuplot() {
    rm -rf "$work/report2" "$work/bin" && mkdir "$work/bin"
    PATH=$PWD/$work/bin "$DETSIM" report "$work/w.db" -o "$work/report2" >"$work/no-gnuplot" 2>&1 || return 1
    grep -q 'gnuplot-nox' "$work/no-gnuplot" && [ -s "$work/report2/index.html" ]
}
verify "without gnuplot it says so and writes the rest" report_without_gnuplot

failing=scenarios/defects/drop-buffered-command.scn

verify "replay of a run that holds exits with 0" exits_with 0 "$DETSIM" replay "$good" --seed 1 --until 1s
verify "replay of a run that fails exits with 1" exits_with 1 "$DETSIM" replay "$failing" --seed 1
verify "replay before the failure exits with 0" exits_with 0 "$DETSIM" replay "$failing" --seed 1 --until 1.2s
verify "replay with an unknown node exits with 2" exits_with 2 "$DETSIM" replay "$good" --watch r9
verify "replay until no time exits with 2" exits_with 2 "$DETSIM" replay "$good" --until soon
verify "replay of no file exits with 2" exits_with 2 "$DETSIM" replay
verify "replay of a scenario error exits with 2" exits_with 2 "$DETSIM" replay "$work/bad.scn"

replay_shows_failure() {
    "$DETSIM" replay "$failing" --seed 1 >"$work/replay.txt"
    grep -qE '^  violation  prefix: r1 diverged from m at offset [0-9]+' "$work/replay.txt" &&
        grep -qE '^> #[0-9]+ +[0-9.]+s +apply +r1 -> m ' "$work/replay.txt" &&
        grep -qE '^  r1 +alive' "$work/replay.txt" && ! grep -qE '.{101}' "$work/replay.txt"
}
verify "replay stops at the failure and names check, node and event" replay_shows_failure

# The command that a failed run prints stops at the same moment as replay does by itself.
replay_as_printed() {
    local words
    read -r -a words < <("$DETSIM" run "$failing" --seed 1 | sed -n 's/^ *replay: detsim //p')
    "$DETSIM" "${words[@]}" >"$work/replay2.txt"
    cmp "$work/replay.txt" "$work/replay2.txt"
}
verify "the replay line of a failed run shows that moment, twice the same" replay_as_printed

replay_stops_at_event() {
    "$DETSIM" replay "$good" --seed 1 --event 100000 --watch r >"$work/event.txt" || return 1
    sed -n 's/^. #\([0-9]*\) .*/\1/p' "$work/event.txt" | tail -1 | awk '$1 < 99000 || $1 > 100100 {exit 1}' &&
        grep -q 'total_commands_processed' "$work/event.txt" && ! grep -qE '^. #.* load -> m ' "$work/event.txt"
}
verify "replay stops after an event and watches one node" replay_stops_at_event

readme_is_true() {
    "$DETSIM" run "$good" --seed 7 >"$work/readme.txt" || return 1
    grep -qF "$(sed 's/ wall=.*//' "$work/readme.txt")" README.md
}
verify "the run that the README shows is the run that one gets" readme_is_true

# --- check ---

printf '{"process":0,"type":"invoke","f":"write","value":1}\n{"process":0,"type":"ok","f":"write"}\n{"process":1,"type":"invoke","f":"read"}\n' >"$work/open.jsonl"
{ cat "$work/open.jsonl"; echo '{"process":1,"type":"ok","f":"read","value":1}'; } >"$work/good.jsonl"
{ cat "$work/open.jsonl"; echo '{"process":1,"type":"ok","f":"read","value":2}'; } >"$work/lost.jsonl"
verify "check of a linearizable history exits with 0" exits_with 0 "$DETSIM" check "$work/good.jsonl"
verify "check of one that is not exits with 1" exits_with 1 "$DETSIM" check "$work/lost.jsonl" --svg "$work/lost.svg"
verify "check draws what cannot be ordered" grep -q 'read 2' "$work/lost.svg"
verify "check of a wrong file exits with 2" exits_with 2 "$DETSIM" check "$work/bad.scn" --format jsonl
verify "check of no file exits with 2" exits_with 2 "$DETSIM" check
verify "check of a file that is not there exits with 3" exits_with 3 "$DETSIM" check "$work/none"
