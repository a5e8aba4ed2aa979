/* What is the same for all editors; what is not is in ed_nvim.c, ed_vim.c. */
#include "ed.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ed_kind.h"
#include "proc.h"
#include "tmpdir.h"

enum { TEXT_MAX = 64 << 20 };

_Noreturn void
ed_die(const char *what, const char *detail)
{
    fprintf(stderr, "editor: %s: %s\n", what, detail);
    abort();
}

static char *format_text(const char *format, va_list list)
    __attribute__((format(printf, 1, 0)));

static char *
format_text(const char *format, va_list list)
{
    char *text = NULL;
    if (vasprintf(&text, format, list) < 0)
        ed_die("format", format);
    return text;
}

/* ---- life ---- */

static char *
source_root(void)
{
    char *cwd = getcwd(NULL, 0);
    if (cwd == NULL || access("autoload/deepchat/buf.vim", R_OK) != 0)
        ed_die("start", "run the tests from the top of the checkout");
    return cwd;
}

static void
set_environment(const char *home)
{
    setenv("HOME", home, 1);
    setenv("XDG_CONFIG_HOME", home, 1);
    setenv("XDG_DATA_HOME", home, 1);
    setenv("XDG_STATE_HOME", home, 1);
    setenv("XDG_CACHE_HOME", home, 1);
    setenv("NVIM_LOG_FILE", "/dev/null", 1);
    setenv("TERM", "xterm-256color", 1);
    unsetenv("NVIM");
    unsetenv("NVIM_LISTEN_ADDRESS");
    unsetenv("http_proxy");
}

bool
ed_in_vim(void)
{
    const char *name = getenv("DC_EDITOR");
    return name != NULL && strcmp(name, "vim") == 0;
}

static struct ed *
start(const char *base_url, const char *settings, const char *home, bool ui)
{
    const struct ed_kind *kind = ed_in_vim() ? &ed_vim : &ed_nvim;
    struct ed *ed = mem_alloc(kind->size);
    ed->kind = kind;
    ed->own_home = home == NULL;
    ed->home = home != NULL ? mem_str(home) : tmpdir_new();
    set_environment(ed->home);
    char *root = source_root();
    const char *host = getenv("DC_HOST");
    char setup[16384], program[4096], url[4096] = "";
    snprintf(program, sizeof program, "%s%s%s",
             host != NULL && host[0] == '/' ? "" : root,
             host != NULL && host[0] == '/' ? "" : "/",
             host != NULL ? host : "build/deepchat-host");
    if (base_url != NULL)
        snprintf(url, sizeof url, "'base_url': '%s',", base_url);
    snprintf(setup, sizeof setup,
             "set rtp^=%s | cd %s | let g:deepchat = {%s 'host': '%s' %s %s}",
             root, ed->home, url, program, settings[0] != '\0' ? "," : "",
             settings);
    kind->launch(ed, setup, ui);
    free(root);
    return ed;
}

struct ed *
ed_start(const char *base_url, const char *settings, const char *home)
{
    return start(base_url, settings, home, true);
}

struct ed *
ed_start_headless(const char *base_url, const char *settings, const char *home)
{
    return start(base_url, settings, home, false);
}

void
ed_listen(struct ed *ed, ed_event_fn *fn, void *user)
{
    ed->on_event = fn;
    ed->event_user = user;
}

static void
let_go(struct ed *ed)
{
    ed->kind->finish(ed);
    if (ed->own_home)
        tmpdir_free(ed->home);
    else
        free(ed->home);
    free(ed);
}

/* Its end of the channel stays open until it is gone: Neovim 0.10 and later
 * exit with 1 now and then if it is closed before. */
void
ed_stop(struct ed *ed)
{
    ed->kind->quit(ed);
    long long end = now_ms() + ED_CALL_MS;
    while (!ed->gone && now_ms() < end)
        ed_turn(ed, 20);
    if (!proc_wait(&ed->proc, 5000))
        ed_die("stop", "it does not quit");
    proc_stop(&ed->proc);
    let_go(ed);
}

