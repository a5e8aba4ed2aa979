/*
 * A double holds some sixteen digits, an identifier or a price may have more.
 * So a number stays text: a sign, digits from the first that is not zero, and
 * the power of ten of that one.
 */
#include "core/json_number.h"

#include <stdint.h>

#include "base/buf.h"

/* Larger exponents are all the same to us. */
#define EXPONENT_MAX ((int64_t)1 << 40)

struct number {
    int sign;             /* 0: zero */
    int64_t power;        /* of ten, of the first digit */
    const char *at, *end; /* digits, and a point maybe */
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int64_t
read_exponent(const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    int64_t n = 0;
    for (; at < end; at++)
        if (is_digit(*at) && n < EXPONENT_MAX)
            n = n * 10 + (*at - '0');
    return negative ? -n : n;
}

static struct number
read_number(struct dc_str text)
{
    const char *at = text.ptr, *all = text.ptr + text.len;
    struct number n = {.sign = 1, .end = at};
    if (*at == '-') {
        n.sign = -1;
        at++;
    }
    while (n.end < all && *n.end != 'e' && *n.end != 'E')
        n.end++;
    struct dc_str digits = {at, (size_t)(n.end - at)};
    const char *point = at + str_find(digits, '.');
    while (at < n.end && (*at == '0' || *at == '.'))
        at++;
    n.at = at;
    n.power = at < point ? point - at - 1 : point - at;
    if (at == n.end)
        n.sign = 0;
    if (n.end < all)
        n.power += read_exponent(n.end + 1, all);
    return n;
}

/* The next digit, 0 past the last one. */
static int
next_digit(struct number *n)
{
    if (n->at < n->end && *n->at == '.')
        n->at++;
    return n->at < n->end ? *n->at++ - '0' : 0;
}

static int
compare_size(struct number *a, struct number *b)
{
    if (a->power != b->power)
        return a->power < b->power ? -1 : 1;
    while (a->at < a->end || b->at < b->end) {
        int x = next_digit(a), y = next_digit(b);
        if (x != y)
            return x - y;
    }
    return 0;
}

int
json_number_compare(struct dc_str a, struct dc_str b)
{
    struct number x = read_number(a), y = read_number(b);
    if (x.sign != y.sign || x.sign == 0)
        return x.sign - y.sign;
    int size = compare_size(&x, &y);
    return x.sign > 0 ? size : -size;
}

bool
json_number_whole(struct dc_str number)
{
    struct number n = read_number(number);
    for (int64_t power = n.power; n.sign != 0 && n.at < n.end; power--)
        if (next_digit(&n) != 0 && power < 0)
            return false;
    return true;
}
