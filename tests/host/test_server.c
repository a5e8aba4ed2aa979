/*
 * The scripted server itself, seen by a client that is nothing but a socket:
 * what other tests take for granted about bytes, gates and the record.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../lib/proc.h"
#include "../lib/server.h"
#include "base/buf.h"

TestSuite(server, .timeout = 60);

/* ---- a raw client -------------------------------------------------------- */

static int
dial(struct server *sv)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_port = htons((uint16_t)server_port(sv));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval limit = {20, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static const char body[] =
    "{\"model\":\"m\",\"stream\":true,\"messages\":["
    "{\"role\":\"system\",\"content\":\"s\"},"
    "{\"role\":\"user\",\"content\":\"one\"},"
    "{\"role\":\"user\",\"content\":\"a \\\"b\\\"\\n\\ud83d\\ude00\"}]}";

static void
post(int fd, const char *path)
{
    char head[256];
    int len = snprintf(head, sizeof head,
                       "POST %s/chat/completions HTTP/1.1\r\n"
                       "Host: x\r\nContent-Length: %zu\r\n\r\n",
                       path, sizeof body - 1);
    proc_write(fd, head, (size_t)len);
    proc_write(fd, body, sizeof body - 1);
}

/* Read until what came ends with `end` (NULL: to the end of the connection,
 * whose kind goes into *how: 0 or errno). Owned. */
static char *
receive(int fd, const char *end, int *how)
{
    struct buf got;
    buf_init(&got, (size_t)1 << 30);
    size_t tail = end != NULL ? strlen(end) : 0;
    for (;;) {
        char *room = buf_room(&got, 65536);
        ssize_t n = recv(fd, room, 65536, 0);
        if (n <= 0) {
            if (how != NULL)
                *how = n == 0 ? 0 : errno;
            break;
        }
        got.len += (size_t)n;
        if (end != NULL && got.len >= tail &&
            memcmp(got.ptr + got.len - tail, end, tail) == 0)
            break;
    }
    buf_add(&got, "", 1);
    return buf_take(&got, NULL);
}

/* Ask once and read all; the connection's end in *how. Owned. */
static char *
answer(struct server *sv, const char *path, int *how)
{
    int fd = dial(sv);
    post(fd, path);
    char *got = receive(fd, NULL, how);
    close(fd);
    return got;
}

/* ---- bytes ---- */

#define HEAD                                                                   \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"                   \
    "Transfer-Encoding: chunked\r\n\r\n"
#define START                                                                  \
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","       \
    "\"created\":1763800000,\"model\":\"m\",\"system_fingerprint\":"           \
    "\"fp_scripted\",\"choices\":["
#define DELTA(text)                                                            \
    START "{\"index\":0,\"delta\":{" text "},\"logprobs\":null,"               \
          "\"finish_reason\":null}],\"usage\":null}\n\n"

/* clang-format off */
static const struct {
    const char *title, *script, *wire;
    int how;            /* end of the connection */
    const char *state, *sent;
} cases[] = {
    {"chunk and raw", "chunk a\\x41\\n\nraw 1\\r\\nz\\r\\n\nclose",
     HEAD "3\r\naA\n\r\n1\r\nz\r\n0\r\n\r\n", 0, "finished", ""},
    {"an event of 18 bytes", "sse {\"a\":\"\\n\"}\nfin",
     HEAD "12\r\ndata: {\"a\":\"\\n\"}\n\n\r\n", 0, "cut", ""},
    {"CR LF", "crlf on\ndone\ncomment x\ncrlf off\ncomment\nfin",
     HEAD "10\r\ndata: [DONE]\r\n\r\n\r\n7\r\n: x\r\n\r\n\r\n3\r\n:\n\n\r\n",
     0, "cut", ""},
    {"head of its own", "status 429\nheader Retry-After: 7\n"
     "header content-type: text/html\nbody <b>\\t\nclose",
     "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n"
     "Retry-After: 7\r\ncontent-type: text/html\r\n\r\n<b>\t", 0,
     "finished", ""},
    {"no body", "status 204\nnoheader Content-Type\n"
     "noheader Content-Length\nclose", "HTTP/1.1 204 Scripted\r\n\r\n", 0,
     "finished", ""},
    {"json", "json {\"x\": \"\\u0041\"}\nclose",
     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
     "Content-Length: 15\r\n\r\n{\"x\": \"\\u0041\"}", 0, "finished", ""},
    {"close-delimited", "chunked off\nchunk abc",
     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
     "Connection: close\r\n\r\nabc", 0, "finished", ""},
    {"length too long", "length 9\nchunk abc",
     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
     "Content-Length: 9\r\n\r\nabc", 0, "finished", ""},
    {"split in the middle", "chunk a\nsplit 2\nchunk b\nsplit off\nclose",
     HEAD "1\r\na\r\n1\r\nb\r\n0\r\n\r\n", 0, "finished", ""},
    {"raw first", "raw HTTP/0.9?", "HTTP/0.9?", 0, "finished", ""},
    {"early hints", "repeat 2 raw HTTP/1.1 103 Early Hints\\r\\n\\r\\n\nhead\n"
     "chunk x\nclose", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early "
     "Hints\r\n\r\n" HEAD "1\r\nx\r\n0\r\n\r\n", 0, "finished", ""},
    {"reset before a byte", "rst", "", ECONNRESET, "cut", ""},
    {"reset behind a chunk", "chunk x\nrst", HEAD "1\r\nx\r\n", ECONNRESET,
     "cut", ""},
    {"end before a byte", "fin", "", 0, "cut", ""},
    {"tokens", "chunked off\nrole\ntoken  a\"\\\\\\x01\\u00e9\n"
     "reasoning r\ntoken \\n\\xff\nfin",
     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
     "Connection: close\r\n\r\n"
     DELTA("\"role\":\"assistant\",\"content\":\"\"")
     DELTA("\"content\":\" a\\\"\\\\\\u0001\xc3\xa9\"")
     DELTA("\"reasoning_content\":\"r\"")
     DELTA("\"content\":\"\\n\xff\""), 0, "cut",
     " a\"\\\x01\xc3\xa9\n\xff"},
    {"finish and usage", "chunked off\nfinish length\nfinish stop 1 2 0.5\n"
     "usage-chunk 3 4 1e-05\nfin",
     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
     "Connection: close\r\n\r\n"
     START "{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}],"
     "\"usage\":null}\n\n"
     START "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
     "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,"
     "\"total_tokens\":3,\"estimated_cost\":0.5}}\n\n"
     START "],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,"
     "\"total_tokens\":7,\"estimated_cost\":1e-05}}\n\n", 0, "cut", ""},
    {"content in events of its own", "chunked off\nnoheader Content-Type\n"
     "noheader Connection\nsse {\"choices\":[{\"delta\":{\"content\":"
     "\"x\\u00e9\"}}]}\nfin", "HTTP/1.1 200 OK\r\n\r\ndata: {\"choices\":"
     "[{\"delta\":{\"content\":\"x\\u00e9\"}}]}\n\n", 0, "cut", "x\xc3\xa9"},
};
/* clang-format on */

/* One case; cut: a line in front of the script. */
static void
check_case(struct server *sv, size_t i, const char *cut)
{
    char script[1024];
    int how = -1;
    snprintf(script, sizeof script, "%s%s", cut, cases[i].script);
    server_reset(sv);
    server_script(sv, "t", script);
    char *got = answer(sv, "/s/t/v1", &how);
    cr_expect_str_eq(got, cases[i].wire, "%s %s: \"%s\"", cut, cases[i].title,
                     got);
    cr_expect_eq(how, cases[i].how, "%s %s: %d", cut, cases[i].title, how);
    struct server_log log;
    cr_assert(server_wait_ended(sv, 1, 5000));
    cr_assert(server_log(sv, 1, &log));
    char *sent = server_sent(sv, 1, NULL);
    cr_expect_str_eq(log.state, cases[i].state, "%s", cases[i].title);
    cr_expect_str_eq(sent, cases[i].sent, "%s", cases[i].title);
    cr_expect_eq(log.wire, strlen(cases[i].wire), "%s", cases[i].title);
    free(sent);
    free(got);
}

Test(server, sends_these_bytes_in_all_pieces)
{
    static const char *const cuts[] = {
        "",
        "split every\n",
        "split 7\n",
        "split random 1\n",
        "split random 2\n",
        "split 100 1\n",
    };
    struct server *sv = server_start(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++)
            check_case(sv, i, cuts[c]);
    server_stop(sv);
}

Test(server, refuses_a_broken_script)
{
    static const char *const broken[] = {
        "nonsense", "wait",          "wait x", "status 1 2",
        "words -1", "repeat x done", "hold",   "text 1 @/nonexistent",
    };
    struct server *sv = server_start(NULL);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char request[256];
        int fd = dial(sv);
        int len = snprintf(request, sizeof request,
                           "PUT /script/t HTTP/1.1\r\nConnection: close\r\n"
                           "Content-Length: %zu\r\n\r\ndone\n%s",
                           strlen(broken[i]) + 5, broken[i]);
        proc_write(fd, request, (size_t)len);
        char *got = receive(fd, NULL, NULL);
        cr_expect(strstr(got, "400 Bad Request") != NULL, "%s", broken[i]);
        cr_expect(strstr(got, "script t, line 2: ") != NULL, "%s", got);
        free(got);
        close(fd);
    }
    server_stop(sv);
}

