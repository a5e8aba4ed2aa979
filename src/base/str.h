/* Looking at slices: nothing here changes a byte, or owns one. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"

struct dc_str str_of(const char *text);

bool str_is(struct dc_str s, const char *text);
bool str_same(struct dc_str a, struct dc_str b);
bool str_starts(struct dc_str s, const char *prefix);

/* Position of the byte, or s.len. */
size_t str_find(struct dc_str s, char c);

/* What stands from at on; "" behind the end. Its ptr is never NULL. */
struct dc_str str_from(struct dc_str s, size_t at);
/* Take what stands in front of the first c off *rest, and that c, too; all of
 * it if there is none. */
struct dc_str str_cut(struct dc_str *rest, char c);

/* Without spaces, tabs and line ends around it. */
struct dc_str str_trim(struct dc_str s);
/* Without the blank lines around it; blanks inside the first line stay. */
struct dc_str str_trim_lines(struct dc_str s);

/* FNV-1a, 64 bits: for names that stand on the disk, so it stays the same. */
uint64_t str_hash(struct dc_str s);

#endif
