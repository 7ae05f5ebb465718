/* Sorted sets: adding, removing, single members. Ranges are in t_zset_range.c. */
#include "model/redis/commands.h"
#include "model/redis/exec.h"

/* The sorted set at argument 1; NULL if there is none, or after replying WRONGTYPE (*wrong). */
static const struct zset *find_zset(struct exec *ex, bool *wrong) {
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_ZSET, wrong);
    return e && !*wrong ? e->value.zset : NULL;
}

/* --- ZADD ------------------------------------------------------------------------------------------------- */

enum zadd_option { ZADD_NX = 1, ZADD_XX = 2, ZADD_GT = 4, ZADD_LT = 8, ZADD_CH = 16, ZADD_INCR = 32 };

/* What a ZADD did. */
struct zadd_result {
    int64_t added, updated;
    bool processed; /* the last member was added or had its score computed */
    zscore score;   /* of the last member */
};

/* Options before the first score; `first` is where the pairs begin. */
static unsigned read_zadd_options(const struct exec *ex, size_t *first) {
    static const struct {
        const char *word;
        unsigned flag;
    } words[] = {{"nx", ZADD_NX}, {"xx", ZADD_XX}, {"gt", ZADD_GT},
                 {"lt", ZADD_LT}, {"ch", ZADD_CH}, {"incr", ZADD_INCR}};
    unsigned flags = 0;
    for (*first = 2; *first < ex->argc; ++*first) {
        unsigned flag = 0;
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (exec_word(ex, *first, words[w].word)) flag = words[w].flag;
        if (!flag) break;
        flags |= flag;
    }
    return flags;
}

static bool check_zadd_options(struct exec *ex, unsigned flags, size_t first) {
    size_t words = ex->argc - first;
    bool gt = flags & ZADD_GT, lt = flags & ZADD_LT, nx = flags & ZADD_NX;
    if (words == 0 || words % 2 != 0)
        reply_syntax_error(ex);
    else if (nx && flags & ZADD_XX)
        reply_error(ex, "ERR XX and NX options at the same time are not compatible");
    else if ((gt && nx) || (lt && nx) || (gt && lt))
        reply_error(ex, "ERR GT, LT, and/or NX options at the same time are not compatible");
    else if (flags & ZADD_INCR && words > 2)
        reply_error(ex, "ERR INCR option supports a single increment-element pair");
    else
        return true;
    return false;
}

/* Adds or updates one member. False if the score is no number any more. */
static bool zadd_one(struct pool *pool, struct zset *z, struct bytes member, zscore score, unsigned flags,
                     struct zadd_result *r) {
    struct element *e = zset_find(z, member);
    r->processed = false;
    if (!e) {
        if (flags & ZADD_XX) return true;
        zset_add(pool, z, member, score);
        r->added++;
        r->processed = true;
        r->score = score;
        return true;
    }
    if (flags & ZADD_NX) return true;
    if (flags & ZADD_INCR && !score_add(e->score, score, &score)) return false;
    int order = score_compare(score, e->score);
    if ((flags & ZADD_LT && order >= 0) || (flags & ZADD_GT && order <= 0)) return true;
    r->processed = true;
    r->score = score;
    if (order == 0) return true;
    zset_set_score(z, e, score);
    r->updated++;
    return true;
}

/* Adds the pairs; false after an error reply. */
static bool zadd_pairs(struct exec *ex, struct entry *e, size_t first, const zscore *scores, unsigned flags,
                       struct zadd_result *r) {
    struct database *db = exec_database(ex);
    struct zset *z = entry_open(db, e)->zset;
    bool good = true;
    for (size_t i = first; good && i < ex->argc; i += 2)
        good = zadd_one(db->pool, z, ex->argv[i + 1], scores[(i - first) / 2], flags, r);
    exec_close(ex, e);
    if (!good) reply_error(ex, "ERR resulting score is not a number (NaN)");
    return good;
}

static void reply_zadd(struct exec *ex, unsigned flags, const struct zadd_result *r) {
    if (!(flags & ZADD_INCR))
        reply_number(ex, flags & ZADD_CH ? r->added + r->updated : r->added);
    else if (r->processed)
        reply_score(ex, r->score);
    else
        reply_nil(ex);
}