/* ---- requests ---- */

Test(server, keeps_the_connection_and_takes_turns)
{
    static const char end[] = "0\r\n\r\n";
    struct server *sv = server_start(NULL);
    server_script(sv, "t", "chunk 1\n---\n# comment\nchunk 2\n---\nchunk 3");
    int fd = dial(sv);
    for (int i = 1; i <= 3; i++) {
        char want[16];
        snprintf(want, sizeof want, "1\r\n%d\r\n0\r\n\r\n", i);
        post(fd, "/s/t/v1");
        char *got = receive(fd, end, NULL);
        cr_expect(strstr(got, want) != NULL, "%d: %s", i, got);
        free(got);
    }
    post(fd, "/s/t/v1"); /* two at once */
    post(fd, "/s/t/v1");
    size_t ends = 0;
    while (ends < 2) {
        char *got = receive(fd, end, NULL);
        for (char *at = got; (at = strstr(at, end)) != NULL; at++)
            ends++;
        cr_assert(strstr(got, "1\r\n3\r\n") != NULL);
        free(got);
    }
    close(fd);
    cr_expect_eq(server_requests(sv), 5u);
    cr_expect_eq(server_connections(sv), 1u);
    server_stop(sv);
}

Test(server, records_requests_byte_for_byte)
{
    static const char head[] = "POST http://h/s/no/v1/chat/completions?q=1 "
                               "HTTP/1.1\r\nAuthorization: Bearer k\r\n"
                               "Content-Length: 6\r\n\r\n";
    struct server *sv = server_start(NULL);
    int fd = dial(sv);
    for (size_t i = 0; i < sizeof head - 1; i++)
        proc_write(fd, head + i, 1);
    cr_expect_eq(server_requests(sv), 0u);
    proc_write(fd, "a\0b\r\n\xff", 6);
    char *got = receive(fd, "}}", NULL);
    cr_expect(strstr(got, "HTTP/1.1 404 ") == got);
    cr_expect(strstr(got, "there is no script no") != NULL);
    free(got);
    size_t len;
    char *seen = server_request_head(sv, 1);
    cr_expect_str_eq(seen, head);
    free(seen);
    seen = server_request_body(sv, 1, &len);
    cr_expect_eq(len, 6u);
    cr_expect_eq(memcmp(seen, "a\0b\r\n\xff", 6), 0);
    free(seen);
    struct server_log log;
    cr_expect(server_log(sv, 1, &log));
    cr_expect(log.at > 0 && log.at <= log.ready && log.ready <= log.end);
    cr_expect_not(server_log(sv, 2, &log));
    cr_expect_null(server_get(sv, "/log/1/nothing", NULL));
    close(fd);
    server_stop(sv);
}

