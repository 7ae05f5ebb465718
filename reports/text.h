/* Bytes that may be anything, made fit for a database, a page or a terminal. */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates) without a
 * zero byte, which SQLite's TEXT functions stop at. */
bool text_is_clean(const char *bytes, size_t n);

/* The length of the escaped form: each byte of what is not clean as \xHH. */
size_t text_escaped_length(const char *bytes, size_t n);
/* Writes it; `into` has text_escaped_length() bytes. No terminating zero. */
void text_escape(char *into, const char *bytes, size_t n);

/* The length in bytes of the well-formed UTF-8 character at `bytes`, 0 if there is none. n > 0. */
size_t text_char_length(const char *bytes, size_t n);

#endif
