#!/usr/bin/env bash
# All tests, on a fresh Debian machine: installs what is missing, builds with gcc and clang, runs everything.
# The last line is the count: N passed, N failed.
#
#   tests/run.sh           everything
#   tests/run.sh NAME...   only these: lint unit scenarios chaos determinism defects cli capture corpus calibrate serve
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/packages.sh
. tests/report.sh
need_packages gcc libc6-dev clang libclang-rt-14-dev cmake ninja-build pkg-config check libsqlite3-dev \
    libxxhash-dev nettle-dev libuv1-dev libjansson-dev gnuplot-nox redis-server redis-tools sqlite3 python3 tshark

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(lint unit scenarios chaos determinism defects cli capture corpus calibrate serve conform)

build() {
    local preset
    mkdir -p build
    for preset in release asan debug clang clang-debug; do
        echo "building $preset"
        if cmake --workflow --preset "$preset" >"build/$preset.log" 2>&1; then
            pass "build: $preset"
        else
            fail "build: $preset" "build/$preset.log"
        fi
    done
}

started=$SECONDS
build
export DETSIM=$PWD/build/release/detsim
for suite in "${wanted[@]}"; do
    echo "== $suite"
    before=$SECONDS
    . "tests/suites/$suite.sh"
    echo "== $suite took $((SECONDS - before)) s"
done
echo "all of it took $((SECONDS - started)) s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
