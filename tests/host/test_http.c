/* Every fault of a server or of the way to it, by the byte; and what the
 * server sees of our requests. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../lib/http_rig.h"
#include "../lib/proc.h"
#include "lib/tmpdir.h"

#define OK11 "raw HTTP/1.1 200 OK\\r\\n"
#define PLAIN OK11 "Connection: close\\r\\n\\r\\n\n"

/* clang-format off */
static const struct {
    const char *title, *script;
    enum dc_net net;
    int status;
    const char *detail; /* part of it */
    const char *body;
} faults[] = {
    {"whole answer", "header Content-Type: text/event-stream\nchunk hello\n",
        DC_NET_OK, 200, "", "hello"},
    {"empty 200", "length 0\nhead\n", DC_NET_OK, 200, "", ""},
    {"204", OK11 "\\r\\n\nclose\n", DC_NET_OK, 200, "", ""},
    {"error status with a body", "status 429\nbody slow down\n",
        DC_NET_OK, 429, "", "slow down"},
    {"end of connection ends the body", PLAIN "raw text\nfin\n",
        DC_NET_OK, 200, "", "text"},
    {"RST before any byte", "rst\n", DC_NET_CLOSED, 0, "", ""},
    {"FIN before any byte", "fin\n", DC_NET_CLOSED, 0, "", ""},
    {"RST in the head", OK11 "\nrst\n", DC_NET_CLOSED, 200, "", ""},
    {"RST in the body", "chunk 123456789\nwait 30\nrst\n",
        DC_NET_CLOSED, 200, "", "123456789"},
    {"FIN between chunks", "chunk 123\nfin\n", DC_NET_CLOSED, 200, "", "123"},
    {"FIN inside a chunk",
        OK11 "Transfer-Encoding: chunked\\r\\n\\r\\n9\\r\\nabc\nfin\n",
        DC_NET_CLOSED, 200, "", "abc"},
    {"content length too long", OK11 "Content-Length: 9\\r\\n\\r\\nabc\nfin\n",
        DC_NET_CLOSED, 200, "", "abc"},
    {"content length too short",
        OK11 "Content-Length: 3\\r\\n\\r\\n123456789\nfin\n",
        DC_NET_OK, 200, "", "123"},
    {"chunk size is no number",
        OK11 "Transfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\nabc\nfin\n",
        DC_NET_PROTOCOL, 200, "", ""},
    {"negative chunk size",
        OK11 "Transfer-Encoding: chunked\\r\\n\\r\\n-1\\r\\nabc\nfin\n",
        DC_NET_PROTOCOL, 200, "", ""},
    {"chunk size of 18 digits",
        OK11 "Transfer-Encoding: chunked\\r\\n\\r\\n123456789012345678\\r\\nabc\n"
        "fin\n", DC_NET_PROTOCOL, 200, "", ""},
    {"chunk without its line end",
        OK11 "Transfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabcdef\\r\\n\nfin\n",
        DC_NET_PROTOCOL, 200, "", "abc"},
    {"not HTTP", "raw SSH-2.0-OpenSSH_9.2\\r\\n\nfin\n",
        DC_NET_PROTOCOL, 0, "", ""},
    {"NUL in a header", OK11 "X-A: a\\0b\\r\\n\\r\\n\nfin\n",
        DC_NET_PROTOCOL, 200, "", ""},
    {"1 MB header line", OK11 "X-A: \nrepeat 1048576 raw a\nfin\n",
        DC_NET_TOO_BIG, 200, "header", ""},
    {"70 KB of headers", OK11 "\nrepeat 1400 raw X-A: "
        "1234567890123456789012345678901234567890123\\r\\n\nstall\n",
        DC_NET_TOO_BIG, 200, "headers over 64 KiB", ""},
    {"100, then 103, then the answer",
        "raw HTTP/1.1 100 Continue\\r\\n\\r\\n\n"
        "raw HTTP/1.1 103 Early Hints\\r\\nLink: </a>\\r\\n\\r\\n\n"
        "head\nchunk hi\n", DC_NET_OK, 200, "", "hi"},
    {"storm of 103", "repeat 200000 raw HTTP/1.1 103 Early Hints\\r\\n\\r\\n\n",
        DC_NET_TOO_BIG, 103, "headers over 64 KiB", ""},
    {"101", "raw HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n\nstall\n",
        DC_NET_PROTOCOL, 101, "101", ""},
    {"gzip unasked", "header Content-Encoding: gzip\nchunk \\x1f\\x8b\\x08\n",
        DC_NET_PROTOCOL, 200, "compressed", ""},
    {"identity named", "header Content-Encoding: identity\nchunk hi\n",
        DC_NET_OK, 200, "", "hi"},
    {"flood of trailers", OK11 "Transfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\n"
        "repeat 20000 raw X-A: 12345\\r\\n\nstall\n",
        DC_NET_TOO_BIG, 200, "headers over 64 KiB", ""},
    {"5 GiB announced", OK11 "Content-Length: 5368709120\\r\\n\\r\\nabc\nstall\n",
        DC_NET_TOO_BIG, 200, "", ""},
};
/* clang-format on */

