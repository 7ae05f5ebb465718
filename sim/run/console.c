/* The console: the timeline's commands and their replies. */
#include "sim/run/console.h"

#include <assert.h>

#include "sim/run/expect.h"
#include "sim/run/ledger.h"
#include "sim/run/reply.h"
#include "sim/run/words.h"

/* A command that was asked for and has no reply yet. */
struct request {
    const struct statement *statement;
    uint64_t n;
    struct request *next;
};

struct line {
    struct run *run;
    uint16_t node;
    const char *name; /* NULL: the node's default connection */
    struct conn *conn;
    bool connected;
    bool in_flight; /* the first request was sent */
    sim_time sent_at;
    uint64_t op;     /* its operation number */
    int64_t ordinal; /* of the last command on this connection, from 1 */
    struct request *first, **last;
    struct buffer out; /* what the socket has not taken yet */
    struct buffer in;  /* the beginning of a reply */
    struct line *next;
};

struct console {
    struct host *host;
    struct line *lines;
    uint64_t ops;     /* numbers given */
    size_t expecting; /* requests with `=>` */
    struct words words;
    struct buffer why, text;
};

struct console *console_create(struct run *run) {
    struct console *console = POOL_NEW(run->pool, struct console);
    buffer_init(&console->why, run->pool);
    buffer_init(&console->text, run->pool);
    return console;
}

static struct line *find_line(struct run *run, uint16_t node, const char *name) {
    struct line **link = &run->console->lines;
    for (; *link; link = &(*link)->next) {
        struct line *line = *link;
        bool same_name = name && line->name ? strcmp(name, line->name) == 0 : !name && !line->name;
        if (line->node == node && same_name) return line;
    }
    struct line *line = *link = POOL_NEW(run->pool, struct line);
    line->run = run;
    line->node = node;
    line->name = name;
    line->last = &line->first;
    buffer_init(&line->out, run->pool);
    buffer_init(&line->in, run->pool);
    return line;
}

static const struct command_action *command_of(const struct request *request) {
    return &request->statement->action.command;
}

/* Takes the first request off the line: its fate is known. */
static void drop_first(struct line *line) {
    struct request *request = line->first;
    line->first = request->next;
    if (!line->first) line->last = &line->first;
    if (command_of(request)->has_reply) line->run->console->expecting--;
    pool_free(line->run->pool, request, sizeof *request);
    line->in_flight = false;
}

static void note_op(struct line *line, unsigned kind, enum op_fate fate, struct bytes text) {
    struct run *run = line->run;
    struct happening h = {.at = world_now(run->world),
                          .kind = (uint16_t)kind,
                          .node = run->console_party,
                          .peer = line->node,
                          .conn = line->conn ? line->conn->id : 0,
                          .a = (int64_t)line->op,
                          .b = kind == TRACE_OP_REPLY ? (int64_t)fate : 0,
                          .c = line->ordinal,
                          .text = text.at,
                          .len = (uint32_t)text.len};
    trace_note(run->trace, &h);
}

/* Gives the socket what it takes. */
static void flush(struct line *line) {
    if (line->out.len == 0 || !line->conn) return;
    buffer_drop(&line->out, host_write(line->conn, line->out.at, line->out.len));
}

/* Sends the first request if the connection is free for it. A request whose fields have no value is passed over. */
static void send_first(struct line *line) {
    struct run *run = line->run;
    struct console *console = run->console;
    while (line->first && line->connected && !line->in_flight) {
        struct request *request = line->first;
        buffer_clear(&console->why);
        if (!words_build(run, command_of(request), request->n, &console->words, &console->why)) {
            ledger_idle(run, request->statement, console->why.at);
            if (command_of(request)->has_reply) {
                expectation_reply(run, request->statement, false, console->why.at, world_now(run->world));
            }
            drop_first(line);
            continue;
        }
        size_t before = line->out.len;
        run->system->encode(run->model, line->node, console->words.items, console->words.count, &line->out);
        line->in_flight = true;
        line->sent_at = world_now(run->world);
        line->op = console->ops++;
        line->ordinal++;
        note_op(line, TRACE_OP_CALL, OP_PENDING, (struct bytes){line->out.at + before, line->out.len - before});
        flush(line);
    }
}

