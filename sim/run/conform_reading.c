#include "sim/run/conform_reading.h"

#include <assert.h>

void reading_init(struct reading *reading, struct pool *pool) {
    *reading = (struct reading){.taken = -1};
    buffer_init(&reading->text, pool);
}

void reading_clear(struct reading *reading) {
    buffer_clear(&reading->text);
    reading->count = 0;
}

void reading_add(struct reading *reading, const char *name, struct bytes text) {
    struct pool *pool = reading->text.pool;
    if (reading->count == reading->room) {
        size_t room = reading->room ? 2 * reading->room : 256;
        reading->starts = pool_resize(pool, reading->starts, reading->room * sizeof(size_t), room * sizeof(size_t));
        reading->room = room;
    }
    reading->starts[reading->count++] = reading->text.len;
    buffer_put(&reading->text, name, strlen(name) + 1);
    buffer_put(&reading->text, text.at, text.len);
    buffer_putc(&reading->text, '\0');
}

const char *reading_name(const struct reading *reading, size_t i) {
    assert(i < reading->count);
    return reading->text.at + reading->starts[i];
}

const char *reading_value(const struct reading *reading, size_t i) {
    const char *name = reading_name(reading, i);
    return name + strlen(name) + 1;
}

const char *reading_find(const struct reading *reading, const char *name) {
    for (size_t i = 0; i < reading->count; i++) {
        if (strcmp(reading_name(reading, i), name) == 0) return reading_value(reading, i);
    }
    return NULL;
}
