/* Printing actions. */
#include <assert.h>
#include <inttypes.h>

#include "sim/scenario/print.h"
#include "sim/scenario/values.h"

static void put_piece(struct buffer *out, const struct piece *piece) {
    switch (piece->kind) {
    case PIECE_TEXT:
        buffer_put(out, piece->text.at, piece->text.len);
        break;
    case PIECE_COUNTER:
        buffer_puts(out, "{n}");
        break;
    case PIECE_REPEAT:
        buffer_printf(out, "{%" PRId64 "*%c}", piece->times, piece->text.at[0]);
        break;
    case PIECE_FIELD:
        buffer_putc(out, '{');
        print_field_ref(out, &piece->ref);
        buffer_putc(out, '}');
        break;
    }
}

/* A word put together from its pieces; the arrow that would begin the reply stands in quotes. */
static void print_part(struct buffer *out, const struct command_part *part) {
    struct buffer word;
    buffer_init(&word, out->pool);
    for (size_t i = 0; i < part->count; i++) put_piece(&word, &part->pieces[i]);
    struct bytes text = word.at ? buffer_bytes(&word) : (struct bytes){"", 0};
    bool arrow = text.len == 2 && memcmp(text.at, "=>", 2) == 0;
    if (arrow) {
        print_quoted(out, text);
    } else {
        print_word(out, text);
    }
    buffer_free(&word);
}

void print_command(struct buffer *out, const struct action *action) {
    const struct command_action *command = &action->command;
    buffer_puts(out, action->a.text);
    if (command->connection) buffer_printf(out, "@%s", command->connection);
    buffer_putc(out, '>');
    for (size_t i = 0; i < command->word_count; i++) {
        buffer_putc(out, ' ');
        print_part(out, &command->words[i]);
    }
}

static void print_reply(struct buffer *out, const struct command_action *command) {
    if (!command->has_reply) return;
    buffer_puts(out, " => ");
    print_string(out, command->reply_text);
    if (!command->has_within) return;
    buffer_puts(out, " within ");
    value_print_duration(out, command->within);
}

static void print_disk(struct buffer *out, const struct action *action) {
    buffer_printf(out, "disk %s ", action->a.text);
    switch (action->kind) {
    case ACT_DISK_FULL:
        buffer_puts(out, "full");
        break;
    case ACT_DISK_ERROR:
        buffer_puts(out, "error");
        break;
    case ACT_DISK_OK:
        buffer_puts(out, "ok");
        break;
    case ACT_DISK_SLOW:
        buffer_puts(out, "slow:");
        value_print_byte_rate(out, action->number);
        break;
    default:
        buffer_puts(out, action->kind == ACT_DISK_REMOVE ? "remove " : "flip ");
        print_string(out, action->file);
        if (action->kind == ACT_DISK_FLIP && action->number >= 0) buffer_printf(out, " at %" PRId64, action->number);
    }
}

static void print_clock(struct buffer *out, const struct action *action) {
    bool jump = action->kind == ACT_CLOCK_JUMP;
    buffer_printf(out, "clock %s %s ", action->a.text, jump ? "jump" : "drift");
    if (jump) {
        value_print_duration(out, action->number);
    } else {
        buffer_printf(out, "%" PRId64, action->number);
    }
}

/* cut, refuse, reset, heal. */
static void print_on_link(struct buffer *out, const struct plan *plan, const struct action *action) {
    buffer_printf(out, "%s ", action_kind_name(action->kind));
    if (action->everything) {
        buffer_putc(out, '*');
    } else {
        print_ends(out, plan, action->from, action->to, action->one_way);
    }
}

static void print_restart(struct buffer *out, const struct action *action) {
    buffer_printf(out, "restart %s", action->a.text);
    if (action->with.word_count == 0) return;
    buffer_puts(out, " with ");
    print_setting(out, &action->with);
}

static void print_deed(struct buffer *out, const struct plan *plan, const struct action *action) {
    switch (action->kind) {
    case ACT_COMMAND:
        print_command(out, action);
        print_reply(out, &action->command);
        break;
    case ACT_RESTART:
        print_restart(out, action);
        break;
    case ACT_CUT:
    case ACT_REFUSE:
    case ACT_RESET:
    case ACT_HEAL:
        print_on_link(out, plan, action);
        break;
    case ACT_PARTITION:
        buffer_printf(out, "partition {%s} {%s}", action->a.text, action->b.text);
        break;
    case ACT_LINK:
        buffer_puts(out, "link ");
        print_link(out, plan, &action->link);
        break;
    case ACT_CHILD_KILL:
        buffer_printf(out, "child %s kill", action->a.text);
        break;
    case ACT_CHILD_STALL:
        buffer_printf(out, "child %s stall", action->a.text);
        break;
    case ACT_CHILD_RESUME:
        buffer_printf(out, "child %s resume", action->a.text);
        break;
    case ACT_FORK_FAIL:
        buffer_printf(out, "fork %s fail", action->a.text);
        break;
    case ACT_DISK_FULL:
    case ACT_DISK_ERROR:
    case ACT_DISK_SLOW:
    case ACT_DISK_OK:
    case ACT_DISK_REMOVE:
    case ACT_DISK_FLIP:
        print_disk(out, action);
        break;
    case ACT_CLOCK_JUMP:
    case ACT_CLOCK_DRIFT:
        print_clock(out, action);
        break;
    default:
        buffer_printf(out, "%s %s", action_kind_name(action->kind), action->a.text);
        break;
    }
}

void print_action(struct buffer *out, const struct plan *plan, const struct action *action) {
    assert(action->text);
    print_deed(out, plan, action);
    if (!action->has_for) return;
    buffer_puts(out, " for ");
    value_print_duration(out, action->duration);
}