Test(http, every_fault_of_a_server, .timeout = 60)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        server_script(rig.server, "fault", faults[i].script);
        struct http_request req = rig.request;
        req.url = rig_url(&rig, "fault");
        struct got g = {0};
        rig_fetch(&rig, &g, &req, 10000);
        const char *title = faults[i].title;
        cr_expect_eq(g.result.net, faults[i].net, "%s: %s (%s)", title,
                     net_name(g.result.net), g.result.detail);
        cr_expect_eq(g.result.status, faults[i].status, "%s: %d", title,
                     g.result.status);
        cr_expect_not_null(strstr(g.result.detail, faults[i].detail), "%s: %s",
                           title, g.result.detail);
        cr_expect_null(strstr(g.result.detail, "memory"), "%s", title);
        cr_expect_str_eq(g.body.len > 0 ? g.body.ptr : "", faults[i].body, "%s",
                         title);
        cr_expect_not(g.result.cancelled);
        got_finish(&g);
    }
    rig_stop(&rig);
}

/* The same bytes in pieces of one. */
Test(http, head_and_body_byte_by_byte, .timeout = 20)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "slow",
                  "split every 0\nheader Content-Type: text/event-stream\n"
                  "head\nchunk hello\nchunk  there\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "slow");
    struct got g = {0};
    rig_fetch(&rig, &g, &req, 10000);
    cr_expect_eq(g.result.net, DC_NET_OK);
    cr_expect_eq(g.heads, 1);
    cr_expect_eq(g.head_status, 200);
    cr_expect_str_eq(g.head_type, "text/event-stream");
    cr_expect_str_eq(g.type, "text/event-stream");
    cr_expect_str_eq(g.body.ptr, "hello there");
    got_finish(&g);
    rig_stop(&rig);
}

Test(http, redirects_are_not_followed, .timeout = 20)
{
    static const int codes[] = {301, 302, 303, 307, 308};
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char script[300];
        snprintf(script, sizeof script,
                 "status %d\nheader Location: %s\nhead\n", codes[i],
                 server_url(rig.server, "target"));
        server_script(rig.server, "moved", script);
        server_reset(rig.server);
        struct http_request req = rig.request;
        req.url = rig_url(&rig, "moved");
        struct got g = {0};
        rig_fetch(&rig, &g, &req, 5000);
        cr_expect_eq(g.result.net, DC_NET_OK);
        cr_expect_eq(g.result.status, codes[i]);
        cr_expect_str_eq(g.location, server_url(rig.server, "target"));
        cr_expect_eq(server_requests(rig.server), 1);
        got_finish(&g);
    }
    rig_stop(&rig);
}

/* clang-format off */
static const struct {
    const char *headers;
    double least, most;
} waits[] = {
    {"", -1, -1},
    {"header Retry-After: 7\n", 7, 7},
    {"header Retry-After-Ms: 250\n", .25, .25},
    {"header Retry-After: Fri, 31 Dec 2199 23:59:59 GMT\n", 1e6, 1e11},
    {"header Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\n", -1, -1},
    {"header Retry-After: soon\n", -1, -1},
    {"header x-should-retry: false\nheader Retry-After: 1\n", 1e9, 1e9},
};
/* clang-format on */

