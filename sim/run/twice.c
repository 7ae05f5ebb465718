/* Same seed, same run: compared, and where two differ, named.
 *
 * Two traces that differ are looked for in three more runs: the first keeps a digest of each happening, the second
 * finds the first that is another and describes it, the third describes its counterpart. A system that is not
 * deterministic may differ from itself in all of them; the place where it goes astray is what counts. */
#include "sim/run/twice.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/run/happening.h"
#include "sim/run/writer.h"

/* Beyond so many happenings (of 8 bytes each) the search gives up. */
#define DIGESTS_MAX (UINT64_C(128) << 20)

enum { CONTEXT = 3 };

#define NOWHERE UINT64_MAX

/* A recorder that watches one run. */
struct spy {
    const struct run_setup *setup;
    const struct run_identity *identity;
    struct pool *pool; /* of the texts */
    bool compares;     /* with the digests; else it makes them */
    uint64_t *digests;
    uint64_t count, room;
    uint64_t heard;
    uint64_t differs; /* the number of the happening to describe, once known */
    sim_time at;
    struct buffer texts[CONTEXT + 1]; /* the last ones, in a ring; text n stands in n % (CONTEXT + 1) */
};

static uint64_t digest_of(const struct happening *h) {
    uint64_t words[] = {(uint64_t)h->at,
                        h->kind | (uint64_t)h->node << 16 | (uint64_t)h->peer << 32 | (uint64_t)h->flags << 48,
                        h->conn | (uint64_t)h->len << 32,
                        (uint64_t)h->a,
                        (uint64_t)h->b,
                        (uint64_t)h->c,
                        (uint64_t)h->d};
    uint64_t digest = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) digest = chance_mix(digest ^ words[i]);
    for (uint32_t i = 0; h->text && i < h->len; i++) digest = chance_mix(digest ^ (unsigned char)h->text[i]);
    return digest;
}

static void keep_digest(struct spy *spy, uint64_t digest) {
    if (spy->count == DIGESTS_MAX) return;
    if (spy->count == spy->room) {
        uint64_t room = spy->room ? 2 * spy->room : 65536;
        uint64_t *moved = realloc(spy->digests, room * sizeof *moved);
        if (!moved) return; /* what was kept is compared */
        spy->digests = moved;
        spy->room = room;
    }
    spy->digests[spy->count++] = digest;
}

static const char *party_name(const struct spy *spy, uint16_t party) {
    return party < spy->identity->party_count ? spy->identity->party_names[party] : "-";
}

/* "t=3.204s deliver m -> r: conn 3, bytes 0..13" */
static void describe(struct spy *spy, const struct happening *h) {
    struct buffer *out = &spy->texts[spy->heard % (CONTEXT + 1)];
    buffer_clear(out);
    buffer_printf(out, "#%llu t=", (unsigned long long)h->seq);
    writer_put_time(out, h->at);
    buffer_printf(out, " %s %s", happening_kind_name(spy->identity->system, h->kind),
                  party_name(spy, happening_from(h)));
    if (happening_to(h) != NO_PARTY) buffer_printf(out, " -> %s", party_name(spy, happening_to(h)));
    buffer_puts(out, ": ");
    happening_describe(spy->identity->system, spy->identity->model, h, out);
    spy->at = h->at;
}

static void spy_begin(void *ctx, const struct run_identity *identity) {
    struct spy *spy = ctx;
    spy->identity = identity;
}

static void spy_hear(void *ctx, const struct happening *h) {
    struct spy *spy = ctx;
    if (spy->differs < spy->heard) return;
    if (!spy->compares) {
        keep_digest(spy, digest_of(h));
    } else {
        describe(spy, h);
        bool known = spy->heard < spy->count;
        if (spy->differs == NOWHERE && known && spy->digests[spy->heard] != digest_of(h)) spy->differs = spy->heard;
        if (spy->differs == NOWHERE && !known && spy->count < DIGESTS_MAX) spy->differs = spy->heard;
    }
    spy->heard++;
}

