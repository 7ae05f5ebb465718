/* Loading the RDB of a full resync straight from the master's connection (reference 6.3).
 *
 * With swapdb into a second dataset, which takes the place of the old one when it is complete; with on-empty-db into
 * the empty dataset. The real server reads in a blocking way, with repl-timeout as its limit; here a timer stands for
 * it. */
#include <stdio.h>

#include "model/redis/local_expiry.h"
#include "model/redis/server.h"

static void begin_diskless_load(struct server *s) {
    struct transfer *t = &s->link.transfer;
    bool swap = s->config.repl_diskless_load == LOAD_SWAPDB;
    if (s->aof.state != AOF_OFF) aof_stop(s);
    transfer_kill_own_save(s);
    if (swap) {
        s->loading_ks = keyspace_create(s->pool);
        keyspace_set_clock(s->loading_ks, &s->clock);
    } else {
        transfer_leave_history(s);
        transfer_flush(s);
    }
    host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: Loading DB in memory");
    /* With the same history the old dataset is an earlier state of the one that comes: reads may go on. */
    bool async = swap && memcmp(s->replid, t->replid, REPLID_LEN) == 0;
    host_probe(s->host, async ? PROBE_LOAD_SWAP_SAME : swap ? PROBE_LOAD_SWAP_FOREIGN : PROBE_LOAD_EMPTY_DB);
    loading_from_link(s, swap ? s->loading_ks : s->ks, async);
}

void transfer_fail_socket(struct server *s, const char *why) {
    bool swap = s->loading_ks != NULL;
    PROBE(s, LOAD_SOCKET_FAILED);
    host_log(s->host, LOG_WARNING, "%s", why);
    if (swap) {
        host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: Discarding temporary DB in background");
    } else {
        loading_end(s);
        keyspace_flush(s->ks, -1); /* no half-loaded dataset */
    }
    link_retry_now(s);
}

/* What came is no RDB (measured): corrupt contents end the process, all else is taken for a broken connection. */
static void fail_bad(struct server *s) {
    enum rdb_fault fault = rdb_reader_fault(s->loading.reader);
    if (fault == RDB_FAULT_CORRUPT) {
        loading_log_fault(s, ". Failure loading rdb format from socket, terminating server");
        host_log(s->host, LOG_WARNING, "Terminating server after rdb file reading failure.");
        server_exit(s, 1);
        return;
    }
    loading_log_fault(s, ". Failure loading rdb format from socket, assuming connection error, resuming operation.");
    transfer_fail_socket(s, "Failed trying to load the MASTER synchronization DB from socket: Invalid argument");
}

static void swap_in(struct server *s) {
    if (!s->loading_ks) return;
    transfer_leave_history(s);
    host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: Swapping active DB with loaded DB");
    keyspace_swap(s->ks, s->loading_ks);
    local_expiry_forget(s);
    watch_touch_all(s);
    host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: Discarding old DB in background");
}

static void end_diskless_load(struct server *s) {
    struct transfer *t = &s->link.transfer;
    if (t->by_mark && memcmp(t->tail, t->mark, EOF_MARK_LEN) != 0) {
        PROBE(s, LOAD_BAD_MARK);
        transfer_fail_socket(s, "Replication stream EOF marker is broken");
        return;
    }
    swap_in(s);
    s->dirty++;
    loading_log_success(s, 0);
    transfer_loaded(s, true);
}

/* The RDB is complete: what follows is the mark, if there is one. True: it is there. */
static bool take_mark(struct server *s) {
    struct transfer *t = &s->link.transfer;
    while (t->by_mark && t->tail_len < EOF_MARK_LEN) {
        struct bytes piece = host_peek(s->link.conn);
        if (piece.len == 0) return false;
        size_t n = piece.len < EOF_MARK_LEN - t->tail_len ? piece.len : EOF_MARK_LEN - t->tail_len;
        memcpy(t->tail + t->tail_len, piece.at, n);
        t->tail_len += n;
        host_consume(s->link.conn, n);
    }
    return true;
}

/* Parses what is there, an interval's worth at most; then the event loop has its turn. */
void transfer_read_socket(struct server *s) {
    struct transfer *t = &s->link.transfer;
    if (!s->loading.active) begin_diskless_load(s);
    int64_t budget = s->config.loading_process_events_interval_bytes;
    link_arm_timer(s, s->config.repl_timeout * SIM_SECOND); /* the limit of the real server's blocking read */
    while (budget > 0 && !t->rdb_complete) {
        struct bytes piece = host_peek(s->link.conn);
        if (piece.len == 0) break;
        if ((int64_t)piece.len > budget) piece.len = (size_t)budget;
        size_t used;
        enum rdb_status status = loading_take(s, piece, &used);
        if (status == RDB_BAD) {
            fail_bad(s);
            return;
        }
        host_consume(s->link.conn, used);
        s->link.last_io = s->unixtime;
        t->received += (int64_t)used;
        s->stats.net_repl_input_bytes += used;
        budget -= (int64_t)used;
        t->rdb_complete = status == RDB_DONE;
    }
    transfer_keep_alive(s);
    if (t->rdb_complete && take_mark(s)) end_diskless_load(s);
}