Test(server, answers_models_health_and_the_built_in_way)
{
    struct server *sv = server_start(NULL);
    char *got = server_get(sv, "/v1/models", NULL);
    cr_expect(strstr(got, "\"id\":\"deepseek-ai/DeepSeek-V3\"") != NULL);
    free(got);
    server_script(sv, "t.models", "json []");
    got = server_get(sv, "/s/t/v1/models", NULL);
    cr_expect_str_eq(got, "[]");
    free(got);
    got = server_get(sv, "/health", NULL);
    cr_expect_str_eq(got, "{\"status\":\"ok\"}");
    free(got);
    got = server_get(sv, "/others/1/head", NULL);
    cr_expect(strstr(got, "GET /v1/models HTTP/1.1\r\n") == got);
    free(got);
    int fd = dial(sv);
    post(fd, "/v1");
    got = receive(fd, "0\r\n\r\n", NULL);
    cr_expect(strstr(got, "\"finish_reason\":\"stop\"") != NULL);
    cr_expect(strstr(got, "data: [DONE]\n\n") != NULL);
    free(got);
    close(fd);
    got = server_sent(sv, 1, NULL);
    cr_expect(strstr(got, "You wrote:\n\n> a \"b\"\n> \xf0\x9f\x98\x80\n\n") ==
                  got,
              "%s", got);
    free(got);
    server_stop(sv);
}

/* ---- gates and ends ---- */

