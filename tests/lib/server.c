/*
 * Starts the scripted server and talks to it, one connection a request: these
 * are not counted, and nothing has to be shared between threads.
 */
#include "server.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "../server/words.h"
#include "base/buf.h"
#include "base/mem.h"
#include "proc.h"

#define REPLY_MAX ((size_t)512 << 20)
#define ARGUMENTS_MAX 24

struct server {
    struct proc proc;
    unsigned port, tls_port;
    char urls[8][160];
    size_t next_url;
};

static void
stop_test(const char *what, const char *detail)
{
    fprintf(stderr, "server: %s %s\n", what, detail);
    abort();
}

/* ---- life ---------------------------------------------------------------- */

static bool
own_path(char *path, size_t size)
{
#ifdef __APPLE__
    uint32_t len = (uint32_t)size;
    return _NSGetExecutablePath(path, &len) == 0;
#else
    ssize_t len = readlink("/proc/self/exe", path, size - 1);
    path[len > 0 ? len : 0] = '\0';
    return len > 0;
#endif
}

/* build/tests/server for build/tests/host/test_x. */
static void
find_program(char *path, size_t size)
{
    const char *given = getenv("DC_SERVER");
    if (given != NULL) {
        snprintf(path, size, "%s", given);
        return;
    }
    char own[3072];
    if (own_path(own, sizeof own))
        for (int up = 0; up < 2; up++) {
            char *slash = strrchr(own, '/');
            if (slash != NULL)
                *slash = '\0';
        }
    snprintf(path, size, "%s/server", own);
    if (access(path, X_OK) != 0)
        snprintf(path, size, "build/tests/server");
}

static void
read_ports(struct server *sv, bool tls)
{
    const char *last = tls ? "https://127.0.0.1:" : "http://127.0.0.1:";
    struct buf seen;
    buf_init(&seen, 4096);
    while (seen.ptr == NULL || strstr(seen.ptr, last) == NULL ||
           seen.ptr[seen.len - 1] != '\n') {
        char *piece = proc_read_until(sv->proc.out, "\n", 10000);
        if (piece == NULL)
            stop_test("did not start", "");
        buf_add_text(&seen, piece);
        free(piece);
    }
    sv->port =
        (unsigned)strtoul(strstr(seen.ptr, "http://127.0.0.1:") + 17, NULL, 10);
    if (tls)
        sv->tls_port = (unsigned)strtoul(strstr(seen.ptr, last) + 18, NULL, 10);
    buf_finish(&seen);
}

struct server *
server_start(const char *argument, ...)
{
    char program[4096];
    find_program(program, sizeof program);
    const char *argv[ARGUMENTS_MAX + 1] = {program, "--die-with-stdin"};
    bool tls = false;
    size_t count = 2;
    va_list more;
    va_start(more, argument);
    for (const char *arg = argument; arg != NULL && count < ARGUMENTS_MAX;
         arg = va_arg(more, const char *)) {
        tls = tls || strcmp(arg, "--tls") == 0;
        argv[count++] = arg;
    }
    va_end(more);
    struct server *sv = mem_alloc(sizeof *sv);
    proc_start(&sv->proc, argv, PROC_IN | PROC_OUT);
    read_ports(sv, tls);
    return sv;
}

void
server_stop(struct server *sv)
{
    if (sv == NULL)
        return;
    int status = proc_stop(&sv->proc);
    free(sv);
    if (status != 0)
        stop_test("did not end well", "");
}

unsigned
server_port(const struct server *sv)
{
    return sv->port;
}

static const char *
make_url(struct server *sv, const char *scheme, unsigned port,
         const char *script)
{
    char *url = sv->urls[sv->next_url++ % 8];
    snprintf(url, sizeof sv->urls[0], "%s://127.0.0.1:%u%s%s/v1", scheme, port,
             script != NULL ? "/s/" : "", script != NULL ? script : "");
    return url;
}

const char *
server_url(struct server *sv, const char *script)
{
    return make_url(sv, "http", sv->port, script);
}

const char *
server_tls_url(struct server *sv, const char *script)
{
    return make_url(sv, "https", sv->tls_port, script);
}

/* ---- asking -------------------------------------------------------------- */

static int
connect_to(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval limit = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
        stop_test("cannot connect", "");
    return fd;
}

/* The body of the answer, whose status goes into *status. Owned. */
static char *
ask(struct server *sv, const char *method, const char *path, struct dc_str body,
    int *status, size_t *len)
{
    struct buf text;
    buf_init(&text, REPLY_MAX);
    buf_addf(&text,
             "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
             "Content-Length: %zu\r\n\r\n",
             method, path, body.len);
    buf_add_str(&text, body);
    int fd = connect_to(sv->port);
    proc_write(fd, text.ptr, text.len);
    buf_reset(&text);
    ssize_t n = 1;
    while (n > 0) {
        char *room = buf_room(&text, (size_t)64 << 10);
        n = recv(fd, room, (size_t)64 << 10, 0);
        text.len += n > 0 ? (size_t)n : 0;
    }
    buf_cut(&text, text.len);
    close(fd);
    const char *end = text.len > 12 ? strstr(text.ptr, "\r\n\r\n") : NULL;
    if (n < 0 || end == NULL)
        stop_test("no answer to", path);
    *status = atoi(text.ptr + 9);
    buf_drop(&text, (size_t)(end - text.ptr) + 4);
    return buf_take(&text, len);
}

