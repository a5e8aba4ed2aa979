/* What clients sent and what they got, for the tests to ask about. */
#ifndef SERVER_RECORD_H
#define SERVER_RECORD_H

#include <stdint.h>

#include "base/buf.h"

/* Shared by the log and the connection that still works on it. */
struct record {
    unsigned refs;
    size_t number; /* from 1 */
    unsigned long conn;
    char *method;
    char *path;
    struct buf head;
    struct buf body;

    struct buf content; /* content text made for it */
    size_t sent;        /* bytes of content on the wire */
    struct buf times;   /* one uint64_t (us) for each token on the wire */
    uint64_t wire;      /* bytes sent, head included */
    uint64_t at_us;     /* first byte of the request */
    uint64_t ready_us;  /* last byte of the request */
    uint64_t end_us;
    const char *state; /* "open" until it has ended */
};

struct journal {
    struct record **items;
    size_t count;
};

/* Made with two references: the log's and the caller's. */
struct record *record_add(struct journal *log);
void record_unref(struct record *r);
void record_end(struct record *r, const char *state, uint64_t now);
void record_clear(struct journal *log);

/* One line, "key=value ...". */
void record_print(struct buf *out, const struct record *r);
/* Write NUMBER.head and NUMBER.body into a directory. */
void record_save(const struct record *r, const char *dir);

#endif
