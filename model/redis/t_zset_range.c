/* Sorted sets: ranges by rank, score or name. */
#include <assert.h>

#include "model/redis/commands.h"
#include "model/redis/exec.h"

enum range_by { BY_RANK, BY_SCORE, BY_LEX };

/* What a range command asks for. */
struct range {
    enum range_by by;
    bool reverse;
    bool scores;           /* WITHSCORES */
    bool limited;          /* LIMIT offset count */
    int64_t offset, count; /* a negative count is no limit */
    uint32_t from, n;      /* the ranks that lie in it, before the limit */
};

/* One end of a range of names: "-", "+", "[a", "(a". */
struct lex_bound {
    int infinite; /* -1 before all, 1 after all */
    bool exclusive;
    struct bytes name;
};

static bool read_lex_bound(struct bytes b, struct lex_bound *bound) {
    *bound = (struct lex_bound){0};
    if (b.len == 1 && (b.at[0] == '-' || b.at[0] == '+')) {
        bound->infinite = b.at[0] == '-' ? -1 : 1;
        return true;
    }
    if (b.len == 0 || (b.at[0] != '[' && b.at[0] != '(')) return false;
    bound->exclusive = b.at[0] == '(';
    bound->name = (struct bytes){b.at + 1, b.len - 1};
    return true;
}

/* How many members lie before this end: all that are lower, and the equal one if `with_equal`. Names are in order where
 * scores are equal, as ranges by name expect. */
