/* Header lines, libcurl's words and time, each by itself. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/head.h"
#include "host/pace.h"
#include "host/verdict.h"

/* clang-format off */
static const struct {
    const char *title, *lines; /* each ended by \n */
    enum head_verdict verdict; /* of the last */
    const char *want; /* status complete type|location|retry|date|doubtful */
} heads[] = {
    {"usual", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
        HEAD_FINE, "200 1 text/event-stream||-1||0"},
    {"HTTP/2", "HTTP/2 429 \r\ncontent-type:a\r\nretry-after:3\r\n\r\n",
        HEAD_FINE, "429 1 a||3||0"},
    {"unfinished", "HTTP/1.1 200 OK\r\nA: b\r\n", HEAD_FINE, "200 0 ||-1||0"},
    {"last one counts", "HTTP/1.1 302\r\nlocation: a\r\nLOCATION:  b \r\n\r\n",
        HEAD_FINE, "302 1 |b|-1||0"},
    {"interim forgotten", "HTTP/1.1 103 E\r\nLocation: /a\r\nRetry-After: 1\r\n"
        "\r\nHTTP/1.1 204 \r\n\r\n", HEAD_FINE, "204 1 ||-1||0"},
    {"interim is not complete", "HTTP/1.1 100 C\r\n\r\n",
        HEAD_FINE, "100 0 ||-1||0"},
    {"trailers ignored", "HTTP/1.1 200\r\n\r\nContent-Type: x\r\n"
        "HTTP/1.1 500\r\n", HEAD_FINE, "200 1 ||-1||0"},
    {"101", "HTTP/1.1 101 S\r\n", HEAD_SWITCHED, "101 0 ||-1||0"},
    {"status too long", "HTTP/1.1 20000000000 \r\n", HEAD_FINE,
        "2000 0 ||-1||0"},
    {"no status", "HTTP/1.1 \r\n\r\n", HEAD_FINE, "0 0 ||-1||0"},
    {"gzip", "HTTP/1.1 200\r\nContent-Encoding: gzip\r\n",
        HEAD_ENCODED, "200 0 ||-1||0"},
    {"identity", "HTTP/1.1 200\r\nContent-Encoding: Identity\r\n",
        HEAD_FINE, "200 0 ||-1||0"},
    {"no colon, no name", "HTTP/1.1 200\r\nwhat\r\n: x\r\n\r\n",
        HEAD_FINE, "200 1 ||-1||0"},
    {"length", "HTTP/1.1 200\r\nContent-Length: 3\r\n", HEAD_FINE,
        "200 0 ||-1||0"},
    {"two lengths", "HTTP/1.1 200\r\nContent-Length: 3\r\n"
        "Content-Length: 3\r\n", HEAD_FINE, "200 0 ||-1||1"},
    {"length and chunks", "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n"
        "Content-Length: 3\r\n", HEAD_FINE, "200 0 ||-1||1"},
    {"fraction", "HTTP/1.1 429\r\nRetry-After: 1.5\r\n", HEAD_FINE,
        "429 0 ||1.5||0"},
    {"zero", "HTTP/1.1 429\r\nRetry-After: 0\r\n", HEAD_FINE, "429 0 ||0||0"},
    {"negative", "HTTP/1.1 429\r\nRetry-After: -1\r\n", HEAD_FINE,
        "429 0 ||-1|-1|0"},
    {"nan", "HTTP/1.1 429\r\nRetry-After: nan\r\n", HEAD_FINE,
        "429 0 ||-1|nan|0"},
    {"hex", "HTTP/1.1 429\r\nRetry-After: 0x10\r\n", HEAD_FINE,
        "429 0 ||-1|0x10|0"},
    {"two dots", "HTTP/1.1 429\r\nRetry-After-Ms: 1.2.3\r\n", HEAD_FINE,
        "429 0 ||-1||0"},
    {"empty", "HTTP/1.1 429\r\nRetry-After:\r\n", HEAD_FINE, "429 0 ||-1||0"},
    {"date", "HTTP/1.1 429\r\nRetry-After: Fri, 31 Dec 2199 23:59:59 GMT\r\n",
        HEAD_FINE, "429 0 ||-1|Fri, 31 Dec 2199 23:59:59 GMT|0"},
    {"ms first", "HTTP/1.1 429\r\nRetry-After-Ms: 250\r\nRetry-After: 9\r\n",
        HEAD_FINE, "429 0 ||0.25||0"},
    {"ms last", "HTTP/1.1 429\r\nRetry-After: soon\r\nRetry-After-Ms: 250\r\n",
        HEAD_FINE, "429 0 ||0.25||0"},
    {"no retry", "HTTP/1.1 429\r\nx-should-retry: false\r\nRetry-After: 9\r\n",
        HEAD_FINE, "429 0 ||1e+09||0"},
    {"no retry, last", "HTTP/1.1 429\r\nRetry-After: soon\r\n"
        "X-Should-Retry: False\r\n", HEAD_FINE, "429 0 ||1e+09||0"},
    {"retry wanted", "HTTP/1.1 429\r\nx-should-retry: true\r\n", HEAD_FINE,
        "429 0 ||-1||0"},
};
/* clang-format on */

