/* The Redis model as a system that sim/run can run. */
#ifndef MODEL_REDIS_SYSTEM_H
#define MODEL_REDIS_SYSTEM_H

#include "sim/run/system.h"

const struct system *redis_system(void);

#endif
