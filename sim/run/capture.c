#include "sim/run/capture.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "sim/world/buffer.h"

/* Block types, option codes and link type of pcapng (draft-ietf-opsawg-pcapng) and LINKTYPE_RAW of tcpdump.org. */
enum {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_NAMES = 4,
    BLOCK_PACKET = 6,
    OPTION_END = 0,
    OPTION_IF_NAME = 2,
    OPTION_IF_TSRESOL = 9,
    OPTION_APPLICATION = 4,
    NAME_IPV4 = 1,
    LINKTYPE_RAW = 101
};

enum {
    IP_HEADER = 20,
    TCP_HEADER = 20,
    SYN_OPTIONS = 8,      /* MSS, window scale */
    PAYLOAD_MOST = 65160, /* as segmentation offload shows packets: 45 full segments of 1448 bytes */
    WINDOW_SCALE = 9,
    FIRST_ADDRESS = 0x0A000001 /* 10.0.0.1 */
};

/* A packet that leaves later than now. */
struct pending {
    sim_time at;
    uint32_t conn;
    uint16_t from;
    uint32_t len;
    struct pending *next; /* later, or as late and seen later */
    char bytes[];
};

struct capture {
    struct pool *pool;
    FILE *file;
    struct world *world;
    struct packet_tap tap;
    sim_time epoch; /* wall-clock ns of time 0 */
    struct pending *pending;
    struct buffer packet; /* the one that is put together */
    struct buffer block;
    int error; /* errno of the first write that failed */
};

/* --- blocks: little-endian, padded to 32 bits ------------------------------------------------------------ */

static void put_le(struct buffer *b, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++) buffer_putc(b, (char)(value >> (8 * i) & 0xFF));
}

static void put_padded(struct buffer *b, struct bytes bytes) {
    buffer_put(b, bytes.at, bytes.len);
    while (b->len % 4 != 0) buffer_putc(b, 0);
}

static void put_option(struct buffer *b, unsigned code, const void *value, size_t len) {
    put_le(b, code, 2);
    put_le(b, len, 2);
    put_padded(b, (struct bytes){value, len});
}

static void write_bytes(struct capture *c, const void *bytes, size_t n) {
    if (fwrite(bytes, 1, n, c->file) != n && !c->error) c->error = errno;
}

/* Writes the block's body between its type and its lengths. */
static void write_block(struct capture *c, uint32_t type) {
    struct buffer frame;
    buffer_init(&frame, c->pool);
    uint64_t total = c->block.len + 12;
    put_le(&frame, type, 4);
    put_le(&frame, total, 4);
    write_bytes(c, frame.at, frame.len);
    write_bytes(c, c->block.at, c->block.len);
    write_bytes(c, frame.at + 4, 4);
    buffer_free(&frame);
    buffer_clear(&c->block);
}

static void write_section(struct capture *c) {
    static const char application[] = "detsim " DETSIM_VERSION;
    put_le(&c->block, 0x1A2B3C4D, 4); /* tells the byte order */
    put_le(&c->block, 1, 2);
    put_le(&c->block, 0, 2);
    put_le(&c->block, UINT64_MAX, 8); /* the section's length is not told */
    put_option(&c->block, OPTION_APPLICATION, application, strlen(application));
    put_option(&c->block, OPTION_END, NULL, 0);
    write_block(c, BLOCK_SECTION);
}

static void write_interface(struct capture *c, const char *name) {
    static const char nanoseconds = 9;
    put_le(&c->block, LINKTYPE_RAW, 2);
    put_le(&c->block, 0, 2);
    put_le(&c->block, 0, 4); /* packets are whole */
    put_option(&c->block, OPTION_IF_NAME, name, strlen(name));
    put_option(&c->block, OPTION_IF_TSRESOL, &nanoseconds, 1);
    put_option(&c->block, OPTION_END, NULL, 0);
    write_block(c, BLOCK_INTERFACE);
}

/* --- headers: big-endian ---------------------------------------------------------------------------------- */

