/*
 * Laws of the chat file on thousands of random texts, put together from
 * pieces that are likely to hurt; and that the time is linear.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../lib/transcript_laws.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ROUNDS 20000

static const char *const pieces[] = {
    "%",
    "%%",
    "%%%",
    "%% ",
    " ",
    "\t",
    "\n",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "user",
    " user",
    " note",
    " system",
    "%% user",
    "%%% tool",
    " k=v",
    " a-1=%20",
    " x=%2",
    "=",
    "---",
    "---\n",
    "---\n",
    "a: b\n",
    "# c\n",
    "x",
    "User",
    "\xc3\xa9",
    "\xff",
    "\xe2\x82",
    "\n%% call id=1\n",
    "\n%% context\n\n",
    "\n%% assistant",
    "\xf0\x9f\x98\x80",
    " k=\xe2\x82\xac",
};

static uint64_t seed;

static size_t
random_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed >> 8);
}

/* Rarely a NUL, rarely a run that goes past the marker limit. */
static void
random_text(struct buf *b)
{
    buf_reset(b);
    for (size_t n = random_number() % 16; n > 0; n--) {
        buf_add_text(b, pieces[random_number() % COUNT(pieces)]);
        if (random_number() % 50 == 0)
            buf_add_byte(b, '\0');
        if (random_number() % 100 == 0)
            for (size_t i = 1000 + random_number() % 40; i > 0; i--)
                buf_add_byte(b, "%x \r"[random_number() % 64 == 0 ? i % 4 : 1]);
    }
}

static void
random_pairs(struct buf *b)
{
    static const char *const good[] = {" a=b", " from=x:1-2", " k_-9=%20%C3",
                                       " e=", " u=\xc3\xa9"};
    buf_reset(b);
    for (size_t n = random_number() % 4; n > 0; n--)
        buf_add_text(b, good[random_number() % COUNT(good)]);
}

/* Bytes of a counterexample, so that it can become a row in a table. */
static void
report(const char *broken, struct dc_str text, uint64_t round_seed)
{
    struct buf b;
    buf_init(&b, SIZE_MAX / 4);
    for (size_t i = 0; i < text.len; i++)
        buf_addf(&b, "\\x%02x", (unsigned)(unsigned char)text.ptr[i]);
    cr_assert_fail("%s (seed %llu): %s", broken, (unsigned long long)round_seed,
                   b.len > 0 ? b.ptr : "");
}

Test(transcript_laws, random_texts, .timeout = 60)
{
    struct buf text, pairs;
    buf_init(&text, SIZE_MAX / 4);
    buf_init(&pairs, SIZE_MAX / 4);
    seed = 88172645463325252ULL;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t at = seed;
        random_text(&text);
        random_pairs(&pairs);
        enum dc_role role = (enum dc_role)(random_number() % 9);
        const char *broken = laws_print(role, buf_str(&pairs), buf_str(&text));
        if (broken == NULL)
            broken = laws_escape(buf_str(&text), random_number);
        if (broken == NULL)
            broken = laws_file(buf_str(&text));
        if (broken != NULL)
            report(broken, buf_str(&text), at);
    }
    buf_finish(&text);
    buf_finish(&pairs);
}

/* Whatever pairs a caller passes, one turn comes out. */
Test(transcript_laws, random_pairs, .timeout = 60)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    seed = 2463534242ULL;
    for (int i = 0; i < ROUNDS / 4; i++) {
        uint64_t at = seed;
        random_text(&text);
        char *printed =
            dc_turn_print(DC_ROLE_NOTE, buf_str(&text), str_of("x"), NULL);
        struct dc_transcript *tr;
        cr_assert(dc_transcript_parse(&tr, str_of(printed), NULL));
        const struct dc_turn *turn = dc_transcript_turn(tr, 0);
        if (turn == NULL || turn->role != DC_ROLE_NOTE || turn->line != 1 ||
            !str_is(turn->text, "x") || dc_transcript_turn(tr, 1) != NULL)
            report("pairs broke the marker", buf_str(&text), at);
        dc_transcript_free(tr);
        dc_free(printed);
    }
    buf_finish(&text);
}

/* Any value comes back from the marker that it was put into. */
Test(transcript_laws, random_values, .timeout = 60)
{
    struct buf text, clean;
    buf_init(&text, SIZE_MAX / 4);
    buf_init(&clean, SIZE_MAX / 4);
    seed = 521288629ULL;
    for (int i = 0; i < ROUNDS / 4; i++) {
        random_text(&text);
        const char *value = text.len > 0 ? text.ptr : "";
        buf_reset(&clean);
        utf8_add_clean(&clean, str_of(value), true);
        char *pair = dc_pair_print("k", value);
        char *back = dc_pairs_get(str_of(pair), "k");
        cr_assert_str_eq(back, clean.len > 0 ? clean.ptr : "");
        struct buf line;
        buf_init(&line, SIZE_MAX / 4);
        buf_addf(&line, "%%%% user%s", pair);
        cr_assert_eq(dc_line_kind(buf_str(&line), NULL),
                     line.len <= DC_MARKER_MAX ? DC_LINE_MARKER : DC_LINE_TEXT,
                     "%s", line.ptr);
        buf_finish(&line);
        dc_free(pair);
        dc_free(back);
    }
    buf_finish(&text);
    buf_finish(&clean);
}

/* Seconds of processor time to parse, send and escape size bytes made of a
 * unit. */
static double
cost(const char *unit, size_t size)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    while (text.len < size)
        buf_add_text(&text, unit);
    clock_t start = clock();
    struct dc_transcript *tr;
    cr_assert(dc_transcript_parse(&tr, buf_str(&text), NULL));
    size_t count;
    dc_transcript_messages(tr, SIZE_MAX, &count);
    dc_transcript_free(tr);
    char *printed =
        dc_turn_print(DC_ROLE_USER, buf_str(&text), buf_str(&text), NULL);
    dc_free(printed);
    dc_line_kind(buf_str(&text), NULL);
    clock_t end = clock();
    buf_finish(&text);
    return (double)(end - start) / CLOCKS_PER_SEC;
}

/* Ten times the text takes about ten times as long; four times that is noise
 * of a busy machine, quadratic would be ten times that. */
Test(transcript_laws, time_is_linear, .timeout = 120)
{
    static const char *const units[] = {
        "some words of a line\n",
        "\n",
        "%",
        "x",
        "\xff",
        "%% user\n",
        "---",
        "%% user a=b",
        " a=b",
        " ",
        "%% user\nx\n%% context\ny\n",
        "a: b\n",
        "\r\n",
        "%%% note\n",
    };
    for (size_t i = 0; i < COUNT(units); i++) {
        double small = cost(units[i], (size_t)1 << 20);
        double large = cost(units[i], (size_t)10 << 20);
        cr_expect_lt(large, 40 * (small + 0.005), "[%s]: %.3f s and %.3f s",
                     units[i], small, large);
    }
}
