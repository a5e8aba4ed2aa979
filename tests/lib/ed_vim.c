/* Vim in a terminal of its own, where keys are typed as a user types them, and
 * over a JSON channel for all else. The terminal is a dumb one whose special
 * keys begin with Ctrl-\, so that an <Esc> is one, whatever comes next. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/buf.h"
#include "base/mem.h"
#include "ed_kind.h"
#include "host/json.h"
#include "tmpdir.h"

enum { MESSAGE_MAX = 64 << 20 };

struct vim {
    struct ed base;
    int tty, channel;
    struct buf in; /* from the channel, up to the end of a message */
    int last_id;
    size_t draws;
    struct value *answer; /* to last_id, once it is there */
};

static struct vim *
vim_of(struct ed *ed)
{
    return (struct vim *)ed;
}

/* ---- the channel ---- */

/* What Vim sends by itself is ch_sendexpr(g:ed_channel, [name, params]). */

static void
on_message(struct vim *v, struct dc_str line)
{
    struct value *m = json_parse(line);
    const struct value *what = value_at(m, 1);
    int64_t id = value_as_int(value_at(m, 0), 0);
    if (id > 0 && v->base.on_event != NULL) {
        v->base.on_event(v->base.event_user,
                         value_as_text(value_at(what, 0), ""),
                         value_at(what, 1));
    } else if (id == -v->last_id) {
        value_free(v->answer);
        v->answer = value_copy(what);
    }
    value_free(m);
}

static void
on_bytes(struct vim *v)
{
    char bytes[65536];
    ssize_t n = read(v->channel, bytes, sizeof bytes);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        v->base.gone = true;
    if (n <= 0)
        return;
    buf_add(&v->in, bytes, (size_t)n);
    size_t end;
    while ((end = str_find(buf_str(&v->in), '\n')) < v->in.len) {
        on_message(v, (struct dc_str){v->in.ptr, end});
        buf_drop(&v->in, end + 1);
    }
}

static void
turn(struct ed *ed, int ms)
{
    struct vim *v = vim_of(ed);
    struct pollfd p[2] = {{v->channel, POLLIN, 0}, {v->tty, POLLIN, 0}};
    char drawn[65536];
    if (poll(p, 2, ms) <= 0)
        return;
    if (p[1].revents & POLLIN)
        v->draws += read(v->tty, drawn, sizeof drawn) > 0;
    else if (p[1].revents != 0)
        ed->gone = true;
    if (p[0].revents != 0)
        on_bytes(v);
}

/* list is taken and gets the number of an answer. */
static void
send_message(struct vim *v, struct value *list, bool answered)
{
    struct buf out;
    buf_init(&out, MESSAGE_MAX);
    if (answered)
        value_add(list, value_int(-++v->last_id));
    if (!json_print(&out, list))
        ed_die("message", "cannot be written");
    buf_add_byte(&out, '\n');
    proc_write(v->channel, out.ptr, out.len);
    buf_finish(&out);
    value_free(list);
}

static struct value *
list_of(const char *first, const char *second)
{
    struct value *list = value_list();
    value_add(list, value_text(first));
    value_add(list, value_text(second));
    return list;
}

/* What function(argument) returns; owned. */
static struct value *
call(struct vim *v, const char *function, const char *argument)
{
    struct value *args = value_list(), *list = list_of("call", function);
    value_add(args, value_text(argument));
    value_add(list, args);
    send_message(v, list, true);
    long long end = now_ms() + ED_CALL_MS;
    while (v->answer == NULL) {
        if (now_ms() > end || v->base.gone)
            ed_die(argument, "no answer");
        turn(&v->base, 20);
    }
    struct value *answer = v->answer;
    v->answer = NULL;
    return answer;
}

/* ---- life ---- */

/* A socket that Vim can open a channel to. It is one of files, since TCP would
 * hold back what Vim sends by itself until we have sent something. */
static int
listen_on(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    unlink(path);
    if (fd < 0 || strlen(path) >= sizeof at.sun_path ||
        bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0)
        ed_die("listen", strerror(errno));
    return fd;
}

static int
open_terminal(void)
{
    struct winsize size = {.ws_row = ED_LINES, .ws_col = ED_COLUMNS};
    int tty = posix_openpt(O_RDWR | O_NOCTTY);
    if (tty < 0 || grantpt(tty) != 0 || unlockpt(tty) != 0)
        ed_die("terminal", strerror(errno));
    fcntl(tty, F_SETFD, FD_CLOEXEC);
    ioctl(tty, TIOCSWINSZ, &size);
    return tty;
}

/* Typed ahead while Vim runs a shell, our special keys would kill that. */
static void
no_quit_key(int tty)
{
    struct termios t;
    if (tcgetattr(tty, &t) != 0)
        return;
    t.c_cc[VQUIT] = _POSIX_VDISABLE;
    tcsetattr(tty, TCSANOW, &t);
}

