/* Neovim over msgpack-RPC with a UI attached, so that prompts and the screen
 * exist. Speaks through the host's own rpc module. */
#include "ed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "grid.h"
#include "host/rpc.h"
#include "proc.h"

enum { CALL_MS = 20000 };

struct ed {
    struct proc proc;
    char *home;
    bool own_home;
    struct rpc *rpc;
    uint32_t last_id;
    struct grid grid;
    bool gone;
    ed_event_fn *on_event;
    void *event_user;
};

static void
die(const char *what, const char *detail)
{
    fprintf(stderr, "editor: %s: %s\n", what, detail);
    abort();
}

/* ---- the channel ---- */

/* Read once, waiting at most ms. False at the end of the channel. */
static bool
fill(struct ed *ed, int ms)
{
    struct pollfd p = {ed->proc.out, POLLIN, 0};
    if (poll(&p, 1, ms) <= 0)
        return true;
    char bytes[65536];
    ssize_t n = read(ed->proc.out, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        ed->gone = true;
    else
        rpc_feed(ed->rpc, (struct dc_str){bytes, (size_t)n}, NULL);
    return n > 0;
}

static void
notified(struct ed *ed, const char *name, const struct value *params)
{
    if (strcmp(name, "redraw") == 0)
        grid_redraw(&ed->grid, params);
    if (ed->on_event != NULL)
        ed->on_event(ed->event_user, name, params);
}

/* Handle what is there; true if the answer with this id was, moved to out. */
static bool
take(struct ed *ed, uint32_t id, struct rpc_message *out)
{
    struct rpc_message m;
    while (rpc_next(ed->rpc, &m, NULL) == DC_ITEM) {
        if (m.type == RPC_RESPONSE && m.id == id) {
            *out = m;
            return true;
        }
        if (m.type == RPC_NOTIFY)
            notified(ed, value_as_text(m.method, ""), m.params);
        rpc_message_finish(&m);
    }
    return false;
}

static uint32_t
request(struct ed *ed, const char *method, struct value *args)
{
    struct buf out;
    buf_init(&out, RPC_OUT_MAX);
    if (!rpc_request(&out, ++ed->last_id, method, args))
        die(method, "cannot be packed");
    value_free(args);
    proc_write(ed->proc.in, out.ptr, out.len);
    buf_finish(&out);
    return ed->last_id;
}

/* The result; owned. args is taken. Errors of the editor end the test. */
static struct value *
call(struct ed *ed, const char *method, struct value *args)
{
    uint32_t id = request(ed, method, args);
    struct rpc_message m;
    long long end = now_ms() + CALL_MS;
    while (!take(ed, id, &m)) {
        if (now_ms() > end || !fill(ed, 20))
            die(method, "no answer");
    }
    if (!value_is(m.error, VALUE_NIL))
        die(method, value_as_text(value_at(m.error, 1), "error"));
    struct value *result = value_copy(m.result);
    rpc_message_finish(&m);
    return result;
}

static struct value *
args_of(const char *text)
{
    struct value *args = value_list();
    value_add(args, value_text(text));
    return args;
}

static char *
format_text(const char *format, va_list list)
{
    char *text = NULL;
    if (vasprintf(&text, format, list) < 0)
        die("format", format);
    return text;
}

/* ---- life ---- */

static char *
source_root(void)
{
    char *cwd = getcwd(NULL, 0);
    if (cwd == NULL || access("autoload/deepchat/buf.vim", R_OK) != 0)
        die("start", "run the tests from the top of the checkout");
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

static void
attach_ui(struct ed *ed)
{
    struct value *args = value_list();
    value_add(args, value_int(ED_COLUMNS));
    value_add(args, value_int(ED_LINES));
    value_add(args, value_map());
    value_put(args->items[2], "ext_linegrid", value_bool(true));
    value_put(args->items[2], "rgb", value_bool(true));
    value_free(call(ed, "nvim_ui_attach", args));
}

static void
launch(struct ed *ed, const char *setup, bool ui)
{
    const char *nvim = getenv("NVIM_BIN");
    const char *argv[] = {nvim != NULL ? nvim : "nvim",
                          "--clean",
                          "-n",
                          "-i",
                          "NONE",
                          "--cmd",
                          "set shortmess+=I noshowcmd noruler laststatus=0",
                          "--cmd",
                          setup,
                          "--embed",
                          ui ? NULL : "--headless",
                          NULL};
    ed->proc = (struct proc){.pid = 0};
    proc_start(&ed->proc, argv, PROC_IN | PROC_OUT);
    fcntl(ed->proc.out, F_SETFL, O_NONBLOCK);
    ed->rpc = rpc_new(RPC_IN_MAX);
    grid_init(&ed->grid, ED_LINES, ED_COLUMNS);
    if (ui)
        attach_ui(ed);
}

static struct ed *
start(const char *base_url, const char *settings, const char *home, bool ui)
{
    struct ed *ed = mem_alloc(sizeof *ed);
    ed->own_home = home == NULL;
    ed->home = home != NULL ? mem_str(home) : temp_dir();
    set_environment(ed->home);
    char *root = source_root();
    const char *host = getenv("DC_HOST");
    char setup[8192], program[4096], url[4096] = "";
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
    launch(ed, setup, ui);
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
    rpc_free(ed->rpc);
    if (ed->own_home)
        temp_remove(ed->home);
    else
        free(ed->home);
    free(ed);
}

/* Its end of the channel stays open until it is gone: Neovim 0.10 and later
 * exit with 1 now and then if it is closed before. */
void
ed_stop(struct ed *ed)
{
    request(ed, "nvim_command", args_of("qa!"));
    long long end = now_ms() + CALL_MS;
    struct rpc_message m;
    while (!ed->gone && now_ms() < end) {
        fill(ed, 20);
        if (take(ed, UINT32_MAX, &m))
            rpc_message_finish(&m);
    }
    if (!proc_wait(&ed->proc, 5000))
        die("stop", "it does not quit");
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
    value_free(call(ed, "nvim_command", args_of(text)));
    free(text);
}

void
ed_keys(struct ed *ed, const char *keys)
{
    value_free(call(ed, "nvim_input", args_of(keys)));
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
    struct value *result = call(ed, "nvim_eval", args_of(expression));
    struct buf out;
    buf_init(&out, RPC_IN_MAX);
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

char *
ed_text(struct ed *ed)
{
    return evaluate(ed, "join(getline(1, '$'), \"\\n\")");
}

/* ---- the screen ---- */

void
ed_pump(struct ed *ed, int ms)
{
    long long end = now_ms() + ms;
    struct rpc_message m;
    do {
        fill(ed, (int)(end - now_ms() > 0 ? end - now_ms() : 0));
        if (take(ed, UINT32_MAX, &m))
            rpc_message_finish(&m);
    } while (!ed->gone && now_ms() < end);
}

void
ed_turn(struct ed *ed, int ms)
{
    struct rpc_message m;
    fill(ed, ms);
    if (take(ed, UINT32_MAX, &m))
        rpc_message_finish(&m);
}

char *
ed_screen(struct ed *ed)
{
    ed_pump(ed, 0);
    return grid_text(&ed->grid);
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
    return ed->grid.flushes;
}
