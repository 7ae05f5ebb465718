/* The catalogue of switchable bugs.
 *
 * Numbers: R#n is https://github.com/redis/redis/issues/n, commits are those of that repository
 * (reference/bug-museum.md has cause and symptom of each). */
#include "model/redis/defects.h"

#include <string.h>

const struct defect_word redis_defects[] = {
    [DEFECT_SKIP_BUFFERING_DURING_SNAPSHOT] =
        {
            .name = "skip_buffering_during_snapshot",
            .summary = "writes made while a replica's snapshot is taken and sent never reach it",
            .source = "museum B02: attaching to a save for which nobody records the stream",
            .checker = "prefix",
        },
    [DEFECT_BUFFER_BEFORE_RDB] =
        {
            .name = "buffer_before_rdb",
            .summary = "the writes buffered during the snapshot are sent before the RDB, not after it",
            .source = "museum B14: redis commits bb7fea0d5, 159875b5a",
            .checker = "prefix",
        },
    [DEFECT_DROP_ONE_BUFFERED_COMMAND] =
        {
            .name = "drop_one_buffered_command",
            .summary = "one command of those buffered during the snapshot is not sent",
            .source = "museum B01: https://github.com/redis/redis/issues/141",
            .checker = "prefix",
        },
    [DEFECT_FULLRESYNC_OFFSET_AT_REQUEST] =
        {
            .name = "fullresync_offset_at_request",
            .summary = "+FULLRESYNC announces the offset of the request, not that of the fork",
            .source = "museum A10: redis commit 292fec058",
            .checker = "prefix",
        },
    [DEFECT_REPLAY_COMMAND_TWICE] =
        {
            .name = "replay_command_twice",
            .summary = "one command of those buffered during the snapshot is executed twice by the replica",
            .source = "museum A21: https://github.com/valkey-io/valkey/pull/2925",
            .checker = "prefix",
        },
    [DEFECT_COUNT] = {.name = NULL},
};

int defect_find(const char *name) {
    for (int i = 0; i < DEFECT_COUNT; i++) {
        if (strcmp(redis_defects[i].name, name) == 0) return i;
    }
    return -1;
}
