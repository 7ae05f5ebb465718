#include "model/check/check_stream.h"

#include "model/check/wording.h"

void check_stream_init(struct check_stream *c, struct pool *pool, const struct standings *s, const char *const *names) {
    finding_init(&c->finding, pool, "stream");
    c->finding.judged = true;
    c->standings = s;
    c->names = names;
    c->open = POOL_ARRAY(pool, bool, s->count);
}

static void report(struct check_stream *c, const struct happening *h, const char *what) {
    struct buffer text;
    buffer_init(&text, c->finding.pool);
    buffer_printf(&text, "%s %s at offset %lld (t=", c->names[h->node], what, (long long)h->a);
    wording_time(&text, h->at);
    buffer_putc(&text, ')');
    if (h->kind == R_STREAM_ERROR) {
        buffer_puts(&text, ": ");
        buffer_put(&text, h->text ? h->text : "", h->text ? h->len : 0);
    }
    finding_add(&c->finding, VERDICT_VIOLATION, h->at, text.at);
    buffer_free(&text);
}

/* A piece can be a whole block: it then begins and ends one. */
void check_stream_bracket(struct check_stream *c, const struct happening *h, bool begins, bool ends) {
    bool *open = &c->open[h->node];
    if (begins) {
        if (*open) report(c, h, "fed MULTI inside a MULTI block");
        *open = true;
    }
    if (ends) {
        if (!*open) report(c, h, "fed EXEC without MULTI");
        *open = false;
    }
}

void check_stream_reset(struct check_stream *c, uint16_t node) {
    c->open[node] = false;
}

void check_stream_error(struct check_stream *c, const struct happening *h) {
    if (c->standings->node[h->node].foreign) return;
    report(c, h, "refused a command of its master's stream");
}
