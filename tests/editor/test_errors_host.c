/* An engine that is missing, broken, foreign or talks nonsense: the editor
 * lives, the user reads one line, nothing is lost. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/trouble.h"

#define SH "#!/bin/sh\n"
/* The shell keeps its end of the channel. */
#define WAIT "cat >/dev/null\n"
/* "host#ready" as a call of protocol 99: JSON, or msgpack in octal. */
#define READY_99                                                               \
    "if [ $1 = --stdio=vim ]; then\n"                                          \
    "echo '[\"call\",\"deepchat#host#ready\",[{\"protocol\":99,"               \
    "\"version\":\"9.9.0\"}],-1]'\n"                                           \
    "else\n"                                                                   \
    "printf '\\224\\000\\001\\262nvim_call_function\\222\\263deepchat#host#"   \
    "ready\\221\\202\\250protocol\\143\\247version\\2459.9.0'\n"               \
    "fi\n"

static const struct {
    const char *name;
    const char *program; /* NULL: there is none */
    int mode;
    const char *line;
} hosts[] = {
    {"missing", NULL, 0,
     "not built; run :DeepBuild (needs cc, make, libcurl, ...)"},
    {"not executable", SH, 0600,
     "not built; run :DeepBuild (needs cc, make, libcurl, ...)"},
    {"no program",
     "\x7f"
     "ELF and no more",
     0700, "the host does not run; run :DeepBuild"},
    {"ends at once", SH "echo libcurl.so.4: cannot open >&2\nexit 127\n", 0700,
     "the host does not run; run :DeepBuild"},
    {"text", SH "echo Hello\n" WAIT, 0700,
     "the host does not run; run :DeepBuild"},
    {"bytes", SH "printf '\\377\\000\\033[2J'\n" WAIT, 0700,
     "the host does not run; run :DeepBuild"},
    {"another protocol", SH READY_99 WAIT, 0700,
     "host is 9.9.0, plugin wants 0.1.0; run :DeepBuild"},
    {"silent", SH WAIT, 0700, "the host does not answer; run :DeepBuild"},
};

/* Vim passes over what is no JSON and goes on to wait. */
static const char *
line_of(size_t i)
{
    bool nonsense = strcmp(hosts[i].name, "text") == 0 ||
                    strcmp(hosts[i].name, "bytes") == 0;
    return nonsense && ed_in_vim() ? "the host does not answer; run :DeepBuild"
                                   : hosts[i].line;
}

static void
check_host(size_t i)
{
    struct stage st;
    char *dir = tmpdir_new();
    char *path = temp_path(dir, "host");
    const char *name = hosts[i].name;
    if (hosts[i].program != NULL) {
        temp_write(path, hosts[i].program, strlen(hosts[i].program));
        chmod(path, (mode_t)hosts[i].mode);
    }
    setenv("DC_HOST", path, 1);
    stage_start(&st, NULL, "");
    ed_ex(st.ed, "DeepChat! Say");
    cr_expect(trouble_wait_end(st.ed), "%s: no end", name);
    trouble_expect_line(&st, name, line_of(i));
    char *events = stage_events(&st);
    cr_expect_str_eq(events, "Error error", "%s: <%s>", name, events);
    free(events);
    stage_expect_text(&st, name, "---\nmodel: m\n---\n\n%% user\n\nSay");
    stage_expect(&st, name, "deepchat#status()", "");
    /* again: the same line, at once, and still an editor */
    ed_ex(st.ed, "messages clear | call deepchat#send({})");
    cr_expect(trouble_wait_end(st.ed), "%s: no end", name);
    trouble_expect_line(&st, name, line_of(i));
    stage_keys(&st, "Goend<Esc>");
    stage_stop(&st);
    tmpdir_free(dir);
    free(path);
}

Test(errors_host, one_line, .timeout = 90)
{
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        check_host(i);
}

/* A saved chat opens without a line about its file: with that of the error Vim
 * would ask for <Enter>. */
Test(errors_host, a_chat_is_opened, .timeout = 30)
{
    struct stage st;
    stage_start(&st, "token Hello\nfinish stop\ndone\n", "");
    ed_ex(st.ed, "DeepChat Say");
    cr_assert(trouble_wait_end(st.ed));
    ed_ex(st.ed, "set shortmess-=F | bwipeout! | messages clear");
    ed_ex(st.ed, "call deepchat#host#stop() | let g:deepchat.host = '/none'");
    ed_ex(st.ed, "DeepChat more");
    stage_expect(&st, "it is opened", "getline('$')", "more");
    stage_expect(&st, "one line", "execute('messages')",
                 "\ndeepchat: not built; run :DeepBuild (needs cc, make, "
                 "libcurl, ...)");
    stage_expect(&st, "as it was", "&shortmess =~# 'F'", "0");
    stage_stop(&st);
}

