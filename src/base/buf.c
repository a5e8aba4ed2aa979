/* Memory doubles as it fills, so adding costs the same however it is cut. A NUL
 * is kept behind the bytes: they can be read as a C string. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Test builds start tiny, so that growing is exercised all the time. */
#ifndef BUF_FIRST
#define BUF_FIRST 64
#endif

void
buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){.limit = limit};
}

void
buf_finish(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){.limit = b->limit};
}

void
buf_reset(struct buf *b)
{
    b->full = false;
    buf_cut(b, 0);
}

char *
buf_room(struct buf *b, size_t len)
{
    if (len > b->limit || b->len > b->limit - len) {
        b->full = true;
        return NULL;
    }
    if (b->len + len + 1 > b->cap) {
        size_t cap = b->cap > 0 ? b->cap : BUF_FIRST;
        while (cap < b->len + len + 1)
            cap *= 2;
        b->ptr = mem_resize(b->ptr, cap, 1);
        b->cap = cap;
    }
    b->ptr[b->len + len] = '\0';
    return b->ptr + b->len;
}

bool
buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *room = buf_room(b, len);
    if (room == NULL)
        return false;
    if (len > 0)
        memcpy(room, bytes, len);
    b->len += len;
    return true;
}

bool
buf_add_str(struct buf *b, struct dc_str s)
{
    return buf_add(b, s.ptr, s.len);
}

bool
buf_add_text(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

bool
buf_add_byte(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

bool
buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *room = len >= 0 ? buf_room(b, (size_t)len) : NULL;
    if (room == NULL) {
        b->full = true;
        return false;
    }
    va_start(args, format);
    vsnprintf(room, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
    return true;
}

void
buf_drop(struct buf *b, size_t len)
{
    if (len == 0)
        return;
    memmove(b->ptr, b->ptr + len, b->len - len);
    buf_cut(b, b->len - len);
}

void
buf_cut(struct buf *b, size_t len)
{
    b->len = len;
    if (b->ptr != NULL)
        b->ptr[len] = '\0';
}

char *
buf_take(struct buf *b, size_t *len)
{
    char *ptr = b->ptr != NULL ? b->ptr : mem_copy("", 0);
    if (len != NULL)
        *len = b->len;
    *b = (struct buf){.limit = b->limit};
    return ptr;
}

struct dc_str
buf_take_str(struct buf *b)
{
    struct dc_str s;
    s.ptr = buf_take(b, &s.len);
    return s;
}
