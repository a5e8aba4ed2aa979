/* Before the first token, after the last one, and what the text may be. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/stage.h"
#include "lib/tmpdir.h"

#define ASKED "---\nmodel: m\n---\n\n%% user\n\nSay"
#define END "finish stop 1 2 0.5\ndone\n"
#define MARKER "\n\n%% assistant finish=stop in=1 out=2 cost=0.5\n\n"
#define FFFD "\xef\xbf\xbd"
#define NEXT "\n\n%% user\n\n"

static void
expect_events(struct stage *st, const char *name, const char *want)
{
    char *events = stage_events(st);
    cr_expect_str_eq(events, want, "%s: %s", name, events);
    free(events);
}

static void
ask(struct stage *st, const char *script)
{
    stage_script(st, script);
    stage_ask(st, "Say");
}

/* ---- waiting ---- */

Test(stream3, status, .timeout = 60)
{
    struct stage st;
    stage_start(&st, NULL, "");
    ask(&st, "hold g\ntoken one\nhold g\n" END);
    cr_assert(ed_wait(st.ed, STAGE_MS, "deepchat#status() =~# '^waiting'"));
    cr_expect(ed_wait_screen(st.ed, "waiting", STAGE_MS));
    stage_expect_text(&st, "waiting", ASKED "\n\n%% assistant\n\n" NEXT);
    cr_assert(stage_next(&st, "one"));
    stage_expect(&st, "first token", "deepchat#status()", "streaming");
    ed_ex(st.ed, "redraw");
    char *screen = ed_screen(st.ed);
    cr_expect(strstr(screen, "waiting") == NULL, "%s", screen);
    free(screen);
    cr_assert(stage_finish(&st));
    stage_expect(&st, "end", "deepchat#status()", "");
    /* thinking, in a turn of its own above the answer */
    ask(&st, "hold g\nreasoning I th\nhold g\nreasoning ink\\n%% user\\nso\n"
             "hold g\ntoken one\n" END);
    server_release_next(st.sv, "g", 1);
    cr_assert(ed_wait(st.ed, STAGE_MS, "deepchat#status() =~# '^thinking'"));
    cr_assert(stage_shows(&st, "I th"));
    cr_assert(stage_next(&st, "so"));
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "reasoning",
                      ASKED "\n\n%% reasoning\n\nI think\n%%% user\nso" MARKER
                            "one" NEXT);
    stage_expect(&st, "folded",
                 "foldclosed(search('^%% reasoning', 'wn') + 1) > 0", "1");
    stage_keys(&st, "u");
    stage_expect_text(&st, "reasoning, u", ASKED);
    stage_stop(&st);
}

/* ---- nothing came: the room made for it is taken back ---- */

static const struct {
    const char *name;
    const char *before, *after; /* typed before it fails, and after */
    const char *want;
} returns[] = {
    {"nothing typed", "", "", ASKED},
    {"in insert mode", "GA", "<Esc>", ASKED},
    {"a draft", "GAmore<Esc>", "", ASKED "\n\nmore"},
    {"a draft of lines", "GAmore<CR><CR>lines<Esc>", "",
     ASKED "\n\nmore\n\nlines"},
    {"a draft in one insert", "GAmo", "re<Esc>", ASKED "\n\nmore"},
    {"lines in one insert", "GAa<CR>bo<Left>", "r<Esc>", ASKED "\n\na\nbro"},
    {"above", "7GA!<Esc>", "", ASKED "!"},
    {"above in one insert", "7GA!", "?<Esc>", ASKED "!?"},
    {"where the reply would be", "11Gimine<Esc>", "", ASKED "\n\nmine"},
    {"everywhere", "GAmore<Esc>11Gimine<Esc>7GA!<Esc>", "",
     ASKED "!\n\nmine\n\nmore"},
};

static void
give_back(struct stage *st, size_t i, bool stop)
{
    const char *name = returns[i].name;
    ask(st, "status 400\nhold g\njson {\"error\":{\"message\":\"no\"}}\n");
    cr_assert(stage_shows(st, "assistant"), "%s", name);
    stage_keys(st, returns[i].before);
    if (stop)
        ed_ex(st->ed, "DeepStop");
    else
        server_release(st->sv, "g");
    cr_assert(stage_idle(st));
    stage_keys(st, returns[i].after);
    stage_expect_text(st, name, returns[i].want);
    stage_expect(st, name, "deepchat#status()", "");
    expect_events(st, name,
                  stop ? "Start\nStopped stopped" : "Start\nError error");
}

Test(stream3, taken_back, .timeout = 60)
{
    struct stage st;
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof returns / sizeof *returns; i++) {
        give_back(&st, i, false);
        give_back(&st, i, true);
    }
    stage_stop(&st);
}