/* Judges a reply (NULL: the connection is closed) to the first request. */
static void judge(struct line *line, const struct reply *reply) {
    struct run *run = line->run;
    const struct request *request = line->first;
    const struct command_action *command = command_of(request);
    struct buffer *got = &run->console->text;
    sim_time now = world_now(run->world), took = line->in_flight ? now - line->sent_at : 0;
    run->changes++;
    if (!command->has_reply) {
        if (reply && reply->kind == REPLY_ERROR) run->errors++;
        return;
    }
    bool held = reply ? reply_matches(&command->reply, reply, got) : command->reply.kind == PATTERN_CLOSED;
    buffer_clear(got);
    if (reply) {
        reply_describe(reply, got);
    } else {
        buffer_puts(got, "closed");
    }
    if (command->has_within && took > command->within) {
        held = false;
        buffer_printf(got, " after %lld.%09llds", (long long)(took / SIM_SECOND), (long long)(took % SIM_SECOND));
    }
    expectation_reply(run, request->statement, held, got->at, now);
}

/* Everything pending gets `closed`; the connection is forgotten. */
static void line_closed(struct line *line) {
    if (line->in_flight) note_op(line, TRACE_OP_REPLY, OP_CLOSED, (struct bytes){"", 0});
    line->conn = NULL;
    line->connected = false;
    line->ordinal = 0;
    buffer_clear(&line->out);
    buffer_clear(&line->in);
    /* Only what is there now: judging cannot add, but a bound is a bound. */
    while (line->first) {
        judge(line, NULL);
        drop_first(line);
    }
}

/* Reads replies to what was asked; all else is dropped. */
static void take_replies(struct line *line) {
    struct run *run = line->run;
    while (line->in_flight && line->in.len > 0) {
        struct reply reply = {.kind = REPLY_NIL};
        int64_t used = reply_read(run->system, run->model, run->pool, buffer_bytes(&line->in), &reply);
        if (used == 0) return;
        if (used < 0) break;
        assert((size_t)used <= line->in.len);
        note_op(line, TRACE_OP_REPLY, reply.kind == REPLY_ERROR ? OP_ERROR : OP_OK,
                (struct bytes){line->in.at, (size_t)used});
        judge(line, &reply);
        drop_first(line);
        buffer_drop(&line->in, (size_t)used);
        send_first(line);
    }
    buffer_clear(&line->in);
}

static void on_connected(void *node, struct conn *conn) {
    (void)node;
    struct line *line = conn->user;
    line->connected = true;
    send_first(line);
}

static void on_readable(void *node, struct conn *conn) {
    (void)node;
    struct line *line = conn->user;
    for (struct bytes piece = host_peek(conn); piece.len > 0; piece = host_peek(conn)) {
        buffer_put(&line->in, piece.at, piece.len);
        host_consume(conn, piece.len);
    }
    take_replies(line);
}

static void on_writable(void *node, struct conn *conn) {
    (void)node;
    flush(conn->user);
}

static void on_closed(void *node, struct conn *conn, enum conn_end why) {
    (void)node;
    (void)why;
    line_closed(conn->user);
}

static const struct node_ops console_ops = {
    .connected = on_connected, .readable = on_readable, .writable = on_writable, .closed = on_closed};

void console_boot(void *ctx, struct host *host) {
    struct run *run = ctx;
    run->console->host = host;
    host->node = run->console;
    host->node_ops = &console_ops;
}

static void open_line(struct run *run, struct line *line) {
    uint16_t port = run->system->port(run->model, line->node);
    line->conn = host_connect(run->console->host, plan_party_name(run->plan, line->node), port);
    line->conn->user = line;
}

void console_command(struct run *run, const struct statement *st, uint64_t n) {
    const struct action *action = &st->action;
    assert(action->kind == ACT_COMMAND && action->a.count == 1);
    struct line *line = find_line(run, action->a.party[0], action->command.connection);
    struct request *request = POOL_NEW(run->pool, struct request);
    request->statement = st;
    request->n = n;
    *line->last = request;
    line->last = &request->next;
    if (action->command.has_reply) run->console->expecting++;
    if (!line->conn) {
        open_line(run, line);
    } else {
        send_first(line);
    }
    world_run_local(run->world);
}

void console_lose(struct run *run, uint16_t node) {
    for (struct line *line = run->console->lines; line; line = line->next) {
        if (line->node != node || !line->conn) continue;
        host_reset(line->conn);
        line_closed(line);
    }
}

bool console_expects_replies(const struct run *run) {
    return run->console->expecting > 0;
}

void console_rest(struct run *run) {
    for (struct line *line = run->console->lines; line; line = line->next) {
        for (const struct request *r = line->first; r; r = r->next) {
            if (!command_of(r)->has_reply) continue;
            bool sent = line->in_flight && r == line->first;
            expectation_reply(run, r->statement, false, sent ? "no reply" : "not sent", world_now(run->world));
        }
    }
}
