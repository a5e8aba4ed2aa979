/*
 * Bytes that grow up to a ceiling. A failed add leaves the buffer as it was
 * and is remembered in `full`, so a run of adds can be checked once at the
 * end. `ptr` is always followed by a NUL that is not counted in `len`.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "deepchat.h"

struct buf {
    char *ptr; /* NULL until something was added */
    size_t len;
    size_t cap;
    size_t limit;
    bool full; /* an add was refused */
};

void buf_init(struct buf *b, size_t limit);
void buf_finish(struct buf *b);
/* Empty it and forget `full`, but keep the memory. */
void buf_reset(struct buf *b);

/* Each returns false when the ceiling is reached. */
bool buf_add(struct buf *b, const void *bytes, size_t len);
bool buf_add_str(struct buf *b, struct dc_str s);
bool buf_add_text(struct buf *b, const char *text);
bool buf_add_byte(struct buf *b, char c);
bool buf_addf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for len more bytes behind the end, to be counted by the caller. NULL
 * when the ceiling is reached. */
char *buf_room(struct buf *b, size_t len);

/* Forget the first len bytes. */
void buf_drop(struct buf *b, size_t len);
/* Shorten to len bytes. */
void buf_cut(struct buf *b, size_t len);

/* The memory becomes the caller's (free), never NULL; the buffer is as after
 * init. */
char *buf_take(struct buf *b, size_t *len);
/* The same as a slice, whose ptr is freed. */
struct dc_str buf_take_str(struct buf *b);

static inline struct dc_str
buf_str(const struct buf *b)
{
    return (struct dc_str){b->ptr, b->len};
}

#endif
