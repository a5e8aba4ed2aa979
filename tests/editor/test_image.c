/* Images of a chat, on their way from :DeepImage to the request. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "continue.h"
#include "lib/image_lines.h"
#include "lib/tmpdir.h"

TestSuite(editor_image, .timeout = 120);

#define PNG "\x89PNG\r\n\x1a\n"
#define URL "data:image/png;base64,iVBORw0KGgo="
#define TOKEN "token New" STOP

static void
make(struct stage *st, const char *name,
     int (*how)(const char *path, mode_t mode))
{
    char *path = temp_path(ed_home(st->ed), name);
    cr_assert_eq(how(path, 0700), 0);
    free(path);
}

static void
start(struct stage *st)
{
    stage_start(st, NULL, "");
    make(st, "p", mkdir);
    make(st, "p/dir", mkdir);
    make(st, "p/fifo", mkfifo);
    stage_put(st, "p/a.png", PNG, 8);
    stage_put(st, "p/b c.png", PNG "b", 9);
    stage_put(st, "p/words.png", "just words", 10);
    stage_put(st, "p/empty.png", "", 0);
    stage_put(st, "p/over.png", PNG, 8);
    char *over = temp_path(ed_home(st->ed), "p/over.png");
    cr_assert_eq(truncate(over, 21000000), 0);
    free(over);
    ed_ex(st->ed, "cd %s/p", ed_home(st->ed));
}

/* ---- what is sent ---- */

#define ASKED                                                                  \
    "{\"role\":\"user\",\"content\":["                                         \
    "{\"type\":\"text\",\"text\":\"what?\"},"                                  \
    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" URL "\"}},"            \
    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/x.png\"}},"    \
    "{\"type\":\"text\",\"text\":\"why?\"}]}"

static void
expect_body(struct stage *st, const char *name, size_t request,
            const char *messages)
{
    struct buf want;
    buf_init(&want, 1 << 20);
    buf_addf(&want,
             "{\"model\":\"m\",\"messages\":[%s],\"stream\":true,"
             "\"stream_options\":{\"include_usage\":true}}",
             messages);
    char *body = server_request_body(st->sv, request, NULL);
    cr_assert_not_null(body, "%s", name);
    cr_expect_str_eq(body, want.ptr, "%s:\n%s\n%s", name, body, want.ptr);
    free(body);
    buf_finish(&want);
}

/* A send, the answer once more, what goes on with it: all show the same. */
Test(editor_image, goes_along_each_time)
{
    struct stage st;
    start(&st);
    stage_script(&st, "token One" STOP NEXT "token Two" STOP NEXT
                      "token  three" STOP);
    load_chat(&st, "---\nmodel: m\n---\n\n%% user\n\nwhat?\n\n![a](a.png)\n"
                   "![](https://h/x.png)\n\nwhy?\n");
    ed_ex(st.ed, "DeepSend");
    cr_assert(stage_idle(&st));
    expect_body(&st, "send", 1, ASKED);
    ed_ex(st.ed, "DeepRetry");
    cr_assert(stage_idle(&st));
    expect_body(&st, "retry", 2, ASKED);
    ed_ex(st.ed, "DeepContinue");
    cr_assert(stage_idle(&st));
    expect_body(&st, "continue", 3,
                ASKED ",{\"role\":\"assistant\",\"content\":\"Two\"}");
    stage_stop(&st);
}

/* ---- what is refused ---- */

static const struct {
    const char *target, *line, *behind; /* what is said of it in the chat */
} refused[] = {
    {"words.png", "words.png is no png/jpg/webp/gif; nothing was sent",
     "10 bytes"},
    {"empty.png", "empty.png is empty; nothing was sent", "is empty"},
    {"over.png", "over.png is over 20 MB; nothing was sent", "is over 20 MB"},
    {"dir", "dir is a directory; nothing was sent", "is a directory"},
    {"fifo", "fifo is no regular file; nothing was sent", "is no regular file"},
    {"no.png", "no file no.png; nothing was sent", "no such file"},
};

Test(editor_image, is_refused_by_name)
{
    struct stage st;
    start(&st);
    stage_script(&st, TOKEN);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char chat[120], want[60];
        const char *target = refused[i].target;
        snprintf(chat, sizeof chat, "%%%% user\n\n![](%s)\n", target);
        load_chat(&st, chat);
        ed_ex(st.ed, "call deepchat#ui#decorate(bufnr('%%'), {})");
        char *behind = ed_behind(st.ed);
        snprintf(want, sizeof want, "3:  %s", refused[i].behind);
        cr_expect_str_eq(behind, want, "%s: %s", target, behind);
        free(behind);
        ed_ex(st.ed, "DeepSend");
        cr_assert(stage_idle(&st), "%s", target);
        expect_line(&st, target, refused[i].line);
        expect_events(&st, target, "Error error");
        stage_expect_text(&st, target, chat);
    }
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

