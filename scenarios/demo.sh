#!/usr/bin/env bash
# The main job on a fresh Debian machine: installs what is missing, builds detsim, runs the shipped scenarios,
# records them in results.db and writes a report with plots.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/packages.sh
need_packages gcc libc6-dev cmake ninja-build pkg-config check libsqlite3-dev libxxhash-dev nettle-dev libuv1-dev libjansson-dev gnuplot-nox

echo "building (log: build/demo-build.log)"
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release --target detsim; } >build/demo-build.log 2>&1; then
    tail -n 30 build/demo-build.log >&2
    exit 3
fi
detsim=build/release/detsim

rm -rf results.db results.db-wal results.db-shm report
mapfile -t files < <(find scenarios -name '*.scn' -not -path 'scenarios/defects/*' | LC_ALL=C sort)
status=0
"$detsim" run "${files[@]}" --seeds 1..3 --jobs "$(nproc)" --db results.db --record ops || status=$?
"$detsim" report results.db -o report >/dev/null

echo
echo "evidence: $PWD/results.db"
echo "report:   $PWD/report/index.html (plots as PNG and SVG beside it)"
exit "$status"
