/* Figures and texts as people read them. */
#ifndef REPORTS_READABLE_H
#define REPORTS_READABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for any of the words below, the zero included. */
#define READABLE_ROOM 32

/* A duration in ns: "0s", "250us", "9.1ms", "16.2s", "1h 2m". Returns `into`, which has READABLE_ROOM bytes. */
const char *readable_duration(char *into, int64_t ns);
/* A whole number with a comma every three digits. */
const char *readable_count(char *into, int64_t n);
/* A number of bytes: "512 B", "64.0 kB", "1.5 MB" (powers of 1000, as the plots' axes). */
const char *readable_bytes(char *into, int64_t bytes);

/* How texts of unknown origin are made safe. Bytes that are not UTF-8, and control characters, are shown as \xHH;
 * what is longer than `most` bytes is cut there and ends with an ellipsis. */
enum readable_form {
    READABLE_PLAIN, /* for a terminal or a text file; newlines stay if `most` is 0 */
    READABLE_HTML,  /* between tags and in quoted attributes; newlines stay */
    READABLE_JSON,  /* inside a JSON string */
    READABLE_CSV    /* inside a quoted CSV field */
};
/* Writes a text in a form; `most` 0 means all of it. NULL is the empty text. */
void readable_put(FILE *out, enum readable_form form, const char *text, size_t most);

/* How many columns a text takes in a terminal: its characters, as readable_put shows them. */
size_t readable_width(const char *text);

/* A label of any text: one line of clean UTF-8 that fits `room` bytes with its zero; control characters and broken
 * bytes become "?", what is too long ends with an ellipsis. */
void readable_label(char *label, size_t room, const char *text);

#endif
