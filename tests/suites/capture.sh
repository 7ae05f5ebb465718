# `detsim run --pcap`: the real tshark reads what was captured, and finds in it what happened in the run.

work=build/capture
rm -rf "$work"
mkdir -p "$work"

# capture NAME FILE SEED: captures a run.
capture() {
    "$DETSIM" run "$2" --seed "$3" --pcap "$work/$1.pcapng" --quiet >"$work/$1.txt"
}

# packets NAME FILTER: how many packets tshark's filter matches; checksums are verified.
packets() {
    tshark -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -r "$work/$1.pcapng" -Y "$2" 2>/dev/null | wc -l
}

# counts NAME FILTER OP N
counts() {
    local n
    n=$(packets "$1" "$2")
    [ "$n" "$3" "$4" ] || { echo "$n packets match $2, expected $3 $4"; return 1; }
}

same_trace_without() {
    "$DETSIM" run scenarios/resync/partial-resync.scn --seed 7 --quiet >"$work/without.txt"
    diff <(grep -o 'trace=[0-9a-f]*' "$work/partial.txt") <(grep -o 'trace=[0-9a-f]*' "$work/without.txt")
}

# The address of `r` in the file's name records, and the flow that they label.
names_resolve() {
    tshark -N n -r "$work/partial.pcapng" -Y 'frame contains "PSYNC"' -T fields -e ip.src_host -e ip.dst_host 2>/dev/null |
        sort -u | grep -qx "$(printf 'r\tm')"
}

if capture partial scenarios/resync/partial-resync.scn 7; then pass "capture: a run"; else fail "capture: a run" "$work/partial.txt"; fi
verify "capture: the run is the same as without" same_trace_without
verify "capture: nothing malformed" counts partial '_ws.malformed' -eq 0
verify "capture: checksums are right" counts partial 'tcp.checksum.status == "Bad" || ip.checksum.status == "Bad"' -eq 0
verify "capture: sequence numbers fit where no packet is lost" counts partial \
    'tcp.analysis.out_of_order || tcp.analysis.ack_lost_segment || tcp.analysis.retransmission' -eq 0
verify "capture: one PSYNC asks for all, one for the rest" counts partial 'resp.bulk_string.value == "PSYNC"' -eq 2
verify "capture: one partial resync" counts partial 'resp.string contains "CONTINUE "' -eq 1
verify "capture: the refused link was reset" counts partial 'tcp.flags.reset == 1' -gt 0
verify "capture: names" names_resolve

if capture lossy scenarios/network/lossy-link.scn 1; then pass "capture: a lossy run"; else fail "capture: a lossy run" "$work/lossy.txt"; fi
verify "capture: what is lost is sent again" counts lossy 'tcp.analysis.retransmission' -gt 0
verify "capture: checksums with losses" counts lossy 'tcp.checksum.status == "Bad"' -eq 0

verify "capture: several runs are refused" exits_with 2 "$DETSIM" run scenarios/resync/*.scn --seeds 1..2 --pcap "$work/no"
verify "capture: a file that cannot be written is the environment's fault" \
    exits_with 3 "$DETSIM" run scenarios/resync/partial-resync.scn --pcap "$work/no/such/folder"
verify "capture: a full disk is noticed" exits_with 3 "$DETSIM" run scenarios/resync/partial-resync.scn --pcap /dev/full