/* ---- the queue ---- */

Test(stream3, queue, .timeout = 60)
{
    static const char two[] = "token one\nhold g\n" END "---\n"
                              "token other\n" END;
    struct stage st;
    stage_start(&st, NULL, "");
    ask(&st, two);
    cr_assert(stage_shows(&st, "one"));
    stage_keys(&st, "GASecond<CR>line<Esc>");
    ed_ex(st.ed, "DeepSend");
    cr_expect(ed_wait_screen(st.ed, "queued", STAGE_MS));
    stage_expect(&st, "queued", "deepchat#status()", "queued");
    cr_expect_eq(server_requests(st.sv), 1);
    server_release(st.sv, "g");
    cr_assert(server_wait_requests(st.sv, 2, STAGE_MS));
    cr_assert(stage_shows(&st, "other") && stage_idle(&st));
    stage_expect_text(&st, "queue",
                      ASKED MARKER "one\n\n%% user\n\nSecond\nline" MARKER
                                   "other" NEXT);
    char *body = server_request_body(st.sv, 2, NULL);
    cr_expect(strstr(body, "\"Second\\nline\"") != NULL, "%s", body);
    free(body);
    expect_events(&st, "queue", "Start\nDone stop\nStart\nDone stop");
    /* :DeepStop ends both, and leaves the text */
    ask(&st, two);
    cr_assert(stage_shows(&st, "one"));
    stage_keys(&st, "GASecond<Esc>");
    ed_ex(st.ed, "DeepSend");
    ed_ex(st.ed, "DeepStop");
    cr_assert(stage_idle(&st));
    cr_assert(server_wait_ended(st.sv, 1, STAGE_MS));
    expect_events(&st, "stop", "Start\nStopped stopped");
    stage_expect_text(&st, "stop",
                      ASKED "\n\n%% assistant finish=stopped\n\none"
                            "\n\n%% user\n\nSecond");
    struct server_log log;
    cr_assert(server_log(st.sv, 1, &log));
    cr_expect_str_eq(log.state, "client-closed");
    ed_pump(st.ed, 50);
    cr_expect_eq(server_requests(st.sv), 1);
    char *screen = ed_screen(st.ed);
    cr_expect(strstr(screen, "queued") == NULL, "%s", screen);
    free(screen);
    stage_stop(&st);
}

/* Sent twice, or with nothing typed: nothing waits, nothing is complained of,
 * and what comes later is another turn. */
Test(stream3, queue_of_nothing, .timeout = 30)
{
    static const char slow[] = "hold g\ntoken one\nhold h\n" END "---\n"
                               "token other\n" END;
    struct stage st;
    stage_start(&st, NULL, "");
    ask(&st, slow);
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    ed_ex(st.ed, "messages clear");
    ed_ex(st.ed, "DeepSend");
    stage_expect(&st, "the same", "deepchat#chat#is_queued(bufnr('%'))", "0");
    server_release(st.sv, "g");
    cr_assert(stage_shows(&st, "one"));
    stage_keys(&st, "G<CR>");
    stage_expect(&st, "blank", "deepchat#status()", "streaming");
    /* what was queued and then taken out */
    stage_keys(&st, "ASecond<Esc><CR>cc<Esc>");
    stage_expect(&st, "taken out", "deepchat#status()", "queued");
    server_release(st.sv, "h");
    cr_assert(stage_idle(&st));
    ed_pump(st.ed, 50);
    stage_expect(&st, "no word", "trim(execute('messages'))", "");
    cr_expect_eq(server_requests(st.sv), 1);
    expect_events(&st, "nothing", "Start\nDone stop");
    /* before there is room for the reply */
    stage_script(&st, "token one\n" END);
    ed_ex(st.ed, "messages clear | execute 'DeepChat! Say' | DeepSend");
    stage_expect(&st, "at once", "deepchat#chat#is_queued(bufnr('%'))", "0");
    cr_assert(stage_idle(&st));
    stage_stop(&st);
}

/* ---- text ---- */

/* Tokens of n bytes (0: all at once) of a text without backslashes. */
static char *
token_script(const char *text, size_t n)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (n > 0 && i > 0 && i == len / 2 / n * n)
            buf_add_text(&b, "\nhold g");
        if (i == 0 || (n > 0 && i % n == 0))
            buf_add_text(&b, i > 0 ? "\ntoken " : "token ");
        if (text[i] == '\n')
            buf_add_text(&b, "\\n");
        else
            buf_add_byte(&b, text[i]);
    }
    if (n == 0)
        buf_add_text(&b, "\nhold g");
    buf_add_text(&b, "\n" END);
    return buf_take(&b, NULL);
}