/* ---- which lines are images ---- */

static void
expect_paths(struct stage *st, const char *name, const char *want)
{
    stage_expect(st, name,
                 "join(deepchat#image#paths(bufnr('%'), line('$')), \"\\n\")",
                 want);
}

/* Who is asked about files outside is asked about those that are read. */
Test(editor_image, lines_are_those_of_the_host)
{
    struct stage st;
    struct buf chat, want;
    start(&st);
    buf_init(&chat, 1 << 16);
    buf_init(&want, 1 << 16);
    buf_add_text(&chat, "%% user\n\n");
    for (size_t i = 0; i < sizeof image_lines / sizeof *image_lines; i++) {
        const char *target = image_lines[i].target;
        buf_addf(&chat, "%s\n", image_lines[i].line);
        if (target[0] != '\0' && strncmp(target, "HTTPS://", 8) != 0)
            buf_addf(&want, "%s%s", want.len > 0 ? "\n" : "", target);
    }
    load_chat(&st, chat.ptr);
    expect_paths(&st, "lines", want.ptr);
    load_chat(&st, "![](a)\n```\n![](b)\n```\n![](c)\n~~~~ md\n![](d)\n~~~\n"
                   "~~~~\n![](e)\n- x\n  ```\n  ![](f)\n  ```\n![](g)\n\n"
                   "%% context from=x\n\n![](h)\n\n%% user\n\n![](i)\n\n"
                   "%% assistant\n\n![](j)\n\n%% user\n\n```x```\n![](k)\n");
    expect_paths(&st, "fences and roles", "a\nc\ne\ng\ni\nk");
    buf_finish(&chat);
    buf_finish(&want);
    stage_stop(&st);
}

/* ---- :DeepImage ---- */

static const struct {
    const char *name, *chat;
    int line; /* of the cursor; 0: at the end */
    const char *command;
    const char *text; /* of the chat then; @ is the home */
    const char *behind, *said;
} inserts[] = {
    {"into an empty turn", "%% user\n\n", 0, "DeepImage a.png",
     "%% user\n\n![a](~/p/a.png)\n", "3:  8 bytes", ""},
    {"with a blank", "%% user\n\n", 0, "DeepImage b\\ c.png",
     "%% user\n\n![b c](<~/p/b c.png>)\n", "3:  9 bytes", ""},
    {"below the cursor", "%% user\n\none\ntwo\n", 3, "DeepImage a.png",
     "%% user\n\none\n![a](~/p/a.png)\ntwo\n", "4:  8 bytes", ""},
    {"from another turn", "%% user\n\none\n\n%% user\n\ntwo\n", 3,
     "DeepImage a.png", "%% user\n\none\n\n%% user\n\ntwo\n\n![a](~/p/a.png)\n",
     "9:  8 bytes", ""},
    {"below an answer", "%% assistant\n\none\n", 0, "DeepImage a.png",
     "%% assistant\n\none\n\n%% user\n\n![a](~/p/a.png)\n", "7:  8 bytes", ""},
    {"words", "%% user\n\n", 0, "DeepImage words.png", "%% user\n\n", "",
     "words.png is no png/jpg/webp/gif"},
    {"nothing", "%% user\n\n", 0, "DeepImage no.png", "%% user\n\n", "",
     "no file no.png"},
    {"a directory", "%% user\n\n", 0, "DeepImage dir", "%% user\n\n", "",
     "dir is a directory"},
    {"a FIFO", "%% user\n\n", 0, "DeepImage fifo", "%% user\n\n", "",
     "fifo is no regular file"},
};

static void
expect_behind(struct stage *st, const char *name, const char *want)
{
    char *behind = ed_behind(st->ed);
    cr_expect_str_eq(behind, want, "%s: %s", name, behind);
    free(behind);
}

Test(editor_image, is_named_in_the_chat)
{
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof inserts / sizeof *inserts; i++) {
        const char *name = inserts[i].name;
        load_chat(&st, inserts[i].chat);
        if (inserts[i].line > 0)
            ed_ex(st.ed, "%d", inserts[i].line);
        else
            ed_ex(st.ed, "$");
        ed_ex(st.ed, "%s", inserts[i].command);
        stage_expect_text(&st, name, inserts[i].text);
        expect_behind(&st, name, inserts[i].behind);
        expect_line(&st, name, inserts[i].said);
    }
    stage_stop(&st);
}