static void run_watched(struct spy *spy, struct pool *pool, struct pool *scratch) {
    static const struct recorder_ops ops = {.begin = spy_begin, .happening = spy_hear};
    struct recorder recorder = {&ops, spy};
    struct recorder *recorders[] = {&recorder};
    struct run_setup setup = *spy->setup;
    struct run_result result;
    pool_reset(pool);
    pool_reset(scratch);
    setup.pool = pool;
    setup.scratch = scratch;
    setup.recorders = recorders;
    setup.recorder_count = 1;
    setup.no_fields = true;
    spy->heard = 0;
    run_make(&setup, &result);
}

/* The text of the happening that differs; of one that is missing in this run, that. */
static const char *text_of(struct spy *spy) {
    if (spy->differs == NOWHERE || spy->heard <= spy->differs) return "nothing: the run is over";
    return spy->texts[spy->differs % (CONTEXT + 1)].at;
}

static void put_context(const struct spy *spy, struct buffer *out) {
    for (uint64_t back = CONTEXT; back > 0; back--) {
        if (spy->differs == NOWHERE || spy->differs < back) continue;
        buffer_printf(out, "; before: %s", spy->texts[(spy->differs - back) % (CONTEXT + 1)].at);
    }
}

/* Appends which happening is the first that differs. Gives its instant, -1 if it was not found. */
static sim_time find_difference(const struct run_setup *setup, struct pool *pool, struct pool *scratch,
                                struct buffer *out) {
    struct pool *texts = pool_create();
    struct spy spy = {.setup = setup, .pool = texts, .differs = NOWHERE, .at = -1};
    for (size_t i = 0; i < CONTEXT + 1; i++) buffer_init(&spy.texts[i], texts);
    run_watched(&spy, pool, scratch);
    spy.compares = true;
    run_watched(&spy, pool, scratch);
    if (spy.differs == NOWHERE && spy.heard < spy.count) spy.differs = spy.heard;
    sim_time at = -1;
    if (spy.differs == NOWHERE) {
        buffer_puts(out, "three more runs did not differ");
    } else {
        buffer_printf(out, "first at %s", text_of(&spy));
        at = spy.at;
        struct buffer context;
        buffer_init(&context, texts);
        put_context(&spy, &context);
        run_watched(&spy, pool, scratch);
        buffer_printf(out, "; the other time %s%s", text_of(&spy), context.at ? context.at : "");
    }
    free(spy.digests);
    pool_destroy(texts);
    return at;
}

/* The verdict of a run that is not the same twice: whatever else it says cannot be relied on. */
static void condemn(struct pool *pool, struct run_result *result, const char *what, sim_time at) {
    struct check_result *checks = POOL_ARRAY(pool, struct check_result, result->check_count + 1);
    if (result->check_count > 0) memcpy(checks, result->checks, result->check_count * sizeof *checks);
    checks[result->check_count++] = (struct check_result){"twice", VERDICT_VIOLATION, 1, what, at};
    result->checks = checks;
    result->passed = false;
    result->failure = pool_printf(pool, "twice: %s", what);
    result->failed_at = at;
}

bool twice_compare(const struct run_setup *setup, struct pool *again, struct pool *again_scratch,
                   struct run_result *first) {
    assert(again != setup->pool && again_scratch != setup->scratch);
    struct run_setup second = *setup;
    struct run_result result;
    pool_reset(again);
    pool_reset(again_scratch);
    second.pool = again;
    second.scratch = again_scratch;
    second.recorder_count = 0;
    second.no_fields = true;
    run_make(&second, &result);
    if (result.trace == first->trace && result.events == first->events) return true;
    struct buffer what;
    buffer_init(&what, setup->pool);
    buffer_puts(&what, "two runs of this seed differ, ");
    sim_time at = find_difference(setup, again, again_scratch, &what);
    condemn(setup->pool, first, what.at, at);
    return false;
}