static void zadd_generic(struct exec *ex, unsigned flags, size_t first) {
    if (!check_zadd_options(ex, flags, first)) return;
    zscore *scores = POOL_ARRAY(ex->pool, zscore, (ex->argc - first) / 2);
    for (size_t i = first; i < ex->argc; i += 2)
        if (!exec_score(ex, i, &scores[(i - first) / 2])) return;
    bool wrong;
    struct zadd_result r = {0};
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_ZSET, &wrong);
    if (wrong) return;
    if (!e && flags & ZADD_XX) {
        reply_zadd(ex, flags, &r);
        return;
    }
    if (!e) exec_ready(ex, ex->argv[1]);
    e = exec_find_or_add(ex, ex->argv[1], OBJECT_ZSET);
    if (!zadd_pairs(ex, e, first, scores, flags, &r)) return;
    ex->dirty += (uint64_t)(r.added + r.updated);
    reply_zadd(ex, flags, &r);
}

void command_zadd(struct exec *ex) {
    size_t first;
    unsigned flags = read_zadd_options(ex, &first);
    zadd_generic(ex, flags, first);
}

void command_zincrby(struct exec *ex) {
    zadd_generic(ex, ZADD_INCR, 2);
}

/* --- single members ----------------------------------------------------------------------------------------- */

void command_zrem(struct exec *ex) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_ZSET, &wrong);
    if (wrong) return;
    uint32_t removed = 0;
    if (e) {
        struct database *db = exec_database(ex);
        struct zset *z = entry_open(db, e)->zset;
        for (size_t i = 2; i < ex->argc; i++) {
            struct element *member = zset_find(z, ex->argv[i]);
            if (!member) continue;
            zset_remove(db->pool, z, member);
            removed++;
        }
        exec_close(ex, e);
    }
    ex->dirty += removed;
    reply_number(ex, removed);
}

void command_zcard(struct exec *ex) {
    bool wrong;
    const struct zset *z = find_zset(ex, &wrong);
    if (!wrong) reply_number(ex, z ? zset_count(z) : 0);
}

static void reply_member_score(struct exec *ex, const struct zset *z, struct bytes member) {
    const struct element *e = z ? zset_find(z, member) : NULL;
    if (e)
        reply_score(ex, e->score);
    else
        reply_nil(ex);
}

void command_zscore(struct exec *ex) {
    bool wrong;
    const struct zset *z = find_zset(ex, &wrong);
    if (!wrong) reply_member_score(ex, z, ex->argv[2]);
}

void command_zmscore(struct exec *ex) {
    bool wrong;
    const struct zset *z = find_zset(ex, &wrong);
    if (wrong) return;
    reply_array(ex, ex->argc - 2);
    for (size_t i = 2; i < ex->argc; i++) reply_member_score(ex, z, ex->argv[i]);
}

static void rank_generic(struct exec *ex, bool reverse) {
    bool wrong;
    const struct zset *z = find_zset(ex, &wrong);
    if (wrong) return;
    const struct element *e = z ? zset_find(z, ex->argv[2]) : NULL;
    if (!e) {
        reply_nil(ex);
        return;
    }
    uint32_t rank = zset_rank(z, e);
    reply_number(ex, reverse ? zset_count(z) - 1 - rank : rank);
}

void command_zrank(struct exec *ex) {
    rank_generic(ex, false);
}

void command_zrevrank(struct exec *ex) {
    rank_generic(ex, true);
}

/* --- popping the ends --------------------------------------------------------------------------------------- */

static void pop_generic(struct exec *ex, bool highest) {
    int64_t count = 1;
    bool wrong;
    if (ex->argc > 3) {
        reply_syntax_error(ex);
        return;
    }
    if (ex->argc == 3 && !exec_number_from(ex, 2, 0, INT64_MAX, "value is out of range, must be positive", &count))
        return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_ZSET, &wrong);
    if (wrong) return;
    uint32_t n = 0;
    if (e) n = count < zset_count(e->value.zset) ? (uint32_t)count : zset_count(e->value.zset);
    reply_array(ex, (size_t)n * 2);
    if (n == 0) return;
    struct database *db = exec_database(ex);
    struct zset *z = entry_open(db, e)->zset;
    for (uint32_t i = 0; i < n; i++) {
        struct element *member = zset_at(z, highest ? zset_count(z) - 1 : 0);
        reply_bulk(ex, text_bytes(member->name));
        reply_score(ex, member->score);
        zset_remove(db->pool, z, member);
    }
    exec_close(ex, e);
    ex->dirty += n;
}

void command_zpopmin(struct exec *ex) {
    pop_generic(ex, false);
}

void command_zpopmax(struct exec *ex) {
    pop_generic(ex, true);
}