static const char *
text_of(const struct buf *b)
{
    return b->ptr != NULL ? b->ptr : "";
}

Test(head, every_case)
{
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct head head;
        enum head_verdict verdict = HEAD_FINE;
        head_init(&head);
        for (const char *at = heads[i].lines; *at != '\0';) {
            size_t len = strcspn(at, "\n") + 1;
            verdict = head_line(&head, (struct dc_str){at, len});
            at += len;
        }
        char got[300];
        snprintf(got, sizeof got, "%d %d %s|%s|%g|%s|%d", head.status,
                 head.complete, text_of(&head.content_type),
                 text_of(&head.location), head.retry_after, head.date,
                 head.doubtful);
        cr_expect_str_eq(got, heads[i].want, "%s: %s", heads[i].title, got);
        cr_expect_eq(verdict, heads[i].verdict, "%s", heads[i].title);
        head_finish(&head);
    }
}

Test(head, size_at_the_limit_and_past_it)
{
    static char line[HEAD_MAX];
    struct head head;
    head_init(&head);
    struct dc_str first = str_of("HTTP/1.1 103 Early Hints\r\n");
    memset(line, 'a', sizeof line);
    cr_expect_eq(head_line(&head, first), HEAD_FINE);
    struct dc_str rest = {line, HEAD_MAX - 2 * first.len};
    cr_expect_eq(head_line(&head, rest), HEAD_FINE);
    cr_expect_eq(head_line(&head, first), HEAD_FINE, "counts through 103");
    rest.len = 1;
    cr_expect_eq(head_line(&head, rest), HEAD_TOO_BIG);
    head_finish(&head);
}

/* ---- words ---- */

typedef void words_fn(struct verdict *v, const char *words);

