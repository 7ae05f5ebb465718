/* Probes: the states, decisions and rare branches of replication, each under a name.
 *
 * PROBE(s, NAME) counts that a run came by. The counters are the run's (host_probe); `detsim run --probes` and the
 * report show which names a campaign reached and which it never did. A probe judges nothing and changes nothing. */
#ifndef MODEL_REDIS_PROBES_H
#define MODEL_REDIS_PROBES_H

#include "model/redis/replication.h"
#include "sim/world/host.h"

/* One name each, in the order in which the table shows them. */
#define REDIS_PROBES(P)                                                                                                \
    /* a replica's link to its master, state by state */                                                               \
    P(LINK_NONE, "link-none")                                                                                          \
    P(LINK_CONNECT, "link-connect")                                                                                    \
    P(LINK_CONNECTING, "link-connecting")                                                                              \
    P(LINK_RECEIVE_PING_REPLY, "link-receive-ping-reply")                                                              \
    P(LINK_SEND_HANDSHAKE, "link-send-handshake")                                                                      \
    P(LINK_RECEIVE_AUTH_REPLY, "link-receive-auth-reply")                                                              \
    P(LINK_RECEIVE_PORT_REPLY, "link-receive-port-reply")                                                              \
    P(LINK_RECEIVE_IP_REPLY, "link-receive-ip-reply")                                                                  \
    P(LINK_RECEIVE_CAPA_REPLY, "link-receive-capa-reply")                                                              \
    P(LINK_SEND_PSYNC, "link-send-psync")                                                                              \
    P(LINK_RECEIVE_PSYNC_REPLY, "link-receive-psync-reply")                                                            \
    P(LINK_TRANSFER, "link-transfer")                                                                                  \
    P(LINK_CONNECTED, "link-connected")                                                                                \
    /* a replica, as its master sees it */                                                                             \
    P(REPLICA_NONE, "replica-none")                                                                                    \
    P(REPLICA_WAIT_BGSAVE_START, "replica-wait-bgsave-start")                                                          \
    P(REPLICA_WAIT_BGSAVE_END, "replica-wait-bgsave-end")                                                              \
    P(REPLICA_SEND_BULK, "replica-send-bulk")                                                                          \
    P(REPLICA_ONLINE, "replica-online")                                                                                \
    P(REPLICA_RDB_TRANSMITTED, "replica-rdb-transmitted")                                                              \
    P(REPLICA_WITHHELD, "replica-withheld") /* online, its stream held back until the first ACK */                     \
    P(REPLICA_LET_GO, "replica-let-go")     /* that ACK came */                                                        \
    /* the handshake's turns */                                                                                        \
    P(CONNECT_FAILED, "connect-failed")                                                                                \
    P(PING_REFUSED, "ping-refused")                                                                                    \
    P(AUTH_REFUSED, "auth-refused")                                                                                    \
    P(HANDSHAKE_BROKEN, "handshake-broken")                                                                            \
    P(PSYNC_UNANSWERED, "psync-unanswered") /* the connection broke first */                                           \
    P(REPLY_KEEP_ALIVE, "psync-reply-keep-alive")                                                                      \
    P(REPLY_FULL, "psync-reply-full")                                                                                  \
    P(REPLY_CONTINUE, "psync-reply-continue")                                                                          \
    P(REPLY_CONTINUE_NEW_ID, "psync-reply-continue-new-id") /* goes on downstream */                                   \
    P(REPLY_TRY_LATER, "psync-reply-try-later")             /* -NOMASTERLINK, -LOADING */                              \
    P(SYNC_FALLBACK, "sync-fallback")                                                                                  \
    /* PSYNC at the master */                                                                                          \
    P(SYNC_COMMAND, "sync-command")                                                                                    \
    P(PSYNC_NO_MASTER_LINK, "psync-no-master-link")                                                                    \
    P(PSYNC_PENDING_OUTPUT, "psync-pending-output")                                                                    \
    P(PSYNC_BY_REPLID, "psync-by-replid")                                                                              \
    P(PSYNC_BY_REPLID2, "psync-by-replid2")                                                                            \
    P(PSYNC_NO_ID, "psync-refused-no-id") /* PSYNC ? -1 */                                                             \
    P(PSYNC_ID_UNKNOWN, "psync-refused-id-unknown")                                                                    \
    P(PSYNC_PAST_REPLID2, "psync-refused-past-replid2")                                                                \
    P(PSYNC_NO_BACKLOG, "psync-refused-no-backlog")                                                                    \
    P(PSYNC_BELOW, "psync-refused-below-window")                                                                       \
    P(PSYNC_ABOVE, "psync-refused-above-window")                                                                       \
    /* FAILOVER */                                                                                                     \
    P(FAILOVER_REQUESTED, "failover-requested")                                                                        \
    P(FAILOVER_TIMED_OUT, "failover-timed-out")                                                                        \
    P(FAILOVER_HANDED_OVER, "failover-handed-over") /* the target has everything */                                    \
    P(FAILOVER_FORCED, "failover-forced")           /* its time was over */                                            \
    P(FAILOVER_DONE, "failover-done")                                                                                  \
    P(FAILOVER_TAKEN_BACK, "failover-taken-back")       /* aborted when it was a replica already */                    \
    P(FAILOVER_ACCEPTED, "failover-accepted")           /* as the target: promoted */                                  \
    P(FAILOVER_REFUSED, "failover-refused")             /* as the target */                                            \
    P(FAILOVER_REFUSES_PSYNC, "failover-refuses-psync") /* as the old master */                                        \
    /* which snapshot serves a replica */                                                                              \
    P(ATTACHED, "attach-accepted")                                                                                     \
    P(ATTACH_NO_COMPANION, "attach-refused-no-companion")                                                              \
    P(ATTACH_CAPABILITIES, "attach-refused-capabilities")                                                              \
    P(ATTACH_SOCKETS, "attach-refused-socket-save")                                                                    \
    P(SAVE_DELAYED, "diskless-delay")                                                                                  \
    P(BATCH_FULL, "diskless-max-replicas")                                                                             \
    P(SYNC_FORK_DISK, "sync-fork-disk")                                                                                \
    P(SYNC_FORK_SOCKETS, "sync-fork-sockets")                                                                          \
    P(SYNC_TURNED_AWAY, "sync-turned-away") /* the fork failed */                                                      \
    P(SYNC_SAVE_FAILED, "sync-save-failed")                                                                            \
    P(SYNC_FILE_GONE, "sync-file-gone") /* cannot be opened or read */                                                 \
    P(PIPE_BLOCKED, "pipe-blocked")     /* a replica's socket is full: all wait */                                     \
    P(PIPE_DESERTED, "pipe-deserted")   /* its last replica left: the child is killed */                               \
    P(SYNC_FILE_REMOVED, "sync-file-removed")                                                                          \
    /* snapshots */                                                                                                    \
    P(SAVE_POINT, "save-point-reached")                                                                                \
    P(SAVE_IN_PROCESS, "save-in-process")                                                                              \
    P(FORK_FAILED, "fork-failed")                                                                                      \
    P(CHILD_USELESS, "child-useless") /* its last replica left, and nobody else wants the file */                      \
    P(CHILD_ENDED_BY_US, "child-ended-by-us")                                                                          \
    P(CHILD_KILLED, "child-killed")                                                                                    \
    P(CHILD_FAILED, "child-failed")                                                                                    \
    /* receiving and loading */                                                                                        \
    P(LOAD_START, "load-at-start")                                                                                     \
    P(LOAD_START_NOTHING, "load-at-start-no-file")                                                                     \
    P(LOAD_START_FAILED, "load-at-start-failed")                                                                       \
    P(LOAD_DISK, "load-disk")                                                                                          \
    P(LOAD_EMPTY_DB, "load-on-empty-db")                                                                               \
    P(LOAD_SWAP_SAME, "load-swapdb-same-id")                                                                           \
    P(LOAD_SWAP_FOREIGN, "load-swapdb-foreign-id")                                                                     \
    P(LOAD_DISK_FAILED, "load-disk-failed")                                                                            \
    P(LOAD_SOCKET_FAILED, "load-socket-failed")                                                                        \
    P(LOAD_SHORT_READ, "load-short-read")                                                                              \
    P(LOAD_BAD_MARK, "load-bad-mark")                                                                                  \
    P(LOAD_LINK_LOST, "load-link-lost")     /* loaded from disk, the master was gone meanwhile */                      \
    P(TRANSFER_REFUSED, "transfer-refused") /* an error or nonsense instead of the payload */                          \
    P(TRANSFER_SHORT, "transfer-short")                                                                                \
    P(TRANSFER_DISK_FULL, "transfer-disk-failed")                                                                      \
    P(OWN_SAVE_KILLED, "own-save-killed-for-load")                                                                     \
    P(SUB_REPLICAS_DROPPED, "sub-replicas-dropped-for-load")                                                           \
    /* identity, backlog, stream */                                                                                    \
    P(BACKLOG_CREATED_NEW_ID, "backlog-created-new-id")                                                                \
    P(BACKLOG_CREATED_SAME_ID, "backlog-created-same-id")                                                              \
    P(BACKLOG_FREED_TTL, "backlog-freed-by-ttl")                                                                       \
    P(BACKLOG_FREED_LOAD, "backlog-freed-for-load")                                                                    \
    P(BACKLOG_TRIMMED, "backlog-trimmed")                                                                              \
    P(RESTART_REPLICA_HISTORY, "restart-replica-history")                                                              \
    P(RESTART_MASTER_HISTORY, "restart-master-history")                                                                \
    P(PROMOTED, "promoted")                                                                                            \
    P(DEMOTED, "demoted")                                                                                              \
    P(REPOINTED, "re-pointed")                                                                                         \
    P(SUB_REPLICAS_TOLD, "id-change-disconnects-sub-replica")                                                          \
    P(CACHED_KEPT, "cached-master-kept")                                                                               \
    P(CACHED_NOT_KEPT, "cached-master-not-kept") /* the master broke the protocol */                                   \
    P(CACHED_SYNTHESISED, "cached-master-synthesised")                                                                 \
    P(CACHED_DISCARDED, "cached-master-discarded")                                                                     \
    P(CACHED_RESURRECTED, "cached-master-resurrected")                                                                 \
    P(MULTI_HELD_BACK, "open-multi-held-back")                                                                         \
    P(MULTI_LOST, "open-multi-dropped-with-link")                                                                      \
    P(COMMAND_LOST, "half-command-dropped-with-link")                                                                  \
    P(STREAM_ERROR, "stream-command-failed")                                                                           \
    P(MASTER_PINGED, "ping-sent")                                                                                      \
    P(NEWLINE_TO_REPLICA, "newline-to-replica")                                                                        \
    P(NEWLINE_TO_MASTER, "newline-to-master")                                                                          \
    /* limits and timeouts */                                                                                          \
    P(LIMIT_HARD, "limit-hard-replica")                                                                                \
    P(LIMIT_SOFT, "limit-soft-replica")                                                                                \
    P(LIMIT_CLIENT, "limit-client")                                                                                    \
    P(TIMEOUT_HANDSHAKE, "timeout-handshake")                                                                          \
    P(TIMEOUT_LINE, "timeout-handshake-line")                                                                          \
    P(TIMEOUT_TRANSFER, "timeout-transfer")                                                                            \
    P(TIMEOUT_LOAD, "timeout-diskless-load")                                                                           \
    P(TIMEOUT_MASTER, "timeout-master-silent")                                                                         \
    P(TIMEOUT_REPLICA, "timeout-replica-silent")                                                                       \
    P(TIMEOUT_PIPE, "timeout-replica-stuck-in-pipe")                                                                   \
    /* guarantees */                                                                                                   \
    P(WAIT_AT_ONCE, "wait-answered-at-once")                                                                           \
    P(WAIT_BLOCKED, "wait-blocked")                                                                                    \
    P(WAIT_SERVED, "wait-served")                                                                                      \
    P(WAIT_TIMED_OUT, "wait-timed-out")                                                                                \
    P(GETACK_BROADCAST, "getack-broadcast")                                                                            \
    P(BLOCKED_TURNED_OUT, "blocked-client-unblocked-by-role")                                                          \
    P(REFUSED_NOREPLICAS, "refused-noreplicas")                                                                        \
    P(REFUSED_MISCONF, "refused-misconf")                                                                              \
    P(REFUSED_READONLY, "refused-readonly")                                                                            \
    P(REFUSED_OOM, "refused-oom")                                                                                      \
    P(REFUSED_MASTERDOWN, "refused-masterdown")                                                                        \
    P(REFUSED_LOADING, "refused-loading")                                                                              \
    P(COMMAND_PAUSED, "command-paused")                                                                                \
    P(POP_SERVED, "blocked-pop-served")                                                                                \
    P(EXPIRED_IN_CYCLE, "expired-in-cycle")                                                                            \
    P(EXPIRED_IN_COMMAND, "expired-in-command")                                                                        \
    P(EXPIRED_AT_LOAD, "expired-at-load")                                                                              \
    P(SHUTDOWN_WAITS, "shutdown-waits-for-replicas")                                                                   \
    P(SHUTDOWN_LATE, "shutdown-timed-out")                                                                             \
    P(SHUTDOWN_FAILED, "shutdown-save-failed")

#define REDIS_PROBE_NUMBER(name, text) PROBE_##name,
enum probe { REDIS_PROBES(REDIS_PROBE_NUMBER) PROBE_COUNT };
#undef REDIS_PROBE_NUMBER

/* By number, ends with NULL. */
extern const char *const probe_names[PROBE_COUNT + 1];

/* The probe of a state. Without a default case: the compiler names the state that has none. */
enum probe probe_of_link(enum link_state state);
enum probe probe_of_replica(enum replica_state state);

#define PROBE(s, name) host_probe((s)->host, PROBE_##name)

#endif
