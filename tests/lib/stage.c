/* Keys are known to be handled when a map behind them has run; it is a <Cmd>
 * map, which leaves mode, undo and registers alone. */
#include "stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proc.h"
#include "tmpdir.h"

static const char *const setup[] = {
    "let g:acks = 0 | let g:events = []",
    "noremap <F5> <Cmd>let g:acks += 1<CR>",
    "noremap! <F5> <Cmd>let g:acks += 1<CR>",
    "autocmd User DeepChatStart call add(g:events, 'Start')",
    "autocmd User DeepChatDone call add(g:events, 'Done ' . "
    "g:deepchat_event.finish)",
    "autocmd User DeepChatError call add(g:events, 'Error ' . "
    "g:deepchat_event.finish)",
    "autocmd User DeepChatStopped call add(g:events, 'Stopped ' . "
    "g:deepchat_event.finish)",
};

void
stage_start(struct stage *st, const char *script, const char *settings)
{
    char all[1024];
    snprintf(all, sizeof all, "'system': '', 'model': 'm'%s%s",
             settings[0] != '\0' ? ", " : "", settings);
    *st = (struct stage){.sv = server_start(NULL)};
    server_script(st->sv, "t", script != NULL ? script : "");
    st->ed = ed_start(server_url(st->sv, "t"), all, NULL);
    for (size_t i = 0; i < sizeof setup / sizeof *setup; i++)
        ed_ex(st->ed, "%s", setup[i]);
}

void
stage_stop(struct stage *st)
{
    ed_stop(st->ed);
    server_stop(st->sv);
}

void
stage_script(struct stage *st, const char *script)
{
    server_reset(st->sv);
    st->requests = 0;
    server_script(st->sv, "t", script);
}

void
stage_put(const struct stage *st, const char *name, const char *bytes,
          size_t len)
{
    char *path = temp_path(ed_home(st->ed), name);
    temp_write(path, bytes, len);
    free(path);
}

void
stage_host(struct stage *st)
{
    ed_ex(st->ed, "call deepchat#host#start()");
    cr_assert(ed_host(st->ed) > 0, "no host");
}

void
stage_keys(struct stage *st, const char *keys)
{
    ed_keys(st->ed, keys);
    ed_keys(st->ed, "<F5>");
    cr_assert(ed_wait(st->ed, STAGE_MS, "g:acks >= %u", ++st->acks),
              "keys not handled: %s", keys);
}

void
stage_ask(struct stage *st, const char *question)
{
    ed_ex(st->ed, "silent! only! | DeepChat! %s", question);
    ed_ex(st->ed, "only!");
    cr_assert(server_wait_requests(st->sv, ++st->requests, STAGE_MS));
    cr_assert(server_wait_held(st->sv, "g", 1, STAGE_MS));
}

bool
stage_shows(struct stage *st, const char *text)
{
    return ed_wait(st->ed, STAGE_MS,
                   "stridx(join(getline(1, '$'), \"\\n\"), \"%s\") >= 0", text);
}

bool
stage_next(struct stage *st, const char *text)
{
    server_release_next(st->sv, "g", 1);
    return stage_shows(st, text);
}

bool
stage_idle(struct stage *st)
{
    return ed_wait(st->ed, STAGE_MS, "!deepchat#buf#any_running()");
}

bool
stage_finish(struct stage *st)
{
    server_release(st->sv, "g");
    return stage_idle(st);
}

char *
stage_events(struct stage *st)
{
    char *events = ed_eval(st->ed, "g:events");
    ed_ex(st->ed, "let g:events = []");
    return events;
}

/* Blank lines are lost where failed tests are printed. Owned (free). */
static char *
one_line(const char *text)
{
    char *copy = mem_str(text);
    for (char *at = copy; *at != '\0'; at++)
        if (*at == '\n')
            *at = '|';
    return copy;
}

void
stage_expect(struct stage *st, const char *name, const char *expression,
             const char *want)
{
    char *got = ed_eval(st->ed, "%s", expression);
    char *seen = one_line(got), *wanted = one_line(want);
    cr_expect_str_eq(got, want, "%s: %s\n got: <%s>\nwant: <%s>", name,
                     expression, seen, wanted);
    free(seen);
    free(wanted);
    free(got);
}

void
stage_become(struct stage *st, const char *expression, const char *want)
{
    bool is = false;
    for (long long end = now_ms() + STAGE_MS; !is && now_ms() < end;) {
        char *got = ed_eval(st->ed, "%s", expression);
        is = strcmp(got, want) == 0;
        free(got);
        if (!is)
            ed_pump(st->ed, 5);
    }
}

void
stage_expect_text(struct stage *st, const char *name, const char *want)
{
    stage_expect(st, name, "join(getline(1, '$'), \"\\n\")", want);
}