Test(server, holds_until_released)
{
    struct server *sv = server_start(NULL);
    server_script(sv, "t", "token a\nhold g\ntoken b\nhold g\ntoken c\nclose");
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(sv);
        post(fds[i], "/s/t/v1");
    }
    cr_assert(server_wait_held(sv, "g", 3, 5000));
    for (size_t i = 1; i <= 3; i++) {
        char *sent = server_sent(sv, i, NULL);
        cr_expect_str_eq(sent, "a");
        free(sent);
        cr_expect_not(server_ended(sv, i));
    }
    server_release_next(sv, "g", 1);
    size_t content = 0;
    struct server_log log;
    WAIT_FOR((content = 0, server_log(sv, 1, &log), content += log.content,
              server_log(sv, 2, &log), content += log.content,
              server_log(sv, 3, &log), content += log.content, content > 3),
             5000);
    cr_expect_eq(content, 4u);
    cr_assert(server_wait_held(sv, "g", 3, 5000));
    server_release(sv, "g");
    for (int i = 0; i < 3; i++) {
        char *got = receive(fds[i], NULL, NULL);
        cr_expect(strstr(got, "\"content\":\"c\"") != NULL);
        free(got);
        close(fds[i]);
    }
    server_stop(sv);
}

/* The ledger counts a token when its last byte is on the wire, not before. */
Test(server, counts_what_is_on_the_wire)
{
    size_t whole =
        strlen(HEAD DELTA("\"content\":\"a\"")) + strlen("ee\r\n\r\n");
    struct server *sv = server_start(NULL);
    for (size_t n = whole - 2; n <= whole; n++) {
        char script[64];
        snprintf(script, sizeof script, "split %zu 60000\ntoken a\ntoken b\n",
                 n);
        server_reset(sv);
        server_script(sv, "t", script);
        int fd = dial(sv);
        post(fd, "/s/t/v1");
        struct server_log log = {.wire = 0};
        WAIT_FOR((server_log(sv, 1, &log), log.wire == n), 5000);
        cr_assert_eq(log.wire, n);
        cr_expect_eq(log.content, n == whole, "%zu of %zu", n, whole);
        cr_expect_eq(log.tokens, n == whole);
        close(fd);
    }
    server_stop(sv);
}

Test(server, sees_the_client_go)
{
    struct server *sv = server_start(NULL);
    server_script(sv, "stall", "token a\nstall");
    server_script(sv, "hold", "token a\nhold g\ntoken b");
    server_script(sv, "flat", "words 10000000");
    static const char *const paths[] = {"/s/stall/v1", "/s/hold/v1",
                                        "/s/flat/v1"};
    for (size_t i = 0; i < 3; i++) {
        int fd = dial(sv);
        post(fd, paths[i]);
        char first[100];
        cr_assert_gt(recv(fd, first, sizeof first, 0), 0);
        if (i == 1)
            cr_assert(server_wait_held(sv, "g", 1, 5000));
        close(fd);
        struct server_log log;
        cr_assert(server_wait_ended(sv, i + 1, 5000));
        cr_assert(server_log(sv, i + 1, &log));
        cr_expect_str_eq(log.state, "client-closed");
        cr_expect_gt(log.wire, 0u);
    }
    char *held = server_get(sv, "/held/g", NULL);
    cr_expect_str_eq(held, "0\n");
    free(held);

    int fd = dial(sv); /* inside the body */
    proc_write(fd,
               "POST /v1/chat/completions HTTP/1.1\r\n"
               "Content-Length: 9\r\n\r\nabc",
               60);
    close(fd);
    cr_assert(server_wait_requests(sv, 4, 5000));
    char *got = server_request_body(sv, 4, NULL);
    cr_expect_str_eq(got, "abc");
    free(got);
    server_stop(sv);
}

Test(server, does_not_read_if_told_so)
{
    struct server *sv = server_start(NULL);
    server_script(sv, "t", "noread\nhold g\nstatus 413\nbody no\nclose");
    static const char head[] = "POST /s/t/v1/chat/completions HTTP/1.1\r\n"
                               "Content-Length: 50000000\r\n\r\n";
    int fd = dial(sv);
    proc_write(fd, head, sizeof head - 1);
    cr_assert(server_wait_held(sv, "g", 1, 5000));
    static char part[65536];
    size_t taken = 0;
    ssize_t n;
    while ((n = send(fd, part, sizeof part, MSG_DONTWAIT)) > 0)
        taken += (size_t)n;
    cr_expect_lt(taken, 20000000u);
    server_release(sv, "g");
    cr_assert_gt(recv(fd, part, 12, 0), 0);
    cr_expect_eq(memcmp(part, "HTTP/1.1 413", 12), 0);
    close(fd);
    server_stop(sv);
}

Test(server, ends_with_the_test)
{
    struct server *sv = server_start("--rate", "5", NULL);
    int fd = dial(sv);
    post(fd, "/v1");
    char first[10];
    cr_assert_gt(recv(fd, first, sizeof first, 0), 0);
    server_stop(sv); /* in mid-answer */
    int how = -1;
    free(receive(fd, NULL, &how));
    cr_expect(how == 0 || how == ECONNRESET);
    close(fd);
}