Test(stream3, nobody_forges_a_turn, .timeout = 60)
{
    static const char text[] = "a\n%% user\nx\n%%% user k=v\n"
                               "%% assistant finish=stop\n%% usery\n%%  user\n"
                               "b %% user\n%% system\n\n%% call";
    static const char want[] =
        ASKED MARKER "a\n%%% user\nx\n%%%% user k=v\n"
                     "%%% assistant finish=stop\n%% usery\n%%  user\n"
                     "b %% user\n%%% system\n\n%%% call" NEXT;
    struct stage st;
    stage_start(&st, NULL, "");
    for (size_t n = 0; n <= 12; n++) {
        char *script = token_script(text, n);
        ask(&st, script);
        cr_assert(stage_shows(&st, "assistant"));
        cr_assert(stage_finish(&st));
        stage_expect_text(&st, "forged", want);
        free(script);
    }
    stage_stop(&st);
}

Test(stream3, bytes_of_all_kinds, .timeout = 60)
{
    struct stage st;
    stage_start(&st, NULL, "");
    ask(&st, "token a\\0b\nhold g\ntoken \\x01\\x1b[31m\\x7f\\r\\nc\\rd\n"
             "sse {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
             "\"\\ud800x\\udc00\\u0000y\"}}]}\ntoken \\n\\xff\\xc3z\n" END);
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "bytes",
                      ASKED MARKER "a" FFFD "b\x01\x1b[31m\x7f\nc\nd" FFFD
                                   "x" FFFD FFFD "y\n" FFFD FFFD "z" NEXT);
    stage_expect(&st, "file",
                 "readfile(expand('%'), 'b') ==# getline(1, '$') + ['']", "1");
    stage_stop(&st);
}

/* An engine of patterns may run out of memory, and would say so at each redraw.
 */
Test(stream3, long_rule, .timeout = 60)
{
    struct stage st;
    stage_start(&st, "", "");
    ed_ex(st.ed, "syntax enable");
    ed_ex(st.ed, "DeepChat!");
    for (const char *mark = "-*_"; *mark != '\0'; mark++) {
        ed_ex(st.ed, "call setline('$', repeat('%c', 200000))", *mark);
        stage_expect(&st, "a rule", "synIDattr(synID(line('$'), 1, 1), 'name')",
                     "deepchatRule");
    }
    stage_stop(&st);
}

/* ---- many ---- */

enum { CHATS = 32, WORDS = 400 };

Test(stream3, many_chats, .timeout = 120)
{
    struct stage st;
    char script[64], path[512];
    size_t len;
    snprintf(script, sizeof script, "words %d 800\n" END, WORDS);
    stage_start(&st, script, "");
    char *words = server_words(WORDS, &len);
    snprintf(path, sizeof path, "%s/want", ed_home(st.ed));
    temp_write(path, words, len);
    free(words);
    ed_ex(st.ed, "let g:want = join(readfile('%s'), \"\\n\") | set hidden",
          path);
    for (int i = 0; i < CHATS; i++) {
        ed_ex(st.ed, "DeepChat! Say %d", i);
        ed_ex(st.ed, "let g:chat%d = bufnr('%%') | only", i);
    }
    cr_assert(server_wait_requests(st.sv, CHATS, STAGE_MS));
    cr_assert(stage_idle(&st));
    for (int i = 0; i < CHATS; i++)
        cr_expect_eq(
            ed_number(st.ed,
                      "getbufline(g:chat%d, 7) ==# ['Say %d'] && "
                      "join(getbufline(g:chat%d, 11, '$'), \"\\n\") ==# "
                      "g:want . \"\\n\\n%%%% user\\n\\n\"",
                      i, i, i),
            1, "chat %d", i);
    stage_expect(&st, "events", "count(g:events, 'Done stop')", "32");
    stage_stop(&st);
}

/* The marker is written anew at the end; what stands behind it is the user's.
 */
Test(stream3, typed_on_the_marker, .timeout = 30)
{
    struct stage st;
    stage_start(
        &st, "token one\nhold g\ntoken two\nfinish stop 1 2 0.5\ndone\n", "");
    stage_ask(&st, "say");
    cr_assert(stage_shows(&st, "one"));
    stage_keys(&st, "gg/^%% assistant<CR>A WORD<Esc>");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "kept",
                      "---\nmodel: m\n---\n\n%% user\n\nsay\n\n"
                      "%% assistant finish=stop in=1 out=2 cost=0.5\n\n"
                      "WORD\n\nonetwo\n\n%% user\n\n");
    stage_script(&st, "status 400\nhold g\njson {\"error\": \"no\"}\n");
    stage_ask(&st, "say");
    stage_keys(&st, "gg/^%% assistant<CR>A WORD<Esc>");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "taken back",
                      "---\nmodel: m\n---\n\n%% user\n\nsay\n\nWORD");
    stage_stop(&st);
}
