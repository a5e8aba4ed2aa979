/* How bytes flow: pausing, pacing, and which connections are used again. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/http_rig.h"
#include "../lib/proc.h"
#include "lib/tmpdir.h"

#define PIECE "0123456789abcdef"
#define PIECES ((size_t)200000)
#define FLOOD "repeat 200000 chunk " PIECE "\n"

static void
pause_it(struct got *g)
{
    if (g->datas == 1)
        http_pause(g->call);
}

static void
wake_up(struct got *g)
{
    struct rig *rig = g->user;
    rig->quiet = false;
}

/* Every byte, in order. */
static void
expect_flood(const struct got *g, const char *what)
{
    cr_expect_eq(g->result.net, DC_NET_OK, "%s: %s", what, g->result.detail);
    cr_assert_eq(g->body.len, PIECES * 16, "%s: %zu", what, g->body.len);
    for (size_t i = 0; i < PIECES; i++)
        if (memcmp(g->body.ptr + i * 16, PIECE, 16) != 0)
            cr_assert_fail("%s: piece %zu", what, i);
}

Test(http_flow, pause_and_resume, .timeout = 60)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", FLOOD);
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    req.idle_ms = 100;

    struct got g = {.on_data = pause_it};
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.datas > 0, 5000);
    size_t before = g.body.len;
    RIG_UNTIL(&rig, g.datas > 1 || g.dones > 0, 300);
    cr_expect_eq(g.body.len, before, "paused: nothing comes, no limit runs");
    cr_expect_lt(before, PIECES * 16);
    http_resume(g.call);
    http_pause(g.call);
    http_resume(g.call);
    RIG_UNTIL(&rig, g.dones > 0, 10000);
    expect_flood(&g, "resumed");
    got_finish(&g);

    rig_send(&rig, &g, &req);
    http_pause(g.call);
    RIG_UNTIL(&rig, g.datas > 0 || g.dones > 0, 300);
    cr_expect_eq(g.datas, 0);
    http_resume(g.call);
    RIG_UNTIL(&rig, g.dones > 0, 10000);
    expect_flood(&g, "paused from the start");
    got_finish(&g);

    /* more than is taken in one round, and nothing but ourselves to go on */
    g = (struct got){.on_done = wake_up, .user = &rig};
    rig.quiet = true;
    req.idle_ms = 10000;
    int64_t start = loop_now();
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.dones > 0, 20000);
    expect_flood(&g, "by itself");
    cr_expect_lt(loop_now() - start, 5000);
    cr_expect_geq(g.datas, 48, "64 KiB at once at most");
    got_finish(&g);
    rig_stop(&rig);
}

Test(http_flow, idle_limit_runs_again_after_a_pause, .timeout = 20)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", "chunk abc\nstall\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    req.idle_ms = 150;
    struct got g = {.on_data = pause_it};
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.dones > 0, 400);
    cr_expect_eq(g.dones, 0);
    http_resume(g.call);
    int64_t start = loop_now();
    RIG_UNTIL(&rig, g.dones > 0, 2000);
    cr_expect_eq(g.result.net, DC_NET_IDLE_TIMEOUT);
    cr_expect_geq(loop_now() - start, 149);
    got_finish(&g);

    /* resuming what is not paused is no sign of life */
    rig_send(&rig, &g, &req);
    start = loop_now();
    while (g.dones == 0 && loop_now() - start < 1000) {
        loop_turn(rig.loop, 20);
        if (g.call != NULL)
            http_resume(g.call);
    }
    cr_expect_eq(g.result.net, DC_NET_IDLE_TIMEOUT);
    got_finish(&g);
    rig_stop(&rig);
}

/* ---- pacing ---- */

static void
pace_it(struct got *g)
{
    int *frame_ms = g->user;
    http_pace(g->call, *frame_ms);
}

Test(http_flow, a_calm_reply_is_read_once_a_frame, .timeout = 20)
{
    int frame_ms = 50;
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", "words 500 1000\nfinish stop\ndone\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    struct got g = {.on_data = pace_it, .user = &frame_ms};
    int turns = 0;
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.dones > 0 || ++turns < 0, 10000);
    cr_expect_eq(g.result.net, DC_NET_OK);
    cr_expect_lt(turns, 150, "%d", turns);
    cr_expect_not_null(strstr(g.body.ptr, "[DONE]"));
    /* 500 ms: one frame as it comes, then nine or ten at frame pace */
    cr_expect_lt(g.datas, 100, "%d", g.datas);
    got_finish(&g);
    rig_stop(&rig);
}

