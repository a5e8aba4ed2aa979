/* UTF-8 against another way of looking at it: all short inputs, all points. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static struct dc_str
slice(const unsigned char *bytes, size_t len)
{
    return (struct dc_str){(const char *)bytes, len};
}

/* The oracle knows no table of second bytes: it decodes, then asks whether the
 * value may be written so. complete: the input goes on behind len. */
static bool
point_fits(unsigned long point, int want)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    return point >= least[want] && point <= 0x10ffff &&
           (point < 0xd800 || point > 0xdfff);
}

/* True if some choice of the missing bytes makes a valid sequence of want. */
static bool
may_be(const unsigned char *bytes, int have, int want)
{
    unsigned long point = bytes[0] & (0x7fu >> want);
    for (int i = 1; i < have; i++) {
        if (bytes[i] >> 6 != 2)
            return false;
        point = point << 6 | (bytes[i] & 0x3f);
    }
    int open = (want - have) * 6;
    for (unsigned long low = 0; low < 1ul << open; low++)
        if (point_fits(point << open | low, want))
            return true;
    return false;
}

static int
oracle(const unsigned char *bytes, size_t len)
{
    int first = bytes[0];
    if (first < 0x80)
        return 1;
    int want = first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : 4;
    if (first < 0xc0 || first > 0xf7 || !may_be(bytes, 1, want))
        return -1;
    for (int have = 2; have <= want; have++) {
        if ((size_t)have > len)
            return 0;
        if (!may_be(bytes, have, want))
            return 1 - have;
    }
    return want;
}

/* Whatever stands behind a broken byte does not matter, so the oracle, which
 * is slow, is asked once for each pair and then only where a third byte counts.
 */
static void
check_third(unsigned char *bytes)
{
    int two = utf8_len(slice(bytes, 2));
    for (int c = 0; c < 256; c++) {
        bytes[2] = (unsigned char)c;
        int len = utf8_len(slice(bytes, 3));
        int want = two != 0 ? two : oracle(bytes, 3);
        if (len != want)
            cr_assert_fail("%02x %02x %02x: %d, not %d", bytes[0], bytes[1],
                           bytes[2], len, want);
    }
}

Test(utf8, every_input_of_three_bytes, .timeout = 20)
{
    unsigned char bytes[4];
    for (int a = 0; a < 256; a++) {
        bytes[0] = (unsigned char)a;
        cr_assert_eq(utf8_len(slice(bytes, 1)), oracle(bytes, 1), "%02x", a);
        for (int b = 0; b < 256; b++) {
            bytes[1] = (unsigned char)b;
            int len = utf8_len(slice(bytes, 2));
            cr_assert_eq(len, oracle(bytes, 2), "%02x %02x: %d", a, b, len);
            check_third(bytes);
        }
    }
}

/* Four bytes: each first byte with each pair at the edges of the ranges. */
Test(utf8, edges_of_four_bytes, .timeout = 20)
{
    static const unsigned char edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90,
                                          0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    enum { COUNT = sizeof edges };
    unsigned char bytes[4];
    for (int i = 0; i < 256 * COUNT * COUNT * COUNT; i++) {
        bytes[0] = (unsigned char)(i / (COUNT * COUNT * COUNT));
        bytes[1] = edges[i / (COUNT * COUNT) % COUNT];
        bytes[2] = edges[i / COUNT % COUNT];
        bytes[3] = edges[i % COUNT];
        int len = utf8_len(slice(bytes, 4));
        if (bytes[0] < 0xc0 || bytes[0] > 0xf7)
            continue;
        if (len != oracle(bytes, 4))
            cr_assert_fail("%02x %02x %02x %02x: %d", bytes[0], bytes[1],
                           bytes[2], bytes[3], len);
    }
}

/* Every point can be written and read, and what is none becomes U+FFFD. */
Test(utf8, every_point, .timeout = 20)
{
    struct buf b;
    buf_init(&b, 8);
    for (uint32_t point = 0; point < 0x110400; point++) {
        buf_reset(&b);
        cr_assert(utf8_add_point(&b, point));
        if (!point_fits(point, 1)) {
            cr_assert(str_is(buf_str(&b), UTF8_REPLACEMENT), "%x", point);
            continue;
        }
        unsigned long back = (unsigned char)b.ptr[0];
        if (b.len > 1)
            back &= 0x7fu >> b.len;
        for (size_t i = 1; i < b.len; i++)
            back = back << 6 | ((unsigned char)b.ptr[i] & 0x3f);
        cr_assert(utf8_len(buf_str(&b)) == (int)b.len && back == point);
    }
    utf8_add_point(&b, UINT32_MAX);
    cr_expect(str_is((struct dc_str){b.ptr + b.len - 3, 3}, UTF8_REPLACEMENT));
    buf_finish(&b);
}

#define BAD UTF8_REPLACEMENT

