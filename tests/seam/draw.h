/* Numbers that look random and are the same everywhere (splitmix64). */
#ifndef SEAM_DRAW_H
#define SEAM_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draw {
    uint64_t state;
};

/* 0 to below - 1; 0 if below is 0. */
static inline size_t
draw(struct draw *d, size_t below)
{
    d->state += 0x9e3779b97f4a7c15u;
    uint64_t z = d->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return below ? (size_t)(z % below) : 0;
}

static inline bool
draw_one_in(struct draw *d, size_t n)
{
    return draw(d, n) == 0;
}

#endif