Test(http, retry_after, .timeout = 20)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        char script[300];
        snprintf(script, sizeof script, "status 429\n%sbody no\n",
                 waits[i].headers);
        server_script(rig.server, "busy", script);
        struct http_request req = rig.request;
        req.url = rig_url(&rig, "busy");
        struct got g = {0};
        rig_fetch(&rig, &g, &req, 5000);
        cr_expect(g.result.retry_after >= waits[i].least &&
                      g.result.retry_after <= waits[i].most,
                  "%s: %g", waits[i].headers, g.result.retry_after);
        got_finish(&g);
    }
    rig_stop(&rig);
}

/* How many lines of the head start with name, in any case. */
static int
count_header(const char *head, const char *name)
{
    int count = 0;
    for (const char *at = head; at != NULL; at = strchr(at + 1, '\n'))
        count +=
            strncasecmp(*at == '\n' ? at + 1 : at, name, strlen(name)) == 0;
    return count;
}

Test(http, what_the_server_sees, .timeout = 20)
{
    struct rig rig;
    char *home = tmpdir_new();
    char *netrc = temp_path(home, ".netrc");
    static const char login[] = "default login eve password secret\n";
    temp_write(netrc, login, sizeof login - 1);
    setenv("HOME", home, 1);
    /* for loopback none of these may be used */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    rig_start(&rig, server_start(NULL));
    server_script(rig.server, "ok", "header Set-Cookie: a=b\nchunk hi\n");
    struct http_request req = rig.request;
    req.url = rig_url(&rig, "ok");
    req.proxy = "http://127.0.0.1:1";
    /* libcurl announces a body of over 1 MB */
    static char body[1500000];
    memset(body, 'x', sizeof body);
    req.body = (struct dc_str){body, sizeof body};
    for (size_t i = 1; i <= 3; i++) {
        struct got g = {0};
        req.key = i == 3 ? NULL : "sk-0123456789";
        rig_fetch(&rig, &g, &req, 5000);
        cr_assert_eq(g.result.net, DC_NET_OK, "%s", g.result.detail);
        got_finish(&g);
        char *head = server_request_head(rig.server, i);
        cr_expect_eq(
            strncmp(head, "POST /s/ok/v1/chat/completions HTTP/1.1", 39), 0,
            "%s", head);
        cr_expect_eq(count_header(head, "Authorization: "), i == 3 ? 0 : 1,
                     "%s", head);
        cr_expect_eq(
            count_header(head, "Authorization: Bearer sk-0123456789\r"),
            i == 3 ? 0 : 1);
        cr_expect_eq(count_header(head, "Expect"), 0);
        cr_expect_eq(count_header(head, "Accept-Encoding"), 0);
        cr_expect_eq(count_header(head, "Cookie"), 0);
        cr_expect_eq(count_header(head, "Upgrade"), 0);
        cr_expect_eq(count_header(head, "Accept: text/event-stream\r"), 1);
        cr_expect_eq(count_header(head, "Content-Type: application/json\r"), 1);
        cr_expect_eq(
            count_header(head, "User-Agent: deepchat/" DC_VERSION "\r"), 1);
        free(head);
        size_t len;
        char *sent = server_request_body(rig.server, i, &len);
        cr_expect_eq(len, sizeof body);
        cr_expect_eq(memcmp(sent, body, sizeof body), 0);
        free(sent);
    }
    cr_expect_eq(server_connections(rig.server), 1, "connections are kept");
    rig_stop(&rig);
    free(netrc);
    tmpdir_free(home);
}

