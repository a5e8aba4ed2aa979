/* References that --send tells of. */
#include "host/mention.h"

#include <criterion/criterion.h>

#include "base/str.h"

/* A chat whose last turn is looked at. */
static const struct {
    const char *chat, *found;
} cases[] = {
    {"", ""},
    {"@file:a.c", "@file:a.c"},
    {"See #file:a.c, please.", "#file:a.c"},
    {"(@file:a.c:10-20)?", "@file:a.c:10-20"},
    {"@file:my\\ notes.md.", "@file:my\\ notes.md"},
    {"one\ntwo @buffer", "@buffer"},
    {"what of @buffer:x.c?", "@buffer:x.c"},
    {"@selection", "@selection"},
    {"@diagnostics!", "@diagnostics"},
    {"\"@quickfix\"", "@quickfix"},
    {"@diff", "@diff"},
    {"`@buffer` @diff", "@diff"},
    {"```\n@buffer\n```\n@diff", "@diff"},
    {"> @diff", ""},
    {"~~~\n@buffer\n~~~", ""},
    {"\\@diff a@diff @diffs @different @ diff", ""},
    {"@file: a, @file:", ""},
    {"@files:x @File:x", ""},
    {"#diff-1 @diff:x @selection/a @buffer-x @diff's", ""},
    {"@quickfix. @buffer.", "@quickfix"},
    {"%% context from=a.c\n\nx\n\n%% user\n\n@file:a.c", ""},
    {"%% context from=a.c\n\nx\n\n%% user\n\n@file:a.c @file:b.c", "@file:b.c"},
    {"%% context from=my%20notes\n\nx\n\n%% user\n\n@file:a", "@file:a"},
    {"%% context from=my%20notes\n\nx\n\n%% user\n\n@file:my\\ notes.", ""},
    {"%% context from=diff\n\nx\n\n%% user\n\n@diff", ""},
    {"%% context from=a.c\n\nx\n\n%% user\n\nA\n\n%% assistant\n\nB\n\n"
     "%% user\n\n@file:a.c",
     "@file:a.c"},
};

Test(mention, found, .timeout = 20)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dc_transcript *tr;
        const struct dc_turn *turn;
        size_t last = 0;
        cr_assert(dc_transcript_parse(&tr, str_of(cases[i].chat), NULL));
        while ((turn = dc_transcript_turn(tr, last + 1)) != NULL)
            last++;
        struct dc_str found = {"", 0};
        if (dc_transcript_turn(tr, 0) != NULL)
            found = mention_find(tr, last);
        cr_expect(str_is(found, cases[i].found), "%s: got %.*s", cases[i].chat,
                  (int)found.len, found.ptr);
        dc_transcript_free(tr);
    }
}
