/* Wiring only: arguments, the parts, and how the process ends. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/check.h"
#include "host/command.h"
#include "host/config.h"
#include "host/harden.h"
#include "host/host.h"
#include "host/log.h"
#include "host/options.h"
#include "host/send.h"

enum {
    EXIT_USAGE = 2,
    EXIT_CHANNEL = 4,           /* the editor sent garbage */
    LINGER_MS = 10 * 60 * 1000, /* for replies whose editor was killed */
    FLUSH_MS = 50,              /* of the 100 ms that a quitting user waits */
};

static const char usage[] =
    "usage: deepchat-host --stdio=nvim|vim\n"
    "       deepchat-host --version | --options | --help\n"
    "       deepchat-host --check [++name=value ...]\n"
    "       deepchat-host --send FILE [++name=value ...]\n";

/* ---- the editor's host ---- */

struct session {
    struct host host;
    int status;
};

static void
on_message(void *user, const char *op, const struct value *args)
{
    command_run(user, op, args);
}

static void
on_linger_over(void *user)
{
    struct host *host = user;
    loop_stop(host->lp);
}

static void
on_closed(void *user, const char *why)
{
    struct session *s = user;
    struct host *host = &s->host;
    if (why != NULL) {
        log_line(LOG_ERROR, "channel: %s", why);
        fprintf(stderr, "deepchat: channel: %s\n", why);
        s->status = EXIT_CHANNEL;
    }
    host_editor_gone(host);
    loop_timer(host->lp, LINGER_MS, on_linger_over, host);
}

/* The user quits: stop paying for tokens and be gone. */
static void
on_signal(void *user, int number)
{
    struct session *s = user;
    log_line(LOG_INFO, "signal %d", number);
    host_stop(&s->host, 0);
    loop_stop(s->host.lp);
}

typedef struct editor *editor_new_fn(struct loop *lp, int in, int out,
                                     struct editor_events events);

static int
serve(struct loop *lp, struct http *http, editor_new_fn *editor_new)
{
    int out = harden_take_stdout();
    struct session s = {.status = 0};
    struct editor_events events = {on_message, on_closed, &s};
    struct editor *editor = editor_new(lp, STDIN_FILENO, out, events);
    host_init(&s.host, lp, http, editor);
    loop_signals(lp, on_signal, &s);
    loop_run(lp);
    /* cancelled calls end before the loop would wait: their journals too */
    loop_turn(lp, 0);
    host_finish(&s.host, FLUSH_MS);
    editor_free(editor);
    return s.status;
}

/* ---- the other ways to run ---- */

static void
print_check(void *user, const struct value *lines)
{
    struct loop *lp = user;
    const struct value *line;
    for (size_t i = 0; (line = value_at(lines, i)) != NULL; i++)
        printf("%-5s %s\n", value_as_text(value_at(line, 0), ""),
               value_as_text(value_at(line, 1), ""));
    loop_stop(lp);
}

static int
check(struct loop *lp, struct http *http, const struct value *arguments)
{
    struct dc_error err = {.text = ""};
    struct config_sources sources = {.arguments = arguments};
    struct config *cfg = config_new(&sources, &err);
    check_start(lp, http, cfg, err.text, print_check, lp);
    loop_run(lp);
    return 0;
}

static int
print_options(void)
{
    struct buf out;
    buf_init(&out, DC_REPLY_MAX);
    options_help(&out);
    fwrite(out.ptr, 1, out.len, stdout);
    buf_finish(&out);
    return 0;
}

/* The "++name=value" words, without the "++"; NULL if one is something else. */
static struct value *
read_arguments(char **argv)
{
    struct value *list = value_list();
    for (; *argv != NULL; argv++) {
        if (strncmp(*argv, "++", 2) != 0) {
            value_free(list);
            return NULL;
        }
        value_add(list, value_text(*argv + 2));
    }
    return list;
}

static int
run(const char *mode, const char *file, const struct value *arguments)
{
    int status = EXIT_USAGE;
    struct loop *lp = loop_new();
    struct http *http = http_new(lp);
    if (strcmp(mode, "--stdio=nvim") == 0)
        status = serve(lp, http, nvim_new);
    else if (strcmp(mode, "--stdio=vim") == 0)
        status = serve(lp, http, vim_new);
    else if (strcmp(mode, "--check") == 0)
        status = check(lp, http, arguments);
    else if (file != NULL)
        status = send_file(lp, http, file, arguments);
    http_free(http);
    loop_free(lp);
    log_close();
    return status;
}

int
main(int argc, char **argv)
{
    harden_process();
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "--version") == 0) {
        printf("deepchat-host %s protocol %d\n", DC_VERSION, DC_PROTOCOL);
        return 0;
    }
    if (strcmp(mode, "--options") == 0)
        return print_options();
    if (strcmp(mode, "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    bool sends = strcmp(mode, "--send") == 0 && argc > 2;
    struct value *arguments =
        argc > 1 ? read_arguments(argv + (sends ? 3 : 2)) : NULL;
    int status = EXIT_USAGE;
    if (arguments != NULL)
        status = run(mode, sends ? argv[2] : NULL, arguments);
    if (status == EXIT_USAGE)
        fputs(usage, stderr);
    value_free(arguments);
    return status;
}
