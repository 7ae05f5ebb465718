/* Printing words, references, conditions, options: what statements are made of. */
#include <assert.h>
#include <inttypes.h>

#include "sim/scenario/lex.h"
#include "sim/scenario/print.h"
#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

/* --- words ----------------------------------------------------------------------------------------------------------
 */

static bool needs_quotes(struct bytes text) {
    if (text.len == 0 || text.at[0] == '#') return true;
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.at[i];
        size_t len = lex_utf8_length(text, i);
        if (len == 0 || c <= ' ' || c == 0x7f || c == '"' || c == '\'' || c == '\\') return true;
        i += len;
    }
    return false;
}

/* One character inside "...", `len` bytes of UTF-8, 0 for a byte that is none. */
static void print_character(struct buffer *out, const char *at, size_t len) {
    unsigned char c = (unsigned char)*at;
    switch (c) {
    case '\n':
        buffer_puts(out, "\\n");
        return;
    case '\r':
        buffer_puts(out, "\\r");
        return;
    case '\t':
        buffer_puts(out, "\\t");
        return;
    case '"':
    case '\\':
        buffer_putc(out, '\\');
        break;
    default:
        break;
    }
    if (len == 0 || c < ' ' || c == 0x7f) {
        buffer_printf(out, "\\x%02x", c);
    } else {
        buffer_put(out, at, len);
    }
}

void print_quoted(struct buffer *out, struct bytes text) {
    buffer_putc(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t len = lex_utf8_length(text, i);
        print_character(out, text.at + i, len);
        i += len > 0 ? len : 1;
    }
    buffer_putc(out, '"');
}

void print_word(struct buffer *out, struct bytes text) {
    if (needs_quotes(text)) {
        print_quoted(out, text);
    } else {
        buffer_put(out, text.at, text.len);
    }
}

void print_string(struct buffer *out, const char *text) {
    print_word(out, (struct bytes){text, strlen(text)});
}

/* --- links and settings ---------------------------------------------------------------------------------------------
 */

void print_ends(struct buffer *out, const struct plan *plan, uint16_t a, uint16_t b, bool one_way) {
    buffer_printf(out, "%s%s%s", plan_party_name(plan, a), one_way ? "->" : " ", plan_party_name(plan, b));
}

void print_link_ends(struct buffer *out, const struct plan *plan, const struct link_change *link) {
    if (link->everywhere) {
        buffer_putc(out, '*');
    } else {
        print_ends(out, plan, link->a, link->b, link->one_way);
    }
}

void print_link(struct buffer *out, const struct plan *plan, const struct link_change *link) {
    print_link_ends(out, plan, link);
    for (unsigned i = 0; i < LINK_PROPS; i++) {
        if (!link->set[i]) continue;
        buffer_printf(out, " %s ", link_prop_name((enum link_prop)i));
        switch ((enum link_prop)i) {
        case LINK_LATENCY:
            value_print_time_spread(out, &link->latency);
            break;
        case LINK_BANDWIDTH:
            value_print_link_speed(out, link->value[i]);
            break;
        case LINK_BUFFER:
            value_print_size(out, link->value[i]);
            break;
        default:
            value_print_share(out, link->value[i]);
            break;
        }
    }
}

void print_setting(struct buffer *out, const struct conf_line *conf) {
    for (size_t i = 0; i < conf->word_count; i++) {
        if (i > 0) buffer_putc(out, ' ');
        print_word(out, conf->words[i]);
    }
}

/* --- conditions
 * ------------------------------------------------------------------------------------------------------- */

void print_field_ref(struct buffer *out, const struct field_ref *ref) {
    assert(ref->field);
    buffer_printf(out, "%s.%s", ref->nodes.text, ref->field);
    if (ref->at_set) {
        buffer_putc(out, '@');
        value_print_duration(out, ref->at);
    }
    if (ref->plus != 0) buffer_printf(out, "%+" PRId64, ref->plus);
}

