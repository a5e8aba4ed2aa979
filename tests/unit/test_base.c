/* Buffers at their ceilings, memory, slices, errors. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

static void
expect_text(const struct buf *b, const char *want)
{
    cr_expect(str_is(buf_str(b), want), "%s", b->ptr);
    if (b->ptr != NULL)
        cr_expect_eq(b->ptr[b->len], '\0', "no NUL behind \"%s\"", want);
}

/* Each way to add, up to the ceiling and one past it. */
Test(base, ceilings, .timeout = 10)
{
    for (size_t limit = 0; limit < 200; limit++) {
        struct buf b;
        buf_init(&b, limit);
        for (size_t i = 0; i < limit; i++)
            cr_assert(buf_add_byte(&b, 'x'));
        cr_assert(!b.full && b.len == limit);
        cr_expect(buf_add(&b, NULL, 0) && buf_add_text(&b, ""));
        cr_expect(!b.full, "nothing fits anywhere");
        cr_expect(!buf_add_byte(&b, 'y') && b.full);
        cr_expect(b.len == limit && (limit == 0 || b.ptr[limit] == '\0'));
        buf_finish(&b);
    }
}

static bool
add_five(struct buf *b, int how)
{
    switch (how) {
    case 0:
        return buf_add(b, "hello", 5);
    case 1:
        return buf_add_text(b, "hello");
    case 2:
        return buf_add_str(b, (struct dc_str){"hello", 5});
    case 3:
        return buf_addf(b, "%s%d", "hell", 0);
    default:
        return buf_room(b, 5) != NULL;
    }
}

Test(base, a_refused_add_changes_nothing, .timeout = 10)
{
    for (int how = 0; how < 5; how++) {
        struct buf b;
        buf_init(&b, 7);
        cr_expect(add_five(&b, how), "%d", how);
        buf_reset(&b);
        buf_add_text(&b, "abc");
        cr_expect(!add_five(&b, how), "%d", how);
        cr_expect(b.full);
        expect_text(&b, "abc");
        cr_expect(buf_add_text(&b, "defg"), "what fits still does");
        expect_text(&b, "abcdefg");
        cr_expect(b.full, "it is remembered");
        buf_reset(&b);
        cr_expect(!b.full && b.len == 0);
        buf_finish(&b);
        cr_expect(b.ptr == NULL && b.limit == 7);
    }
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_add_text(&b, "abc");
    cr_expect_null(buf_room(&b, SIZE_MAX), "no overflow");
    buf_finish(&b);
}

Test(base, drop_cut_and_take, .timeout = 10)
{
    struct buf b;
    buf_init(&b, 100);
    buf_drop(&b, 0);
    buf_cut(&b, 0);
    cr_expect_null(b.ptr);
    buf_addf(&b, "%s-%03d", "abc", 7);
    expect_text(&b, "abc-007");
    buf_drop(&b, 4);
    expect_text(&b, "007");
    buf_cut(&b, 2);
    expect_text(&b, "00");
    buf_drop(&b, 2);
    expect_text(&b, "");
    char *room = buf_room(&b, 3);
    memcpy(room, "xyz", 3);
    b.len += 3;
    expect_text(&b, "xyz");

    size_t len = 99;
    char *text = buf_take(&b, &len);
    cr_expect(len == 3 && strcmp(text, "xyz") == 0);
    cr_expect(b.ptr == NULL && b.len == 0 && b.limit == 100);
    free(text);
    text = buf_take(&b, NULL);
    cr_expect_str_eq(text, "", "never NULL");
    free(text);
}

/* Long enough for several growths. */
Test(base, formats_of_any_length, .timeout = 10)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    size_t want = 0;
    for (int width = 0; width < 300; width++) {
        want += (size_t)width;
        cr_assert(buf_addf(&b, "%*s", width, ""));
        cr_assert_eq(b.len, want);
    }
    buf_finish(&b);
}

/* clang-format off */
static const struct {
    const char *text, *trimmed;
    size_t colon;
    bool is_ab, starts_ab;
} slices[] = {
    {"",                "",        0, false, false},
    {"ab",              "ab",      2, true,  true},
    {"abc",             "abc",     3, false, true},
    {"a",               "a",       1, false, false},
    {"AB",              "AB",      2, false, false},
    {" \t\r\n",         "",        4, false, false},
    {"\n a : b\r\n",    "a : b",   4, false, false},
    {":",               ":",       0, false, false},
    {"\vx\v",           "\vx\v",   3, false, false},
};
/* clang-format on */

