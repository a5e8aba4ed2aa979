/*
 * server: a scripted chat-completions server on 127.0.0.1, for the tests and
 * for `make demo`. One thread, one poll loop. See README.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "conn.h"
#include "route.h"

struct options {
    unsigned port, tls_port;
    const char *port_file, *script, *record, *tour;
    const char *cert, *key, *tls_max;
    double rate;
    bool die_with_stdin, tls_silent;
};

struct loop {
    struct server server;
    struct options options;
    int plain, tls; /* listeners; tls -1 if there is none */

    struct conn **conns;
    size_t count;
    struct pollfd *polls;
};

/* In front of the connections in polls. */
enum { POLL_STOP, POLL_STDIN, POLL_PLAIN, POLL_TLS, POLL_FIXED };

static int stop_pipe[2];

static void
on_signal(int number)
{
    (void)number;
    int saved = errno;
    ssize_t sent = write(stop_pipe[1], "", 1);
    (void)sent;
    errno = saved;
}

static const char usage[] =
    "usage: server [--port N] [--port-file F] [--script FILE] [--record DIR]\n"
    "  [--tls CERT KEY] [--tls-port N] [--tls-max 1.1] [--tls-silent]\n"
    "  [--rate TOKENS_PER_SECOND] [--tour FILE] [--die-with-stdin]\n";

static unsigned
to_number(const char *text)
{
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* Take one option; false if it is unknown or lacks its value. */
static bool
take_option(struct options *o, char ***at)
{
    const char *name = *(*at)++;
    if (strcmp(name, "--die-with-stdin") == 0)
        return o->die_with_stdin = true;
    if (strcmp(name, "--tls-silent") == 0)
        return o->tls_silent = true;
    const char *value = **at;
    if (value == NULL)
        return false;
    (*at)++;
    if (strcmp(name, "--tls") == 0) {
        o->cert = value;
        o->key = **at;
        return o->key != NULL && (*at)++ != NULL;
    }
    const struct {
        const char *name;
        const char **text;
    } texts[] = {{"--port-file", &o->port_file},
                 {"--script", &o->script},
                 {"--record", &o->record},
                 {"--tour", &o->tour},
                 {"--tls-max", &o->tls_max}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0)
            return (*texts[i].text = value) != NULL;
    if (strcmp(name, "--port") == 0)
        o->port = to_number(value);
    else if (strcmp(name, "--tls-port") == 0)
        o->tls_port = to_number(value);
    else if (strcmp(name, "--rate") == 0)
        o->rate = strtod(value, NULL);
    else
        return false;
    return true;
}

static bool
read_options(struct options *o, char **argv)
{
    o->rate = -1;
    while (*argv != NULL)
        if (!take_option(o, &argv)) {
            fputs(usage, stderr);
            return false;
        }
    if (o->rate < 0)
        o->rate = o->tour != NULL ? 60 : 0;
    return true;
}

static bool
load_script(struct server *sv, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    struct buf text;
    buf_init(&text, (size_t)16 << 20);
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&text, piece, n);
    fclose(file);
    struct dc_error err;
    bool done = route_script(sv, "default", buf_str(&text), &err);
    if (!done)
        fprintf(stderr, "%s\n", err.text);
    buf_finish(&text);
    return done;
}

/* Written under another name first: who waits for the file reads it whole. */
static bool
write_port(const char *path, unsigned port)
{
    char temp[4096];
    snprintf(temp, sizeof temp, "%s.new", path);
    FILE *file = fopen(temp, "wb");
    if (file == NULL || fprintf(file, "%u\n", port) < 0 || fclose(file) != 0 ||
        rename(temp, path) != 0) {
        perror(path);
        return false;
    }
    return true;
}

static bool
start_tls(struct loop *lp)
{
    struct options *o = &lp->options;
    lp->tls = -1;
    if (o->cert == NULL)
        return true;
    lp->server.tls = net_tls(o->cert, o->key, o->tls_max);
    if (lp->server.tls == NULL)
        return false;
    lp->tls = net_listen(&o->tls_port);
    if (lp->tls < 0)
        perror("listen");
    return lp->tls >= 0;
}

static bool
start(struct loop *lp)
{
    struct options *o = &lp->options;
    lp->server.record_dir = o->record;
    lp->server.rate = o->rate;
    if (o->script != NULL && !load_script(&lp->server, o->script))
        return false;
    if (o->tour != NULL && (lp->server.tour = tour_load(o->tour)) == NULL)
        return false;
    lp->plain = net_listen(&o->port);
    if (lp->plain < 0) {
        perror("listen");
        return false;
    }
    if (!start_tls(lp) ||
        (o->port_file != NULL && !write_port(o->port_file, o->port)))
        return false;
    printf("listening on http://127.0.0.1:%u\n", o->port);
    if (lp->tls >= 0)
        printf("listening on https://127.0.0.1:%u\n", o->tls_port);
    fflush(stdout);
    return true;
}

