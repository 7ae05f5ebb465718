/* Written by hand, without printf: with --record events this runs for every command of the stream. */
#include "model/redis/happening_text.h"

#include "model/redis/happenings.h"
#include "model/redis/replication.h"
#include "model/redis/requests.h"
#include "model/redis/resp.h"

const char *happening_name(unsigned kind) {
    static const char *const names[] = {
        [R_BOOT - R_BOOT] = "boot",
        [R_FEED - R_BOOT] = "feed",
        [R_WRITE - R_BOOT] = "write",
        [R_APPLY - R_BOOT] = "apply",
        [R_ID - R_BOOT] = "id",
        [R_FORK - R_BOOT] = "snapshot",
        [R_SAVED - R_BOOT] = "saved",
        [R_SAVE_FAILED - R_BOOT] = "save_failed",
        [R_LOADED - R_BOOT] = "loaded",
        [R_EMPTIED - R_BOOT] = "emptied",
        [R_PSYNC_OK - R_BOOT] = "psync_ok",
        [R_PSYNC_REFUSED - R_BOOT] = "psync_refused",
        [R_FULLRESYNC - R_BOOT] = "fullresync",
        [R_CONTINUE - R_BOOT] = "continue",
        [R_LINK - R_BOOT] = "link",
        [R_REPLICA - R_BOOT] = "replica",
        [R_ROLE - R_BOOT] = "role",
        [R_WAIT - R_BOOT] = "wait",
        [R_REFUSED - R_BOOT] = "refused",
        [R_LIMIT - R_BOOT] = "output_limit",
        [R_STREAM_ERROR - R_BOOT] = "stream_error",
        [R_ACK - R_BOOT] = "ack",
    };
    return kind >= R_BOOT && kind < R_KINDS ? names[kind - R_BOOT] : NULL;
}

static void put_named(struct buffer *out, const char *name, int64_t n) {
    char digits[21];
    buffer_puts(out, name);
    buffer_put(out, digits, resp_format_number(n, digits));
}

static void put_text(struct buffer *out, const char *name, const struct happening *h) {
    buffer_puts(out, name);
    if (h->text) buffer_put(out, h->text, h->len);
}

static const char *word_of(const char *const *words, size_t count, int64_t i) {
    return i >= 0 && (uint64_t)i < count ? words[i] : "?";
}

#define WORD(words, i) word_of(words, sizeof(words) / sizeof((words)[0]), i)

static const char *const link_words[] = {
    [LINK_NONE] = "none",
    [LINK_CONNECT] = "connect",
    [LINK_CONNECTING] = "connecting",
    [LINK_RECEIVE_PING_REPLY] = "handshake: PING sent",
    [LINK_SEND_HANDSHAKE] = "handshake",
    [LINK_RECEIVE_AUTH_REPLY] = "handshake: AUTH sent",
    [LINK_RECEIVE_PORT_REPLY] = "handshake: REPLCONF listening-port sent",
    [LINK_RECEIVE_IP_REPLY] = "handshake: REPLCONF ip-address sent",
    [LINK_RECEIVE_CAPA_REPLY] = "handshake: REPLCONF capa sent",
    [LINK_SEND_PSYNC] = "handshake: sending PSYNC",
    [LINK_RECEIVE_PSYNC_REPLY] = "handshake: PSYNC sent",
    [LINK_TRANSFER] = "sync",
    [LINK_CONNECTED] = "connected",
};

static const char *const replica_words[] = {
    [REPLICA_NONE] = "gone",
    [REPLICA_WAIT_BGSAVE_START] = "wait_bgsave: waits for a snapshot to begin",
    [REPLICA_WAIT_BGSAVE_END] = "wait_bgsave: its snapshot is being made",
    [REPLICA_SEND_BULK] = "send_bulk",
    [REPLICA_ONLINE] = "online",
    [REPLICA_RDB_TRANSMITTED] = "has its RDB",
};

static const char *const id_words[] = {
    [ID_BOOT] = "at start",
    [ID_BACKLOG_CREATED] = "backlog created",
    [ID_BACKLOG_FREED] = "backlog freed",
    [ID_PROMOTED] = "promoted",
    [ID_FULL_SYNC] = "taken by full resync",
    [ID_CONTINUE] = "taken by partial resync",
    [ID_LOADED] = "taken from the RDB",
};

