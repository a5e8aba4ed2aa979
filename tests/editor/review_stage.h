/* An editor with reviews.vim, for test_review*.c: no server, what the host
 * would send is sent by the test. */
#ifndef REVIEW_STAGE_H
#define REVIEW_STAGE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ed.h"

static struct ed *ed;

static inline void
start(void)
{
    ed = ed_start(NULL, "", NULL);
    ed_ex(ed, "execute 'source' deepchat#host#root() . "
              "'/tests/editor/reviews.vim'");
    ed_ex(ed, "set hidden");
}

/* A new buffer with lines "line 1" to "line <count>". */
static inline void
text_of(int count)
{
    ed_ex(ed, "enew!");
    ed_ex(ed, "call setline(1, map(range(1, %d), '\"line \" . v:val'))", count);
    ed_ex(ed, "let &undolevels = &undolevels");
}

static inline void
expect(const char *name, const char *expression, const char *want)
{
    char *got = ed_eval(ed, "%s", expression);
    cr_expect_str_eq(got, want, "%s: %s: %s", name, expression, got);
    free(got);
}

static inline void
expect_text(const char *name, const char *want)
{
    expect(name, "join(getline(1, '$'), '|')", want);
}

/* The last line that was said, at once or a moment later. */
static inline void
expect_said(const char *name, const char *want)
{
    ed_wait(ed, 15000,
            "get(split(execute('messages'), \"\\n\"), -1, '') ==# "
            "\"%s\"",
            want);
    expect(name, "split(execute('messages'), \"\\n\")[-1]", want);
}

#endif