static void
run(const char *terminal, const char *const argv[], pid_t parent)
{
    setsid();
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    int fd = open(terminal, O_RDWR);
    if (fd < 0 || getppid() != parent)
        _exit(127);
    ioctl(fd, TIOCSCTTY, 0);
    no_quit_key(fd);
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    signal(SIGPIPE, SIG_DFL);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static void
start(struct vim *v, const char *const argv[])
{
    char terminal[128];
    v->tty = open_terminal();
    snprintf(terminal, sizeof terminal, "%s", ptsname(v->tty));
    pid_t parent = getpid();
    v->base.proc = (struct proc){.in = -1, .out = -1, .err = -1, .status = -1};
    v->base.proc.pid = fork();
    if (v->base.proc.pid < 0)
        ed_die("fork", strerror(errno));
    if (v->base.proc.pid == 0)
        run(terminal, argv, parent);
}

/* The options that the editors set differently, and what call() uses. */
static const char rc[] =
    "\nsource $VIMRUNTIME/defaults.vim\n"
    "set shortmess+=IF noshowcmd noruler laststatus=0 scrolloff=0 mouse= hidden"
    " t_Co=256 autoindent backspace=indent,eol,start nostartofline belloff=all"
    " switchbuf=uselast encoding=utf-8 formatoptions=tcqj\n"
    "execute \"set <F5>=\\x1c5 <Up>=\\x1cA <Down>=\\x1cB <Right>=\\x1cC"
    " <Left>=\\x1cD <Del>=\\x1c3 <Home>=\\x1cH <End>=\\x1cF\"\n"
    "function! EdEx(command)\ntry\nexecute a:command\n"
    "if mode() !~# '^r'\nredraw\nendif\nreturn ''\ncatch\n"
    "return v:exception . ' ' . v:throwpoint\nendtry\nendfunction\n"
    "function! EdEval(expression)\ntry\nreturn [eval(a:expression)]\ncatch\n"
    "return v:exception\nendtry\nendfunction\n"
    "function! EdScreen(x)\nreturn join(map(range(1, &lines), {_, r ->"
    " join(map(range(1, &columns), {_, c -> screenstring(r, c)}), '')}),"
    " \"\\n\") . \"\\n\"\nendfunction\n";
/* Virtual text that the plugin does not know of is a ghost. */
static const char virtual_rc[] =
    "function! EdVirtual(align)\n"
    "let sid = filter(getscriptinfo(), 'v:val.name =~# \"/prop.vim$\"')\n"
    "if empty(sid)\nreturn ''\nendif\n"
    "let all = getscriptinfo({'sid': sid[0].sid})[0].variables.virtual\n"
    "let entries = values(get(all, bufnr('%'), {}))\n"
    "let found = []\n"
    "for p in filter(prop_list(1, {'end_lnum': -1}), "
    "'v:val.type =~# \"^deepchatDeepChat\"')\n"
    "let of = filter(copy(entries), {_, e -> has_key(p, 'text') ? "
    "p.text ==# e.text : p.id == e.ids[0]})\n"
    "if empty(of) || of[0].align ==# a:align\n"
    "call add(found, printf('%d: %s', p.lnum, "
    "empty(of) ? 'ghost' : of[0].text))\n"
    "endif\nendfor\n"
    "return join(sort(found), '|')\nendfunction\n";

static char *
write_rc(struct vim *v, const char *setup, const char *socket)
{
    struct buf out;
    size_t len;
    buf_init(&out, MESSAGE_MAX);
    buf_addf(&out, "set nocompatible\n%s\n", setup);
    buf_add_text(&out, rc);
    buf_add_text(&out, virtual_rc);
    buf_addf(&out,
             "autocmd VimEnter * let g:ed_channel = "
             "ch_open('unix:%s')\n",
             socket);
    char *text = buf_take(&out, &len);
    char *path = temp_path(v->base.home, "ed.vim");
    temp_write(path, text, len);
    free(text);
    return path;
}

/* Wait for Vim to connect to fd. */
static void
connect_to(struct vim *v, int fd)
{
    struct pollfd p[2] = {{fd, POLLIN, 0}, {v->tty, POLLIN, 0}};
    long long end = now_ms() + ED_CALL_MS;
    char drawn[4096];
    while (v->channel < 0) {
        if (now_ms() > end)
            ed_die("start", "it does not connect");
        if (poll(p, 2, 20) > 0 && p[1].revents != 0 &&
            read(v->tty, drawn, sizeof drawn) <= 0)
            ed_die("start", "it has ended");
        if (p[0].revents != 0)
            v->channel = accept(fd, NULL, NULL);
    }
    fcntl(v->channel, F_SETFD, FD_CLOEXEC);
}

static void
launch(struct ed *ed, const char *setup, bool ui)
{
    struct vim *v = vim_of(ed);
    const char *program = getenv("VIM_BIN");
    (void)ui;
    char *socket = temp_path(v->base.home, "ed.sock");
    int fd = listen_on(socket);
    char *path = write_rc(v, setup, socket);
    const char *argv[] = {program != NULL ? program : "vim",
                          "-u",
                          path,
                          "-n",
                          "-i",
                          "NONE",
                          "-T",
                          "dumb",
                          NULL};
    buf_init(&v->in, MESSAGE_MAX);
    v->channel = -1;
    start(v, argv);
    connect_to(v, fd);
    close(fd);
    unlink(socket);
    free(socket);
    free(path);
    value_free(call(v, "EdEval", "1"));
}

static void
quit(struct ed *ed)
{
    send_message(vim_of(ed), list_of("ex", "qa!"), false);
}

static void
finish(struct ed *ed)
{
    struct vim *v = vim_of(ed);
    close(v->channel);
    close(v->tty);
    buf_finish(&v->in);
    value_free(v->answer);
}

/* ---- doing and asking ---- */

static void
ex(struct ed *ed, const char *command)
{
    struct value *error = call(vim_of(ed), "EdEx", command);
    if (!str_is(value_as_str(error), ""))
        ed_die(command, value_as_text(error, "error"));
    value_free(error);
}

static struct value *
eval(struct ed *ed, const char *expression)
{
    struct value *answer = call(vim_of(ed), "EdEval", expression);
    if (!value_is(answer, VALUE_LIST))
        ed_die(expression, value_as_text(answer, "error"));
    struct value *result = value_copy(value_at(answer, 0));
    value_free(answer);
    return result;
}

static const struct {
    const char *name, *bytes;
} names[] = {
    {"<Esc>", "\x1b"},
    {"<CR>", "\r"},
    {"<Tab>", "\t"},
    {"<BS>", "\x7f"},
    {"<lt>", "<"},
    {"<Space>", " "},
    {"<F5>", "\x1c"
             "5"},
    {"<Up>", "\x1c"
             "A"},
    {"<Down>", "\x1c"
               "B"},
    {"<Right>", "\x1c"
                "C"},
    {"<Left>", "\x1c"
               "D"},
    {"<Del>", "\x1c"
              "3"},
    {"<Home>", "\x1c"
               "H"},
    {"<End>", "\x1c"
              "F"},
    {"<Bar>", "|"},
};

/* One key in <> notation at text, as bytes; returns how long the name is. */
static size_t
translate(const char *text, struct buf *out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i].name);
        if (strncasecmp(text, names[i].name, len) == 0) {
            buf_add_text(out, names[i].bytes);
            return len;
        }
    }
    if (strncasecmp(text, "<C-", 3) == 0 && text[3] != '\0' && text[4] == '>') {
        buf_add_byte(out, (char)(text[3] & 0x1f));
        return 5;
    }
    buf_add_byte(out, *text);
    return 1;
}

