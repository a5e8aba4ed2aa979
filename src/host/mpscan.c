/*
 * One step per object header. Containers are a stack of counts; the payload of
 * a string is jumped over, also where it has not arrived yet.
 */
#include "host/mpscan.h"

#include "base/error.h"

/* What one header says. */
struct header {
    size_t size;     /* of the header; 0: not a msgpack object */
    uint64_t bytes;  /* of payload */
    uint64_t counts; /* objects in a container */
    bool container;
    bool map;
};

void
mpscan_init(struct mpscan *s, size_t limit)
{
    *s = (struct mpscan){.limit = limit};
}

/* Bytes of the header that starts with this byte. */
static size_t
header_size(unsigned char first)
{
    /* 0xc0 to 0xdf; fixext and ext count their type byte as payload */
    static const unsigned char sizes[32] = {
        1, 0, 1, 1, 2, 3, 5, 2, 3, 5, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 5, 3, 5, 3, 5,
    };
    return first < 0xc0 || first > 0xdf ? 1 : sizes[first - 0xc0];
}

static uint64_t
big_endian(const unsigned char *p, size_t size)
{
    uint64_t n = 0;
    for (size_t i = 0; i < size; i++)
        n = n << 8 | p[i];
    return n;
}

/* Objects whose payload has one length, given by the first byte. */
static uint64_t
fixed_payload(unsigned char first)
{
    /* 0xca to 0xd8: floats, integers, fixext */
    static const unsigned char sizes[15] = {4, 8, 1, 2, 4, 8, 1, 2,
                                            4, 8, 2, 3, 5, 9, 17};
    if (first >= 0xa0 && first <= 0xbf)
        return first & 0x1f;
    return first >= 0xca && first <= 0xd8 ? sizes[first - 0xca] : 0;
}

/* Decode a whole header. */
static struct header
read_header(const unsigned char *p, size_t size)
{
    struct header h = {.size = size};
    unsigned char first = p[0];
    uint64_t number = big_endian(p + 1, size - 1);
    if (first >= 0x80 && first <= 0x9f) {
        h.container = true;
        h.map = first <= 0x8f;
        h.counts = first & 0x0f;
    } else if (first >= 0xdc && first <= 0xdf) {
        h.container = true;
        h.map = first >= 0xde;
        h.counts = number;
    } else if (size > 1) {
        bool ext = first >= 0xc7 && first <= 0xc9;
        h.bytes = number + (ext ? 1 : 0);
    } else {
        h.bytes = fixed_payload(first);
    }
    return h;
}

static enum dc_step
refuse(struct dc_error *err, enum dc_code code, const char *what, size_t limit)
{
    fail(err, code, "editor message: %s %zu", what, limit);
    return DC_FAIL;
}

/* One object is complete: so may be the containers it was the last of. */
static void
close_containers(struct mpscan *s)
{
    while (s->depth > 0 && s->left[s->depth - 1] == 0)
        s->depth--;
}

/* Count the object and what it holds. DC_MORE: go on. */
static enum dc_step
enter(struct mpscan *s, const struct header *h, struct dc_error *err)
{
    if (s->depth > 0) {
        s->left[s->depth - 1]--;
        s->due--;
    }
    s->items++;
    s->pos += h->size;
    if (h->map && h->counts > MPSCAN_PAIRS_MAX)
        return refuse(err, DC_E_TOO_BIG, "map pairs over", MPSCAN_PAIRS_MAX);
    uint64_t holds = h->map ? h->counts * 2 : h->counts;
    /* each object that is due takes a byte at least */
    if (s->pos > s->limit || h->bytes > s->limit - s->pos ||
        holds > s->limit - s->pos - (size_t)h->bytes ||
        s->due + holds > s->limit - s->pos - (size_t)h->bytes)
        return refuse(err, DC_E_TOO_BIG, "bytes over", s->limit);
    s->pos += (size_t)h->bytes;
    if (s->items + s->due + holds > MPSCAN_ITEMS_MAX)
        return refuse(err, DC_E_TOO_BIG, "objects over", MPSCAN_ITEMS_MAX);
    if (h->container) {
        if (s->depth == MPSCAN_DEPTH_MAX)
            return refuse(err, DC_E_TOO_BIG, "nested deeper than",
                          MPSCAN_DEPTH_MAX);
        s->left[s->depth++] = (size_t)holds;
        s->due += (size_t)holds;
    }
    close_containers(s);
    return DC_MORE;
}

enum dc_step
mpscan_next(struct mpscan *s, struct dc_str bytes, struct dc_error *err)
{
    while (s->items == 0 || s->depth > 0) {
        if (s->pos >= bytes.len)
            return DC_MORE;
        const unsigned char *p = (const unsigned char *)bytes.ptr + s->pos;
        size_t size = header_size(p[0]);
        if (size == 0)
            return refuse(err, DC_E_SYNTAX, "not msgpack at byte", s->pos);
        if (size > bytes.len - s->pos)
            return DC_MORE;
        struct header h = read_header(p, size);
        if (enter(s, &h, err) == DC_FAIL)
            return DC_FAIL;
    }
    return s->pos <= bytes.len ? DC_ITEM : DC_MORE;
}
