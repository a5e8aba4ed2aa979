/* Each row has a chat of its own in one editor and one host, as a user who
 * tries again and again has. */
#include "trouble.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "proc.h"

enum { LINE_MAX_CELLS = 68 };

#define QUESTION "---\\nmodel: m\\n---\\n\\n%% user\\n\\nSay"

char *
trouble_below(struct ed *ed)
{
    return ed_below(ed);
}

bool
trouble_wait_end(struct ed *ed)
{
    return ed_wait(ed, STAGE_MS,
                   "!empty(filter(copy(g:events), 'v:val !=# \"Start\"'))"
                   " && !deepchat#buf#any_running()");
}

char *
trouble_line(const struct stage *st, const char *line)
{
    struct buf out;
    buf_init(&out, 1024);
    const char *at = strstr(line, "HOST");
    if (at != NULL) {
        buf_add(&out, line, (size_t)(at - line));
        buf_addf(&out, "127.0.0.1:%u", server_port(st->sv));
        line = at + strlen("HOST");
    }
    buf_add_text(&out, line);
    return buf_take(&out, NULL);
}

void
trouble_expect_line(struct stage *st, const char *name, const char *line)
{
    char *messages = ed_eval(st->ed, "trim(execute('messages'))");
    const char *text = messages;
    if (line[0] != '\0') {
        cr_expect(strncmp(messages, "deepchat: ", 10) == 0, "%s: <%s>", name,
                  messages);
        text = strlen(messages) > 10 ? messages + 10 : "";
    }
    cr_expect_str_eq(text, line, "%s\n got: <%s>\nwant: <%s>", name, text,
                     line);
    cr_expect(strchr(messages, '\n') == NULL, "%s: more than one line", name);
    cr_expect_leq(ed_number(st->ed, "strwidth(trim(execute("
                                    "'messages')))"),
                  ed_number(st->ed, "min([v:echospace, %d])", LINE_MAX_CELLS),
                  "%s: too wide", name);
    free(messages);
    char *screen = ed_screen(st->ed);
    cr_expect(strstr(screen, "Press ENTER") == NULL, "%s:\n%s", name, screen);
    free(screen);
    stage_expect(st, name, "mode()", "n");
}

void
trouble_reset(struct stage *st)
{
    ed_ex(st->ed, "if !exists('g:base') | let g:base = deepcopy(g:deepchat) |"
                  " endif");
    ed_ex(st->ed, "let g:deepchat = deepcopy(g:base) | silent! only!");
    ed_ex(st->ed, "let g:events = [] | let g:deepchat_event = {}");
}

static void
open_chat(struct stage *st, const struct trouble *row)
{
    stage_script(st, row->script != NULL ? row->script : "status 418\n");
    trouble_reset(st);
    if (row->setup != NULL)
        ed_ex(st->ed, "%s", row->setup);
    ed_ex(st->ed, "silent DeepChat!");
    ed_ex(st->ed, "only! | silent %%delete _");
    const char *text = row->buffer != NULL ? row->buffer : QUESTION;
    ed_ex(st->ed, "call setline(1, split(\"%s\", '\\n', 1)) | normal! G", text);
    /* what the host has said about the start of itself */
    ed_wait(st->ed, STAGE_MS, "!empty(deepchat#host#about())");
    ed_ex(st->ed, "messages clear");
}

static void
expect_event(struct stage *st, const struct trouble *row, const char *line)
{
    char *events = stage_events(st);
    const char *end = strncmp(events, "Start\n", 6) == 0 ? events + 6 : events;
    cr_expect_str_eq(end, "Error error", "%s: <%s>", row->name, events);
    free(events);
    stage_expect(st, row->name, "get(g:deepchat_event, 'error', '-')", line);
}

/* If there is a file, it is as the buffer is. */
static void
expect_file(struct stage *st, const struct trouble *row)
{
    stage_expect(st, row->name,
                 "filereadable(expand('%:p')) ? &modified || "
                 "readfile(expand('%:p')) !=# getline(1, '$') : 0",
                 "0");
}

static void
expect_below(struct stage *st, const struct trouble *row, const char *line)
{
    char want[300];
    char *row_text = ed_eval(st->ed, "line('$')");
    char *got = ed_below(st->ed);
    snprintf(want, sizeof want, "%s: deepchat: %s", row_text, line);
    cr_expect_str_eq(got, want, "%s\n got: <%s>\nwant: <%s>", row->name, got,
                     want);
    free(row_text);
    free(got);
    stage_keys(st, "G$a!<Esc>");
    got = ed_below(st->ed);
    cr_expect_str_eq(got, "", "%s: still there after an edit", row->name);
    free(got);
    stage_keys(st, "u");
    got = ed_below(st->ed);
    cr_expect_str_eq(got, "", "%s: back after undo", row->name);
    free(got);
}

void
trouble_check(struct stage *st, const struct trouble *row)
{
    open_chat(st, row);
    char *before = ed_text(st->ed);
    char *line = trouble_line(st, row->line);
    ed_ex(st->ed, "%s", row->send != NULL ? row->send : "DeepSend");
    cr_expect(trouble_wait_end(st->ed), "%s: no end", row->name);
    trouble_expect_line(st, row->name, line);
    expect_event(st, row, line);
    stage_expect_text(st, row->name, before);
    stage_expect(st, row->name, "deepchat#status()", "");
    expect_file(st, row);
    expect_below(st, row, line);
    size_t requests = server_requests(st->sv);
    cr_expect_eq(requests, row->requests, "%s: %zu requests", row->name,
                 requests);
    free(before);
    free(line);
}