static const char *const load_words[] = {
    [LOAD_START] = "from the file at start",
    [LOAD_SYNC_DISK] = "from the master, by disk",
    [LOAD_SYNC_SOCKET] = "from the master, straight from the socket",
};

static const char *const refusal_words[] = {
    [REFUSED_READONLY] = "-READONLY", [REFUSED_NOREPLICAS] = "-NOREPLICAS", [REFUSED_MISCONF] = "-MISCONF",
    [REFUSED_OOM] = "-OOM",           [REFUSED_MASTERDOWN] = "-MASTERDOWN", [REFUSED_LOADING] = "-LOADING",
};

/* A command of the stream: what moved the offset. */
static void put_stream(struct buffer *out, const struct happening *h) {
    put_named(out, "offset ", h->a);
    buffer_puts(out, ": ");
    requests_text((struct bytes){h->text, h->len}, out);
}

static void put_id(struct buffer *out, const struct happening *h) {
    buffer_puts(out, WORD(id_words, h->d));
    if (h->len >= REPLID_LEN) {
        buffer_puts(out, ": replid ");
        buffer_put(out, h->text, REPLID_LEN);
    }
    put_named(out, ", offset ", h->a);
    put_named(out, ", second offset ", h->b);
}

static void put_saving(struct buffer *out, const struct happening *h) {
    put_named(out, "snapshot ", h->d);
    if (h->kind == R_FORK) {
        put_named(out, ", offset ", h->a);
        if (h->flags & FORK_FOR_REPLICAS) buffer_puts(out, ", for replicas");
    } else if (h->kind == R_SAVED) {
        put_text(out, h->len ? ", into " : ", into sockets", h);
        put_named(out, ", bytes ", h->a);
        put_named(out, ", copied ", h->b);
    }
}

/* What was asked for or agreed in a resynchronisation. */
static void put_resync(struct buffer *out, const struct happening *h) {
    put_named(out, "offset ", h->a);
    put_text(out, ", replid ", h);
    if (h->kind == R_FULLRESYNC) put_named(out, ", snapshot ", h->d);
    if (h->kind == R_LOADED) {
        buffer_puts(out, ", ");
        buffer_puts(out, WORD(load_words, h->d));
    }
}

static void put_wait(struct buffer *out, const struct happening *h) {
    put_named(out, "", h->a);
    put_named(out, " of ", h->b);
    put_named(out, " replicas have offset ", h->c);
}

void happening_text(struct model *model, const struct happening *h, struct buffer *out) {
    (void)model;
    switch (h->kind) {
    case R_FEED:
    case R_APPLY:
        put_stream(out, h);
        break;
    case R_WRITE:
    case R_ACK:
        put_named(out, "offset ", h->a);
        break;
    case R_BOOT:
        put_text(out, "replid ", h);
        put_named(out, ", offset ", h->a);
        buffer_puts(out, h->d ? ", loaded from disk" : "");
        break;
    case R_ID:
        put_id(out, h);
        break;
    case R_FORK:
    case R_SAVED:
    case R_SAVE_FAILED:
        put_saving(out, h);
        break;
    case R_LOADED:
    case R_PSYNC_OK:
    case R_PSYNC_REFUSED:
    case R_FULLRESYNC:
    case R_CONTINUE:
        put_resync(out, h);
        break;
    case R_LINK:
        buffer_puts(out, WORD(link_words, h->a));
        break;
    case R_REPLICA:
        buffer_puts(out, WORD(replica_words, h->a));
        break;
    case R_ROLE:
        buffer_puts(out, h->a ? "master" : "slave");
        break;
    case R_WAIT:
        put_wait(out, h);
        break;
    case R_REFUSED:
        buffer_puts(out, WORD(refusal_words, h->a));
        break;
    case R_LIMIT:
        put_named(out, "bytes ", h->a);
        put_named(out, ", limit ", h->b);
        break;
    case R_STREAM_ERROR:
        put_named(out, "offset ", h->a);
        put_text(out, ": ", h);
        break;
    default:
        break;
    }
}
