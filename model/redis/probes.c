/* Names of probes, and the probes of the states. */
#include "model/redis/probes.h"

#include <assert.h>

#define NAME(name, text) [PROBE_##name] = text,
const char *const probe_names[PROBE_COUNT + 1] = {REDIS_PROBES(NAME)};
#undef NAME

enum probe probe_of_link(enum link_state state) {
    switch (state) {
    case LINK_NONE:
        return PROBE_LINK_NONE;
    case LINK_CONNECT:
        return PROBE_LINK_CONNECT;
    case LINK_CONNECTING:
        return PROBE_LINK_CONNECTING;
    case LINK_RECEIVE_PING_REPLY:
        return PROBE_LINK_RECEIVE_PING_REPLY;
    case LINK_SEND_HANDSHAKE:
        return PROBE_LINK_SEND_HANDSHAKE;
    case LINK_RECEIVE_AUTH_REPLY:
        return PROBE_LINK_RECEIVE_AUTH_REPLY;
    case LINK_RECEIVE_PORT_REPLY:
        return PROBE_LINK_RECEIVE_PORT_REPLY;
    case LINK_RECEIVE_IP_REPLY:
        return PROBE_LINK_RECEIVE_IP_REPLY;
    case LINK_RECEIVE_CAPA_REPLY:
        return PROBE_LINK_RECEIVE_CAPA_REPLY;
    case LINK_SEND_PSYNC:
        return PROBE_LINK_SEND_PSYNC;
    case LINK_RECEIVE_PSYNC_REPLY:
        return PROBE_LINK_RECEIVE_PSYNC_REPLY;
    case LINK_TRANSFER:
        return PROBE_LINK_TRANSFER;
    case LINK_CONNECTED:
        return PROBE_LINK_CONNECTED;
    }
    assert(false && "no state of a link");
    return PROBE_COUNT;
}

enum probe probe_of_replica(enum replica_state state) {
    switch (state) {
    case REPLICA_NONE:
        return PROBE_REPLICA_NONE;
    case REPLICA_WAIT_BGSAVE_START:
        return PROBE_REPLICA_WAIT_BGSAVE_START;
    case REPLICA_WAIT_BGSAVE_END:
        return PROBE_REPLICA_WAIT_BGSAVE_END;
    case REPLICA_SEND_BULK:
        return PROBE_REPLICA_SEND_BULK;
    case REPLICA_ONLINE:
        return PROBE_REPLICA_ONLINE;
    case REPLICA_RDB_TRANSMITTED:
        return PROBE_REPLICA_RDB_TRANSMITTED;
    }
    assert(false && "no state of a replica");
    return PROBE_COUNT;
}
