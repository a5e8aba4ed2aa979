/* A chat as a file: its name, its modes, when it is written and when not, and
 * that a saved one goes on in another editor as if nothing had happened. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(file, .timeout = 60);

#define JOURNAL ".journal"
#define CHAT ".deepchat.md"

static const char short_script[] = "token Fine.\nfinish stop 1 2 0.5\ndone\n";

static void
say(struct wreck *w, const char *text)
{
    ed_ex(w->ed, "call deepchat#send({'text': \"%s\"})", text);
    cr_assert(server_wait_requests(w->sv, ++w->requests, WRECK_MS));
    cr_assert(wreck_idle(w));
}

static char *
chat_text(struct wreck *w)
{
    char *path = wreck_find(w, CHAT);
    cr_assert(path != NULL);
    char *text = temp_read(path, NULL);
    free(path);
    return text;
}

static void
journals_become(struct wreck *w, size_t count, const char *name)
{
    WAIT_FOR(wreck_count(w, JOURNAL) == count, WRECK_MS);
    cr_expect_eq(wreck_count(w, JOURNAL), count, "%s: %zu journals", name,
                 wreck_count(w, JOURNAL));
}

/* ---- reopened ------------------------------------------------------------ */

static const char three[] =
    "token First\\n\\n%% user\\n\\nnot a turn\nfinish stop\ndone\n---\n"
    "reasoning hm\ntoken Second: caf\\xc3\\xa9 \\\"q\\\"\nfinish stop\ndone\n"
    "---\ntoken Third\\n\nfinish length\ndone\n---\n"
    "token Fourth\nfinish stop\ndone\n";

/* clang-format off */
#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define ANSWER(text) "{\"role\":\"assistant\",\"content\":\"" text "\"}"

static const char four[] =
    "{\"model\":\"m\",\"messages\":["
    USER("One") ","
    ANSWER("First\\n\\n%% user\\n\\nnot a turn") ","
    USER("Two\\n\\n  lines") ","
    ANSWER("2nd: caf\xc3\xa9 \\\"q\\\"") ","
    USER("Three") ","
    ANSWER("Third\\n") ","
    USER("Four")
    "],\"temperature\":0.5,\"stream\":true,"
    "\"stream_options\":{\"include_usage\":true}}";
/* clang-format on */

Test(file, goes_on_in_a_new_editor)
{
    struct wreck w;
    wreck_start(&w, three, "'temperature': 0.5, 'continue_rounds': 0");
    wreck_ask(&w, "One");
    cr_assert(wreck_idle(&w));
    say(&w, "Two\\n\\n  lines");
    say(&w, "Three");
    char *before = ed_text(w.ed), *path = wreck_find(&w, CHAT);
    wreck_quit(w.ed);
    wreck_editor(&w);
    ed_ex(w.ed, "edit %s", path);
    char *after = ed_text(w.ed);
    cr_expect_str_eq(after, before);
    ed_ex(w.ed, "%%s/Second/2nd/");
    say(&w, "Four");
    char *body = server_request_body(w.sv, 4, NULL);
    cr_expect_str_eq(body, four);
    char *text = ed_text(w.ed), *disk = chat_text(&w);
    cr_expect_eq(strncmp(disk, text, strlen(text)), 0, "%s", disk);
    cr_expect(strstr(disk, "\n%%% user\n") != NULL, "escaped");
    journals_become(&w, 0, "reopened");
    free(before);
    free(after);
    free(path);
    free(body);
    free(text);
    free(disk);
    wreck_stop(&w);
}

/* Another plugin fails whenever a file is read: that is told, and no more. */
Test(file, another_plugin_fails)
{
    struct wreck w;
    free(wreck_chat(&w));
    ed_ex(w.ed, "enew | silent! %%bwipeout!");
    ed_ex(w.ed, "autocmd BufReadPost * call NotThere()");
    /* what is said asks for a key */
    ed_keys(w.ed, ":DeepChat More<CR><Space>");
    cr_assert(server_wait_requests(w.sv, 2, WRECK_MS));
    cr_expect(wreck_idle(&w));
    cr_expect(wreck_said(&w, "E117: Unknown function: NotThere"));
    cr_expect(wreck_shows(&w, "Say"));
    cr_expect(wreck_shows(&w, "More"));
    wreck_stop(&w);
}

static const char trap[] =
    "token Look:\\nvim: set tabstop=3 :\\n\\n<!-- vim: set ts=5 : -->\n"
    "finish stop\ndone\n";

