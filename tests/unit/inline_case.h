/* One continuation in a text: where it goes, what came, what is to stand. */
#ifndef TESTS_UNIT_INLINE_CASE_H
#define TESTS_UNIT_INLINE_CASE_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "deepchat.h"

struct inline_case {
    const char *title, *filetype;
    const char *text; /* "^" is the place */
    const char *came, *written;
    int textwidth;
    bool done; /* before the end of what came */
};

/* 'comments' and 'commentstring' as the editors' own files set them. */
/* clang-format off */
static const struct {
    const char *filetype, *comments, *commentstring;
} inline_options[] = {
    {"c", "sO:* -,mO:*  ,exO:*/,s1:/*,mb:*,ex:*/,:///,://", "/*%s*/"},
    {"python", "b:#,fb:-", "# %s"},
    {"go", "s1:/*,mb:*,ex:*/,://", "// %s"},
    {"vim", "sO:\" -,mO:\"  ,eO:\"\",:\"", "\"%s"},
    {"sh", "s1:/*,mb:*,ex:*/,://,b:#,:%,:XCOMM,n:>,fb:-", "#%s"},
    {"lua", "", "-- %s"},
    {"lisp", ":;;;;,:;;;,:;;,:;,sr:#|,mb:|,ex:|#", ";%s"},
    {"rust", "s0:/*!,ex:*/,s1:/*,mb:*,ex:*/,:///,://!,://", "// %s"},
    {"make", "sO:# -,mO:#  ,b:#", "# %s"},
    {"markdown", "fb:*,fb:-,fb:+,n:>", "<!-- %s -->"},
    {"text", "s1:/*,mb:*,ex:*/,://,b:#,:%,:XCOMM,n:>,fb:-", ""},
    {"mail", "n:>", ""},
};
/* clang-format on */

static inline struct dc_spot
inline_spot(const struct inline_case *c)
{
    size_t at = strcspn(c->text, "^");
    struct dc_spot spot = {
        .before = {c->text, at},
        .after = str_of(c->text[at] == '^' ? c->text + at + 1 : ""),
        .file = str_of("name"),
        .filetype = str_of(c->filetype),
        .instruction = str_of(""),
        .comments = str_of(""),
        .commentstring = str_of(""),
        .textwidth = c->textwidth,
    };
    for (size_t i = 0; i < sizeof inline_options / sizeof *inline_options; i++)
        if (strcmp(inline_options[i].filetype, c->filetype) == 0) {
            spot.comments = str_of(inline_options[i].comments);
            spot.commentstring = str_of(inline_options[i].commentstring);
        }
    return spot;
}

/* What a case gives, in pieces of this size and cut once behind `first`. */
static inline void
inline_run(const struct inline_case *c, size_t first, size_t piece, char *got,
           size_t size)
{
    struct dc_spot spot = inline_spot(c);
    struct dc_inline *in = dc_inline_new(&spot);
    struct dc_str all = str_of(c->came);
    size_t at = 0, used = 0;
    got[0] = '\0';
    while (at < all.len) {
        size_t want = at == 0 ? first : piece;
        struct dc_str rest = {all.ptr + at, all.len - at};
        size_t n = utf8_fit(rest, want);
        n = n > 0 ? n : utf8_fit(rest, 4);
        struct dc_str out =
            dc_inline_add(in, (struct dc_str){rest.ptr, n}, false);
        used += (size_t)snprintf(got + used, size - used, "%.*s", (int)out.len,
                                 out.len > 0 ? out.ptr : "");
        at += n;
    }
    cr_expect_eq(dc_inline_done(in), c->done, "%s: done", c->title);
    struct dc_str out = dc_inline_add(in, (struct dc_str){"", 0}, true);
    snprintf(got + used, size - used, "%.*s", (int)out.len,
             out.len > 0 ? out.ptr : "");
    cr_expect(dc_inline_done(in));
    dc_inline_free(in);
}

static inline void
inline_check(const struct inline_case *cases, size_t count)
{
    static char got[8192];
    for (size_t i = 0; i < count; i++) {
        const struct inline_case *c = cases + i;
        size_t len = strlen(c->came);
        inline_run(c, len, len, got, sizeof got);
        cr_expect_str_eq(got, c->written, "%s: got\n%s", c->title, got);
        if (strcmp(got, c->written) != 0)
            continue;
        for (size_t cut = 1; cut < len; cut++) {
            inline_run(c, cut, len, got, sizeof got);
            cr_expect_str_eq(got, c->written, "%s, cut at %zu:\n%s", c->title,
                             cut, got);
        }
        for (size_t piece = 1; piece <= 3; piece++) {
            inline_run(c, piece, piece, got, sizeof got);
            cr_expect_str_eq(got, c->written, "%s, pieces of %zu:\n%s",
                             c->title, piece, got);
        }
    }
}

#endif
