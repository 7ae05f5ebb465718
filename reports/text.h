/* Bytes that may be anything, made fit for a database, a page or a terminal. */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the bytes are valid UTF-8 without a zero byte, at which SQLite's TEXT functions would stop. */
bool text_is_clean(const char *bytes, size_t n);

/* The length of the escaped form: each byte of what is not clean as \xHH. */
size_t text_escaped_length(const char *bytes, size_t n);
/* Writes it; `into` has text_escaped_length() bytes. No terminating zero. */
void text_escape(char *into, const char *bytes, size_t n);

#endif