char *
server_get(struct server *sv, const char *path, size_t *len)
{
    int status;
    char *body = ask(sv, "GET", path, (struct dc_str){"", 0}, &status, len);
    if (status == 200)
        return body;
    free(body);
    return NULL;
}

static void
put(struct server *sv, const char *path, const char *body)
{
    int status;
    char *reply = ask(sv, "PUT", path, str_of(body), &status, NULL);
    if (status != 200)
        stop_test(path, reply);
    free(reply);
}

void
server_script(struct server *sv, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "/script/%s", name);
    put(sv, path, text);
}

void
server_release(struct server *sv, const char *gate)
{
    char path[128];
    snprintf(path, sizeof path, "/release/%s", gate);
    put(sv, path, "");
}

void
server_release_next(struct server *sv, const char *gate, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "/release/%s?n=%zu", gate, n);
    put(sv, path, "");
}

void
server_reset(struct server *sv)
{
    put(sv, "/reset", "");
}

/* The number on line `line` of a reply. */
static size_t
ask_number(struct server *sv, const char *path, int line)
{
    char *reply = server_get(sv, path, NULL);
    const char *at = reply;
    while (at != NULL && line-- > 0) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    size_t number = at != NULL ? strtoul(at, NULL, 10) : 0;
    free(reply);
    return number;
}

size_t
server_requests(struct server *sv)
{
    return ask_number(sv, "/count", 0);
}

size_t
server_connections(struct server *sv)
{
    return ask_number(sv, "/count", 3);
}

bool
server_wait_requests(struct server *sv, size_t count, int ms)
{
    WAIT_FOR(server_requests(sv) >= count, ms);
    return server_requests(sv) >= count;
}

bool
server_wait_held(struct server *sv, const char *gate, size_t count, int ms)
{
    char path[128];
    snprintf(path, sizeof path, "/held/%s", gate);
    WAIT_FOR(ask_number(sv, path, 0) >= count, ms);
    return ask_number(sv, path, 0) >= count;
}

bool
server_wait_ended(struct server *sv, size_t request, int ms)
{
    WAIT_FOR(server_ended(sv, request), ms);
    return server_ended(sv, request);
}

static char *
get_part(struct server *sv, size_t request, const char *part, size_t *len)
{
    char path[64];
    snprintf(path, sizeof path, "/log/%zu%s", request, part);
    return server_get(sv, path, len);
}

bool
server_log(struct server *sv, size_t request, struct server_log *out)
{
    *out = (struct server_log){0};
    char *line = get_part(sv, request, "", NULL);
    if (line == NULL)
        return false;
    int fields =
        sscanf(line,
               "%*u conn=%lu state=%23s method=%*s path=%*s at=%" SCNu64
               " ready=%" SCNu64 " end=%" SCNu64 " wire=%" SCNu64
               " content=%zu tokens=%zu body=%zu",
               &out->conn, out->state, &out->at, &out->ready, &out->end,
               &out->wire, &out->content, &out->tokens, &out->body);
    if (fields != 9)
        stop_test("log line", line);
    free(line);
    return true;
}

bool
server_ended(struct server *sv, size_t request)
{
    struct server_log log;
    return server_log(sv, request, &log) && log.end != 0;
}

char *
server_request_head(struct server *sv, size_t request)
{
    return get_part(sv, request, "/head", NULL);
}

char *
server_request_body(struct server *sv, size_t request, size_t *len)
{
    return get_part(sv, request, "/body", len);
}

char *
server_sent(struct server *sv, size_t request, size_t *len)
{
    return get_part(sv, request, "/sent", len);
}

uint64_t *
server_times(struct server *sv, size_t request, size_t *count)
{
    char *text = get_part(sv, request, "/times", NULL);
    uint64_t *times = NULL;
    *count = 0;
    for (char *at = text; at != NULL && *at != '\0'; at++) {
        times = mem_resize(times, *count + 1, sizeof *times);
        times[(*count)++] = strtoull(at, &at, 10);
    }
    free(text);
    return times;
}

char *
server_words(size_t count, size_t *len)
{
    struct buf text;
    buf_init(&text, REPLY_MAX);
    for (size_t i = 0; i < count; i++) {
        char token[WORDS_MAX];
        buf_add(&text, token, words_token(i, token));
    }
    return buf_take(&text, len);
}
