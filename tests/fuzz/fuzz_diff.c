/*
 * Two texts, split at the first NUL. The first byte sets the cost limit, the
 * last one the order in which hunks are taken.
 */
#include <stdio.h>

#include "../lib/diff_laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t state;

static size_t
next_number(void)
{
    state = state * 1103515245 + 12345;
    return (state >> 16) & 0x7fff;
}

static void
hold(const char *broken)
{
    if (broken != NULL) {
        fprintf(stderr, "%s\n", broken);
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct dc_str all = {(const char *)data + 1, size - 1};
    struct dc_str old = {all.ptr, str_find(all, '\0')}, new = {NULL, 0};
    if (old.len < all.len)
        new = (struct dc_str){old.ptr + old.len + 1, all.len - old.len - 1};
    state = data[size - 1] + size;
    struct dc_diff *d = dc_diff_new(old, data[0] % 8);
    for (size_t len = 0; len < new.len; len += 1 + next_number() % 64)
        hold(laws_partial(d, old, (struct dc_str){new.ptr, len}));
    hold(laws_partial(d, old, new));
    hold(laws_whole(d, old, new, next_number));
    dc_diff_free(d);
    return 0;
}