/* One that is silent the first time, and then answers while the editor is busy
 * for longer than it waits. */
Test(errors_host, tries_again, .timeout = 60)
{
    struct stage st;
    char text[2048];
    stage_start(&st, "token Hello\nfinish stop\ndone\n", "");
    char *dir = tmpdir_new(), *path = temp_path(dir, "host");
    char *flag = temp_path(dir, "flag");
    char *good = ed_eval(st.ed, "g:deepchat.host");
    int len = snprintf(text, sizeof text,
                       SH "[ -e %s ] && exec %s \"$@\"\n: >%s\n" WAIT, flag,
                       good, flag);
    temp_write(path, text, (size_t)len);
    chmod(path, 0700);
    ed_ex(st.ed, "call deepchat#host#stop() | let g:deepchat.host = '%s'",
          path);
    ed_ex(st.ed, "DeepChat! Say");
    cr_expect(trouble_wait_end(st.ed));
    trouble_expect_line(&st, "silent",
                        "the host does not answer; run "
                        ":DeepBuild");
    ed_ex(st.ed, "call deepchat#send({}) | let g:at = reltime() | "
                 "while reltimefloat(reltime(g:at)) < 3.3 | endwhile");
    cr_expect(server_wait_requests(st.sv, 1, STAGE_MS), "tried again");
    cr_expect(trouble_wait_end(st.ed));
    stage_expect(&st, "answer", "deepchat#last()", "Hello");
    kill((pid_t)ed_number(st.ed, "deepchat#host#about().pid"), SIGKILL);
    cr_assert(ed_wait(st.ed, STAGE_MS, "!deepchat#host#running()"));
    ed_ex(st.ed, "DeepLog");
    stage_expect(&st, "the log stays", "expand('%:t')", "deepchat.log");
    stage_stop(&st);
    tmpdir_free(dir);
    free(flag);
    free(good);
    free(path);
}

/* The other direction: an editor, or what took its place, talks nonsense. */
Test(errors_host, nonsense_from_the_editor, .timeout = 30)
{
    static const struct dc_str inputs[] = {
        {"Hello, host\n", 12},
        {"\x94\xc1", 2},
        {"\xdd\xff\xff\xff\xff", 5},
    };
    const char *host = getenv("DC_HOST");
    if (host == NULL)
        host = "build/deepchat-host";
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct proc p;
        proc_start(&p, (const char *[]){host, "--stdio=nvim", NULL},
                   PROC_IN | PROC_OUT | PROC_ERR);
        proc_write(p.in, inputs[i].ptr, inputs[i].len);
        cr_assert(proc_wait(&p, STAGE_MS), "%zu: goes on", i);
        cr_expect_eq(p.status, 4, "%zu: %d", i, p.status);
        char *out = proc_read_until(p.out, NULL, STAGE_MS);
        char *err = proc_read_until(p.err, NULL, STAGE_MS);
        cr_expect_str_eq(out, "");
        cr_expect(strncmp(err, "deepchat: channel: ", 19) == 0, "%s", err);
        free(out);
        free(err);
        proc_stop(&p);
    }
}

/* A plugin of another age: the host says who it is and takes no orders. It is
 * the same one in Vim. */
Test(errors_host, another_plugin, .timeout = 30)
{
    struct stage st;
    if (ed_in_vim())
        cr_skip_test("the host is tested from Neovim");
    stage_start(&st, "token Hello\nfinish stop\ndone\n", "");
    ed_ex(st.ed, "call deepchat#host#about()");
    ed_ex(st.ed, "function! deepchat#host#ready(about) abort\n"
                 "let g:about = a:about\nendfunction");
    ed_ex(st.ed, "let g:job = jobstart([g:deepchat.host, '--stdio=nvim'], "
                 "{'rpc': v:true})");
    ed_ex(st.ed, "call rpcnotify(g:job, 'hello', {'protocol': 99})");
    cr_assert(ed_wait(st.ed, STAGE_MS, "exists('g:about')"));
    stage_expect(&st, "protocol", "g:about.protocol", "1");
    ed_ex(st.ed, "call rpcnotify(g:job, 'send', {'id': 1, 'buf': 1, 'text': "
                 "'Say', 'settings': g:deepchat})");
    for (int i = 0; i < 3; i++)
        ed_ex(st.ed, "call luaeval('pcall(vim.rpcrequest, _A, \"x\")', g:job)");
    cr_expect_eq(ed_number(st.ed, "jobstop(g:job)"), 1, "it has died");
    ed_ex(st.ed, "runtime! autoload/deepchat/host.vim");
    ed_ex(st.ed, "DeepChat! Say");
    cr_assert(trouble_wait_end(st.ed));
    cr_expect_eq(server_requests(st.sv), 1);
    stage_stop(&st);
}