static void
expect_options(struct wreck *w, const char *name)
{
    cr_expect_eq(ed_number(w->ed, "&l:swapfile + &l:undofile + &l:modeline"), 0,
                 "%s: swap, undo file or modeline", name);
    cr_expect_eq(ed_number(w->ed, "&tabstop"), 8, "%s: a modeline ran", name);
}

Test(file, no_modeline_swap_or_undo_file)
{
    struct wreck w;
    wreck_start(&w, trap, "");
    ed_ex(w.ed,
          "set modeline swapfile undofile updatecount=1 directory=%s "
          "undodir=%s",
          w.home, w.home);
    wreck_ask(&w, "Trap");
    cr_assert(wreck_idle(&w));
    expect_options(&w, "new");
    char *path = wreck_find(&w, CHAT);
    ed_ex(w.ed, "set modeline | bwipeout | edit %s", path);
    expect_options(&w, "reopened");
    ed_ex(w.ed, "edit!");
    expect_options(&w, "edit!");
    cr_expect_eq(wreck_count(&w, ".swp"), 0);
    cr_expect_eq(wreck_count(&w, ".un~"), 0);
    free(path);
    wreck_stop(&w);
}

/* ---- modes and names ----------------------------------------------------- */

static void
expect_mode(const struct wreck *w, const char *name, mode_t want)
{
    struct stat st = {.st_mode = 0};
    char *path = temp_path(w->home, name);
    cr_expect_eq(stat(path, &st), 0, "%s", path);
    cr_expect_eq(st.st_mode & 07777, want, "%s: %o", name,
                 (unsigned)st.st_mode);
    free(path);
}

static void
expect_file_mode(struct wreck *w, const char *suffix)
{
    char *path = wreck_find(w, suffix);
    cr_assert(path != NULL, "%s", suffix);
    expect_mode(w, path + strlen(w->home) + 1, 0600);
    free(path);
}

Test(file, modes)
{
    static const mode_t masks[] = {0, 022, 077};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        struct wreck w;
        mode_t old = umask(masks[i]);
        wreck_start(&w, "token a\nhold g\ntoken b\nfinish stop\ndone\n", "");
        wreck_ask(&w, "Say");
        cr_assert(server_wait_held(w.sv, "g", 1, WRECK_MS));
        cr_assert(wreck_shows(&w, "\\na\\n"));
        expect_file_mode(&w, CHAT);
        expect_file_mode(&w, JOURNAL);
        /* the host is told of the name while the text is on its way */
        WAIT_FOR(wreck_count(&w, ".lock") == 1, WRECK_MS);
        expect_file_mode(&w, ".lock");
        expect_mode(&w, "deepchat/deepchat.log", 0600);
        expect_mode(&w, "deepchat", 0700);
        expect_mode(&w, "deepchat/journal", 0700);
        expect_mode(&w, "deepchat/locks", 0700);
        char dir[512];
        snprintf(dir, sizeof dir, "deepchat%s", strrchr(w.home, '/'));
        expect_mode(&w, dir, 0700);
        server_release(w.sv, "g");
        cr_assert(wreck_idle(&w));
        expect_file_mode(&w, CHAT);
        wreck_stop(&w);
        umask(old);
    }
}

static const struct {
    const char *question;
    const char *slug;
} slugs[] = {
    {"Say hello", "say-hello"},
    {"Say hello", "say-hello"},
    {"  ../../etc/passwd  ", "etc-passwd"},
    {"\xc3\xa4\xc3\xb6", "chat"},
    {"%%% user", "chat"},
    {"![a](https://h/x.png)", "chat"},
    {"-x-", "x"},
    {"Why is the sky blue and not of some other colour, please?",
     "why-is-the-sky-blue-and-not-of-some"},
    {"a.b%c d|e", "a-b-c-d-e"},
};

/* Chats of the same words and minute are numbered. */
static void
expect_name(const struct wreck *w, size_t i)
{
    static char stamps[sizeof slugs / sizeof *slugs][16];
    char *name = ed_eval(w->ed, "expand('%%:p')"), want[512], number[16] = "";
    const char *file = strrchr(name, '/');
    snprintf(stamps[i], sizeof stamps[i], "%s", file != NULL ? file + 1 : "");
    unsigned same = 1;
    for (size_t k = 0; k < i; k++)
        same += strcmp(slugs[k].slug, slugs[i].slug) == 0 &&
                strcmp(stamps[k], stamps[i]) == 0;
    if (same > 1)
        snprintf(number, sizeof number, "-%u", same);
    snprintf(want, sizeof want, "%s/deepchat%s/%s-%s%s" CHAT, w->home,
             strrchr(w->home, '/'), stamps[i], slugs[i].slug, number);
    cr_expect_str_eq(name, want, "%s: %s", slugs[i].question, name);
    cr_expect_eq(strspn(stamps[i], "0123456789-"), 15, "%s", name);
    free(name);
}

