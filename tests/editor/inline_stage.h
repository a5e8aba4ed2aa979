/* A file in which text is written on: shared by the tests of that. */
#ifndef TEST_EDITOR_INLINE_STAGE_H
#define TEST_EDITOR_INLINE_STAGE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/stage.h"

static inline void
inline_start(struct stage *st, const char *script)
{
    stage_start(st, script, "'continue_rounds': 8");
    ed_ex(st->ed, "filetype plugin on");
    ed_ex(st->ed, "set noautoindent hidden");
    ed_ex(st->ed, "inoremap <C-g> <Cmd>DeepContinue<CR>");
}

/* A new file of this name with this text, shown in the only window. The cursor
 * is where "a" writes at "^". text must fit into a string of Vim. */
static inline void
inline_open(struct stage *st, const char *name, const char *text)
{
    ed_ex(st->ed, "silent! only! | silent! %%bwipeout!");
    ed_ex(st->ed, "call writefile([], '%s/%s')", ed_home(st->ed), name);
    ed_ex(st->ed, "edit! %s/%s", ed_home(st->ed), name);
    ed_ex(st->ed, "call setline(1, split(\"%s\", \"\\n\", 1))", text);
    ed_ex(st->ed, "silent write");
    ed_ex(st->ed, "call search('\\^', 'cw') | let g:at = getcurpos()");
    ed_ex(st->ed,
          "silent! keepjumps s/\\^// | call cursor(g:at[1], g:at[2] - 1)");
    ed_ex(st->ed, "silent write");
}

static inline void
inline_ask(struct stage *st, const char *command)
{
    ed_ex(st->ed, "%s", command);
    cr_assert(server_wait_requests(st->sv, ++st->requests, STAGE_MS));
}

/* What messages say last. */
static inline void
inline_expect_said(struct stage *st, const char *name, const char *want)
{
    stage_expect(st, name, "split(execute('messages'), \"\\n\")[-1]", want);
}

#endif