/* 5 MB a second: the same rules, and yet it is read as it comes. */
Test(http_flow, a_fast_reply_is_not, .timeout = 20)
{
    int frame_ms = 100;
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", "words 20000 20000\nfinish stop\ndone\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    struct got g = {.on_data = pace_it, .user = &frame_ms};
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.datas > 0, 5000);
    RIG_UNTIL(&rig, false, 2 * frame_ms);
    int before = g.datas;
    RIG_UNTIL(&rig, g.dones > 0, 10000);
    cr_expect_eq(g.result.net, DC_NET_OK);
    cr_expect_gt(g.datas - before, 60, "%d", g.datas - before);
    got_finish(&g);
    rig_stop(&rig);
}

/* A frame longer than the whole would show if it were slept through. */
Test(http_flow, a_flood_is_not_throttled, .timeout = 60)
{
    int frame_ms = 8000;
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", FLOOD);
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    struct got g = {.on_data = pace_it, .user = &frame_ms};
    int64_t start = loop_now();
    rig_fetch(&rig, &g, &req, 20000);
    cr_expect_lt(loop_now() - start, 7000);
    expect_flood(&g, "paced");
    got_finish(&g);

    /* after a calm beginning it costs one frame at most, where sleeping
     * through each would take many: the kernel holds a few MB */
    frame_ms = 800;
    server_script(rig.server, "s",
                  "chunk 0\nhold gate\n"
                  "repeat 200000 chunk " PIECE PIECE PIECE PIECE PIECE PIECE
                  "\n");
    rig_send(&rig, &g, &req);
    g.on_data = pace_it;
    g.user = &frame_ms;
    RIG_UNTIL(&rig, false, 1000);
    server_release(rig.server, "gate");
    start = loop_now();
    RIG_UNTIL(&rig, g.dones > 0, 20000);
    cr_expect_eq(g.body.len, PIECES * 96 + 1);
    cr_expect_lt(loop_now() - start, 3000);
    got_finish(&g);
    rig_stop(&rig);
}

static void
on_pipe(void *user, int fd, unsigned ready)
{
    int *calls = user;
    char bytes[8];
    *calls += ready == LOOP_READ && read(fd, bytes, sizeof bytes) > 0;
}

/* While sockets rest the editor must still be heard, and so must we. */
Test(http_flow, a_rest_ends_for_everything_else, .timeout = 30)
{
    int frame_ms = 5000;
    int calls = 0;
    int ends[2];
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", "chunk abc\nstall\n");
    server_script(rig.server, "quick", "chunk abc\n");
    cr_assert_eq(pipe(ends), 0);
    loop_watch(rig.loop, ends[0], LOOP_READ, on_pipe, &calls);
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    req.idle_ms = 20000;
    struct got g = {0};
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.datas > 0, 5000);
    int short_ms = 30;
    http_pace(g.call, short_ms);
    RIG_UNTIL(&rig, false, 100);
    http_pace(g.call, frame_ms);
    RIG_UNTIL(&rig, false, 100);
    int64_t start = loop_now();
    cr_assert_eq(write(ends[1], "x", 1), 1);
    loop_turn(rig.loop, 3000);
    cr_expect_eq(calls, 1);
    struct got quick = {0};
    req.url = rig_url(&rig, "quick");
    rig_fetch(&rig, &quick, &req, 2000);
    cr_expect_eq(quick.result.net, DC_NET_OK);
    http_cancel(g.call);
    RIG_UNTIL(&rig, g.dones > 0, 2000);
    cr_expect_eq(g.dones, 1);
    cr_expect_lt(loop_now() - start, 1500);
    close(ends[0]);
    close(ends[1]);
    got_finish(&g);
    got_finish(&quick);
    rig_stop(&rig);
}

static void
on_writable(void *user, int fd, unsigned ready)
{
    (void)fd;
    int *calls = user;
    *calls += ready == LOOP_WRITE;
}