static void put_be(struct buffer *b, uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) buffer_putc(b, (char)(value >> (8 * i) & 0xFF));
}

static void set_be16(struct buffer *b, size_t at, uint32_t value) {
    b->at[at] = (char)(value >> 8);
    b->at[at + 1] = (char)(value & 0xFF);
}

static uint32_t address_of(uint16_t party) {
    return FIRST_ADDRESS + (uint32_t)party;
}

static void write_names(struct capture *c) {
    for (uint16_t i = 0; i < world_party_count(c->world); i++) {
        const char *name = world_host(c->world, i)->name;
        put_le(&c->block, NAME_IPV4, 2);
        put_le(&c->block, 4 + strlen(name) + 1, 2);
        put_be(&c->block, address_of(i), 4);
        put_padded(&c->block, (struct bytes){name, strlen(name) + 1});
    }
    put_le(&c->block, 0, 4); /* the last record */
    write_block(c, BLOCK_NAMES);
}

/* Sum of 16-bit words, for checksums (RFC 1071). */
static uint32_t sum_words(uint32_t sum, const char *bytes, size_t n) {
    const unsigned char *at = (const unsigned char *)bytes;
    for (size_t i = 0; i + 1 < n; i += 2) {
        sum += (uint32_t)(at[i] << 8 | at[i + 1]);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    if (n % 2) sum += (uint32_t)at[n - 1] << 8;
    return (sum & 0xFFFF) + (sum >> 16);
}

static uint32_t folded(uint32_t sum) {
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    return ~sum & 0xFFFF;
}

static void put_ip_header(struct buffer *b, const struct packet *p, size_t tcp_len) {
    put_be(b, 0x4500, 2); /* version 4, 5 words */
    put_be(b, IP_HEADER + tcp_len, 2);
    put_be(b, 0x00004000, 4); /* not to be fragmented */
    put_be(b, 0x4006, 2);     /* 64 hops, TCP */
    put_be(b, 0, 2);
    put_be(b, address_of(p->from), 4);
    put_be(b, address_of(p->to), 4);
    set_be16(b, 10, folded(sum_words(0, b->at, IP_HEADER)));
}

/* The first sequence number of each direction: any number will do that is not the same for all. */
static uint32_t first_sequence(uint32_t conn, uint16_t port) {
    return (conn * UINT32_C(2654435761)) ^ (uint32_t)port << 12;
}

static void put_tcp_header(struct buffer *b, const struct packet *p, uint64_t seq, unsigned flags) {
    bool syn = flags & PACKET_SYN;
    uint64_t window = syn ? p->window : p->window >> WINDOW_SCALE;
    put_be(b, p->from_port, 2);
    put_be(b, p->to_port, 2);
    put_be(b, first_sequence(p->conn, p->from_port) + (uint32_t)seq, 4);
    put_be(b, flags & PACKET_ACK ? first_sequence(p->conn, p->to_port) + (uint32_t)p->ack : 0, 4);
    uint64_t words = syn ? (TCP_HEADER + SYN_OPTIONS) / 4 : TCP_HEADER / 4;
    put_be(b, words << 4, 1);
    put_be(b, flags, 1);
    put_be(b, window < UINT16_MAX ? window : UINT16_MAX, 2);
    put_be(b, 0, 4); /* checksum to come, nothing urgent */
    if (!syn) return;
    put_be(b, 0x020405A8, 4); /* MSS 1448 */
    put_be(b, 0x01030300 | WINDOW_SCALE, 4);
}

static void put_checksum(struct buffer *b) {
    uint32_t pseudo = 6 + (uint32_t)(b->len - IP_HEADER);
    pseudo = sum_words(pseudo, b->at + 12, 8);
    set_be16(b, IP_HEADER + 16, folded(sum_words(pseudo, b->at + IP_HEADER, b->len - IP_HEADER)));
}

/* --- packets ------------------------------------------------------------------------------------------------ */

static void write_packet(struct capture *c, const struct pending *p) {
    uint64_t time = (uint64_t)(c->epoch + p->at);
    put_le(&c->block, p->from, 4);
    put_le(&c->block, time >> 32, 4);
    put_le(&c->block, time & UINT32_MAX, 4);
    put_le(&c->block, p->len, 4);
    put_le(&c->block, p->len, 4);
    put_padded(&c->block, (struct bytes){p->bytes, p->len});
    write_block(c, BLOCK_PACKET);
}

static void drop(struct capture *c, struct pending **link) {
    struct pending *p = *link;
    *link = p->next;
    pool_free(c->pool, p, sizeof(*p) + p->len);
}

static void write_until(struct capture *c, sim_time now) {
    while (c->pending && c->pending->at < now) {
        write_packet(c, c->pending);
        drop(c, &c->pending);
    }
}

/* Keeps c->packet until nothing earlier can come. */
static void keep(struct capture *c, const struct packet *p) {
    struct pending *kept = pool_alloc(c->pool, sizeof(*kept) + c->packet.len);
    *kept = (struct pending){.at = p->at, .conn = p->conn, .from = p->from, .len = (uint32_t)c->packet.len};
    memcpy(kept->bytes, c->packet.at, c->packet.len);
    struct pending **link = &c->pending;
    while (*link && (*link)->at <= p->at) link = &(*link)->next;
    kept->next = *link;
    *link = kept;
}

/* `from` bytes of the payload's two pieces are done: puts the next n. */
static void put_payload(struct buffer *b, const struct packet *p, size_t from, size_t n) {
    for (int i = 0; i < 2 && n > 0; i++) {
        size_t skip = from < p->payload[i].len ? from : p->payload[i].len;
        size_t left = p->payload[i].len - skip, part = n < left ? n : left;
        buffer_put(b, p->payload[i].at + skip, part);
        from -= skip;
        n -= part;
    }
}

static void show_packet(void *ctx, const struct packet *p) {
    struct capture *c = ctx;
    size_t total = p->payload[0].len + p->payload[1].len, done = 0;
    write_until(c, world_now(c->world));
    do {
        size_t n = total - done < PAYLOAD_MOST ? total - done : PAYLOAD_MOST;
        bool last = done + n == total;
        unsigned flags = last ? p->flags : p->flags & ~(unsigned)(PACKET_FIN | PACKET_PSH);
        size_t header = TCP_HEADER + (flags & PACKET_SYN ? SYN_OPTIONS : 0);
        buffer_clear(&c->packet);
        put_ip_header(&c->packet, p, header + n);
        put_tcp_header(&c->packet, p, p->seq + done, flags);
        put_payload(&c->packet, p, done, n);
        put_checksum(&c->packet);
        keep(c, p);
        done += n;
    } while (done < total);
}

static void forget_unsent(void *ctx, uint16_t from, uint32_t conn) {
    struct capture *c = ctx;
    struct pending **link = &c->pending;
    while (*link) {
        const struct pending *p = *link;
        if (p->at > world_now(c->world) && p->from == from && p->conn == conn)
            drop(c, link);
        else
            link = &(*link)->next;
    }
}

/* --- the file ----------------------------------------------------------------------------------------------- */

struct capture *capture_open(struct pool *pool, const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file) return NULL;
    struct capture *c = POOL_NEW(pool, struct capture);
    c->pool = pool;
    c->file = file;
    buffer_init(&c->packet, pool);
    buffer_init(&c->block, pool);
    return c;
}

void capture_attach(struct capture *c, struct world *w) {
    assert(!c->world && world_party_count(w) > 0);
    c->world = w;
    const struct host *first = world_host(w, 0);
    c->epoch = first->wall - first->now;
    write_section(c);
    for (uint16_t i = 0; i < world_party_count(w); i++) write_interface(c, world_host(w, i)->name);
    write_names(c);
    c->tap = (struct packet_tap){show_packet, forget_unsent, c};
    world_tap(w, &c->tap);
}

bool capture_close(struct capture *c) {
    if (c->world) write_until(c, SIM_NEVER);
    if (fclose(c->file) != 0 && !c->error) c->error = errno;
    errno = c->error;
    return c->error == 0;
}
