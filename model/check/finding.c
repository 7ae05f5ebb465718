#include "model/check/finding.h"

#include <assert.h>

void finding_init(struct finding *f, struct pool *pool, const char *name) {
    *f = (struct finding){.pool = pool, .name = name, .verdict = VERDICT_OK, .detail = "", .at = -1};
}

static int badness(enum verdict verdict) {
    static const int order[] = {
        [VERDICT_OK] = 0, [VERDICT_UNKNOWN] = 1, [VERDICT_ANOMALY] = 2, [VERDICT_VIOLATION] = 3};
    return order[verdict];
}

void finding_add(struct finding *f, enum verdict verdict, sim_time at, const char *detail) {
    assert(verdict != VERDICT_OK);
    f->judged = true;
    if (badness(verdict) < badness(f->verdict)) return;
    if (badness(verdict) > badness(f->verdict)) {
        f->verdict = verdict;
        f->count = 0;
        f->at = at;
        f->detail = pool_strdup(f->pool, detail);
    }
    f->count++;
}