/* A writer whose reader is gone must be told, or the loop would spin. */
Test(http_flow, hang_up_reaches_a_writer, .timeout = 20)
{
    int calls = 0;
    int ends[2];
    struct rig rig;
    rig_start(&rig, NULL);
    cr_assert_eq(pipe(ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    char bytes[4096] = {0};
    while (write(ends[1], bytes, sizeof bytes) > 0)
        continue;
    loop_watch(rig.loop, ends[1], LOOP_WRITE, on_writable, &calls);
    loop_turn(rig.loop, 0);
    cr_expect_eq(calls, 0);
    close(ends[0]);
    int64_t start = loop_now();
    loop_turn(rig.loop, 3000);
    cr_expect_lt(loop_now() - start, 1000);
    cr_expect_eq(calls, 1);
    close(ends[1]);
    rig_stop(&rig);
}

/* ---- connections ---- */

#define RAW200 "raw HTTP/1.1 200 OK\\r\\n"
/* clang-format off */
static const struct {
    const char *title, *script;
    size_t connections; /* for three requests */
} reuses[] = {
    {"chunked", "chunk abc\n", 1},
    {"with a length", "body abc\n", 1},
    {"after an error status", "status 500\nbody abc\n", 1},
    {"closed by the server afterwards", "chunk abc\nclose\n", 3},
    {"chunked and a length", RAW200 "Content-Length: 3\\r\\n"
        "Transfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n0\\r\\n\\r\\n\nstall\n", 3},
    {"two lengths", RAW200 "Content-Length: 3\\r\\nContent-Length: 3\\r\\n"
        "\\r\\nabc\nstall\n", 3},
};
/* clang-format on */

Test(http_flow, connections_used_again, .timeout = 30)
{
    for (size_t i = 0; i < sizeof reuses / sizeof *reuses; i++) {
        struct rig rig;
        rig_start(&rig, server_start(NULL));
        server_script(rig.server, "s", reuses[i].script);
        struct http_request req = rig.request;
        req.url = rig_url(&rig, "s");
        for (int n = 0; n < 3; n++) {
            struct got g = {0};
            rig_fetch(&rig, &g, &req, 3000);
            cr_expect_eq(g.result.net, DC_NET_OK, "%s", reuses[i].title);
            cr_expect_str_eq(g.body.ptr, "abc", "%s", reuses[i].title);
            got_finish(&g);
        }
        cr_expect_eq(server_requests(rig.server), 3, "%s", reuses[i].title);
        cr_expect_eq(server_connections(rig.server), reuses[i].connections,
                     "%s: %zu", reuses[i].title,
                     server_connections(rig.server));
        rig_stop(&rig);
    }
}

/* Children that we start must not keep a connection open. */
Test(http_flow, sockets_are_not_inherited, .timeout = 20)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", "chunk abc\nstall\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    struct got g = {0};
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.datas > 0, 5000);
    int found = 0;
    for (int fd = 3; fd < 100; fd++) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0 ||
            peer.ss_family != AF_INET)
            continue;
        found++;
        cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC, "fd %d", fd);
    }
    cr_expect_eq(found, 1);
    rig_stop(&rig);
    got_finish(&g);
}

/* What no server can see is looked up in the source. */
Test(http_flow, options_that_cannot_be_seen)
{
    static const char *const wanted[] = {
        "CURLOPT_NOSIGNAL, 1L",          "CURLOPT_QUICK_EXIT, 1L",
        "CURLOPT_SSL_VERIFYPEER, 1L",    "CURLOPT_SSL_VERIFYHOST, 2L",
        "(long)CURL_SSLVERSION_TLSv1_2", "CURLOPT_FOLLOWLOCATION, 0L",
        "(long)CURL_NETRC_IGNORED",      "CURLOPT_HTTP09_ALLOWED, 0L",
        "CURLOPT_TCP_KEEPALIVE, 1L",     "CURLOPT_TCP_NODELAY, 1L",
        "CURLOPT_PIPEWAIT, 0L",          "(long)CURLHEADER_SEPARATE",
        "CURLOPT_PROTOCOLS_STR, scheme", "CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L",
        "(long)CURL_HTTP_VERSION_2TLS",
    };
    static const char *const banned[] = {
        "CURLOPT_VERBOSE",
        "CURLOPT_COOKIE",
        "CURLOPT_ACCEPT_ENCODING",
        "CURLOPT_UNRESTRICTED_AUTH",
    };
    char *source = temp_read("src/host/http.c", NULL);
    cr_assert_not_null(source, "run from the top of the tree");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_expect_not_null(strstr(source, wanted[i]), "%s", wanted[i]);
    for (size_t i = 0; i < sizeof banned / sizeof *banned; i++)
        cr_expect_null(strstr(source, banned[i]), "%s", banned[i]);
    free(source);
}
