/* What takes time: limits, cancelling, pausing, pacing, many at once. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/http_rig.h"

/* A listener that never accepts: connections stand, nothing is read. full:
 * there is no room for them either, so they never come about. */
struct hole {
    int fds[16];
    size_t count;
    char url[64], tls_url[64];
};

static void
hole_open(struct hole *h, bool full)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t size = sizeof addr;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *h = (struct hole){.count = 1};
    h->fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(h->fds[0], (struct sockaddr *)&addr, size), 0);
    cr_assert_eq(listen(h->fds[0], full ? 0 : 16), 0);
    getsockname(h->fds[0], (struct sockaddr *)&addr, &size);
    for (; full && h->count < 8; h->count++) {
        int fd = h->fds[h->count] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        (void)!connect(fd, (struct sockaddr *)&addr, size);
    }
    int port = ntohs(addr.sin_port);
    snprintf(h->url, sizeof h->url, "http://127.0.0.1:%d/", port);
    snprintf(h->tls_url, sizeof h->tls_url, "https://127.0.0.1:%d/", port);
}

static void
hole_close(struct hole *h)
{
    for (size_t i = 0; i < h->count; i++)
        close(h->fds[i]);
}

static const char big[300000];

/* clang-format off */
static const struct {
    const char *title, *script; /* script NULL: url is used */
    bool full, tls, upload;
    int connect_ms, first_ms, idle_ms;
    enum dc_net net;
    const char *detail, *body;
} limits[] = {
    {"connection", NULL, true, false, false, 150, 3000, 3000,
        DC_NET_CONNECT_TIMEOUT, "0.15", ""},
    {"TLS handshake", NULL, false, true, false, 150, 3000, 3000,
        DC_NET_CONNECT_TIMEOUT, "0.15", ""},
    {"first byte", NULL, false, false, false, 3000, 150, 3000,
        DC_NET_FIRST_BYTE_TIMEOUT, "0.15", ""},
    {"upload that nobody reads", NULL, false, false, true, 3000, 150, 3000,
        DC_NET_FIRST_BYTE_TIMEOUT, "0.15", ""},
    {"first byte after an interim answer",
        "raw HTTP/1.1 100 Continue\\r\\n\\r\\n\nstall\n", false, false, false,
        3000, 150, 10, DC_NET_FIRST_BYTE_TIMEOUT, "0.15", ""},
    {"silence after the head", "head\nstall\n", false, false, false,
        3000, 3000, 150, DC_NET_IDLE_TIMEOUT, "0.15", ""},
    {"silence in the body", "chunk abc\nstall\n", false, false, false,
        3000, 3000, 150, DC_NET_IDLE_TIMEOUT, "0.15", "abc"},
    {"drip", "repeat 12 chunk a\nwait 1\nsplit every 40\nchunk 0123456789\n",
        false, false, false, 3000, 3000, 400, DC_NET_OK, "",
        "aaaaaaaaaaaa0123456789"},
};
/* clang-format on */

Test(http_time, every_limit, .timeout = 60)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const char *title = limits[i].title;
        struct hole hole;
        hole_open(&hole, limits[i].full);
        struct http_request req = rig.request;
        req.url = limits[i].tls ? hole.tls_url : hole.url;
        if (limits[i].script != NULL) {
            server_script(rig.server, "late", limits[i].script);
            req.url = rig_url(&rig, "late");
        }
        if (limits[i].upload)
            req.body = (struct dc_str){big, sizeof big};
        req.connect_ms = limits[i].connect_ms;
        req.first_byte_ms = limits[i].first_ms;
        req.idle_ms = limits[i].idle_ms;
        struct got g = {0};
        int64_t start = loop_now();
        rig_fetch(&rig, &g, &req, 2500);
        int64_t took = loop_now() - start;
        cr_expect_eq(g.result.net, limits[i].net, "%s: %s (%s)", title,
                     net_name(g.result.net), g.result.detail);
        cr_expect_str_eq(g.result.detail, limits[i].detail, "%s", title);
        cr_expect_str_eq(g.body.len > 0 ? g.body.ptr : "", limits[i].body, "%s",
                         title);
        cr_expect(limits[i].net == DC_NET_OK || (took >= 149 && took < 2400),
                  "%s: %d ms", title, (int)took);
        got_finish(&g);
        hole_close(&hole);
    }
    rig_stop(&rig);
}

/* ---- cancelling ---- */

static void
cancel_it(struct got *g)
{
    http_cancel(g->call);
}

static void
cancel_other(struct got *g)
{
    struct got *other = g->user;
    http_cancel(other->call);
}

/* What a hook that runs after http's own asks for. */
static int
cancel_in_hook(void *user)
{
    struct got *g = user;
    /* not in the round that comes back to the test anyway */
    if (g->datas > 0 && g->heads++ == 2)
        http_cancel(g->call);
    return -1;
}

static void
expect_closed(struct got *g)
{
    struct rig *rig = g->user;
    cr_expect(server_wait_ended(rig->server, 1, 1000), "the socket goes first");
}

static void
expect_cancelled(struct rig *rig, struct got *g, const char *when)
{
    int64_t start = loop_now();
    RIG_UNTIL(rig, g->dones > 0, 2000);
    cr_expect_eq(g->dones, 1, "%s", when);
    cr_expect(g->result.cancelled, "%s", when);
    cr_expect_lt(loop_now() - start, 1000, "%s", when);
}