void
ed_kill(struct ed *ed)
{
    kill(ed->proc.pid, SIGKILL);
    proc_wait(&ed->proc, 5000);
    proc_stop(&ed->proc);
    let_go(ed);
}

const char *
ed_home(const struct ed *ed)
{
    return ed->home;
}

pid_t
ed_pid(const struct ed *ed)
{
    return ed->proc.pid;
}

pid_t
ed_host(struct ed *ed)
{
    ed_wait(ed, ED_CALL_MS,
            "!deepchat#host#running() || !empty(deepchat#host#about())");
    return (pid_t)ed_number(ed, "get(deepchat#host#about(), 'pid', 0)");
}

/* ---- doing and asking ---- */

void
ed_ex(struct ed *ed, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *text = format_text(format, list);
    va_end(list);
    ed->kind->ex(ed, text);
    free(text);
}

void
ed_keys(struct ed *ed, const char *keys)
{
    ed->kind->keys(ed, keys);
}

static void
show(struct buf *out, const struct value *v)
{
    if (value_is(v, VALUE_STR))
        buf_add_str(out, v->str);
    else if (value_is(v, VALUE_INT))
        buf_addf(out, "%lld", (long long)v->integer);
    else if (value_is(v, VALUE_FLOAT))
        buf_addf(out, "%g", v->number);
    else if (value_is(v, VALUE_BOOL))
        buf_add_text(out, v->boolean ? "1" : "0");
    else if (value_is(v, VALUE_LIST))
        for (size_t i = 0; i < v->count; i++) {
            if (i > 0)
                buf_add_byte(out, '\n');
            show(out, v->items[i]);
        }
}

static char *
evaluate(struct ed *ed, const char *expression)
{
    struct value *result = ed->kind->eval(ed, expression);
    struct buf out;
    buf_init(&out, TEXT_MAX);
    show(&out, result);
    value_free(result);
    return buf_take(&out, NULL);
}

char *
ed_eval(struct ed *ed, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *expression = format_text(format, list);
    va_end(list);
    char *result = evaluate(ed, expression);
    free(expression);
    return result;
}

static long
to_number(struct ed *ed, const char *expression)
{
    char *text = evaluate(ed, expression);
    long n = strtol(text, NULL, 10);
    free(text);
    return n;
}

long
ed_number(struct ed *ed, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *expression = format_text(format, list);
    va_end(list);
    long n = to_number(ed, expression);
    free(expression);
    return n;
}

bool
ed_wait(struct ed *ed, int ms, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *expression = format_text(format, list);
    va_end(list);
    long long end = now_ms() + ms;
    bool held;
    while (!(held = to_number(ed, expression) != 0) && now_ms() < end)
        ed_pump(ed, 2);
    free(expression);
    return held;
}

bool
ed_blocked(struct ed *ed)
{
    return ed->kind->blocked(ed);
}

char *
ed_text(struct ed *ed)
{
    return evaluate(ed, "join(getline(1, '$'), \"\\n\")");
}

/* ---- the screen ---- */

char *
ed_below(struct ed *ed)
{
    return ed->kind->virtual_text(ed, true);
}

char *
ed_behind(struct ed *ed)
{
    return ed->kind->virtual_text(ed, false);
}

void
ed_turn(struct ed *ed, int ms)
{
    ed->kind->turn(ed, ms);
}

void
ed_pump(struct ed *ed, int ms)
{
    long long end = now_ms() + ms;
    do
        ed_turn(ed, (int)(end - now_ms() > 0 ? end - now_ms() : 0));
    while (!ed->gone && now_ms() < end);
}

char *
ed_screen(struct ed *ed)
{
    ed_pump(ed, 0);
    return ed->kind->screen(ed);
}

bool
ed_wait_screen(struct ed *ed, const char *needle, int ms)
{
    long long end = now_ms() + ms;
    for (;;) {
        char *screen = ed_screen(ed);
        bool found = strstr(screen, needle) != NULL;
        free(screen);
        if (found || now_ms() > end)
            return found;
        ed_pump(ed, 5);
    }
}

size_t
ed_redraws(struct ed *ed)
{
    ed_pump(ed, 0);
    return ed->kind->redraws(ed);
}
