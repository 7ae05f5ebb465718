/* `dataset` lines: how many keys of which type, then the same code as DEBUG POPULATE. */
#include "model/redis/dataset.h"

#include <assert.h>
#include <string.h>

/* In the order of enum dataset_type. */
static const char *const type_words[] = {"string", "list", "hash", "set", "zset", NULL};
static const char *const prefixes[] = {"key", "list", "hash", "set", "zset"};

enum { TYPES = DATASET_ZSET + 1, ELEMENTS = 8 };

const struct word_rule dataset_options[] = {
    {"keys", FORM_COUNT, NULL, SUPPORTED},
    {"value", FORM_SIZE, NULL, SUPPORTED},
    {"types", FORM_WEIGHTS, type_words, SUPPORTED},
    {NULL, FORM_WORDS, NULL, NOT_YET},
};

static const struct option *find_option(const struct model_dataset_setup *dataset, const char *name) {
    for (size_t i = 0; i < dataset->option_count; i++) {
        if (strcmp(dataset->options[i].rule->name, name) == 0) return &dataset->options[i];
    }
    return NULL;
}

/* How many of `keys` fall to the weights before index `upto`: the shares of all types add up to all keys. */
static uint64_t keys_before(uint64_t keys, const uint32_t *weights, size_t upto) {
    uint64_t before = 0, all = 0;
    for (size_t i = 0; i < TYPES; i++) {
        all += weights[i];
        if (i < upto) before += weights[i];
    }
    assert(all > 0);
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)keys * before / all);
}

void dataset_fill(const struct model_dataset_setup *dataset, struct keyspace *ks) {
    static const uint32_t strings_only[TYPES] = {1};
    const struct option *keys = find_option(dataset, "keys"), *value = find_option(dataset, "value");
    const struct option *types = find_option(dataset, "types");
    uint64_t count = keys ? (uint64_t)keys->number : 0, size = value ? (uint64_t)value->number : 0;
    const uint32_t *weights = types ? types->weights : strings_only;
    for (size_t i = 0; i < TYPES; i++) {
        uint64_t share = keys_before(count, weights, i + 1) - keys_before(count, weights, i);
        if (i == DATASET_STRING) {
            keyspace_populate(ks, 0, share, prefixes[i], size);
        } else {
            keyspace_populate_type(ks, 0, (enum dataset_type)i, share, prefixes[i], size / ELEMENTS, ELEMENTS);
        }
    }
}
