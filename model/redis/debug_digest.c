/* DEBUG DIGEST as redis-server 7.0.15 computes it.
 *
 * Two ways to put something into a digest of 20 bytes: *add*, xor with its SHA-1, where order must not matter; and
 * *mix*, add and then take the SHA-1 of the whole, where it must. Keys are added; what makes up a key is mixed in
 * order: its name, its type's number, its value; a time to live adds a mark, whatever its length. */
#include <assert.h>
#include <nettle/sha1.h>
#include <stdio.h>

#include "model/redis/database.h"
#include "model/redis/score.h"

struct digest {
    unsigned char at[SHA1_DIGEST_SIZE];
};

static void sha1(const void *bytes, size_t n, unsigned char hash[SHA1_DIGEST_SIZE]) {
    struct sha1_ctx ctx;
    sha1_init(&ctx);
    sha1_update(&ctx, n, bytes);
    sha1_digest(&ctx, SHA1_DIGEST_SIZE, hash);
}

static void add(struct digest *d, const void *bytes, size_t n) {
    unsigned char hash[SHA1_DIGEST_SIZE];
    sha1(bytes, n, hash);
    for (size_t i = 0; i < SHA1_DIGEST_SIZE; i++) d->at[i] ^= hash[i];
}

static void mix(struct digest *d, struct bytes b) {
    add(d, b.at, b.len);
    unsigned char hash[SHA1_DIGEST_SIZE];
    sha1(d->at, SHA1_DIGEST_SIZE, hash);
    memcpy(d->at, hash, SHA1_DIGEST_SIZE);
}

/* A 32-bit number in network order. */
static void mix_number(struct digest *d, uint32_t n) {
    char bytes[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    mix(d, (struct bytes){bytes, sizeof bytes});
}

static void mix_list(struct digest *d, const struct list *l) {
    for (uint32_t i = 0; i < l->count; i++) mix(d, list_at(l, i));
}

/* Members of a set are added bare; pairs are mixed for themselves first. */
static void add_elements(struct digest *d, const struct table *t) {
    for (uint32_t i = 0; i < t->count; i++) {
        const struct element *e = &t->elements[i];
        struct bytes name = text_bytes(e->name);
        if (t->kind == TABLE_SET) {
            add(d, name.at, name.len);
            continue;
        }
        struct digest pair = {{0}};
        char score[SCORE_ROOM];
        mix(&pair, name);
        if (t->kind == TABLE_HASH)
            mix(&pair, text_bytes(e->value));
        else
            mix(&pair, (struct bytes){score, score_format(e->score, score)});
        add(d, pair.at, sizeof pair.at);
    }
}

static void add_key(struct digest *d, const struct entry *e) {
    /* The real server's numbers of the types. */
    static const uint32_t numbers[OBJECT_TYPES] = {
        [OBJECT_STRING] = 0, [OBJECT_LIST] = 1, [OBJECT_SET] = 2, [OBJECT_ZSET] = 3, [OBJECT_HASH] = 4};
    static const char expires[] = "!!expire!!";
    struct digest key = {{0}};
    mix(&key, text_bytes(e->key));
    mix_number(&key, numbers[e->type]);
    switch (e->type) {
    case OBJECT_STRING:
        mix(&key, text_bytes(e->value.text));
        break;
    case OBJECT_LIST:
        mix_list(&key, e->value.list);
        break;
    case OBJECT_ZSET:
        add_elements(&key, e->value.zset->table);
        break;
    default:
        add_elements(&key, e->value.table);
    }
    if (e->deadline != NO_DEADLINE) add(&key, expires, sizeof expires - 1);
    add(d, key.at, sizeof key.at);
}

void keyspace_debug_digest(const struct keyspace *ks, char hex[41]) {
    struct digest d = {{0}};
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        const struct database *db = keyspace_database(ks, i);
        if (db->size == 0) continue;
        mix_number(&d, (uint32_t)i);
        for (uint32_t slot = 0; slot < db->slots; slot++) {
            const struct entry *e = database_slot(db, slot);
            if (e) add_key(&d, e);
        }
    }
    for (size_t i = 0; i < SHA1_DIGEST_SIZE; i++) snprintf(hex + 2 * i, 3, "%02x", d.at[i]);
}
