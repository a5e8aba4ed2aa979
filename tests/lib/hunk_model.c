/* The rules of an update are those of host/proposal.h. */
#include "hunk_model.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/buf.h"

void
hunk_model_init(struct hunk_model *m, const char *old)
{
    *m = (struct hunk_model){.old = value_list(), .hunks = value_list()};
    for (const char *end; (end = strchr(old, '\n')) != NULL; old = end + 1)
        value_add(m->old, value_str((struct dc_str){old, (size_t)(end - old)}));
    cr_assert_str_empty(old, "the last line has no end");
}

void
hunk_model_finish(struct hunk_model *m)
{
    value_free(m->old);
    value_free(m->hunks);
}

static size_t
number(const struct value *list, size_t at)
{
    int64_t n = value_as_int(value_at(list, at), -1);
    cr_assert_geq(n, 0, "item %zu is %lld", at, (long long)n);
    return (size_t)n;
}

static struct dc_str
line_of(const struct value *lines, size_t at)
{
    return value_as_str(value_at(lines, at));
}

static void
check_marks(const struct value *marks, const struct value *lines, size_t first,
            size_t count)
{
    size_t last_line = 0, last_to = 0;
    for (size_t i = 0; i < marks->count; i++) {
        const struct value *mark = value_at(marks, i);
        size_t line = number(mark, 0);
        size_t from = number(mark, 1), to = number(mark, 2);
        cr_assert_lt(line, count);
        cr_assert_lt(from, to);
        cr_assert_leq(to, line_of(lines, first + line).len);
        cr_assert(line > last_line || from >= last_to || i == 0);
        last_line = line;
        last_to = to;
    }
}

static void
check_hunks(const struct hunk_model *m)
{
    size_t next = 0;
    for (size_t i = 0; i < m->hunks->count; i++) {
        const struct value *hunk = value_at(m->hunks, i);
        size_t first = number(hunk, 0), count = number(hunk, 1);
        const struct value *lines = value_at(hunk, 2);
        cr_assert_geq(first, next, "hunk %zu", i);
        cr_assert_leq(first + count, m->old->count, "hunk %zu", i);
        cr_assert(count + lines->count > 0, "hunk %zu changes nothing", i);
        check_marks(value_at(hunk, 3), m->old, first, count);
        check_marks(value_at(hunk, 4), lines, 0, lines->count);
        next = first + count + 1;
    }
}

/* The first keep new lines are those that were there. */
static struct value *
joined(const struct hunk_model *m, size_t at, size_t keep,
       const struct value *hunk)
{
    struct value *whole = value_list(), *lines = value_list();
    const struct value *had = value_at(value_at(m->hunks, at), 2);
    const struct value *more = value_at(hunk, 2);
    cr_assert_leq(keep, had != NULL ? had->count : 0);
    for (size_t i = 0; i < keep; i++)
        value_add(lines, value_copy(value_at(had, i)));
    for (size_t i = 0; i < more->count; i++) {
        struct dc_str line = line_of(more, i);
        cr_assert_null(memchr(line.ptr, '\n', line.len));
        value_add(lines, value_copy(value_at(more, i)));
    }
    for (size_t i = 0; i < 5; i++)
        value_add(whole, i == 2 ? lines : value_copy(value_at(hunk, i)));
    return whole;
}

void
hunk_model_merge(struct hunk_model *m, const struct value *update)
{
    cr_assert_eq(update->count, 6);
    size_t from = number(update, 2), keep = number(update, 3);
    const struct value *more = value_at(update, 4);
    cr_assert_gt((int64_t)number(update, 1), m->seq);
    cr_assert_leq(from, m->hunks->count);
    cr_assert(keep == 0 || more->count > 0);
    struct value *hunks = value_list();
    for (size_t i = 0; i < from; i++)
        value_add(hunks, value_copy(value_at(m->hunks, i)));
    for (size_t i = 0; i < more->count; i++)
        value_add(hunks,
                  joined(m, from + i, i == 0 ? keep : 0, value_at(more, i)));
    value_free(m->hunks);
    m->hunks = hunks;
    m->seq = (int64_t)number(update, 1);
    m->covered = (int64_t)number(update, 5);
    m->updates++;
    cr_assert_leq((size_t)m->covered, m->old->count);
    check_hunks(m);
}

static void
add_lines(struct buf *out, const struct value *lines, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        buf_add_str(out, line_of(lines, i));
        buf_add_byte(out, '\n');
    }
}

/* The first end old lines with the first count hunks. */
static char *
take(const struct hunk_model *m, size_t count, size_t end)
{
    struct buf out;
    size_t at = 0;
    buf_init(&out, DC_REQUEST_MAX * 2);
    for (size_t i = 0; i < count; i++) {
        const struct value *hunk = value_at(m->hunks, i);
        const struct value *lines = value_at(hunk, 2);
        size_t first = number(hunk, 0);
        add_lines(&out, m->old, at, first);
        add_lines(&out, lines, 0, lines->count);
        at = first + number(hunk, 1);
    }
    if (at < end)
        add_lines(&out, m->old, at, end);
    return buf_take(&out, &(size_t){0});
}

char *
hunk_model_text(const struct hunk_model *m, int64_t covered)
{
    size_t count = 0, end = covered < 0 ? m->old->count : (size_t)covered;
    while (count < m->hunks->count &&
           number(value_at(m->hunks, count), 0) <= end)
        count++;
    return take(m, count, end);
}

char *
hunk_model_settled(const struct hunk_model *m)
{
    size_t count = m->hunks->count;
    const struct value *last = count > 0 ? value_at(m->hunks, count - 1) : NULL;
    if (last != NULL && number(last, 0) + number(last, 1) >= (size_t)m->covered)
        count--;
    return take(m, count, m->old->count);
}