static uint32_t count_before(const struct zset *z, struct lex_bound bound, bool with_equal) {
    if (bound.infinite) return bound.infinite < 0 ? 0 : zset_count(z);
    uint32_t low = 0, high = zset_count(z);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = bytes_compare(text_bytes(zset_at(z, middle)->name), bound.name);
        if (order < 0 || (order == 0 && with_equal))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- from two bounds to ranks ------------------------------------------------------------------------------- */

static void set_ranks(struct range *r, uint32_t from, uint32_t end) {
    r->from = from;
    r->n = end > from ? end - from : 0;
}

/* The bounds as arguments say them; z may be NULL. */
struct bounds {
    int64_t start, stop;
    struct score_bound min, max;
    struct lex_bound first, last;
};

/* Reads arguments i and i+1; in a reverse range by score or name the higher one comes first. */
static bool read_bounds(struct exec *ex, const struct range *r, size_t i, struct bounds *b) {
    bool swapped = r->reverse && r->by != BY_RANK;
    struct bytes low = ex->argv[swapped ? i + 1 : i], high = ex->argv[swapped ? i : i + 1];
    switch (r->by) {
    case BY_RANK:
        return exec_number(ex, i, &b->start) && exec_number(ex, i + 1, &b->stop);
    case BY_SCORE:
        if (score_bound_parse(low, &b->min) && score_bound_parse(high, &b->max)) return true;
        reply_error(ex, "ERR min or max is not a float");
        return false;
    case BY_LEX:
        if (read_lex_bound(low, &b->first) && read_lex_bound(high, &b->last)) return true;
        reply_error(ex, "ERR min or max not valid string range item");
        return false;
    }
    return false;
}

static void find_ranks(const struct zset *z, const struct bounds *b, struct range *r) {
    uint32_t from, n;
    r->n = 0;
    switch (r->by) {
    case BY_RANK:
        if (!exec_range(b->start, b->stop, zset_count(z), &from, &n)) return;
        if (r->reverse) from = zset_count(z) - from - n;
        set_ranks(r, from, from + n);
        return;
    case BY_SCORE:
        set_ranks(r, zset_count_below(z, b->min), zset_count_within(z, b->max));
        return;
    case BY_LEX:
        set_ranks(r, count_before(z, b->first, b->first.exclusive), count_before(z, b->last, !b->last.exclusive));
        return;
    }
}

/* Cuts to LIMIT. In a reverse range the offset counts from the high end. */
static void apply_limit(struct range *r) {
    if (!r->limited || r->by == BY_RANK) return;
    if (r->offset < 0 || r->offset >= r->n) {
        r->n = 0;
        return;
    }
    uint32_t left = r->n - (uint32_t)r->offset;
    uint32_t n = r->count >= 0 && r->count < left ? (uint32_t)r->count : left;
    r->from += r->reverse ? left - n : (uint32_t)r->offset;
    r->n = n;
}

/* --- reading ---------------------------------------------------------------------------------------------- */

static void reply_range(struct exec *ex, const struct zset *z, const struct range *r) {
    reply_array(ex, (size_t)r->n * (r->scores ? 2 : 1));
    for (uint32_t i = 0; i < r->n; i++) {
        const struct element *e = zset_at(z, r->reverse ? r->from + r->n - 1 - i : r->from + i);
        reply_bulk(ex, text_bytes(e->name));
        if (r->scores) reply_score(ex, e->score);
    }
}

enum range_option { OPTION_SCORES = 1, OPTION_LIMIT = 2, OPTION_BY = 4 };

static bool read_option(struct exec *ex, size_t *i, unsigned allowed, struct range *r) {
    if (allowed & OPTION_SCORES && exec_word(ex, *i, "withscores")) {
        r->scores = true;
    } else if (allowed & OPTION_LIMIT && exec_word(ex, *i, "limit") && *i + 2 < ex->argc) {
        r->limited = true;
        if (!exec_number(ex, *i + 1, &r->offset) || !exec_number(ex, *i + 2, &r->count)) return false;
        *i += 2;
    } else if (allowed & OPTION_BY && exec_word(ex, *i, "rev")) {
        r->reverse = true;
    } else if (allowed & OPTION_BY && exec_word(ex, *i, "byscore")) {
        r->by = BY_SCORE;
    } else if (allowed & OPTION_BY && exec_word(ex, *i, "bylex")) {
        r->by = BY_LEX;
    } else {
        reply_syntax_error(ex);
        return false;
    }
    return true;
}

static bool read_options(struct exec *ex, unsigned allowed, struct range *r) {
    for (size_t i = 4; i < ex->argc; i++)
        if (!read_option(ex, &i, allowed, r)) return false;
    if (r->limited && r->count != -1 && r->by == BY_RANK) { /* -1: the real server does not notice */
        reply_error(ex, "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
        return false;
    }
    if (r->scores && r->by == BY_LEX) {
        reply_error(ex, "ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return false;
    }
    return true;
}

static void range_generic(struct exec *ex, struct range r, unsigned allowed) {
    struct bounds b = {0};
    bool wrong;
    if (!read_options(ex, allowed, &r) || !read_bounds(ex, &r, 2, &b)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_ZSET, &wrong);
    if (wrong) return;
    if (e) {
        find_ranks(e->value.zset, &b, &r);
        apply_limit(&r);
    }
    reply_range(ex, e ? e->value.zset : NULL, &r);
}

void command_zrange(struct exec *ex) {
    range_generic(ex, (struct range){.by = BY_RANK}, OPTION_SCORES | OPTION_LIMIT | OPTION_BY);
}

void command_zrevrange(struct exec *ex) {
    range_generic(ex, (struct range){.by = BY_RANK, .reverse = true}, OPTION_SCORES);
}

void command_zrangebyscore(struct exec *ex) {
    range_generic(ex, (struct range){.by = BY_SCORE}, OPTION_SCORES | OPTION_LIMIT);
}

void command_zrevrangebyscore(struct exec *ex) {
    range_generic(ex, (struct range){.by = BY_SCORE, .reverse = true}, OPTION_SCORES | OPTION_LIMIT);
}

void command_zrangebylex(struct exec *ex) {
    range_generic(ex, (struct range){.by = BY_LEX}, OPTION_LIMIT);
}

void command_zrevrangebylex(struct exec *ex) {
    range_generic(ex, (struct range){.by = BY_LEX, .reverse = true}, OPTION_LIMIT);
}

static void count_generic(struct exec *ex, enum range_by by) {
    struct range r = {.by = by};
    struct bounds b = {0};
    bool wrong;
    if (!read_bounds(ex, &r, 2, &b)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_ZSET, &wrong);
    if (wrong) return;
    if (e) find_ranks(e->value.zset, &b, &r);
    reply_number(ex, r.n);
}

void command_zcount(struct exec *ex) {
    count_generic(ex, BY_SCORE);
}

void command_zlexcount(struct exec *ex) {
    count_generic(ex, BY_LEX);
}

/* --- removing --------------------------------------------------------------------------------------------- */

static void remove_generic(struct exec *ex, enum range_by by) {
    struct range r = {.by = by};
    struct bounds b = {0};
    bool wrong;
    if (!read_bounds(ex, &r, 2, &b)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_ZSET, &wrong);
    if (wrong) return;
    if (e) find_ranks(e->value.zset, &b, &r);
    if (r.n > 0) {
        struct database *db = exec_database(ex);
        zset_remove_ranks(db->pool, entry_open(db, e)->zset, r.from, r.n);
        exec_close(ex, e);
    }
    ex->dirty += r.n;
    reply_number(ex, r.n);
}

void command_zremrangebyrank(struct exec *ex) {
    remove_generic(ex, BY_RANK);
}

void command_zremrangebyscore(struct exec *ex) {
    remove_generic(ex, BY_SCORE);
}

void command_zremrangebylex(struct exec *ex) {
    remove_generic(ex, BY_LEX);
}
