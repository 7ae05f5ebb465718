/* RESP, the wire protocol: requests and replies in byte streams that arrive in any pieces.
 *
 * A request is parsed in place: its words point into the caller's bytes. What a piece leaves unfinished is
 * remembered by position, so that no byte is looked at twice when the rest arrives, wherever it lies then. */
#ifndef MODEL_REDIS_RESP_H
#define MODEL_REDIS_RESP_H

#include <stdbool.h>

#include "sim/world/buffer.h"
#include "sim/world/pool.h"
#include "sim/world/units.h"

enum resp_limit {
    RESP_INLINE_MAX = 64 * 1024,       /* bytes of a line: an inline request, or a count before its line end */
    RESP_WORDS_MAX = INT32_MAX,        /* words of a request (7.0: INT_MAX) */
    RESP_BULK_MAX = 512 * 1024 * 1024, /* proto-max-bulk-len */
    RESP_STRANGER_WORDS_MAX = 10,      /* of somebody who has not told the password yet */
    RESP_STRANGER_BULK_MAX = 16384     /* likewise */
};

enum resp_status {
    RESP_MORE, /* the request is not complete */
    RESP_DONE, /* argv, argc, used are set; argc may be 0 (an empty line, *0) */
    RESP_BAD   /* the peer broke the protocol: error is set */
};

/* A position and a length, from the request's first byte. */
struct resp_slice {
    size_t at, len;
};

/* The state of parsing one stream of requests. */
struct resp_parser {
    struct pool *pool;
    struct bytes
        *argv; /* RESP_DONE: the words, valid as long as the bytes parsed (inline ones: until the next parse) */
    size_t argc;
    size_t used;       /* RESP_DONE: length of the request */
    const char *error; /* RESP_BAD: in the real server's words, without "Protocol error: " */
    char error_text[24];
    bool is_inline;    /* the request was a plain line, not an array */
    bool is_canonical; /* its bytes are those that resp_put_request() would write */

    struct resp_slice *slices; /* the words found so far */
    size_t room;               /* of argv and slices */
    int64_t bulk_max;          /* bytes of a word; RESP_BULK_MAX unless set */
    bool stranger;             /* has to authenticate first: is given little room */
    size_t at;                 /* first byte not yet looked at */
    int64_t words_left;        /* -1: the array header was not read yet */
    int64_t bulk_len;          /* of the word whose header was read, else -1 */
    struct buffer line;        /* an inline request's words without their quotes */
};

void resp_parser_init(struct resp_parser *p, struct pool *pool);
void resp_parser_free(struct resp_parser *p);
/* Forgets a half-parsed request. */
void resp_parser_reset(struct resp_parser *p);

/* Goes on with a request whose first byte is in.at[0]; in must begin with what earlier calls have seen. After
 * RESP_DONE or RESP_BAD the next call begins a new request. */
enum resp_status resp_parse(struct resp_parser *p, struct bytes in);

/* Bytes that the words found so far take, besides the request itself. */
static inline size_t resp_parser_memory(const struct resp_parser *p) {
    return p->room * (sizeof(*p->argv) + sizeof(*p->slices));
}

/* How many more bytes the word needs that is being read, its line end included; 0 if none is. */
size_t resp_parser_missing(const struct resp_parser *p, size_t have);

/* Splits a line into words as redis-cli and redis.conf do (quotes, \xHH); appends the unquoted words to `text` and
 * their places in it to `slices`. The number of words, -1 for unbalanced quotes, at most `room`. */
int64_t resp_split_line(struct bytes line, struct buffer *text, struct resp_slice *slices, size_t room);

/* --- encoding ----------------------------------------------------------------------------------------------------- */

/* Decimal digits of n, with sign, into text[21]; how many. */
size_t resp_format_number(int64_t n, char text[21]);
/* A decimal as the real server takes it: no blanks, no plus, no leading zeros. False if it is none. */
bool resp_parse_number(struct bytes text, int64_t *n);

void resp_put_array(struct buffer *out, size_t count);     /* *N */
void resp_put_bulk(struct buffer *out, struct bytes word); /* $N word */
void resp_put_number(struct buffer *out, int64_t n);       /* :N */
void resp_put_request(struct buffer *out, const struct bytes *words, size_t count);
/* The same from C strings, for commands that the server itself says; ends with NULL. */
void resp_put_words(struct buffer *out, const char *const *words);

/* --- replies ------------------------------------------------------------------------------------------------------ */

/* Length of the reply at the front of `in`: 0 if it is not complete, -1 if it is none. Nested arrays at most 32 deep.
 */
int64_t resp_reply_length(struct bytes in);

/* Whether two words are equal but for the case of ASCII letters. */
bool resp_word_is(struct bytes word, const char *lower_case);

static inline struct bytes resp_text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

#endif