static void print_operand(struct buffer *out, const struct operand *operand) {
    if (operand->kind == OPERAND_FIELD) {
        print_field_ref(out, &operand->ref);
    } else if (operand->quoted) {
        print_quoted(out, (struct bytes){operand->text, strlen(operand->text)});
    } else {
        print_string(out, operand->text);
    }
}

static bool is_default_count(const struct condition *condition) {
    return condition->op == CMP_GE && condition->right.number == 1;
}

void print_condition(struct buffer *out, const struct condition *condition) {
    switch (condition->kind) {
    case COND_CHECK:
        buffer_puts(out, condition->name);
        return;
    case COND_METRIC:
        buffer_printf(out, "run.%s", condition->name);
        break;
    case COND_FIELD:
        print_field_ref(out, &condition->left);
        break;
    case COND_LOG:
        buffer_printf(out, "%s log ", condition->nodes.text);
        print_quoted(out, (struct bytes){condition->glob, strlen(condition->glob)});
        if (is_default_count(condition)) return;
        break;
    }
    buffer_printf(out, " %s ", compare_text(condition->op));
    print_operand(out, &condition->right);
}

/* --- options
 * ---------------------------------------------------------------------------------------------------------- */

static void print_weights(struct buffer *out, const struct option *option) {
    bool any = false;
    for (size_t i = 0; option->rule->choices[i]; i++) {
        if (option->weights[i] == 0) continue;
        buffer_printf(out, "%s%s:%" PRIu32, any ? "," : "", option->rule->choices[i], option->weights[i]);
        any = true;
    }
    assert(any);
}

static void print_skew(struct buffer *out, const struct option *option) {
    if (option->number == SKEW_UNIFORM) buffer_puts(out, "uniform");
    if (option->number == SKEW_SEQ) buffer_puts(out, "seq");
    if (option->number != SKEW_ZIPF) return;
    buffer_puts(out, "zipf:");
    value_print_millionths(out, option->number2);
}

static void print_words(struct buffer *out, const struct option *option) {
    for (size_t i = 0; i < option->word_count; i++) {
        if (i > 0) buffer_putc(out, ' ');
        print_word(out, option->words[i]);
    }
}

static void print_count_time(struct buffer *out, const struct option *option) {
    buffer_printf(out, "%" PRId64 ":", option->number);
    value_print_duration(out, option->number2);
}

void print_option_value(struct buffer *out, const struct option *option) {
    switch (option->rule->form) {
    case FORM_NODE:
    case FORM_NODES:
        buffer_puts(out, option->text);
        break;
    case FORM_COUNT:
        buffer_printf(out, "%" PRId64, option->number);
        break;
    case FORM_SIZE:
        value_print_size(out, option->number);
        break;
    case FORM_SIZE_SPREAD:
        value_print_size_spread(out, &option->spread);
        break;
    case FORM_DURATION:
        value_print_duration(out, option->number);
        break;
    case FORM_SPREAD:
        value_print_time_spread(out, &option->spread);
        break;
    case FORM_RATE_OR_EXP:
        if (option->exponential) buffer_puts(out, "exp:");
        value_print_rate(out, option->number);
        break;
    case FORM_RATE:
        value_print_rate(out, option->number);
        break;
    case FORM_BYTE_RATE:
        value_print_byte_rate(out, option->number);
        break;
    case FORM_LINK_SPEED:
        value_print_link_speed(out, option->number);
        break;
    case FORM_SHARE:
        value_print_share(out, option->number);
        break;
    case FORM_CHOICE:
        buffer_puts(out, option->rule->choices[option->number]);
        break;
    case FORM_WEIGHTS:
        print_weights(out, option);
        break;
    case FORM_RANGE:
        value_print_count_range(out, option->number, option->number2);
        break;
    case FORM_COUNT_TIME:
        print_count_time(out, option);
        break;
    case FORM_SKEW:
        print_skew(out, option);
        break;
    case FORM_WORDS:
        print_words(out, option);
        break;
    }
}
