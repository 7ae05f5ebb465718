/* The words that this model brings to the scenario language. */
#ifndef MODEL_REDIS_VOCABULARY_H
#define MODEL_REDIS_VOCABULARY_H

#include "sim/scenario/vocabulary.h"

extern const struct vocabulary redis_vocabulary;

#endif