static void
accept_all(struct loop *lp, int listener)
{
    struct net net;
    struct server *sv = &lp->server;
    while (net_accept(&net, listener)) {
        struct conn *c = conn_new(sv, net, ++sv->accepted);
        if (listener == lp->tls)
            net_start_tls(&c->net, sv->tls);
        if (listener == lp->tls && lp->options.tls_silent)
            c->blind = true;
        lp->conns = mem_resize(lp->conns, lp->count + 1, sizeof *lp->conns);
        lp->conns[lp->count++] = c;
    }
}

static void
add_fixed(struct pollfd *polls, const struct loop *lp)
{
    int stdin_fd = lp->options.die_with_stdin ? STDIN_FILENO : -1;
    polls[POLL_STOP] = (struct pollfd){stop_pipe[0], POLLIN, 0};
    polls[POLL_STDIN] = (struct pollfd){stdin_fd, POLLIN, 0};
    polls[POLL_PLAIN] = (struct pollfd){lp->plain, POLLIN, 0};
    polls[POLL_TLS] = (struct pollfd){lp->tls, POLLIN, 0};
}

/* Step every connection; returns when to come back, 0 for no time. */
static uint64_t
step_all(struct loop *lp)
{
    uint64_t wake = 0;
    lp->server.again = false;
    for (size_t i = 0; i < lp->count; i++) {
        struct conn *c = lp->conns[i];
        conn_step(c);
        if (c->state == CONN_DEAD) {
            conn_free(c);
            lp->conns[i--] = lp->conns[--lp->count];
            continue;
        }
        uint64_t at = conn_wake(c);
        if (at != 0 && (wake == 0 || at < wake))
            wake = at;
    }
    return lp->server.again ? now_us() : wake;
}

static int
wait_until(struct pollfd *polls, nfds_t count, uint64_t wake)
{
    uint64_t now = wake != 0 ? now_us() : 0;
    uint64_t left = wake > now ? wake - now : 0;
#ifdef __linux__
    struct timespec time = {(time_t)(left / 1000000),
                            (long)(left % 1000000) * 1000};
    return ppoll(polls, count, wake != 0 ? &time : NULL, NULL);
#else
    return poll(polls, count, wake != 0 ? (int)((left + 999) / 1000) : -1);
#endif
}

/* False: it is time to end. */
static bool
turn(struct loop *lp)
{
    uint64_t wake = step_all(lp);
    lp->polls =
        mem_resize(lp->polls, POLL_FIXED + lp->count, sizeof *lp->polls);
    add_fixed(lp->polls, lp);
    size_t count = lp->count;
    for (size_t i = 0; i < count; i++)
        lp->polls[POLL_FIXED + i] =
            (struct pollfd){lp->conns[i]->net.fd, conn_events(lp->conns[i]), 0};
    if (wait_until(lp->polls, (nfds_t)(POLL_FIXED + count), wake) <= 0)
        return true;
    if (lp->polls[POLL_STOP].revents != 0)
        return false;
    if (lp->polls[POLL_STDIN].revents != 0) {
        char scrap[256];
        if (read(STDIN_FILENO, scrap, sizeof scrap) <= 0)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (lp->polls[POLL_FIXED + i].revents != 0)
            conn_event(lp->conns[i], lp->polls[POLL_FIXED + i].revents);
    if (lp->polls[POLL_PLAIN].revents != 0)
        accept_all(lp, lp->plain);
    if (lp->polls[POLL_TLS].revents != 0)
        accept_all(lp, lp->tls);
    return true;
}

static bool
catch_signals(void)
{
    if (pipe(stop_pipe) != 0)
        return false;
    fcntl(stop_pipe[1], F_SETFL, O_NONBLOCK);
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    return sigaction(SIGTERM, &stop, NULL) == 0 &&
           sigaction(SIGINT, &stop, NULL) == 0 &&
           sigaction(SIGPIPE, &ignore, NULL) == 0;
}

static void
finish(struct loop *lp)
{
    for (size_t i = 0; i < lp->count; i++)
        conn_free(lp->conns[i]);
    free(lp->conns);
    free(lp->polls);
    route_finish(&lp->server);
    net_tls_free(lp->server.tls);
    if (lp->options.port_file != NULL)
        unlink(lp->options.port_file);
}

int
main(int argc, char **argv)
{
    static struct loop lp;
    if (argc < 1 || !read_options(&lp.options, argv + 1))
        return 2;
    if (!catch_signals() || !start(&lp))
        return 1;
    while (turn(&lp))
        ;
    finish(&lp);
    return 0;
}
