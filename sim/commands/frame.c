#include "sim/commands/frame.h"

#include <stdio.h>

static int perform(const struct command_form *form, struct command_call *call) {
    enum arguments_status read = form->read(call);
    if (read == ARGUMENTS_BAD) return EXIT_USAGE;
    if (read == ARGUMENTS_HELP) {
        fputs(form->help, stdout);
        return EXIT_HELD;
    }
    const char *wrong = form->wrong(call);
    if (!wrong) return form->make(call);
    fprintf(stderr, "%s: %s (%s --help shows what there is)\n", form->name, wrong, form->name);
    return EXIT_USAGE;
}

int command_perform(const struct command_form *form, const struct program *program, int argc, char **argv,
                    void *options) {
    struct pool *pool = pool_create();
    struct command_call call = {.program = program, .options = options, .pool = pool, .argc = argc, .argv = argv};
    call.files = POOL_ARRAY(pool, const char *, argc + 1);
    int status = perform(form, &call);
    pool_destroy(pool);
    return status;
}
