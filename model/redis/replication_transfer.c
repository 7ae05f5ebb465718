/* Receiving the RDB of a full resync and putting it in the place of the old dataset (reference 6). */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/redis/local_expiry.h"
#include "model/redis/server.h"

enum {
    READ_SIZE = 16 * 1024,
    SYNC_EVERY = 8 * 1024 * 1024 /* REPL_MAX_WRITTEN_BEFORE_FSYNC */
};

static bool all_persistence_disabled(const struct server *s) {
    return s->config.save_point_count == 0 && s->aof.state == AOF_OFF;
}

static bool loads_from_socket(const struct server *s) {
    if (s->config.repl_diskless_load == LOAD_SWAPDB) return true;
    return s->config.repl_diskless_load == LOAD_ON_EMPTY_DB && keyspace_total(s->ks) == 0;
}

/* --- begin and end ------------------------------------------------------------------------------------------------ */

void transfer_begin(struct server *s) {
    struct transfer *t = &s->link.transfer;
    assert(s->link.conn && !t->file && !s->loading.active);
    t->header_read = t->by_mark = false;
    t->tail_len = 0;
    t->size = -1;
    t->received = t->synced = t->early_stream = 0;
    t->rdb_complete = false;
    buffer_clear(&t->early);
    resp_parser_reset(t->early_parser);
    t->diskless = loads_from_socket(s);
    if (!t->diskless) {
        int error = 0;
        snprintf(t->file_name, sizeof(t->file_name), "temp-%" PRId64 ".%u.rdb", s->unixtime, s->host->incarnation);
        t->file = host_file_open(s->host, t->file_name, FILE_CREATE, &error);
        if (!t->file) {
            host_log(s->host, LOG_WARNING, "Opening the temp file needed for MASTER <-> REPLICA synchronization: %s",
                     error == HOST_ENOSPC ? "No space left on device" : "Input/output error");
            link_abort(s);
            return;
        }
    }
    s->link.last_io = s->unixtime;
    link_set_state(s, LINK_TRANSFER);
}

void transfer_drop_second_dataset(struct server *s) {
    if (s->loading_ks) keyspace_destroy(s->loading_ks);
    s->loading_ks = NULL;
}

void transfer_drop(struct server *s) {
    struct transfer *t = &s->link.transfer;
    loading_end(s);
    transfer_drop_second_dataset(s);
    if (!t->file) return;
    host_file_close(s->host, t->file);
    host_remove(s->host, t->file_name);
    t->file = NULL;
}

/* --- the header --------------------------------------------------------------------------------------------------- */

/* A defect sends stream commands before the payload. What they would do to a dataset that is about to go does not
 * matter; what remains of them is that they were counted. True: some are there, or the rest of one is to come. */
static bool swallow_early_stream(struct server *s) {
    struct transfer *t = &s->link.transfer;
    struct bytes piece = host_peek(s->link.conn);
    if (piece.len == 0 || s->link.line.len || (t->early.len == 0 && piece.at[0] != '*')) return false;
    size_t before = t->early.len;
    buffer_put(&t->early, piece.at, piece.len);
    if (resp_parse(t->early_parser, buffer_bytes(&t->early)) != RESP_DONE) {
        host_consume(s->link.conn, piece.len);
        return true;
    }
    host_consume(s->link.conn, t->early_parser->used - before);
    t->early_stream += (int64_t)t->early_parser->used;
    buffer_clear(&t->early);
    return true;
}