Test(base, slices, .timeout = 10)
{
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) {
        struct dc_str s = str_of(slices[i].text);
        cr_expect(str_is(str_trim(s), slices[i].trimmed), "row %zu", i);
        cr_expect_eq(str_find(s, ':'), slices[i].colon, "row %zu", i);
        cr_expect_eq(str_is(s, "ab"), slices[i].is_ab, "row %zu", i);
        cr_expect_eq(str_starts(s, "ab"), slices[i].starts_ab, "row %zu", i);
    }
    struct dc_str none = {NULL, 0};
    cr_expect(str_is(none, "") && str_starts(none, ""));
    cr_expect(!str_starts(none, "a"));
    cr_expect_eq(str_trim(none).len, 0);
    cr_expect_eq(str_find(none, 'a'), 0);
    cr_expect_eq(str_find((struct dc_str){"a\0b", 3}, 'b'), 2);
}

/* Words of "a,b,,c": with what each of them leaves. */
Test(base, slices_in_parts, .timeout = 10)
{
    static const char *const parts[] = {"a", "b", "", "c", "", ""};
    static const char *const rests[] = {"b,,c", ",c", "c", "", "", ""};
    struct dc_str rest = str_of("a,b,,c");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        cr_expect(str_is(str_cut(&rest, ','), parts[i]), "part %zu", i);
        cr_expect(str_is(rest, rests[i]), "rest %zu", i);
    }
    struct dc_str text = str_of("abc"), none = {NULL, 0};
    for (size_t at = 0; at < 6; at++) {
        struct dc_str from = str_from(text, at);
        cr_expect(str_is(from, text.ptr + (at < 3 ? at : 3)), "%zu", at);
        cr_expect_eq(from.ptr, text.ptr + (at < 3 ? at : 3), "%zu", at);
        cr_expect(str_from(none, at).ptr != NULL && str_is(none, ""));
    }
    cr_expect(str_is(str_cut(&none, ','), "") && none.ptr != NULL);
}

Test(base, slices_by_their_bytes, .timeout = 10)
{
    struct dc_str none = {NULL, 0}, nul = {"a\0b", 3};
    cr_expect(str_same(none, str_of("")) && str_same(nul, nul));
    cr_expect(!str_same(nul, str_of("a")) && !str_same(str_of("a"), nul));
    cr_expect(!str_same(str_of("ab"), str_of("ac")));
    /* the numbers of FNV's authors */
    cr_expect_eq(str_hash(none), UINT64_C(0xcbf29ce484222325));
    cr_expect_eq(str_hash(str_of("a")), UINT64_C(0xaf63dc4c8601ec8c));
    cr_expect_eq(str_hash(str_of("foobar")), UINT64_C(0x85944171f73967e8));
}

Test(base, memory, .timeout = 10)
{
    char *zero = mem_alloc(100);
    for (size_t i = 0; i < 100; i++)
        cr_expect_eq(zero[i], 0);
    zero = mem_resize(zero, 0, 5);
    free(zero);
    free(mem_alloc(0));
    char *copy = mem_copy("a\0b", 3);
    cr_expect(memcmp(copy, "a\0b", 4) == 0);
    copy = mem_resize(copy, 100, 10);
    cr_expect(memcmp(copy, "a\0b", 4) == 0, "kept");
    free(copy);
    copy = mem_copy(NULL, 0);
    cr_expect_str_eq(copy, "");
    free(copy);
    copy = mem_str("text");
    cr_expect_str_eq(copy, "text");
    free(copy);
}

/* A size that overflows is as good as no memory. */
Test(base, memory_runs_out, .exit_code = 71, .timeout = 10)
{
    free(mem_resize(NULL, SIZE_MAX / 2, 3));
}

Test(base, errors, .timeout = 10)
{
    struct dc_error err = {.http_status = 7};
    cr_expect(!fail(&err, DC_E_TOO_BIG, "%s is %d", "it", 5));
    cr_expect(err.code == DC_E_TOO_BIG && err.http_status == 0);
    cr_expect_str_eq(err.text, "it is 5");
    cr_expect(!fail(NULL, DC_E_SYNTAX, "nobody asks"));
    cr_expect(!fail(&err, DC_E_SYNTAX, "%300s", "x"));
    cr_expect_eq(strlen(err.text), sizeof err.text - 1, "cut");
}