/* clang-format off */
static const struct {
    const char *bytes;
    size_t len;
    const char *clean;
    size_t used; /* if not last */
} texts[] = {
    {"", 0,                              "",                  0},
    {"plain", 5,                         "plain",             5},
    {"gr\xc3\xbc\xc3\x9f", 6,            "gr\xc3\xbc\xc3\x9f", 6},
    {"a\0b", 3,                          "a" BAD "b",         3},
    {"\0\0", 2,                          BAD BAD,             2},
    {"\xff""a\xfe", 3,                   BAD "a" BAD,         3},
    {"\x80\x80", 2,                      BAD BAD,             2},
    {"\xc0\xaf", 2,                      BAD BAD,             2},
    {"\xe0\x80\xaf", 3,                  BAD BAD BAD,         3},
    {"\xed\xa0\x80", 3,                  BAD BAD BAD,         3},
    /* a maximal subpart is one replacement */
    {"\xe2\x82""a", 3,                   BAD "a",             3},
    {"\xf0\x9f\x98""a", 4,               BAD "a",             4},
    {"\xf0\x9f\x98\xf0\x9f\x98\x80", 7,  BAD "\xf0\x9f\x98\x80", 7},
    {"\xf4\x90\x80\x80", 4,              BAD BAD BAD BAD,     4},
    /* unfinished */
    {"ab\xc3", 3,                        "ab" BAD,            2},
    {"ab\xe2\x82", 4,                    "ab" BAD,            2},
    {"\xf0\x9f\x98", 3,                  BAD,                 0},
};
/* clang-format on */

Test(utf8, cleans, .timeout = 10)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct dc_str s = {texts[i].bytes, texts[i].len};
        struct buf out;
        buf_init(&out, 64);
        cr_expect_eq(utf8_add_clean(&out, s, true), s.len, "row %zu", i);
        cr_expect(str_is(buf_str(&out), texts[i].clean), "row %zu", i);
        bool was_clean = str_is(s, texts[i].clean);
        cr_expect_eq(utf8_clean(s), was_clean, "row %zu", i);
        cr_expect(utf8_clean(buf_str(&out)), "row %zu", i);
        buf_reset(&out);
        cr_expect_eq(utf8_add_clean(&out, s, false), texts[i].used, "%zu", i);
        buf_finish(&out);
    }
    struct buf tight;
    buf_init(&tight, 4);
    utf8_add_clean(&tight, (struct dc_str){"ab\xff\xff", 4}, true);
    cr_expect(tight.full);
    buf_finish(&tight);
}

/* One byte that counts, wherever it stands in a run that does not: such a run
 * is looked at many bytes at a time. */
Test(utf8, one_byte_in_a_run, .timeout = 20)
{
    enum { RUN = 19 };
    struct buf out;
    buf_init(&out, 64);
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < RUN; at++) {
            char run[RUN];
            memset(run, c == 'a' ? 'b' : 'a', RUN);
            run[at] = (char)c;
            struct dc_str s = {run, RUN};
            bool plain = c > 0 && c < 0x80;
            buf_reset(&out);
            utf8_add_clean(&out, s, true);
            char want[2] = {(char)c, '\0'};
            const char *shown = plain ? want : UTF8_REPLACEMENT;
            cr_assert_eq(utf8_clean(s), plain, "%02x at %zu", (unsigned)c, at);
            cr_assert_eq(out.len, RUN - 1 + strlen(shown), "%02x at %zu",
                         (unsigned)c, at);
            cr_assert(memcmp(out.ptr, run, at) == 0 &&
                          memcmp(out.ptr + at, shown, strlen(shown)) == 0 &&
                          memcmp(out.ptr + at + strlen(shown), run + at + 1,
                                 RUN - at - 1) == 0,
                      "%02x at %zu", (unsigned)c, at);
        }
    }
    buf_finish(&out);
}

/* Cleaning piece by piece, with what is left over in front of the next piece,
 * is cleaning all at once: every text of three units, cut in every place. */
static void
check_cut(struct dc_str s, size_t cut, struct dc_str want)
{
    struct buf out;
    buf_init(&out, 64);
    size_t used = utf8_add_clean(&out, (struct dc_str){s.ptr, cut}, false);
    cr_assert(used <= cut && cut - used < 4);
    utf8_add_clean(&out, (struct dc_str){s.ptr + used, s.len - used}, true);
    bool same = out.len == want.len &&
                (want.len == 0 || memcmp(out.ptr, want.ptr, want.len) == 0);
    cr_assert(same, "cut at %zu", cut);
    buf_finish(&out);
}

Test(utf8, pieces_make_the_whole, .timeout = 20)
{
    static const char *const units[] = {
        "a",    "\xc3\xa4",     "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x80",
        "\xc3", "\xe2\x82",     "\xf0\x9f\x98", "\xed\xa0\x80",     "\xff",
        "\n",   "\xf4\x90\x80", "\xc0\xaf",     "\xf0\x9f"};
    enum { COUNT = sizeof units / sizeof *units };
    for (size_t i = 0; i < COUNT * COUNT * COUNT; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "%s%s%s", units[i % COUNT],
                           units[i / COUNT % COUNT], units[i / COUNT / COUNT]);
        struct dc_str s = {text, (size_t)len};
        struct buf whole;
        buf_init(&whole, 64);
        utf8_add_clean(&whole, s, true);
        cr_assert(utf8_clean(buf_str(&whole)));
        for (size_t cut = 0; cut <= s.len; cut++)
            check_cut(s, cut, buf_str(&whole));
        buf_finish(&whole);
    }
}

Test(utf8, fits, .timeout = 10)
{
    /* 1, 2, 3 and 4 bytes: cuts fall at 0, 1, 3, 6 and 10 */
    struct dc_str s = {"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10};
    static const size_t fit[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < sizeof fit / sizeof *fit; max++)
        cr_expect_eq(utf8_fit(s, max), fit[max], "%zu", max);
    cr_expect_eq(utf8_fit((struct dc_str){"\x80\x80", 2}, 1), 0);
    cr_expect_eq(utf8_fit((struct dc_str){NULL, 0}, 5), 0);
    cr_expect_eq(utf8_fit((struct dc_str){NULL, 0}, 0), 0);
}
