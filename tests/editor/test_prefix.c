/* The requests of one chat begin alike, byte by byte, and have one key, so that
 * a server need not read again what it has read. */
#include <stdio.h>

#include "continue.h"
#include "lib/tmpdir.h"

TestSuite(editor_prefix, .timeout = 120);

#define HI "token Hi, you\nfinish stop 10 5 0.001\ndone\n"
#define CUT "token Hi,\nfinish length 10 5 0.001\ndone\n---\n" HI

static void
put(struct stage *st, const char *name, const char *bytes, size_t len)
{
    char *path = temp_path(ed_home(st->ed), name);
    temp_write(path, bytes, len);
    free(path);
}

static void
start(struct stage *st)
{
    stage_start(st, NULL, "");
    put(st, "a.png", "\x89PNG\r\n\x1a\n", 8);
    put(st, "a.txt", "from the file\n", 14);
    ed_ex(st->ed, "cd %s", ed_home(st->ed));
}

/* A request down to the end of its last message. Owned. */
static char *
beginning(struct stage *st, size_t request)
{
    char *body = server_request_body(st->sv, request, NULL);
    cr_assert_not_null(body, "no request %zu", request);
    char *end = strstr(body, "}],\"");
    cr_assert_not_null(end, "%s", body);
    *end = '\0';
    return body;
}

/* Request later begins as request earlier does; open: its last text goes on. */
static void
expect_alike(struct stage *st, const char *name, size_t earlier, size_t later,
             bool open)
{
    char *want = beginning(st, earlier), *got = beginning(st, later);
    size_t len = strlen(want);
    while (open && strchr("]}\"", want[len - 1]) != NULL)
        len--;
    cr_expect_eq(strncmp(got, want, len), 0, "%s: %zu and %zu:\n%s\n%s", name,
                 earlier, later, want, got);
    free(want);
    free(got);
}

static void
expect_same(struct stage *st, const char *name, size_t earlier, size_t later)
{
    char *want = server_request_body(st->sv, earlier, NULL);
    char *got = server_request_body(st->sv, later, NULL);
    cr_expect_str_eq(got, want, "%s: %zu and %zu", name, earlier, later);
    free(want);
    free(got);
}

static const struct {
    const char *name, *chat;
} chats[] = {
    {"a question", CHAT_HEAD},
    {"all kinds of turns",
     "---\nmodel: m\nstop: [\"END\"]\nseed: 1\n---\n\n%% system\n\nBe kind.\n\n"
     "%% context from=x\n\n%%% user\n\n%% user\n\n  a  \n\n\n%% reasoning\n\n"
     "hm\n\n%% alternate finish=stop\n\nno\n\n%% assistant finish=stop\n\n"
     "  yes\n\n\n%% note\n\nmine\n\n%% user\n\nq\t\n"},
    {"what goes along",
     CHAT_HEAD "See @file:a.txt and @file:a.txt:1.\n\n![](a.png)\n\nSo?"},
    {"text before the first marker", "q\n\nmore"},
};

static const struct {
    const char *command;
    bool same; /* the request is the one of before */
    bool open; /* there is more in its last message */
} commands[] = {
    {"DeepRetry", true, false},
    {"DeepRetry!", true, false},
    {"DeepRetry shorter", false, true},
    {"DeepContinue", false, false},
    {"DeepContinue! and more", false, false},
};

/* What is asked with the command; then a question; then another, of the file
 * read anew. */
static void
check_chat(struct stage *st, size_t chat, size_t k)
{
    char name[120];
    snprintf(name, sizeof name, "%s, %s", chats[chat].name,
             commands[k].command);
    stage_script(st, HI);
    load_chat(st, chats[chat].chat);
    ed_ex(st->ed, "let b:deepchat_project = getcwd() | DeepSend");
    cr_assert(stage_idle(st), "%s", name);
    ed_ex(st->ed, "%s", commands[k].command);
    cr_assert(stage_idle(st), "%s", name);
    if (commands[k].same)
        expect_same(st, name, 1, 2);
    expect_alike(st, name, 1, 2, commands[k].open);
    ed_ex(st->ed, "DeepChat And then?");
    cr_assert(stage_idle(st), "%s", name);
    expect_alike(st, name, 1, 3, false);
    ed_ex(st->ed, "write! again.deepchat.md | bwipeout!");
    ed_ex(st->ed, "edit again.deepchat.md | call setline('$', 'And now?')");
    ed_ex(st->ed, "let b:deepchat_project = getcwd() | DeepSend");
    cr_assert(stage_idle(st), "%s", name);
    expect_alike(st, name, 3, 4, false);
    ed_ex(st->ed, "bwipeout! | call delete('again.deepchat.md')");
    cr_expect_eq(server_requests(st->sv), 4, "%s", name);
}

