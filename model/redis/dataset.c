/* `dataset` lines: how many keys of which type, then the same code as DEBUG POPULATE. */
#include "model/redis/dataset.h"

#include <assert.h>
#include <string.h>

#include "model/redis/resp.h"

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

/* How many keys of each type a line asks for. Gives the size of their values. */
static uint64_t share_out(const struct model_dataset_setup *dataset, uint64_t shares[TYPES]) {
    static const uint32_t strings_only[TYPES] = {1};
    const struct option *keys = find_option(dataset, "keys"), *value = find_option(dataset, "value");
    const struct option *types = find_option(dataset, "types");
    uint64_t count = keys ? (uint64_t)keys->number : 0;
    const uint32_t *weights = types ? types->weights : strings_only;
    for (size_t i = 0; i < TYPES; i++) {
        shares[i] = keys_before(count, weights, i + 1) - keys_before(count, weights, i);
    }
    return value ? (uint64_t)value->number : 0;
}

void dataset_fill(const struct model_dataset_setup *dataset, struct keyspace *ks) {
    uint64_t shares[TYPES], size = share_out(dataset, shares);
    for (size_t i = 0; i < TYPES; i++) {
        if (i == DATASET_STRING) {
            keyspace_populate(ks, 0, shares[i], prefixes[i], size);
        } else {
            keyspace_populate_type(ks, 0, (enum dataset_type)i, shares[i], prefixes[i], size / ELEMENTS, ELEMENTS);
        }
    }
}

/* --- for a real server ----------------------------------------------------------------------------------------------
 */

/* "WORD:N", padded with zeros to the size as keyspace_populate_type does. */
static void put_element(struct buffer *out, const char *word, uint64_t n, uint64_t size) {
    struct buffer text;
    buffer_init(&text, out->pool);
    buffer_printf(&text, "%s:%llu", word, (unsigned long long)n);
    while (text.len < size) buffer_putc(&text, 0);
    resp_put_bulk(out, (struct bytes){text.at, size ? size : text.len});
    buffer_free(&text);
}

static void put_collection(struct buffer *out, enum dataset_type type, uint64_t n, uint64_t size) {
    static const char *const commands[] = {"", "RPUSH", "HSET", "SADD", "ZADD"};
    bool pairs = type == DATASET_HASH || type == DATASET_ZSET;
    uint64_t element = size / ELEMENTS ? size / ELEMENTS : 16;
    resp_put_array(out, 2 + (pairs ? 2 : 1) * ELEMENTS);
    resp_put_bulk(out, resp_text(commands[type]));
    put_element(out, prefixes[type], n, 0);
    for (uint64_t i = 0; i < ELEMENTS; i++) {
        char score[21];
        if (type == DATASET_LIST) put_element(out, "element", i, element);
        if (type == DATASET_ZSET) resp_put_bulk(out, (struct bytes){score, resp_format_number((int64_t)i, score)});
        if (type == DATASET_SET || type == DATASET_ZSET) put_element(out, "member", i, 0);
        if (type == DATASET_HASH) {
            put_element(out, "field", i, 0);
            put_element(out, "value", i, element);
        }
    }
}

size_t dataset_commands(const struct model_dataset_setup *dataset, struct buffer *out) {
    uint64_t shares[TYPES], size = share_out(dataset, shares);
    size_t commands = 1;
    char count[21], length[21];
    count[resp_format_number((int64_t)shares[DATASET_STRING], count)] = '\0';
    length[resp_format_number((int64_t)size, length)] = '\0';
    resp_put_words(out, (const char *const[]){"DEBUG", "POPULATE", count, "key", length, NULL});
    for (size_t i = DATASET_LIST; i < TYPES; i++) {
        for (uint64_t n = 0; n < shares[i]; n++, commands++) put_collection(out, (enum dataset_type)i, n, size);
    }
    return commands;
}