/* How far a call is let go before it is cancelled. */
enum until { AT_ONCE, ONE_ROUND, HEAD_SEEN, DATA_SEEN, PAUSED, CALMLY };

static void
let_go(struct rig *rig, struct got *g, enum until until)
{
    if (until == ONE_ROUND)
        RIG_UNTIL(rig, false, 60);
    if (until >= HEAD_SEEN)
        RIG_UNTIL(rig, g->heads > 0, 2000);
    if (until >= DATA_SEEN)
        RIG_UNTIL(rig, g->datas > 0, 2000);
    if (until == PAUSED)
        http_pause(g->call);
    if (until == CALMLY)
        http_pace(g->call, 2000);
    if (until >= PAUSED)
        RIG_UNTIL(rig, false, 40);
}

Test(http_time, cancel_in_every_state, .timeout = 60)
{
    static const char *const scripts[] = {"head\nstall\n",
                                          "chunk abc\nstall\n"};
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    struct hole full, dumb;
    hole_open(&full, true);
    hole_open(&dumb, false);
    const char *urls[] = {full.url, dumb.url, dumb.tls_url, rig_url(&rig, "s0"),
                          rig_url(&rig, "s1")};
    server_script(rig.server, "s0", scripts[0]);
    server_script(rig.server, "s1", scripts[1]);
    for (size_t u = 0; u < sizeof urls / sizeof *urls; u++)
        for (enum until until = AT_ONCE; until <= CALMLY; until++) {
            if ((u < 3 && until > ONE_ROUND) || (u == 3 && until > HEAD_SEEN))
                continue;
            char when[40];
            snprintf(when, sizeof when, "url %zu, state %d", u, (int)until);
            struct http_request req = rig.request;
            req.url = urls[u];
            struct got g = {0};
            rig_send(&rig, &g, &req);
            let_go(&rig, &g, until);
            http_cancel(g.call);
            http_cancel(g.call);
            expect_cancelled(&rig, &g, when);
            got_finish(&g);
        }
    hole_close(&full);
    hole_close(&dumb);
    rig_stop(&rig);
}

Test(http_time, cancel_inside_sinks, .timeout = 30)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", "chunk abc\nstall\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");

    struct got g = {
        .on_head = cancel_it, .on_done = expect_closed, .user = &rig};
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.heads > 0, 2000);
    expect_cancelled(&rig, &g, "in its head");
    cr_expect_eq(g.datas, 0);
    got_finish(&g);

    g = (struct got){.on_data = cancel_it};
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.datas > 0, 2000);
    expect_cancelled(&rig, &g, "in its data");
    got_finish(&g);

    struct got other = {0};
    rig_send(&rig, &other, &req);
    RIG_UNTIL(&rig, other.datas > 0, 2000);
    g = (struct got){.on_data = cancel_other, .user = &other};
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.datas > 0, 2000);
    expect_cancelled(&rig, &other, "in another's data");
    cr_expect_eq(g.dones, 0);
    http_free(rig.http);
    cr_expect_eq(g.dones, 0, "http_free() calls no sink");
    rig.http = NULL;
    rig_stop(&rig);
    got_finish(&g);
    got_finish(&other);
}

static void
cancel_itself_late(struct got *g)
{
    struct http_call **call = g->user;
    http_cancel(*call);
}

Test(http_time, cancel_from_a_later_hook, .timeout = 30)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s", "chunk abc\nstall\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    struct got g = {0};
    loop_hook(rig.loop, cancel_in_hook, &g);
    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, g.datas > 0, 5000);
    expect_cancelled(&rig, &g, "in a hook");
    got_finish(&g);
    rig_stop(&rig);
}

/* From its own done, and for a call that never started. */
Test(http_time, cancel_at_the_very_end, .timeout = 30)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    struct http_request req = rig.request;
    req.url = rig_url(&rig, NULL);
    struct http_call *call;
    struct got g = {.on_done = cancel_itself_late, .user = &call};
    rig_send(&rig, &g, &req);
    call = g.call;
    RIG_UNTIL(&rig, g.dones > 0, 5000);
    cr_expect_eq(g.result.net, DC_NET_OK);
    got_finish(&g);

    req.url = "file:///etc/passwd";
    rig_send(&rig, &g, &req);
    http_pause(g.call);
    http_resume(g.call);
    http_pace(g.call, 10);
    http_cancel(g.call);
    expect_cancelled(&rig, &g, "never started");
    got_finish(&g);
    rig_stop(&rig);
}

/* ---- many ---- */

Test(http_time, thirty_two_at_once, .timeout = 30)
{
    enum { MANY = 32 };
    static struct got got[MANY];
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "s",
                  "hold gate\nrepeat 500 chunk 0123456789abcdef\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "s");
    for (size_t i = 0; i < MANY; i++)
        rig_send(&rig, &got[i], &req);
    for (int i = 0; i < 1000; i++) {
        if (server_wait_held(rig.server, "gate", MANY, 1))
            break;
        loop_turn(rig.loop, 5);
    }
    server_release(rig.server, "gate");
    size_t done = 0;
    for (size_t i = 0; i < MANY; i++) {
        RIG_UNTIL(&rig, got[i].dones > 0, 10000);
        done += got[i].dones == 1 && got[i].result.net == DC_NET_OK &&
                got[i].body.len == 8000;
        got_finish(&got[i]);
    }
    cr_expect_eq(done, MANY);
    cr_expect_eq(server_connections(rig.server), MANY);
    rig_stop(&rig);
}
