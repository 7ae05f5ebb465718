/* `cost` lines become the costs of a machine. */
#include "sim/run/costs.h"

#include <assert.h>
#include <string.h>

void costs_set(struct costs *costs, const char *name, const struct option *value) {
    if (strcmp(name, "fsync-time") == 0) {
        costs->fsync_time = value->spread;
        return;
    }
    const struct {
        const char *name;
        int64_t *place;
    } plain[] = {
        {"fork-per-gb", &costs->fork_per_gb},
        {"cow-page", &costs->cow_page},
        {"save-rate", &costs->save_rate},
        {"load-rate", &costs->load_rate},
        {"command-time", &costs->command_time},
        {"disk-rate", &costs->disk_rate},
        {"save-key", &costs->save_key},
        {"load-key", &costs->load_key},
        {"flush-key", &costs->flush_key},
        {"socket-time", &costs->socket_time},
        {"memory", &costs->memory},
        {"cron-period", &costs->cron_period},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(plain[i].name, name) != 0) continue;
        *plain[i].place = value->number;
        return;
    }
    assert(false && "a cost that the reader knows and struct costs lacks");
}
