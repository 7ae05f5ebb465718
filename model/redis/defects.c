/* The catalogue of switchable bugs.
 *
 * Numbers: R#n is https://github.com/redis/redis/issues/n, commits are those of that repository
 * (reference/bug-museum.md has cause and symptom of each). */
#include "model/redis/defects.h"

#include <string.h>

const struct defect_word redis_defects[] = {
    [DEFECT_SNAPSHOT_WRITES_NOT_BUFFERED] = {"snapshot_writes_not_buffered",
                                             "writes made while a replica's snapshot is taken and sent never reach it",
                                             "museum B02: attaching to a save for which nobody records the stream",
                                             "prefix"},
    [DEFECT_BUFFER_BEFORE_RDB] = {"buffer_before_rdb",
                                  "the writes buffered during the snapshot are sent before the RDB, not after it",
                                  "museum B14: redis commits bb7fea0d5, 159875b5a", "prefix"},
    [DEFECT_DROP_BUFFERED_COMMAND] = {"drop_buffered_command",
                                      "the first command buffered during the snapshot is not sent",
                                      "museum B01: https://github.com/redis/redis/issues/141", "prefix"},
    [DEFECT_FULLRESYNC_OFFSET_AT_REQUEST] = {"fullresync_offset_at_request",
                                             "+FULLRESYNC announces the offset of the request, not that of the fork",
                                             "museum A10: redis commit 292fec058", "prefix"},
    [DEFECT_REPLAY_COMMAND_TWICE] = {"replay_command_twice", "a replica executes one command of the stream twice",
                                     "museum A21: https://github.com/valkey-io/valkey/pull/2925", "prefix"},
    [DEFECT_COUNT] = {NULL, NULL, NULL, NULL},
};

int defect_find(const char *name) {
    for (int i = 0; i < DEFECT_COUNT; i++) {
        if (strcmp(redis_defects[i].name, name) == 0) return i;
    }
    return -1;
}