static void
keys(struct ed *ed, const char *text)
{
    struct buf out;
    buf_init(&out, MESSAGE_MAX);
    while (*text != '\0')
        text += translate(text, &out);
    proc_write(vim_of(ed)->tty, out.ptr, out.len);
    buf_finish(&out);
}

/* Vim goes on with everything else at its prompts; what it waits for is seen
 * by its mode. */
static bool
blocked(struct ed *ed)
{
    struct value *yes = eval(ed, "mode() =~# '^r'");
    bool is = value_as_int(yes, 0) != 0;
    value_free(yes);
    return is;
}

static char *
virtual_text(struct ed *ed, bool below)
{
    struct value *text =
        call(vim_of(ed), "EdVirtual", below ? "below" : "after");
    char *copy = mem_str(value_as_text(text, ""));
    value_free(text);
    return copy;
}

static char *
screen(struct ed *ed)
{
    struct value *text = call(vim_of(ed), "EdScreen", "");
    struct buf out;
    buf_init(&out, MESSAGE_MAX);
    buf_add_str(&out, value_as_str(text));
    value_free(text);
    return buf_take(&out, NULL);
}

static size_t
redraws(struct ed *ed)
{
    return vim_of(ed)->draws;
}

const struct ed_kind ed_vim = {
    .size = sizeof(struct vim),
    .launch = launch,
    .ex = ex,
    .keys = keys,
    .eval = eval,
    .blocked = blocked,
    .turn = turn,
    .virtual_text = virtual_text,
    .screen = screen,
    .redraws = redraws,
    .quit = quit,
    .finish = finish,
};
