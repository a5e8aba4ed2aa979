/* UTF-8 as Unicode defines it: no overlong forms, no surrogates, no values
 * over U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Length of the sequence at the start of s: 1 to 4 if it is whole and valid;
 * 0 if s ends inside a sequence that is valid so far; -1 to -3 if the first 1
 * to 3 bytes are a broken sequence (its maximal subpart). s is not empty. */
int utf8_len(struct dc_str s);

/* True if all of s is valid and holds no NUL. */
bool utf8_clean(struct dc_str s);

/* Append s to out with every broken sequence and every NUL replaced by U+FFFD.
 * An unfinished sequence at the end is left alone unless last. Returns how many
 * bytes of s were used; out->full tells whether the ceiling was hit. */
size_t utf8_add_clean(struct buf *out, struct dc_str s, bool last);

/* Append one code point; a surrogate or a value over U+10FFFF becomes U+FFFD.
 */
bool utf8_add_point(struct buf *out, uint32_t point);

/* The longest prefix of s of at most max bytes that cuts no character. */
size_t utf8_fit(struct dc_str s, size_t max);

#endif
