#!/usr/bin/env bash
# Measures on this machine what the simulated one costs, with real redis-servers on loopback.
#
#   tests/calibrate/run.sh                 a table: cost, measured, the model's default, ratio (about 2 minutes)
#   tests/calibrate/run.sh --quick         the same, less exact, in a few seconds
#   tests/calibrate/run.sh --conf          and the `cost` lines to paste into a scenario for a cluster of such machines
#   tests/calibrate/run.sh --server PATH   another server's program
#   tests/calibrate/run.sh --dir FOLDER    where the servers' folders are made: on the disk to be measured
exec python3 "$(dirname "$0")/calibrate.py" "$@"
