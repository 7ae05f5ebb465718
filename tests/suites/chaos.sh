# Chaos reaches what it is there for: every kind of fault strikes, every state of replication is entered, nothing breaks.

chaos_campaign() {
    JOBS=$(nproc) tests/campaign.sh "${DETSIM_CHAOS_SEEDS:-50}" 20001
}
verify "every fault strikes, every state of replication is entered, and no promise is broken" chaos_campaign
