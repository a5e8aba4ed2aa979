/* A chat with an answer, for the tests of what goes on with it or asks for it
 * again. */
#ifndef TEST_CONTINUE_H
#define TEST_CONTINUE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stage.h"

#define CHAT_HEAD "---\nmodel: m\n---\n\n%% user\n\nq\n\n"
#define CHAT_END "\n\n%% user\n\n"
/* An answer in a chat, and the empty turn behind it. */
#define CHAT(pairs, answer)                                                    \
    CHAT_HEAD "%% assistant" pairs "\n\n" answer CHAT_END

#define LENGTH "\nfinish length 10 5 0.001\ndone\n"
#define STOP "\nfinish stop 10 5 0.001\ndone\n"
#define NEXT "---\n"

/* A new chat in the only window that holds text. */
static inline void
load_chat(struct stage *st, const char *text)
{
    char quoted[4096], *to = quoted;
    cr_assert(strlen(text) * 2 < sizeof quoted);
    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '"' || *text == '\\')
            *to++ = '\\';
        *to++ = *text == '\n' ? 'n' : *text;
    }
    *to = '\0';
    ed_ex(st->ed, "silent! only! | DeepChat!");
    ed_ex(st->ed, "only! | let b:deepchat = {'autosave': 0}");
    ed_ex(st->ed, "silent %%delete _");
    ed_ex(st->ed, "call setline(1, split(\"%s\", \"\\n\", 1))", quoted);
    ed_ex(st->ed, "let &undolevels = &undolevels");
    ed_ex(st->ed, "messages clear | let g:events = []");
}

/* The last line of :messages, without what is in front of it. */
static inline void
expect_line(struct stage *st, const char *name, const char *want)
{
    stage_expect(st, name,
                 "substitute(get(split(execute('messages'), \"\\n\"), -1, ''), "
                 "'^deepchat: ', '', '')",
                 want);
}

static inline void
expect_events(struct stage *st, const char *name, const char *want)
{
    char *events = stage_events(st);
    cr_expect_str_eq(events, want, "%s: got <%s>, want <%s>", name, events,
                     want);
    free(events);
}

/* All that came is one change: it can be taken back, and back again. */
static inline void
expect_one_undo(struct stage *st, const char *name, const char *before,
                const char *after)
{
    stage_expect_text(st, name, after);
    ed_ex(st->ed, "silent undo");
    stage_expect_text(st, name, before);
    ed_ex(st->ed, "silent redo");
    stage_expect_text(st, name, after);
}

/* A command that leaves the chat, and the cursor in it, where they were. */
struct stays {
    const char *name;
    const char *chat, *script, *command;
    const char *line; /* that is said last; NULL: any */
    const char *events;
};

static inline void
expect_stays(struct stage *st, const struct stays *row)
{
    stage_script(st, row->script);
    load_chat(st, row->chat);
    ed_ex(st->ed, "let g:cursor = [line('$'), 1] | call cursor(g:cursor)");
    ed_ex(st->ed, "%s", row->command);
    cr_assert(stage_idle(st), "%s", row->name);
    stage_expect_text(st, row->name, row->chat);
    stage_expect(st, row->name, "getpos('.')[1:2] == g:cursor", "1");
    if (row->line != NULL)
        expect_line(st, row->name, row->line);
    expect_events(st, row->name, row->events);
    ed_ex(st->ed, "setlocal modifiable");
}

#endif
