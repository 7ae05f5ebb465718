/* Runs gathered by scenario file. */
#include "reports/groups.h"

#include <stdio.h>
#include <string.h>

#include "reports/readable.h"

static void range_add(struct range *range, int64_t n) {
    if (n < 0) return;
    if (range->least > range->most) {
        range->least = range->most = n;
        return;
    }
    if (n < range->least) range->least = n;
    if (n > range->most) range->most = n;
}

const char *range_words(char *into, struct range range) {
    char least[READABLE_ROOM], most[READABLE_ROOM];

    readable_count(least, range.least);
    readable_count(most, range.most);
    if (range.least > range.most)
        snprintf(into, RANGE_ROOM, "-");
    else if (range.least == range.most)
        snprintf(into, RANGE_ROOM, "%s", least);
    else
        snprintf(into, RANGE_ROOM, "%s to %s", least, most);
    return into;
}

/* Runs come file by file, so the group of the run before is nearly always the right one. */
static struct group *find(struct group *groups, size_t count, struct group *last, const char *file) {
    if (last && strcmp(last->file, file) == 0) return last;
    for (size_t i = 0; i < count; i++)
        if (strcmp(groups[i].file, file) == 0) return &groups[i];
    return NULL;
}

/* Sums of what a file says may pass the largest number. */
static void sum_up(int64_t *sum, int64_t n) {
    if (__builtin_add_overflow(*sum, n < 0 ? 0 : n, sum)) *sum = INT64_MAX;
}

static void add(struct group *group, const struct run_row *run) {
    group->runs++;
    sum_up(&group->sim_ns, run->sim_ns);
    sum_up(&group->events, run->events);
    sum_up(&group->wall_ns, run->wall_ns);
    range_add(&group->full_syncs, run->full_syncs);
    range_add(&group->partial_syncs, run->partial_syncs);
    if (run->passed) return;
    group->failed++;
    if (!group->first_failed || run->seed < group->first_failed->seed) group->first_failed = run;
}

void group_add(struct group *total, const struct group *group) {
    total->runs += group->runs;
    total->failed += group->failed;
    sum_up(&total->sim_ns, group->sim_ns);
    sum_up(&total->events, group->events);
    sum_up(&total->wall_ns, group->wall_ns);
}

struct group *groups_make(struct evidence *e, size_t *count) {
    struct group *groups = NULL;
    struct group *last = NULL;
    size_t room = 0;

    *count = 0;
    for (size_t i = 0; i < e->run_count; i++) {
        const struct run_row *run = &e->runs[i];

        last = find(groups, *count, last, run->file);
        if (!last) {
            if (*count == room) {
                size_t more = room ? room * 2 : 16;

                groups = pool_resize(e->pool, groups, room * sizeof *groups, more * sizeof *groups);
                room = more;
            }
            last = &groups[(*count)++];
            *last = (struct group){
                .file = run->file, .title = run->title, .first = run, .full_syncs = {1, 0}, .partial_syncs = {1, 0}};
        }
        add(last, run);
    }
    return groups;
}