Test(file, names)
{
    struct wreck w;
    wreck_start(&w, short_script, "");
    for (size_t i = 0; i < sizeof slugs / sizeof *slugs; i++) {
        ed_ex(w.ed, "silent! only! | DeepChat!");
        cr_expect_eq(ed_number(w.ed, "bufname('%%') =~# '^deepchat://\\d\\+$'"),
                     1);
        ed_ex(w.ed, "call append(line('$') - 1, '%s')", slugs[i].question);
        ed_ex(w.ed, "DeepSend");
        cr_assert(server_wait_requests(w.sv, ++w.requests, WRECK_MS), "%s",
                  slugs[i].question);
        cr_assert(wreck_idle(&w));
        expect_name(&w, i);
    }
    wreck_stop(&w);
}

Test(file, written_before_the_first_send)
{
    struct wreck w;
    wreck_start(&w, short_script, "");
    ed_ex(w.ed, "DeepChat!");
    ed_ex(w.ed, "call setline('$', ['A draft', '']) | write");
    char *text = chat_text(&w), *path = wreck_find(&w, CHAT);
    cr_expect_str_eq(text, "---\nmodel: m\n---\n\n%% user\n\nA draft\n\n");
    cr_expect_eq(ed_number(w.ed, "&modified"), 0);
    char *name = ed_eval(w.ed, "expand('%%:p')");
    cr_expect_str_eq(name, path);
    expect_file_mode(&w, CHAT);
    cr_expect_eq(ed_number(w.ed, "len(filter(getbufinfo(), "
                                 "{_, b -> b.name =~# 'deepchat:'}))"),
                 0, "the old name is gone");
    ed_ex(w.ed, "DeepSend");
    cr_assert(server_wait_requests(w.sv, 1, WRECK_MS));
    cr_assert(wreck_idle(&w));
    cr_expect_eq(wreck_count(&w, CHAT), 1);
    free(text);
    text = chat_text(&w);
    cr_expect(strstr(text, "Fine.") != NULL);
    free(text);
    free(path);
    free(name);
    wreck_stop(&w);
}

/* ---- when it is not written ---------------------------------------------- */

