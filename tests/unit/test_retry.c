/* How long to wait before asking again, and the key cut out of texts. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "deepchat.h"

/* clang-format off */
static const struct {
    int attempt;
    double retry_after, random;
    int ms;
} waits[] = {
    {1, -1, 0, 500},      {2, -1, 0, 1000},     {3, -1, 0, 2000},
    {4, -1, 0, 4000},     {5, -1, 0, 8000},     {6, -1, 0, 8000},
    {1000000, -1, 0, 8000},
    /* up to a quarter less, never more */
    {1, -1, 1, 375},      {1, -1, 0.5, 437},    {5, -1, 1, 6000},
    /* what the server asks for stands, whatever the attempt */
    {1, 7, 0, 7000},      {3, 7, 1, 7000},      {1, 1.5, 0, 1500},
    {1, 0.0004, 0, 1},    {1, 120, 0, 120000},
    {1, 120.001, 0, -1},  {1, 1e20, 0, -1},     {2, INFINITY, 0, -1},
    /* no time or one in the past: our own */
    {1, 0, 0, 500},       {2, -5, 0, 1000},     {1, -349933797, 0, 500},
    {1, NAN, 0, 500},
};

static const struct {
    const char *text, *secret, *want;
} redactions[] = {
    {"", "sk-12345678", ""},
    {"nothing here", "sk-12345678", "nothing here"},
    {"sk-12345678", "sk-12345678", "***"},
    {"a sk-12345678 b sk-12345678.", "sk-12345678", "a *** b ***."},
    {"sk-12345678sk-12345678", "sk-12345678", "******"},
    /* pieces: 7 bytes stay, 8 go, wherever they are cut out */
    {"key sk-1234 is bad", "sk-12345678", "key sk-1234 is bad"},
    {"key sk-12345 is bad", "sk-12345678", "key *** is bad"},
    {"key sk-12345..5678", "sk-12345678", "key ***..5678"},
    {"ends in 12345678", "sk-12345678", "ends in ***"},
    {"ends in 2345678", "sk-12345678", "ends in 2345678"},
    {"inner k-123456", "sk-12345678", "inner ***"},
    /* the longest piece counts where the secret repeats itself */
    {"abcdefgh-abcdefghi!", "abcdefgh-abcdefghi", "***!"},
    {"abcdefghi!", "abcdefgh-abcdefghi", "***!"},
    /* a secret under 8 bytes is none */
    {"pass word", "pass", "pass word"},
    {"1234567", "1234567", "1234567"},
    {"12345678", "12345678", "***"},
    {"text", "", "text"},
    {"text", NULL, "text"},
};
/* clang-format on */

Test(retry, waits, .timeout = 10)
{
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        int ms = dc_retry_wait(waits[i].attempt, waits[i].retry_after,
                               waits[i].random);
        cr_expect_eq(ms, waits[i].ms, "row %zu: %d", i, ms);
    }
}

/* Behind a NUL nothing may be touched. */
Test(retry, redacts, .timeout = 10)
{
    for (size_t i = 0; i < sizeof redactions / sizeof *redactions; i++) {
        char text[64];
        memset(text, '#', sizeof text);
        size_t len = strlen(redactions[i].text);
        memcpy(text, redactions[i].text, len + 1);
        dc_redact(text, redactions[i].secret);
        cr_expect_str_eq(text, redactions[i].want, "row %zu: %s", i, text);
        for (size_t at = len + 1; at < sizeof text; at++)
            cr_expect_eq(text[at], '#', "row %zu", i);
    }
}

static bool
holds_piece(const char *text, const char *secret, size_t size)
{
    for (; strlen(secret) >= size; secret++) {
        char piece[64];
        snprintf(piece, sizeof piece, "%.*s", (int)size, secret);
        if (strstr(text, piece) != NULL)
            return true;
    }
    return false;
}

/* Every piece of the secret at every distance from every other. */
Test(retry, redacts_every_piece, .timeout = 20)
{
    static const char secret[] = "sk-live-0123456789abcdef";
    size_t len = strlen(secret);
    for (size_t from = 0; from < len; from++)
        for (size_t n = 1; from + n <= len; n++)
            for (size_t next = 0; next < len; next++) {
                char text[128];
                snprintf(text, sizeof text, "%.*s%s", (int)n, secret + from,
                         secret + next);
                dc_redact(text, secret);
                cr_assert(!holds_piece(text, secret, 8), "%s", text);
            }
}