/* What is said of an image goes with its line. */
Test(editor_image, says_its_size_while_it_is_typed)
{
    struct stage st;
    start(&st);
    stage_script(&st, "hold g\ntoken One\\ntwo" STOP);
    load_chat(&st, "%% user\n\n");
    stage_keys(&st, "Gi![](a.png");
    expect_behind(&st, "not whole", "");
    stage_keys(&st, ")");
    expect_behind(&st, "whole", "3:  8 bytes");
    stage_keys(&st, "<CR>why?<Esc>kO<Esc>");
    expect_behind(&st, "a line above it", "4:  8 bytes");
    stage_keys(&st, "jdd");
    expect_behind(&st, "deleted", "");
    stage_keys(&st, "u");
    expect_behind(&st, "undone", "4:  8 bytes");
    stage_keys(&st, "4Gcc");
    stage_keys(&st, "<Esc>");
    expect_behind(&st, "emptied", "");
    stage_keys(&st, "u");
    expect_behind(&st, "undone again", "4:  8 bytes");
    ed_ex(st.ed, "DeepSend");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    stage_keys(&st, "Gomore<Esc>");
    cr_assert(stage_finish(&st));
    expect_behind(&st, "sent", "4:  8 bytes");
    stage_stop(&st);
}

/* Each piece of an answer is a change; the marks are around the whole chat, as
 * behind :edit. */
Test(editor_image, are_not_looked_for_in_what_streams_in)
{
    struct stage st;
    start(&st);
    stage_script(&st, "token One\nhold g" STOP);
    load_chat(&st, "%% user\n\n![](a.png)\n");
    ed_ex(st.ed, "DeepSend");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    cr_assert(ed_wait(st.ed, STAGE_MS, "search('^One', 'nw') > 0"));
    ed_ex(st.ed, "call execute(['function! deepchat#image#show(buf) abort', "
                 "'let g:shown = 1', 'endfunction'])");
    ed_ex(st.ed, "call setpos(\"'[\", [0, 1, 1, 0]) | "
                 "call setpos(\"']\", [0, line('$'), 1, 0])");
    ed_ex(st.ed, "1 | doautocmd TextChanged");
    stage_expect(&st, "looked", "get(g:, 'shown', 0)", "0");
    server_release(st.sv, "g");
    cr_assert(stage_idle(&st));
    ed_ex(st.ed, "3 | doautocmd TextChanged");
    stage_expect(&st, "ended", "get(g:, 'shown', 0)", "1");
    /* and no key waits for what is said of those of other lines */
    stage_keys(&st, "Goab");
    ed_ex(st.ed, "let b:deepchat_images = 1 | let g:shown = 0");
    stage_keys(&st, "c");
    stage_expect(&st, "typed", "g:shown", "0");
    stage_keys(&st, "<Esc>");
    stage_expect(&st, "written", "g:shown", "1");
    stage_stop(&st);
}

/* ---- the clipboard ---- */

/* A program that is found before any other of its name. */
static void
program(const char *dir, const char *name, const char *script)
{
    char *path = temp_path(dir, name);
    temp_write(path, script, strlen(script));
    cr_assert_eq(chmod(path, 0700), 0);
    free(path);
}

/* Beside a chat without a file, which is where that will be. */
static void
expect_pasted(struct stage *st)
{
    stage_expect(st, "private", "getfperm(glob('~/deepchat/p/image-*.png'))",
                 "rw-------");
    stage_expect(
        st, "line",
        "substitute(join(getline(1, '$'), \"\\n\"), '\\d[0-9-]\\{16}', "
        "'N', 'g')",
        "%% user\n\nwhat?\n![image-N](~/deepchat/p/image-N.png)\n");
    expect_behind(st, "size", "4:  8 bytes");
}

Test(editor_image, comes_from_the_clipboard)
{
    struct stage st;
    char path[4096], *bin = tmpdir_new();
    snprintf(path, sizeof path, "%s:%s", bin, getenv("PATH"));
    setenv("PATH", path, 1);
    program(bin, "wl-paste", "#!/bin/sh\nprintf '\\211PNG\\r\\n\\032\\n'\n");
    start(&st);
    stage_script(&st, TOKEN);
    load_chat(&st, "%% user\n\nwhat?");
    ed_ex(st.ed, "$ | DeepImage");
    cr_assert(ed_wait(st.ed, STAGE_MS, "search('^!', 'nw') > 0"));
    expect_pasted(&st);
    ed_ex(st.ed, "DeepSend");
    cr_assert(stage_idle(&st));
    expect_body(
        &st, "send", 1,
        "{\"role\":\"user\",\"content\":["
        "{\"type\":\"text\",\"text\":\"what?\"},{\"type\":\"image_url\","
        "\"image_url\":{\"url\":\"" URL "\"}}]}");
    stage_stop(&st);
    tmpdir_free(bin);
}
