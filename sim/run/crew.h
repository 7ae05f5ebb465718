/* The crew of a campaign: its worker processes, what each has to do, and what becomes of it. */
#ifndef SIM_RUN_CREW_H
#define SIM_RUN_CREW_H

#include "sim/run/worker.h"

struct crew;

/* What the crew tells the campaign; text is valid during the call. */
struct crew_events {
    void (*done)(void *ctx, uint64_t number, bool passed, struct bytes text);
    void (*numbers)(void *ctx, struct bytes text); /* the numbers of a run that is about to be done */
    /* The process that made this run ended without a result; why in words. */
    void (*lost)(void *ctx, uint64_t number, const char *why);
    void (*trouble)(void *ctx, const char *problem);
    void *ctx;
};

/* Starts the workers. NULL if the system has no room for processes or pipes: *error says which (static). */
struct crew *crew_hire(const struct campaign *campaign, const struct crew_events *events, const char **error);
/* Runs below `limit` may be handed out from now on. */
void crew_allow(struct crew *crew, uint64_t limit);
/* Waits at most timeout_ms for something to happen and tells it. False: all workers are gone. */
bool crew_wait(struct crew *crew, int timeout_ms);
/* Hands out no more runs; those under way are finished. */
void crew_stop(struct crew *crew);
/* Ends all workers at once. */
void crew_kill(struct crew *crew);
/* Frees the crew; all workers are gone. */
void crew_dismiss(struct crew *crew);

#endif
