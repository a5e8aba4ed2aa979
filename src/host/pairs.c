/* Sums are made of what is known: a part without a count adds nothing. */
#include "host/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PAIRS_MAX = DC_MARKER_MAX - 16 };

void
pairs_add(struct buf *b, const char *key, const char *value)
{
    char *pair = dc_pair_print(key, value);
    buf_add_text(b, pair);
    dc_free(pair);
}

void
pairs_add_count(struct buf *b, const char *key, double number)
{
    char text[64];
    if (number < 0)
        return;
    snprintf(text, sizeof text, "%.0f", number);
    pairs_add(b, key, text);
}

/* Dollars without an exponent and without zeros at the end: two digits that
 * count are enough below a cent. */
void
pairs_add_cost(struct buf *b, const char *key, double cost)
{
    char text[350]; /* the largest number has 309 digits */
    if (cost < 0)
        return;
    int decimals = 4;
    for (double c = cost; c > 0 && c < 0.001 && decimals < 12; c *= 10)
        decimals++;
    int len = snprintf(text, sizeof text, "%.*f", decimals, cost);
    while (len > 0 && text[len - 1] == '0')
        text[--len] = '\0';
    if (len > 0 && text[len - 1] == '.')
        text[--len] = '\0';
    pairs_add(b, key, text);
}

/* ---- sums ---- */

/* -1 if it is not there or no number; users can write anything. */
static double
number(struct dc_str pairs, const char *key)
{
    char *value = dc_pairs_get(pairs, key), *end;
    double n = value != NULL ? strtod(value, &end) : -1;
    bool good =
        value != NULL && end != value && *end == '\0' && n >= 0 && n < 1e15;
    dc_free(value);
    return good ? n : -1;
}

static double
sum(struct dc_str before, struct dc_str added, const char *key)
{
    double a = number(before, key), b = number(added, key);
    return a < 0 ? b : b < 0 ? a : a + b;
}

/* An answer without a number is of one part. */
static double
parts(struct dc_str pairs)
{
    double n = number(pairs, "parts");
    return n < 1 ? 1 : n;
}

static bool
is_summed(const char *key)
{
    static const char *const keys[] = {"finish", "in",  "out",  "cached",
                                       "cost",   "est", "parts"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* What is not summed, without that whose key stands in but. A marker that is
 * too long would be none. */
static void
add_others(struct buf *b, struct dc_str pairs, struct dc_str but)
{
    while (pairs.len > 0) {
        struct dc_str pair = str_cut(&pairs, ' ');
        char *key = mem_copy(pair.ptr, str_find(pair, '='));
        char *other = dc_pairs_get(but, key);
        bool fits = b->len + 1 + pair.len <= PAIRS_MAX;
        if (pair.len > 0 && !is_summed(key) && other == NULL && fits) {
            buf_add_byte(b, ' ');
            buf_add_str(b, pair);
        }
        dc_free(other);
        free(key);
    }
}

char *
pairs_sum(struct dc_str before, struct dc_str added)
{
    struct buf b;
    buf_init(&b, DC_MARKER_MAX);
    char *finish = dc_pairs_get(added, "finish");
    if (finish != NULL)
        pairs_add(&b, "finish", finish);
    dc_free(finish);
    pairs_add_count(&b, "in", sum(before, added, "in"));
    pairs_add_count(&b, "out", sum(before, added, "out"));
    pairs_add_count(&b, "cached", sum(before, added, "cached"));
    pairs_add_cost(&b, "cost", sum(before, added, "cost"));
    pairs_add_cost(&b, "est", sum(before, added, "est"));
    pairs_add_count(&b, "parts", parts(before) + parts(added));
    add_others(&b, before, (struct dc_str){"", 0});
    add_others(&b, added, before);
    return buf_take(&b, NULL);
}
