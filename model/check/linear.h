/* Linearizability of one object from what its clients saw: is there one order of all operations, each between its
 * invocation and its completion, that explains every result?
 *
 *   linear.c         the search; linear_prepare.c makes a history ready for it
 *   linear_trie.c    strings that grow by appends: which states can still lead to a value that was read
 *   linear_core.c    what of a history cannot be ordered
 *
 * Objects are judged one by one: a history of many independent objects is linearizable if each of its parts is (Herlihy
 * and Wing 1990, locality). */
#ifndef MODEL_CHECK_LINEAR_H
#define MODEL_CHECK_LINEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/pool.h"
#include "sim/world/units.h"

/* A state of the object: a value's number, or a place in a trie. */
typedef uint64_t linear_state;

enum linear_kind {
    LINEAR_READ,       /* the state is a */
    LINEAR_WRITE,      /* the state becomes a, whatever it was */
    LINEAR_CAS,        /* the state is a and becomes b */
    LINEAR_CAS_FAILED, /* it ran, and the state was not a */
    LINEAR_APPEND      /* text a is put at the state's end */
};

#define LINEAR_NEVER UINT32_MAX

/* It looks at the state and leaves it as it is. */
static inline bool linear_is_passive(enum linear_kind kind) {
    return kind == LINEAR_READ || kind == LINEAR_CAS_FAILED;
}

/* An operation. Instants are numbers of events: the order in which things were seen is all that is known of time. */
struct linear_op {
    enum linear_kind kind;
    linear_state a, b;
    uint32_t invoked;
    uint32_t completed; /* LINEAR_NEVER: it may take effect at any time from `invoked` on, or never */
};

struct linear_trie;

struct linear_object {
    const struct linear_op *ops; /* by `invoked`; no two instants are equal; reads are all completed */
    uint32_t count;
    uint32_t instants; /* all instants are below; of the order of 2 * count */
    linear_state initial;
    const struct linear_trie *trie; /* where states are places, for appends; else NULL */
};

/* When to give up. */
struct linear_budget {
    uint64_t memory;          /* bytes that the search may take; 0: no bound */
    bool (*spent)(void *ctx); /* asked now and then; NULL: never */
    void *ctx;
};

enum linear_verdict { LINEAR_OK, LINEAR_VIOLATION, LINEAR_UNKNOWN };

struct linear_result {
    enum linear_verdict verdict;
    const char *why;   /* unknown: what ran out */
    uint64_t steps;    /* operations put in order, those taken back included */
    uint32_t furthest; /* violation: no order reaches beyond the completion of this operation */
};

/* Judges one object. Memory is taken from the pool and given back. */
void linear_check(struct pool *pool, const struct linear_object *object, const struct linear_budget *budget,
                  struct linear_result *result);

/* --- strings ---------------------------------------------------------------------------------------------- */

/* No value that was read begins like this, or, of a text, what it is put behind cannot be one. */
#define LINEAR_DEAD UINT64_MAX

/* Makes an empty trie; its memory is the pool's. */
struct linear_trie *linear_trie_create(struct pool *pool);
/* Adds a value that was read; the bytes are copied. */
void linear_trie_add(struct linear_trie *t, struct bytes value);
/* The place of a value, LINEAR_DEAD if no value that was read begins with it. Adding more values moves places. */
linear_state linear_trie_place(const struct linear_trie *t, struct bytes value);
/* A text's number, for appends. */
linear_state linear_trie_text(struct linear_trie *t, struct bytes text);
struct bytes linear_trie_text_of(const struct linear_trie *t, linear_state text);
/* Where a text leads from a place. */
linear_state linear_trie_append(const struct linear_trie *t, linear_state from, linear_state text);

/* --- what cannot be ordered -------------------------------------------------------------------------------- */

/* Of an object that linear_check() found not to be linearizable, with that `furthest`: operations whose results,
 * together, no order explains, though any one of them left out would do. Sets needed[i] for those of the object's ops;
 * others may still have taken effect or not. Bounded by the budget: then what is found so far is marked, and false
 * returned. */
bool linear_core(struct pool *pool, const struct linear_object *object, uint32_t furthest,
                 const struct linear_budget *budget, bool *needed);

#endif
