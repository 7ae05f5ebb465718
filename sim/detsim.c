/* detsim: the program. The only file that knows every part, and joins them. */
#include "model/check/judge_history.h"
#include "model/redis/real.h"
#include "model/redis/system.h"
#include "reports/report.h"
#include "reports/store.h"
#include "sim/commands/commands.h"

static int command_report(const struct program *program, int argc, char **argv) {
    (void)program;
    return report_main(argc, argv);
}

static const struct subcommand commands[] = {
    {"run", "FILE... [--seed N | --seeds A..B] [--jobs N] [--db FILE] [--format F] [--twice]",
     "run scenarios and judge them", command_run},
    {"replay", "FILE --seed N [--until T | --event N] [--watch NODE]", "stop at a moment and show the whole cluster",
     command_replay},
    {"report", "DB [-o DIR] [--run ID]", "from recorded runs to tables and plots", command_report},
    {"defects", "", "the catalogue of switchable bugs", command_defects},
    {"fuzz", "[FILE] [--seeds A..B]", "random scenarios from random seeds", NULL},
    {"generate", "--seed N", "print the scenario that a fuzz seed runs", NULL},
    {"shrink", "FILE --seed N", "the smallest scenario that fails in the same way", NULL},
    {"check", "HISTORY [--model M] [--format F]", "judge a recorded history", command_check},
    {"conform", "FILE...", "the same scenario in the model and on real servers", command_conform},
    {"serve", "[redis.conf] [--DIRECTIVE VALUE...]", "the model, live on a socket", command_serve},
    {"merge", "OUT.db IN.db...", "join the shards of a campaign", NULL},
    {0},
};

int main(int argc, char **argv) {
    const struct program program = {commands, redis_system(), redis_real(), history_judge(), &store_source};
    return program_run(&program, argc, argv);
}