static void take_header(struct server *s) {
    struct transfer *t = &s->link.transfer;
    const char *line = s->link.line.at;
    const char *where = t->diskless ? "to parser" : "to disk";
    if (line[0] == '-') {
        PROBE(s, TRANSFER_REFUSED);
        host_log(s->host, LOG_WARNING, "MASTER aborted replication with an error: %s", line + 1);
        link_retry_now(s);
    } else if (line[0] == 0) {
        s->link.last_io = s->unixtime; /* the master lives, its snapshot is not ready */
    } else if (line[0] != '$') {
        PROBE(s, TRANSFER_REFUSED);
        host_log(s->host, LOG_WARNING,
                 "Bad protocol from MASTER, the first byte is not '$' (we received '%s'), are you sure "
                 "the host and port are right?",
                 line);
        link_retry_now(s);
    } else if (strncmp(line + 1, "EOF:", 4) == 0 && strlen(line + 5) >= EOF_MARK_LEN) {
        t->header_read = t->by_mark = true;
        t->size = 0;
        memcpy(t->mark, line + 5, EOF_MARK_LEN);
        host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF %s", where);
    } else {
        t->header_read = true;
        t->size = strtoll(line + 1, NULL, 10);
        host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: receiving %" PRId64 " bytes from master %s", t->size,
                 where);
    }
}

/* --- the payload -------------------------------------------------------------------------------------------------- */

static bool write_file(struct server *s, struct bytes bytes) {
    struct transfer *t = &s->link.transfer;
    int64_t n = bytes.len ? host_file_write(s->host, t->file, bytes.at, bytes.len) : 0;
    if (n == (int64_t)bytes.len) return true;
    PROBE(s, TRANSFER_DISK_FULL);
    host_log(s->host, LOG_WARNING,
             "Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA "
             "synchronization: %s",
             n == HOST_ENOSPC ? "No space left on device"
             : n < 0          ? "Input/output error"
                              : "short write");
    link_retry_now(s);
    return false;
}

/* With a mark the last 40 bytes are held back: they may be it. */
static bool write_all_but_tail(struct server *s, struct bytes piece) {
    struct transfer *t = &s->link.transfer;
    size_t all = t->tail_len + piece.len, ready = all > EOF_MARK_LEN ? all - EOF_MARK_LEN : 0;
    size_t from_tail = ready < t->tail_len ? ready : t->tail_len, from_piece = ready - from_tail;
    if (!write_file(s, (struct bytes){t->tail, from_tail}) || !write_file(s, (struct bytes){piece.at, from_piece}))
        return false;
    memmove(t->tail, t->tail + from_tail, t->tail_len - from_tail);
    t->tail_len -= from_tail;
    memcpy(t->tail + t->tail_len, piece.at + from_piece, piece.len - from_piece);
    t->tail_len += piece.len - from_piece;
    return true;
}

/* So that the disk is not far behind at the end. The real server calls sync_file_range, and its result goes unnoticed.
 */
static void write_out_now_and_then(struct server *s) {
    struct transfer *t = &s->link.transfer;
    if (t->received < t->synced + SYNC_EVERY) return;
    t->synced = t->received;
    host_file_write_out(s->host, t->file);
}

/* One read into the file. True: the payload is complete. */
static bool receive_to_file(struct server *s) {
    struct transfer *t = &s->link.transfer;
    assert(t->file && t->header_read);
    host_spend(s->host, s->host->costs->socket_time);
    size_t budget = READ_SIZE;
    while (budget) {
        struct bytes piece = host_peek(s->link.conn);
        int64_t left = t->by_mark ? INT64_MAX : t->size - t->received;
        if (piece.len > budget) piece.len = budget;
        if ((int64_t)piece.len > left) piece.len = (size_t)left;
        if (piece.len == 0) break;
        s->link.last_io = s->unixtime;
        if (!(t->by_mark ? write_all_but_tail(s, piece) : write_file(s, piece))) return false;
        t->received += (int64_t)piece.len;
        s->stats.net_repl_input_bytes += piece.len;
        host_consume(s->link.conn, piece.len);
        budget -= piece.len;
    }
    write_out_now_and_then(s);
    if (!t->by_mark) return t->received == t->size;
    /* Only the very end of what was read can be the mark: nothing may follow it (reference 5.5). */
    return t->tail_len == EOF_MARK_LEN && memcmp(t->tail, t->mark, EOF_MARK_LEN) == 0;
}

/* --- the old dataset goes ----------------------------------------------------------------------------------------- */