Test(http, a_get_has_no_body, .timeout = 20)
{
    struct rig rig;
    rig_start(&rig, server_start(NULL));
    char url[200];
    snprintf(url, sizeof url, "%s/models", server_url(rig.server, NULL));
    struct http_request req = rig.request;
    req.url = url;
    req.body = (struct dc_str){0};
    struct got g = {0};
    rig_fetch(&rig, &g, &req, 5000);
    cr_expect_eq(g.result.status, 200);
    cr_expect_gt(g.body.len, 0);
    char *head = server_get(rig.server, "/others/1/head", NULL);
    cr_assert_not_null(head);
    cr_expect_eq(strncmp(head, "GET ", 4), 0);
    cr_expect_eq(count_header(head, "Accept: application/json\r"), 1);
    cr_expect_eq(count_header(head, "Content-Type"), 0);
    free(head);
    got_finish(&g);
    rig_stop(&rig);
}

/* clang-format off */
static const struct {
    const char *url, *key, *proxy;
    enum dc_net net;
    const char *detail;
} refusals[] = {
    {"http://192.0.2.1/v1", "sk-0123456789", NULL, DC_NET_OTHER, "http://"},
    {"http://127.0.0.1.example.invalid/", "sk-0123456789", NULL, DC_NET_OTHER,
        "http://"},
    {"http://localhost@192.0.2.1/", "sk-0123456789", NULL, DC_NET_OTHER,
        "http://"},
    {"https://127.0.0.1:1/", "sk-01\r\nX: y", NULL, DC_NET_OTHER, "character"},
    {"https://127.0.0.1:1/", "sk-01 23", NULL, DC_NET_OTHER, "character"},
    {"https://127.0.0.1:1/", "", NULL, DC_NET_OTHER, "character"},
    {"https://127.0.0.1:1/", "sk-\x7f", NULL, DC_NET_OTHER, "character"},
    {"https://127.0.0.1:1/", "sk-\xc3\xa9", NULL, DC_NET_OTHER, "character"},
    {"file:///etc/passwd", NULL, NULL, DC_NET_OTHER, "address"},
    {"ftp://127.0.0.1/", NULL, NULL, DC_NET_OTHER, "address"},
    {"127.0.0.1:80", NULL, NULL, DC_NET_OTHER, "address"},
    {"", NULL, NULL, DC_NET_OTHER, "address"},
    {"http://127.0.0.1:1/", "sk-0123456789", NULL, DC_NET_REFUSED, ""},
    {"http://localhost:1/", NULL, NULL, DC_NET_REFUSED, ""},
    {"http://192.0.2.1/", NULL, "http://127.0.0.1:1", DC_NET_PROXY, ""},
};
/* clang-format on */

Test(http, what_is_refused, .timeout = 20)
{
    struct rig rig;
    rig_start(&rig, NULL);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct http_request req = rig.request;
        req.url = refusals[i].url;
        req.key = refusals[i].key;
        req.proxy = refusals[i].proxy;
        struct got g = {0};
        rig_fetch(&rig, &g, &req, 5000);
        cr_expect_eq(g.result.net, refusals[i].net, "%s: %s (%s)",
                     refusals[i].url, net_name(g.result.net), g.result.detail);
        cr_expect_not_null(strstr(g.result.detail, refusals[i].detail),
                           "%s: %s", refusals[i].url, g.result.detail);
        cr_expect_null(strstr(g.result.detail, "sk-0"));
        cr_expect_eq(g.heads, 0);
        got_finish(&g);
    }
    rig_stop(&rig);
}

/* clang-format off */
static const struct {
    const char *url;
    bool loopback;
} addresses[] = {
    {"http://127.0.0.1:8080/v1", true}, {"http://127.255.255.254/", true},
    {"https://localhost/v1", true},     {"http://LOCALHOST:1", true},
    {"http://[::1]:8080/", true},       {"http://[0:0:0:0:0:0:0:1]/", true},
    {"http://user@localhost/", true},
    {"http://128.0.0.1/", false},       {"http://0.0.0.0/", false},
    {"http://[::2]/", false},           {"http://localhost.example/", false},
    {"http://127.0.0.1.example/", false}, {"http://localhost@example/", false},
    {"http://example/127.0.0.1", false}, {"http://10.0.0.127/", false},
    {"localhost", false},               {"", false},
};
/* clang-format on */

Test(http, loopback_addresses)
{
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        cr_expect_eq(http_is_loopback(addresses[i].url), addresses[i].loopback,
                     "%s", addresses[i].url);
}
