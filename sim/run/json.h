/* JSON, written straight into a buffer: no tree, one line, commas as needed. */
#ifndef SIM_RUN_JSON_H
#define SIM_RUN_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/buffer.h"

enum { JSON_DEPTH_MAX = 16 };

struct json {
    struct buffer *out;
    unsigned depth;
    bool some[JSON_DEPTH_MAX]; /* something was written on that level */
    bool after_name;
};

void json_init(struct json *json, struct buffer *out);

void json_open_object(struct json *json);
void json_close_object(struct json *json);
void json_open_array(struct json *json);
void json_close_array(struct json *json);

/* The name of the next value of an object. */
void json_name(struct json *json, const char *name);

/* Any bytes: what is no UTF-8 becomes \xHH as text. */
void json_bytes(struct json *json, struct bytes text);
void json_string(struct json *json, const char *text);
void json_number(struct json *json, int64_t n);
void json_unsigned(struct json *json, uint64_t n);

#endif