void transfer_kill_own_save(struct server *s) {
    if (!save_running(s)) return;
    PROBE(s, OWN_SAVE_KILLED);
    if (!s->link.transfer.diskless) {
        host_log(s->host, LOG_NOTICE,
                 "Replica is about to load the RDB file received from the master, but there is a pending "
                 "RDB child running. Killing process %llu and removing its temp file to avoid any race",
                 (unsigned long long)s->save.number);
    }
    save_kill(s);
}

/* From here on we belong to the new master's history: nobody may go on with what we had. */
void transfer_leave_history(struct server *s) {
    if (s->replica_count) PROBE(s, SUB_REPLICAS_DROPPED);
    if (s->repl.backlog) PROBE(s, BACKLOG_FREED_LOAD);
    apply_discard_cached(s);
    replication_disconnect_replicas(s);
    replication_free_backlog(s);
}

void transfer_flush(struct server *s) {
    host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: Flushing old data");
    uint64_t removed = keyspace_flush(s->ks, -1);
    if (!s->config.replica_lazy_flush) host_spend(s->host, (sim_time)removed * s->host->costs->flush_key);
    local_expiry_forget(s);
    watch_touch_all(s);
    struct happening h = {.kind = R_EMPTIED, .peer = s->link.conn ? s->link.conn->peer : NO_PARTY};
    host_note(s->host, &h);
}

/* --- loading the file --------------------------------------------------------------------------------------------- */

static void remove_if_unwanted(struct server *s) {
    if (!s->config.rdb_del_sync_files || !all_persistence_disabled(s)) return;
    PROBE(s, SYNC_FILE_REMOVED);
    host_log(s->host, LOG_NOTICE,
             "Removing the RDB file obtained from the master. This replica has persistence disabled");
    host_remove(s->host, s->config.dbfilename);
}

/* Makes the temporary file the server's own. */
static bool take_over_file(struct server *s) {
    struct transfer *t = &s->link.transfer;
    if (host_file_sync(s->host, t->file) != 0) {
        host_log(s->host, LOG_WARNING,
                 "Failed trying to sync the temp DB to disk in MASTER <-> REPLICA synchronization: "
                 "Input/output error");
        return false;
    }
    int error = host_rename(s->host, t->file_name, s->config.dbfilename);
    if (error) {
        host_log(s->host, LOG_WARNING,
                 "Failed trying to rename the temp DB into %s in MASTER <-> REPLICA synchronization: %s",
                 s->config.dbfilename, error == HOST_ENOENT ? "No such file or directory" : "Input/output error");
        return false;
    }
    if (host_sync_dir(s->host) != 0) {
        host_log(s->host, LOG_WARNING,
                 "Failed trying to sync DB directory %s in MASTER <-> REPLICA synchronization: Input/output error",
                 s->config.dbfilename);
        return false;
    }
    host_file_close(s->host, t->file);
    t->file = NULL;
    return true;
}

static void load_received_file(struct server *s) {
    if (s->aof.state != AOF_OFF) aof_stop(s);
    if (s->exiting) return;
    PROBE(s, LOAD_DISK);
    transfer_kill_own_save(s);
    transfer_leave_history(s);
    transfer_flush(s);
    host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: Loading DB in memory");
    host_reading(s->link.conn, false); /* what follows in the socket is the stream: it waits */
    if (take_over_file(s))
        loading_from_file(s, s->config.dbfilename);
    else
        link_retry_now(s);
}

void transfer_read_timed_out(struct server *s) {
    PROBE(s, TIMEOUT_LOAD);
    if (s->loading.active) {
        transfer_fail_socket(
            s, "Failed trying to load the MASTER synchronization DB from socket: Resource temporarily unavailable");
    } else {
        host_log(s->host, LOG_WARNING, "I/O error reading bulk count from MASTER: Connection timed out");
        link_retry_now(s);
    }
}

/* --- what the event loop calls ------------------------------------------------------------------------------------ */

