#include "record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define BODY_MAX ((size_t)96 << 20)
#define HEAD_MAX ((size_t)1 << 20)

struct record *
record_add(struct journal *log)
{
    struct record *r = mem_alloc(sizeof *r);
    r->refs = 2;
    r->state = "open";
    buf_init(&r->head, HEAD_MAX);
    buf_init(&r->body, BODY_MAX);
    buf_init(&r->content, BODY_MAX);
    buf_init(&r->times, BODY_MAX);
    log->items = mem_resize(log->items, log->count + 1, sizeof *log->items);
    log->items[log->count++] = r;
    r->number = log->count;
    return r;
}

void
record_unref(struct record *r)
{
    if (r == NULL || --r->refs > 0)
        return;
    buf_finish(&r->head);
    buf_finish(&r->body);
    buf_finish(&r->content);
    buf_finish(&r->times);
    free(r->method);
    free(r->path);
    free(r);
}

void
record_end(struct record *r, const char *state, uint64_t now)
{
    r->state = state;
    r->end_us = now;
}

void
record_clear(struct journal *log)
{
    for (size_t i = 0; i < log->count; i++)
        record_unref(log->items[i]);
    free(log->items);
    *log = (struct journal){NULL, 0};
}

void
record_print(struct buf *out, const struct record *r)
{
    buf_addf(out,
             "%zu conn=%lu state=%s method=%s path=%s at=%" PRIu64
             " ready=%" PRIu64 " end=%" PRIu64 " wire=%" PRIu64
             " content=%zu tokens=%zu body=%zu\n",
             r->number, r->conn, r->state, r->method, r->path, r->at_us,
             r->ready_us, r->end_us, r->wire, r->sent,
             r->times.len / sizeof(uint64_t), r->body.len);
}

static void
save(const char *dir, size_t number, const char *what, struct dc_str bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%zu.%s", dir, number, what);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return;
    }
    fwrite(bytes.ptr, 1, bytes.len, file);
    fclose(file);
}

void
record_save(const struct record *r, const char *dir)
{
    save(dir, r->number, "head", buf_str(&r->head));
    save(dir, r->number, "body", buf_str(&r->body));
}
