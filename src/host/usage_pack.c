/*
 * Sums are made step by step, and of old lines first, because each step loses
 * something: the day, then to which chat it belongs. The last names of chats
 * stay: a host may still hold lines of a chat that has got its file. What tells
 * that a chat has another file stays where it is, behind all sums.
 */
#include <stdlib.h>
#include <string.h>

#include "host/usage.h"
#include "host/usage_line.h"

enum { NAMES_KEPT = 200, STEPS = 3 };

struct pack {
    struct usage_list lines, names;
    char today[16]; /* "2026-11-24" */
};

/* ---- reading ---- */

static void
read_text(struct pack *p, struct dc_str text)
{
    struct usage_line line;
    size_t at = 0, torn = 0;
    while (usage_line_next(text, &at, &line, &torn))
        usage_list_add(line.kind == USAGE_NAMED ? &p->names : &p->lines, &line);
}

static int
by_chat(const void *a, const void *b)
{
    const struct usage_line *one = a, *other = b;
    return usage_order(one->chat, other->chat);
}

static void
use_names(struct pack *p)
{
    struct usage_list sorted = {.count = 0};
    for (size_t i = 0; i < p->names.count; i++)
        usage_list_add(&sorted, &p->names.lines[i]);
    if (sorted.count > 0)
        qsort(sorted.lines, sorted.count, sizeof *sorted.lines, by_chat);
    for (size_t i = 0; i < p->lines.count && sorted.count > 0; i++) {
        struct usage_line *line = &p->lines.lines[i];
        const struct usage_line *found =
            bsearch(line, sorted.lines, sorted.count, sizeof *line, by_chat);
        if (found != NULL && line->kind == USAGE_REQUESTS)
            line->chat = found->name;
    }
    usage_list_free(&sorted);
}

/* ---- sums ---- */

static bool
is_month_of(struct dc_str day, const char *today)
{
    return memcmp(day.ptr, today, strlen("2026-11")) == 0;
}

/* Take what it may lose from a line; true if it may be summed up. */
static bool
reduce(struct usage_line *line, const char *today, int step)
{
    if (line->kind != USAGE_REQUESTS)
        return false;
    bool past = !is_month_of(line->day, today);
    bool summed = past || step > 2 || (step > 1 && !str_is(line->day, today));
    if (past)
        line->day.len = strlen("2026-11");
    if (step > (past ? 1 : 2))
        line->chat.len = 0;
    return summed;
}

static int
by_all(const void *a, const void *b)
{
    const struct usage_line *one = a, *other = b;
    int order = usage_order(one->day, other->day);
    if (order == 0)
        order = usage_order(one->model, other->model);
    return order != 0 ? order : usage_order(one->chat, other->chat);
}

static void
add_sums(struct usage_list *out, const struct usage_list *sorted)
{
    size_t first = out->count;
    for (size_t i = 0; i < sorted->count; i++) {
        const struct usage_line *line = &sorted->lines[i];
        if (out->count > first &&
            by_all(&out->lines[out->count - 1], line) == 0)
            usage_line_sum(&out->lines[out->count - 1], line);
        else
            usage_list_add(out, line);
    }
}

/* Sums first, then what stays line by line. */
static void
pack_step(struct pack *p, int step)
{
    struct usage_list old = {.count = 0}, kept = {.count = 0};
    for (size_t i = 0; i < p->lines.count; i++) {
        struct usage_line *line = &p->lines.lines[i];
        usage_list_add(reduce(line, p->today, step) ? &old : &kept, line);
    }
    if (old.count > 0)
        qsort(old.lines, old.count, sizeof *old.lines, by_all);
    usage_list_free(&p->lines);
    add_sums(&p->lines, &old);
    for (size_t i = 0; i < kept.count; i++)
        usage_list_add(&p->lines, &kept.lines[i]);
    usage_list_free(&old);
    usage_list_free(&kept);
}

/* ---- writing ---- */

static void
print(const struct pack *p, struct buf *out)
{
    size_t count = p->names.count;
    buf_reset(out);
    for (size_t i = count > NAMES_KEPT ? count - NAMES_KEPT : 0; i < count; i++)
        usage_line_print(out, &p->names.lines[i]);
    for (size_t i = 0; i < p->lines.count; i++)
        usage_line_print(out, &p->lines.lines[i]);
}

/* There are so many models that even sums take too much. */
static void
drop_oldest(struct usage_list *list)
{
    size_t dropped = list->count / 2 + 1;
    list->count = list->count > dropped ? list->count - dropped : 0;
    memmove(list->lines, list->lines + dropped,
            list->count * sizeof *list->lines);
}

char *
usage_pack(struct dc_str text, time_t now, size_t max, size_t *len)
{
    struct pack p = {.lines = {.count = 0}};
    struct buf out;
    struct tm tm;
    if (localtime_r(&now, &tm) != NULL)
        strftime(p.today, sizeof p.today, "%Y-%m-%d", &tm);
    read_text(&p, text);
    use_names(&p);
    buf_init(&out, SIZE_MAX / 2);
    print(&p, &out);
    for (int step = 1; out.len > max && step <= STEPS; step++) {
        pack_step(&p, step);
        print(&p, &out);
    }
    while (out.len > max && p.lines.count > 0) {
        drop_oldest(&p.lines);
        print(&p, &out);
    }
    usage_list_free(&p.lines);
    usage_list_free(&p.names);
    return buf_take(&out, len);
}