void transfer_readable(struct server *s) {
    struct master_link *l = &s->link;
    struct transfer *t = &l->transfer;
    if (!t->header_read) {
        if (defect_on(s, DEFECT_BUFFER_BEFORE_RDB) && swallow_early_stream(s)) return;
        buffer_reserve(&l->line, 1);
        if (!link_read_line(s)) return;
        take_header(s);
        buffer_clear(&l->line);
        return;
    }
    if (t->diskless)
        transfer_read_socket(s);
    else if (receive_to_file(s))
        load_received_file(s);
}

void transfer_closed(struct server *s, const char *why) {
    /* While the file is loaded nobody looks at the connection: its end is seen afterwards. */
    if (s->loading.active && !s->link.transfer.diskless) return;
    if (s->loading.active) {
        PROBE(s, LOAD_SHORT_READ);
        transfer_fail_socket(s, "Failed trying to load the MASTER synchronization DB from socket: Input/output error");
    } else if (s->link.transfer.header_read) {
        PROBE(s, TRANSFER_SHORT);
        host_log(s->host, LOG_WARNING, "I/O error trying to sync with MASTER: %s", why);
        link_retry_now(s);
    } else {
        host_log(s->host, LOG_WARNING,
                 "I/O error reading bulk count from MASTER: Success"); /* an orderly end is no error to read(2) */
        link_retry_now(s);
    }
}

void transfer_keep_alive(struct server *s) {
    struct master_link *l = &s->link;
    if (!l->conn || l->newline_time == s->unixtime) return;
    l->newline_time = s->unixtime;
    PROBE(s, NEWLINE_TO_MASTER);
    host_write(l->conn, "\n", 1);
}

/* --- the new dataset is there ------------------------------------------------------------------------------------- */

static void note_loaded(struct server *s, enum load_source source, const struct conn *conn) {
    struct dataset_digest digest = keyspace_digest(s->ks);
    struct happening h = {.kind = R_LOADED,
                          .peer = conn ? conn->peer : NO_PARTY,
                          .conn = conn ? conn->id : 0,
                          .a = s->repl.offset,
                          .b = (int64_t)digest.low,
                          .c = (int64_t)digest.high,
                          .d = source,
                          .text = s->replid,
                          .len = REPLID_LEN};
    host_note(s->host, &h);
}

/* Id and offset are the master's, and nothing of an older history is left (reference 2.10). */
static void adopt_history(struct server *s, int64_t offset) {
    memcpy(s->replid, s->link.transfer.replid, REPLID_LEN);
    s->repl.offset = offset;
    replication_clear_second_id(s);
    replication_note_id(s, ID_FULL_SYNC);
}

static void go_on_with_stream(struct server *s, int64_t offset, int db) {
    struct master_link *l = &s->link;
    bool by_mark = l->transfer.by_mark;
    if (!l->conn) { /* it was lost while we loaded */
        PROBE(s, LOAD_LINK_LOST);
        apply_cache_history(s, offset, db);
        replication_create_backlog(s, false);
        host_log(s->host, LOG_WARNING, "Connection with master lost.");
        replication_master_disconnected(s);
        return;
    }
    apply_create_master(s, offset, db);
    replication_create_backlog(s, false);
    host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: Finished with success");
    if (by_mark) apply_send_ack(s); /* lets the master begin with the stream */
}

void transfer_loaded(struct server *s, bool ok) {
    struct transfer *t = &s->link.transfer;
    if (!ok) {
        PROBE(s, LOAD_DISK_FAILED);
        remove_if_unwanted(s);
        link_retry_now(s);
        return;
    }
    const struct rdb_info *info = rdb_reader_info(s->loading.reader);
    int db = info->stream_db >= 0 && info->stream_db < KEYSPACE_DBS && info->has_replication ? (int)info->stream_db : 0;
    loading_end(s);
    transfer_drop_second_dataset(s);
    if (!t->diskless) remove_if_unwanted(s);
    int64_t offset = t->initial_offset + t->early_stream;
    adopt_history(s, offset);
    note_loaded(s, t->diskless ? LOAD_SYNC_SOCKET : LOAD_SYNC_DISK, s->link.conn);
    go_on_with_stream(s, offset, db);
    aof_restart_after_sync(s);
}