Test(file, autosave_off)
{
    static const struct {
        const char *settings, *command;
    } ways[] = {
        {"'autosave': v:false", ""},
        {"'autosave': 0", ""},
        {"", "let b:deepchat = {'autosave': v:false}"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct wreck w;
        wreck_start(&w, short_script, ways[i].settings);
        ed_ex(w.ed, "DeepChat!");
        ed_ex(w.ed, "%s", ways[i].command);
        say(&w, "Say");
        say(&w, "Again");
        cr_expect_eq(ed_number(w.ed, "&modified"), 1, "%zu", i);
        journals_become(&w, 2, "not saved");
        cr_expect_eq(wreck_count(&w, CHAT), 0, "%zu: written", i);
        ed_ex(w.ed, "write");
        char *text = chat_text(&w);
        cr_expect(strstr(text, "Fine.") != NULL);
        journals_become(&w, 0, "saved");
        say(&w, "Once more");
        journals_become(&w, 1, "not saved again");
        ed_ex(w.ed, "write");
        journals_become(&w, 0, "saved again");
        free(text);
        wreck_stop(&w);
    }
}

/* Neovim 0.7 asks, as for any file, and drops keys typed ahead. An answer too
 * many would be an operator that waits, and the next reply with it. */
static void
write_anyway(struct wreck *w, const char *path)
{
    bool asked = true, written = false;
    ed_keys(w->ed, ":write!<CR>");
    for (long long end = now_ms() + WRECK_MS;
         (asked || !written) && now_ms() < end; ed_pump(w->ed, 20)) {
        char *screen = ed_screen(w->ed), *text = temp_read(path, NULL);
        asked = strstr(screen, "ENTER") != NULL;
        written = strcmp(text, "mine\n") != 0;
        if (asked)
            ed_keys(w->ed, "<Space>");
        else if (strstr(screen, "(y/n)") != NULL)
            ed_keys(w->ed, "y");
        free(screen);
        free(text);
    }
    ed_keys(w->ed, "<Esc>");
}

Test(file, changed_on_disk)
{
    struct wreck w;
    wreck_start(&w, short_script, "");
    wreck_ask(&w, "Say");
    cr_assert(wreck_idle(&w));
    char *path = wreck_find(&w, CHAT);
    temp_write(path, "mine\n", 5);
    ed_ex(w.ed, "messages clear");
    say(&w, "Again");
    say(&w, "And again");
    char *text = chat_text(&w);
    cr_expect_str_eq(text, "mine\n", "overwritten: %s", text);
    cr_expect_eq(ed_number(w.ed, "count(execute('messages'), 'changed on "
                                 "disk')"),
                 1, "said once");
    journals_become(&w, 2, "changed on disk");
    free(text);
    write_anyway(&w, path);
    cr_assert(ed_wait(w.ed, WRECK_MS, "!&modified"));
    text = chat_text(&w);
    cr_expect(strstr(text, "And again") != NULL);
    journals_become(&w, 0, "written");
    say(&w, "Still");
    free(text);
    text = chat_text(&w);
    cr_expect(strstr(text, "Still") != NULL);
    free(text);
    free(path);
    wreck_stop(&w);
}

/* Time in seconds and size do not tell: what is in it does. */
Test(file, changed_within_a_second)
{
    struct wreck w;
    wreck_start(&w, short_script, "");
    wreck_ask(&w, "Say");
    cr_assert(wreck_idle(&w));
    char *path = wreck_find(&w, CHAT);
    ed_ex(w.ed, "let g:at = getftime(expand('%%')) | "
                "call writefile(map(readfile(expand('%%')), 'tr(v:val, \"F\", "
                "\"f\")'), expand('%%'))");
    char *before = chat_text(&w);
    cr_assert(strstr(before, "fine.") != NULL);
    ed_ex(w.ed, "call system('touch -d @' . g:at . ' ' . expand('%%:p:S'))");
    ed_ex(w.ed, "messages clear");
    say(&w, "Again");
    cr_expect(wreck_said(&w, "changed on disk"));
    char *text = chat_text(&w);
    cr_expect_str_eq(text, before, "overwritten");
    free(before);
    free(text);
    free(path);
    wreck_stop(&w);
}

/* ---- a disk that takes nothing ------------------------------------------- */

static void
expect_works(struct wreck *w, const char *name, const char *warning)
{
    ed_ex(w->ed, "messages clear");
    wreck_ask(w, "Say");
    cr_assert(wreck_idle(w), "%s", name);
    wreck_expect_all(w, name);
    cr_expect_eq(ed_number(w->ed, "count(execute('messages'), 'deepchat: ')"),
                 1, "%s: one line", name);
    cr_expect(wreck_said(w, warning), "%s: %s", name, warning);
}

static void
use_host(struct wreck *w, const char *program)
{
    ed_ex(w->ed, "call deepchat#host#stop() | let g:deepchat.host = '%s'",
          program);
    cr_assert(ed_wait(w->ed, WRECK_MS, "!deepchat#host#running()"));
}

/* A script that lowers its limit and becomes the host: the editor's own file
 * is not concerned. */
static void
limit_host(struct wreck *w, const char *host, const char *command)
{
    char text[4096], *path = temp_path(w->home, "host");
    int len = snprintf(text, sizeof text, "#!/bin/sh\n%s\nexec '%s' \"$@\"\n",
                       command, host);
    temp_write(path, text, (size_t)len);
    chmod(path, 0700);
    use_host(w, path);
    free(path);
}

Test(file, disk_refuses)
{
    struct wreck w;
    wreck_start(&w, "words 3000\nfinish stop\ndone\n", "");
    ed_ex(w.ed, "call writefile([], $HOME . '/file')");
    ed_ex(w.ed, "let g:deepchat.state_dir = $HOME . '/file/state'");
    expect_works(&w, "no state_dir",
                 "not safe against a crash: Not a directory");
    ed_ex(w.ed, "unlet g:deepchat.state_dir");
    char *host = ed_eval(w.ed, "g:deepchat.host");
    limit_host(&w, host, "ulimit -f 4");
    expect_works(&w, "no room for the journal",
                 "not safe against a crash: File too large");
    use_host(&w, host);
    ed_ex(w.ed, "let g:deepchat.chat_dir = $HOME . '/file/chats'");
    expect_works(&w, "no chat_dir", "the chat has no file");
    free(host);
    wreck_stop(&w);
}
