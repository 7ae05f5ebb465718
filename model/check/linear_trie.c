/* A radix tree of the values that were read, and the texts that were appended.
 *
 * A state is worth telling from others only if it may still become a value that somebody read: then it is a place in
 * the tree, a node and how many bytes from the beginning. All other states are one, LINEAR_DEAD: only a write leads out
 * of it. */
#include <assert.h>
#include <string.h>

#include "model/check/linear.h"

enum { NO_NODE = 0 /* the root is nobody's child */, PLACE_SHIFT = 32 };

struct node {
    char *edge; /* the bytes between the parent and here */
    uint32_t edge_len;
    uint32_t depth;       /* bytes from the beginning to here */
    uint32_t child, next; /* first child; next child of the same parent */
};

struct text {
    const char *at;
    uint32_t len;
    uint32_t next; /* of the same bucket, + 1 */
};

struct linear_trie {
    struct pool *pool;
    struct node *nodes; /* 0 is the root */
    uint32_t node_count, node_room;
    struct text *texts;
    uint32_t text_count, text_room;
    uint32_t *buckets; /* number of a text + 1 */
    uint32_t bucket_count;
};

struct linear_trie *linear_trie_create(struct pool *pool) {
    struct linear_trie *t = POOL_NEW(pool, struct linear_trie);
    t->pool = pool;
    t->node_room = 16;
    t->nodes = POOL_ARRAY(pool, struct node, t->node_room);
    t->node_count = 1;
    return t;
}

static uint32_t new_node(struct linear_trie *t, struct node node) {
    if (t->node_count == t->node_room) {
        size_t unit = sizeof(struct node);
        t->nodes = pool_resize(t->pool, t->nodes, t->node_room * unit, 2 * t->node_room * unit);
        t->node_room *= 2;
    }
    t->nodes[t->node_count] = node;
    return t->node_count++;
}

static uint32_t find_child(const struct linear_trie *t, uint32_t parent, char first) {
    uint32_t n = t->nodes[parent].child;
    while (n != NO_NODE && t->nodes[n].edge[0] != first) n = t->nodes[n].next;
    return n;
}

static size_t common_length(const char *a, const char *b, size_t most) {
    size_t n = 0;
    while (n + 64 <= most && memcmp(a + n, b + n, 64) == 0) n += 64;
    while (n < most && a[n] == b[n]) n++;
    return n;
}

/* Puts a node on the way to n, `at` bytes behind its parent; n keeps its number. */
static void split(struct linear_trie *t, uint32_t parent, uint32_t n, uint32_t at) {
    struct node *below = &t->nodes[n];
    uint32_t middle = new_node(t, (struct node){.edge = below->edge,
                                                .edge_len = at,
                                                .depth = below->depth - below->edge_len + at,
                                                .child = n,
                                                .next = below->next});
    uint32_t *link = &t->nodes[parent].child;
    while (*link != n) link = &t->nodes[*link].next;
    *link = middle;
    below = &t->nodes[n];
    below->edge += at;
    below->edge_len -= at;
    below->next = NO_NODE;
}

void linear_trie_add(struct linear_trie *t, struct bytes value) {
    uint32_t n = 0;
    size_t done = 0;
    while (done < value.len) {
        uint32_t child = find_child(t, n, value.at[done]);
        if (child == NO_NODE) {
            uint32_t rest = (uint32_t)(value.len - done);
            child = new_node(t, (struct node){.edge = pool_strndup(t->pool, value.at + done, rest),
                                              .edge_len = rest,
                                              .depth = (uint32_t)value.len,
                                              .next = t->nodes[n].child});
            t->nodes[n].child = child;
            return;
        }
        size_t left = value.len - done, edge = t->nodes[child].edge_len;
        size_t same = common_length(t->nodes[child].edge, value.at + done, left < edge ? left : edge);
        done += same;
        if (same < edge) {
            split(t, n, child, (uint32_t)same);
            child = t->node_count - 1;
        }
        n = child;
    }
}

static linear_state place(uint32_t node, uint32_t depth) {
    return (uint64_t)depth << PLACE_SHIFT | node;
}

/* Goes on from a place. */
static linear_state walk(const struct linear_trie *t, linear_state from, struct bytes text) {
    uint32_t n = (uint32_t)from, depth = (uint32_t)(from >> PLACE_SHIFT);
    for (size_t done = 0; done < text.len;) {
        const struct node *node = &t->nodes[n];
        if (depth == node->depth) {
            n = find_child(t, n, text.at[done]);
            if (n == NO_NODE) return LINEAR_DEAD;
            node = &t->nodes[n];
        }
        uint32_t left = node->depth - depth;
        size_t piece = text.len - done < left ? text.len - done : left;
        if (memcmp(node->edge + (node->edge_len - left), text.at + done, piece) != 0) return LINEAR_DEAD;
        depth += (uint32_t)piece;
        done += piece;
    }
    return place(n, depth);
}

linear_state linear_trie_place(const struct linear_trie *t, struct bytes value) {
    return walk(t, place(0, 0), value);
}

/* --- texts -------------------------------------------------------------------------------------------------- */

static uint32_t hash_of(struct bytes text) {
    uint32_t h = 2166136261; /* FNV-1a: any will do */
    for (size_t i = 0; i < text.len; i++) h = (h ^ (unsigned char)text.at[i]) * 16777619;
    return h;
}

static void put_in_bucket(struct linear_trie *t, uint32_t number) {
    struct text *text = &t->texts[number];
    uint32_t *bucket = &t->buckets[hash_of((struct bytes){text->at, text->len}) & (t->bucket_count - 1)];
    text->next = *bucket;
    *bucket = number + 1;
}

static void grow_texts(struct linear_trie *t) {
    uint32_t room = t->text_room ? 2 * t->text_room : 16;
    t->texts = pool_resize(t->pool, t->texts, t->text_room * sizeof(struct text), room * sizeof(struct text));
    pool_free(t->pool, t->buckets, t->bucket_count * sizeof(uint32_t));
    t->buckets = POOL_ARRAY(t->pool, uint32_t, room);
    t->text_room = t->bucket_count = room;
    for (uint32_t i = 0; i < t->text_count; i++) put_in_bucket(t, i);
}

linear_state linear_trie_text(struct linear_trie *t, struct bytes text) {
    if (text.len == 0) text.at = "";
    if (t->text_count == t->text_room) grow_texts(t);
    uint32_t at = t->buckets[hash_of(text) & (t->bucket_count - 1)];
    for (; at; at = t->texts[at - 1].next) {
        const struct text *known = &t->texts[at - 1];
        if (known->len == text.len && memcmp(known->at, text.at, text.len) == 0) return at - 1;
    }
    t->texts[t->text_count] = (struct text){.at = pool_strndup(t->pool, text.at, text.len), .len = (uint32_t)text.len};
    put_in_bucket(t, t->text_count);
    return t->text_count++;
}

struct bytes linear_trie_text_of(const struct linear_trie *t, linear_state text) {
    assert(text < t->text_count);
    return (struct bytes){t->texts[text].at, t->texts[text].len};
}

linear_state linear_trie_append(const struct linear_trie *t, linear_state from, linear_state text) {
    return from == LINEAR_DEAD ? LINEAR_DEAD : walk(t, from, linear_trie_text_of(t, text));
}
