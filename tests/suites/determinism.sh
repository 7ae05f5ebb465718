# One seed, one run: gcc and clang, debug and release, with and without sanitizers give the same trace hashes.

traces() {
    find scenarios -name '*.scn' | LC_ALL=C sort |
        xargs "build/$1/detsim" run --seeds "$2" --jobs "$(nproc)" --quiet --format json |
        sed 's/.*"scenario":"\([^"]*\)".*"seed":\([0-9]*\).*"trace":"\([0-9a-f]*\)".*/\1 \2 \3/'
}

same_traces() {
    traces release "$2" >build/traces.release
    traces "$1" "$2" >"build/traces.$1"
    [ -s build/traces.release ] && diff build/traces.release "build/traces.$1"
}

for preset in debug clang clang-debug; do
    verify "trace hashes of release and $preset, seeds 1..4" same_traces "$preset" 1..4
done
verify "trace hashes of release and asan, seed 1" same_traces asan 1..1

# Neither the number of jobs nor what is recorded nor the presence of expectations changes a trace.
jobs_do_not_matter() {
    "$DETSIM" run scenarios/sync/five-steps.scn --seeds 1..12 --jobs 1 --quiet --format json |
        sed 's/"wall_ns":[0-9]*/"wall_ns":0/' >build/jobs1
    "$DETSIM" run scenarios/sync/five-steps.scn --seeds 1..12 --jobs 4 --quiet --format json |
        sed 's/"wall_ns":[0-9]*/"wall_ns":0/' >build/jobs4
    [ -s build/jobs1 ] && diff build/jobs1 build/jobs4
}
verify "--jobs does not change the output" jobs_do_not_matter

expectations_do_not_matter() {
    local file=scenarios/resync/partial-resync.scn
    grep -v '^expect' "$file" >build/no-expect.scn
    local with without
    with=$("$DETSIM" run "$file" --seed 7 --format json | grep -o '"trace":"[0-9a-f]*"')
    without=$("$DETSIM" run build/no-expect.scn --seed 7 --format json | grep -o '"trace":"[0-9a-f]*"')
    [ -n "$with" ] && [ "$with" = "$without" ]
}
verify "expectations do not change the trace" expectations_do_not_matter
