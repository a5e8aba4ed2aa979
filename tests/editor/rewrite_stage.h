/* A file in which lines are rewritten: shared by the tests of that. */
#ifndef TEST_EDITOR_REWRITE_STAGE_H
#define TEST_EDITOR_REWRITE_STAGE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/stage.h"

#define REWRITE_WAITS "deepchat#review_take#waiting(bufnr())"

static inline void
rewrite_start(struct stage *st, const char *script, const char *settings)
{
    stage_start(st, script, settings);
    ed_ex(st->ed, "filetype plugin on");
    ed_ex(st->ed, "set noautoindent hidden");
    ed_ex(st->ed, "nmap gs <Plug>(deepchat-rewrite)");
    ed_ex(st->ed, "xmap gs <Plug>(deepchat-rewrite)");
    ed_ex(st->ed, "nmap gss <Plug>(deepchat-rewrite-line)");
}

/* A new file of this name with this text, shown in the only window. text must
 * fit into a string of Vim. */
static inline void
rewrite_open(struct stage *st, const char *name, const char *text)
{
    ed_ex(st->ed, "silent! DeepReject!");
    ed_ex(st->ed, "silent! tabonly! | silent! only! | silent! %%bwipeout!");
    ed_ex(st->ed, "call writefile(split(\"%s\", \"\\n\", 1), '%s/%s')", text,
          ed_home(st->ed), name);
    ed_ex(st->ed, "execute 'edit!' fnameescape('%s/%s')", ed_home(st->ed),
          name);
    ed_ex(st->ed, "let g:old = getline(1, '$')");
}

/* No rewrite runs any more. */
static inline void
rewrite_idle(struct stage *st, const char *name)
{
    cr_assert(ed_wait(st->ed, STAGE_MS, "empty(deepchat#review#running(0))"),
              "%s", name);
}

/* A command that asks, and all that comes of it. */
static inline void
rewrite_ask(struct stage *st, const char *name, const char *command)
{
    ed_ex(st->ed, "%s", command);
    cr_assert(server_wait_requests(st->sv, ++st->requests, STAGE_MS), "%s",
              name);
    rewrite_idle(st, name);
}

/* What messages say last. */
static inline void
rewrite_expect_said(struct stage *st, const char *name, const char *want)
{
    stage_expect(st, name, "split(execute('messages'), \"\\n\")[-1]", want);
}

#endif