/* clang-format off */
static const struct {
    words_fn *fn;
    const char *words;
    enum dc_net net;
    const char *detail;
} sayings[] = {
    {verdict_unread, "Recv failure: Connection reset by peer", DC_NET_CLOSED,
        "Recv failure: Connection reset by peer"},
    {verdict_unread, "Too large response headers: 307216 > 307200",
        DC_NET_TOO_BIG, "Too large response headers: 307216 > 307200"},
    {verdict_unread, "Illegal or missing hexadecimal sequence in "
        "chunked-encoding", DC_NET_PROTOCOL, "Illegal or missing hexadecimal "
        "sequence in chunked-encoding"},
    {verdict_unread, "Malformed encoding found", DC_NET_PROTOCOL,
        "Malformed encoding found"},
    {verdict_unread, "CONNECT tunnel failed, response 407", DC_NET_PROXY,
        "CONNECT tunnel failed, response 407"},
    {verdict_unread, "Proxy closed", DC_NET_PROXY, "Proxy closed"},
    {verdict_unsafe, "error:0A00010B:SSL routines::wrong version number",
        DC_NET_TLS, "the server does not speak TLS there"},
    {verdict_unsafe, "error:0A000410:SSL routines::alert handshake failure",
        DC_NET_TLS, "alert handshake failure"},
    {verdict_unsafe, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection",
        DC_NET_CLOSED, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection"},
    {verdict_unsafe, " a\r\nb\tc\x7f" "d\x1b[0m\xff ", DC_NET_TLS,
        "a  b c d [0m\xef\xbf\xbd"},
};
/* clang-format on */

Test(head, what_libcurl_says)
{
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
        struct verdict v = {0};
        sayings[i].fn(&v, sayings[i].words);
        cr_expect_eq(v.net, sayings[i].net, "%s", sayings[i].words);
        cr_expect_str_eq(v.detail, sayings[i].detail);
    }
    struct verdict v = {0};
    verdict_unconnected(&v, ECONNREFUSED, "a");
    verdict_give(&v, DC_NET_OTHER, "b");
    cr_expect_eq(v.net, DC_NET_REFUSED, "the first stands");
    cr_expect_str_eq(v.detail, "a");
    v = (struct verdict){0};
    verdict_unconnected(&v, EHOSTUNREACH, "a");
    cr_expect_eq(v.net, DC_NET_OTHER);
    cr_expect_str_eq(v.detail, strerror(EHOSTUNREACH));
    v = (struct verdict){0};
    verdict_late(&v, DC_NET_IDLE_TIMEOUT, 120000);
    cr_expect_str_eq(v.detail, "120");
    char longer[600];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    memcpy(longer + sizeof v.detail - 2, "\xc3\xa9", 2);
    v = (struct verdict){0};
    verdict_give(&v, DC_NET_OTHER, longer);
    cr_expect_eq(strlen(v.detail), sizeof v.detail - 2, "no character cut");
}

/* ---- time ---- */

Test(head, patience)
{
    struct pace_watch w = {.limit_ms = {100, 0, 300}, .since = 1000};
    cr_expect_eq(pace_left(&w, 1000), 100);
    cr_expect_eq(pace_left(&w, 1099), 1);
    cr_expect_eq(pace_left(&w, 1100), 0);
    cr_expect_eq(pace_left(&w, 5000), 0);
    cr_expect_eq(pace_fault(&w), DC_NET_CONNECT_TIMEOUT);
    pace_enter(&w, PACE_FIRST_BYTE, 5000);
    cr_expect_eq(pace_left(&w, 900000), -1, "no limit");
    cr_expect_eq(pace_fault(&w), DC_NET_FIRST_BYTE_TIMEOUT);
    pace_enter(&w, PACE_IDLE, 6000);
    cr_expect_eq(pace_left(&w, 6299), 1);
    cr_expect_eq(pace_fault(&w), DC_NET_IDLE_TIMEOUT);
}

Test(head, rest)
{
    struct pace_rest r = {0};
    pace_decide(&r, 1000, 0, 1);
    cr_expect_not(r.resting, "not paced");
    r.moved = 10;
    pace_decide(&r, 1001, 33, 1);
    cr_expect_not(r.resting, "the first frame is not slept through");
    pace_decide(&r, 1033, 33, 1);
    cr_expect_not(r.resting);
    r.moved = PACE_CALM;
    pace_decide(&r, 1034, 33, 1);
    cr_expect(r.resting, "just calm");
    cr_expect_eq(r.look_at, 1067);
    cr_expect_eq(r.moved, 0);
    r.moved = PACE_CALM + 1;
    pace_decide(&r, 1066, 33, 1);
    cr_expect(r.resting, "the frame is not over");
    pace_decide(&r, 1067, 33, 1);
    cr_expect_not(r.resting, "no more");
    r.moved = 2 * PACE_CALM;
    pace_decide(&r, 1100, 5000, 2);
    cr_expect(r.resting, "calm for two");
    cr_expect_eq(r.look_at, 6100);
    pace_decide(&r, 1101, 0, 3);
    cr_expect_not(r.resting, "a new call");
    pace_decide(&r, 1102, 33, 3);
    cr_expect_not(r.resting, "and paced anew");
}