Test(editor_prefix, requests)
{
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof chats / sizeof *chats; i++)
        for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
            check_chat(&st, i, k);
    stage_stop(&st);
}

/* The rounds of an answer that goes on by itself. */
Test(editor_prefix, rounds)
{
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof chats / sizeof *chats; i++) {
        stage_script(&st, CUT);
        load_chat(&st, chats[i].chat);
        ed_ex(st.ed, "let b:deepchat_project = getcwd() | DeepSend");
        cr_assert(stage_idle(&st), "%s", chats[i].name);
        expect_alike(&st, chats[i].name, 1, 2, false);
        ed_ex(st.ed, "DeepRetry");
        cr_assert(stage_idle(&st), "%s", chats[i].name);
        expect_same(&st, chats[i].name, 1, 3);
    }
    stage_stop(&st);
}

/* ---- the key ---- */

/* The prompt_cache_key of what a send would ask DeepInfra, whose list of models
 * is not fetched: the way there is shut. Owned. */
static char *
cache_key(struct stage *st)
{
    ed_ex(st->ed,
          "let g:local = remove(g:deepchat, 'base_url') | "
          "let g:deepchat.proxy = 'http://127.0.0.1:%u'",
          server_port(st->sv));
    ed_ex(st->ed, "execute search('^%%%% user', 'nw') . 'DeepInspect'");
    cr_assert(ed_wait(st->ed, STAGE_MS,
                      "bufname('%%') ==# '[DeepInspect]' && "
                      "getline('$') =~# '^}'"));
    char *key = ed_eval(st->ed, "matchstr(join(getline(1, '$'), \"\\n\"), "
                                "'\"prompt_cache_key\": \"\\zs[^\"]*')");
    ed_ex(st->ed, "bwipeout! | let g:deepchat.base_url = g:local | "
                  "unlet g:deepchat.proxy");
    return key;
}

static void
expect_key(struct stage *st, const char *name, const char *want)
{
    char *key = cache_key(st);
    cr_expect_str_eq(key, want, "%s: %s", name, key);
    free(key);
}

static void
reopen(struct stage *st)
{
    ed_ex(st->ed, "silent write | let g:path = expand('%%:p') | bwipeout!");
    ed_ex(st->ed, "execute 'edit' fnameescape(g:path)");
}

/* The minute in which a chat gets its name need not be that of its question. */
Test(editor_prefix, a_minute_later)
{
    static const struct {
        const char *title, *change, *same;
    } names[] = {
        {"at once", "", "1"},
        {"later", "\\d\\{4}\\ze-what, 9999", "1"},
        {"asked otherwise", "what, else", "0"},
    };
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        stage_script(&st, HI);
        ed_ex(st.ed, "%%bwipeout! | DeepChat!");
        ed_ex(st.ed, "call setline('$', 'What?') | "
                     "call deepchat#chat#session(bufnr('%%'))");
        ed_ex(st.ed,
              "let b:deepchat_session = call('substitute', "
              "[b:deepchat_session] + split('%s, ', ', ', 1)[:1] + [''])",
              names[i].change);
        ed_ex(st.ed, "let g:planned = b:deepchat_session | DeepSend");
        stage_expect(&st, names[i].title, "g:planned =~# '-9999-\\|-else'",
                     i == 0 ? "0" : "1");
        cr_assert(stage_idle(&st));
        stage_expect(&st, names[i].title, "expand('%:p') ==# g:planned",
                     names[i].same);
        stage_expect(&st, "it has one", "filereadable(expand('%:p'))", "1");
    }
    stage_stop(&st);
}

Test(editor_prefix, key)
{
    struct stage st;
    start(&st);
    stage_script(&st, HI);
    server_script(st.sv, "connect", "status 403\nlength 0\n");
    ed_ex(st.ed, "DeepChat! First");
    cr_assert(stage_idle(&st));
    char *first = cache_key(&st);
    cr_expect_eq(strncmp(first, "deepchat-", 9), 0, "%s", first);
    reopen(&st);
    expect_key(&st, "read again", first);
    ed_ex(st.ed, "silent saveas %s/other.deepchat.md", ed_home(st.ed));
    expect_key(&st, "under another name", first);
    ed_ex(st.ed, "DeepChat Second");
    cr_assert(stage_idle(&st));
    expect_key(&st, "and asked there", first);
    reopen(&st);
    char *second = cache_key(&st);
    cr_expect_eq(strncmp(second, "deepchat-", 9), 0, "%s", second);
    cr_expect_str_neq(second, first, "it is another file");
    reopen(&st);
    expect_key(&st, "and stays it", second);
    free(first);
    free(second);
    stage_stop(&st);
}
