/* The model's happenings, by name and in words for people (struct system's functions of these names). */
#ifndef MODEL_REDIS_HAPPENING_TEXT_H
#define MODEL_REDIS_HAPPENING_TEXT_H

#include "sim/world/buffer.h"
#include "sim/world/trace.h"

struct model;

/* NULL for a kind that is not the model's. */
const char *happening_name(unsigned kind);
void happening_text(struct model *model, const struct happening *h, struct buffer *out);

#endif
