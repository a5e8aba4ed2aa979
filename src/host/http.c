/*
 * libcurl refuses calls from inside its callbacks, so those only gather bytes
 * and leave marks; http_round() carries everything out, once a round. Time
 * limits are ours: libcurl's own are averages, and start with the name lookup.
 */
#include "host/http_call.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "base/mem.h"

/* One read of the socket. */
#define READ_SIZE 16384L
/* Bytes taken in one round; the rest of them waits in the kernel, so that one
 * fast server does not keep the others waiting. */
#define GATHER_MAX ((size_t)64 << 10)
/* All bytes of one answer; a reply of DC_REPLY_MAX in tiny events fits. */
#define BODY_MAX ((int64_t)4 << 30)
/* libcurl wants a number where we mean for ever. */
enum { WAIT_MAX_MS = 60000 };

_Static_assert(HTTP_WORDS_MAX >= CURL_ERROR_SIZE, "libcurl writes that much");

/* ---- addresses ---------------------------------------------------------- */

struct target {
    bool valid;
    bool secure;
    bool loopback;
};

static bool
is_loopback_host(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char bare[64];
    size_t len = strlen(host);
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (len < 2 || len > sizeof bare || host[0] != '[')
        return false;
    snprintf(bare, sizeof bare, "%.*s", (int)len - 2, host + 1);
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static struct target
read_url(const char *url)
{
    struct target t = {0};
    char *scheme = NULL;
    char *host = NULL;
    CURLU *parts = curl_url();
    if (parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == 0 &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == 0 &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == 0) {
        t.secure = strcmp(scheme, "https") == 0;
        t.valid = t.secure || strcmp(scheme, "http") == 0;
        t.loopback = is_loopback_host(host);
    }
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(parts);
    return t;
}

const char *
http_version(void)
{
    return curl_version();
}

bool
http_is_loopback(const char *url)
{
    return read_url(url).loopback;
}

/* ---- how a call ends ---------------------------------------------------- */

static void
end_with(struct http_call *call, enum dc_net net, const char *words)
{
    verdict_give(&call->verdict, net, words);
    call->http->dirty = true;
}

/* Codes that mean one thing. */
static const struct {
    CURLcode code;
    enum dc_net net;
} meanings[] = {
    {CURLE_OK, DC_NET_OK},
    {CURLE_UNSUPPORTED_PROTOCOL, DC_NET_PROTOCOL}, /* HTTP/0.9 */
    {CURLE_COULDNT_RESOLVE_PROXY, DC_NET_PROXY},
    {CURLE_WEIRD_SERVER_REPLY, DC_NET_PROTOCOL},
    {CURLE_HTTP2, DC_NET_CLOSED},
    {CURLE_PARTIAL_FILE, DC_NET_CLOSED},
    {CURLE_GOT_NOTHING, DC_NET_CLOSED},
    {CURLE_SEND_ERROR, DC_NET_CLOSED},
    {CURLE_SSL_CIPHER, DC_NET_TLS},
    {CURLE_SSL_CACERT_BADFILE, DC_NET_CA_FILE},
    {CURLE_PEER_FAILED_VERIFICATION, DC_NET_TLS_CA},
    {CURLE_BAD_CONTENT_ENCODING, DC_NET_PROTOCOL},
    {CURLE_FILESIZE_EXCEEDED, DC_NET_TOO_BIG},
    {CURLE_HTTP2_STREAM, DC_NET_CLOSED},
    {CURLE_PROXY, DC_NET_PROXY},
};

static enum dc_net
meaning(CURLcode code)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == code)
            return meanings[i].net;
    return DC_NET_OTHER;
}

static void
end_by_code(struct http_call *call, CURLcode code, const char *words)
{
    struct verdict *v = &call->verdict;
    long number = 0;
    curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
    if (code == CURLE_COULDNT_RESOLVE_HOST)
        verdict_unresolved(v, words);
    else if (code == CURLE_COULDNT_CONNECT && call->proxied)
        verdict_give(v, DC_NET_PROXY, words);
    else if (code == CURLE_COULDNT_CONNECT)
        verdict_unconnected(v, (int)number, words);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        verdict_late(v, DC_NET_CONNECT_TIMEOUT, call->watch.limit_ms[0]);
    else if (code == CURLE_SSL_CONNECT_ERROR)
        verdict_unsafe(v, words);
    else if (code == CURLE_SSL_CACERT_BADFILE && call->ca_file != NULL)
        verdict_give(v, DC_NET_CA_FILE, call->ca_file);
    else if (code == CURLE_OUT_OF_MEMORY)
        /* what libcurl says of one overlong line */
        verdict_give(v, DC_NET_TOO_BIG, "a header line is too long");
    else if (code == CURLE_RECV_ERROR)
        verdict_unread(v, words);
    else
        verdict_give(v, meaning(code), words);
}

static void
end_by_curl(struct http_call *call, CURLcode code)
{
    long connect = 0;
    curl_easy_getinfo(call->easy, CURLINFO_HTTP_CONNECTCODE, &connect);
    const char *words =
        call->words[0] != '\0' ? call->words : curl_easy_strerror(code);
    if (code == CURLE_OK)
        end_with(call, DC_NET_OK, "");
    else if (connect >= 300)
        end_with(call, DC_NET_PROXY, words);
    else
        end_by_code(call, code, words);
    call->http->dirty = true;
}

/* ---- callbacks of libcurl ----------------------------------------------- */

static size_t
on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    struct dc_str line = {bytes, size * count};
    call->moved = true;
    switch (head_line(&call->head, line)) {
    case HEAD_TOO_BIG:
        end_with(call, DC_NET_TOO_BIG, "headers over 64 KiB");
        return 0;
    case HEAD_SWITCHED:
        end_with(call, DC_NET_PROTOCOL, "101 Switching Protocols");
        return 0;
    case HEAD_ENCODED:
        end_with(call, DC_NET_PROTOCOL, "compressed, which nobody asked for");
        return 0;
    case HEAD_FINE:
    default:
        break;
    }
    /* two readers may see two ends in it: nothing else may follow there */
    if (call->head.doubtful)
        curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
    return line.len;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    size_t len = size * count;
    /* a pause asked for before the answer began does not hold in libcurl */
    if (call->want_pause || !buf_add(&call->in, bytes, len)) {
        call->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    call->moved = true;
    call->http->rest.moved += len;
    call->total += (int64_t)len;
    if (call->total > BODY_MAX) {
        end_with(call, DC_NET_TOO_BIG, "answer over 4 GiB");
        return 0;
    }
    return len;
}

/* Programs that we start must not hold connections open. */
static int
on_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
    (void)user;
    (void)purpose;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return CURL_SOCKOPT_OK;
}

/* ---- starting ----------------------------------------------------------- */

static void
wipe(char *text)
{
    for (volatile char *p = text; *p != '\0'; p++)
        *p = '\0';
}

static void
free_lines(struct curl_slist *lines)
{
    for (struct curl_slist *l = lines; l != NULL; l = l->next)
        wipe(l->data);
    curl_slist_free_all(lines);
}

static void
add_line(struct http_call *call, const char *line)
{
    call->lines = curl_slist_append(call->lines, line);
}

static void
add_key(struct http_call *call, const char *key)
{
    static const char start[] = "Authorization: Bearer ";
    size_t size = sizeof start + strlen(key);
    char *line = mem_alloc(size);
    snprintf(line, size, "%s%s", start, key);
    add_line(call, line);
    wipe(line);
    free(line);
}

static void
set_request(struct http_call *call, const struct http_request *req)
{
    CURL *e = call->easy;
    curl_easy_setopt(e, CURLOPT_URL, req->url);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "deepchat/" DC_VERSION);
    if (req->key != NULL)
        add_key(call, req->key);
    if (req->body.ptr == NULL) {
        add_line(call, "Accept: application/json");
    } else {
        if (call->body == NULL)
            call->body = mem_copy(req->body.ptr, req->body.len);
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)req->body.len);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, call->body);
        add_line(call, "Accept: text/event-stream");
        add_line(call, "Content-Type: application/json");
        /* or libcurl waits a second for a "100 Continue" */
        add_line(call, "Expect:");
    }
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, call->lines);
}

/* What keeps the key and the conversation where they belong. False if libcurl
 * was built without it. */
static bool
set_safety(struct http_call *call, bool secure)
{
    CURL *e = call->easy;
    const char *scheme = secure ? "https" : "http";
#if LIBCURL_VERSION_NUM >= 0x075500
    if (curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, scheme) != CURLE_OK)
        return false;
#else
    (void)scheme;
    long protocols = secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP;
    if (curl_easy_setopt(e, CURLOPT_PROTOCOLS, protocols) != CURLE_OK)
        return false;
#endif
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(e, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)BODY_MAX);
    if (!secure)
        return true;
    return curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSLVERSION,
                            (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
}

static void
set_transport(struct http_call *call, const struct http_request *req)
{
    CURL *e = call->easy;
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* a name lookup that hangs must not hold up a cancel */
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(e, CURLOPT_PIPEWAIT, 0L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(e, CURLOPT_BUFFERSIZE, READ_SIZE);
    if (req->connect_ms > 0)
        curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)req->connect_ms);
    if (req->ca_file != NULL)
        curl_easy_setopt(e, CURLOPT_CAINFO, req->ca_file);
    if (http_is_loopback(req->url))
        curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    else if (req->proxy != NULL)
        curl_easy_setopt(e, CURLOPT_PROXY, req->proxy);
}

static void
set_callbacks(struct http_call *call)
{
    CURL *e = call->easy;
    curl_easy_setopt(e, CURLOPT_PRIVATE, call);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, call->words);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, on_socket);
}

/* A line end in it would add headers of somebody else's choice. */
static bool
key_is_clean(const char *key)
{
    for (const char *p = key; *p != '\0'; p++)
        if (*p < 0x21 || *p > 0x7e)
            return false;
    return key[0] != '\0';
}

/* NULL, or why it must not be sent. */
static const char *
objection(const struct http_request *req, const struct target *target)
{
    if (!target->valid)
        return "not an http or https address";
    if (req->key == NULL)
        return NULL;
    if (!key_is_clean(req->key))
        return "the key holds a character that no key has";
    if (!target->secure && !target->loopback)
        return "http:// would show the key to everybody on the way";
    return NULL;
}

static void
start(struct http_call *call, const struct http_request *req)
{
    struct target target = read_url(req->url);
    const char *why = objection(req, &target);
    if (why != NULL) {
        end_with(call, DC_NET_OTHER, why);
        return;
    }
    call->proxied = req->proxy != NULL && !target.loopback;
    call->easy = curl_easy_init();
    if (call->easy == NULL || !set_safety(call, target.secure)) {
        end_with(call, DC_NET_OTHER, "libcurl lacks TLS");
        return;
    }
    set_request(call, req);
    set_transport(call, req);
    set_callbacks(call);
    if (curl_multi_add_handle(call->http->multi, call->easy) != CURLM_OK)
        end_with(call, DC_NET_OTHER, "libcurl would not start");
}

struct http_call *
http_send(struct http *h, const struct http_request *req, struct http_sink sink)
{
    struct http_call *call = mem_alloc(sizeof *call);
    call->http = h;
    call->sink = sink;
    call->watch = (struct pace_watch){
        .limit_ms = {req->connect_ms, req->first_byte_ms, req->idle_ms},
        .since = loop_now(),
    };
    call->body = req->own;
    call->ca_file = req->ca_file != NULL ? mem_str(req->ca_file) : NULL;
    head_init(&call->head);
    buf_init(&call->in, GATHER_MAX);
    struct http_call **link = &h->calls;
    while (*link != NULL)
        link = &(*link)->next;
    *link = call;
    h->dirty = true;
    start(call, req);
    return call;
}

/* ---- the round ---------------------------------------------------------- */

static void
apply_pause(struct http_call *call)
{
    if (call->easy == NULL || call->verdict.given ||
        call->paused == call->want_pause)
        return;
    /* set first: going on calls on_body(), which may be full again */
    call->paused = call->want_pause;
    curl_easy_pause(call->easy, call->paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
}

static void
collect_ended(struct http *h)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
        struct http_call *call = NULL;
        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &call);
        end_by_curl(call, msg->data.result);
    }
}

void
http_transfer(struct http *h)
{
    int running;
    for (struct http_call *c = h->calls; c != NULL; c = c->next)
        apply_pause(c);
    curl_multi_perform(h->multi, &running);
    collect_ended(h);
}

bool
http_connected(const struct http_call *call)
{
    curl_off_t ready = 0;
    if (call->easy != NULL)
        curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return ready > 0;
}

double
http_retry_after(const struct head *head)
{
    if (head->date[0] == '\0')
        return head->retry_after;
    time_t then = curl_getdate(head->date, NULL);
    double wait = difftime(then, time(NULL));
    return then == -1 || wait < 0 ? -1 : wait;
}

void
http_close(struct http_call *call)
{
    if (call->easy == NULL)
        return;
    curl_multi_remove_handle(call->http->multi, call->easy);
    curl_easy_cleanup(call->easy);
    call->easy = NULL;
}

void
http_call_free(struct http_call *call)
{
    http_close(call);
    free_lines(call->lines);
    free(call->body);
    free(call->ca_file);
    head_finish(&call->head);
    buf_finish(&call->in);
    free(call);
}

/* ---- waiting ------------------------------------------------------------ */

static void
lend_fds(struct http *h, const struct loop_wait *fds, size_t count)
{
    if (count > h->fd_cap) {
        h->fds = mem_resize(h->fds, count, sizeof *h->fds);
        h->fd_cap = count;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned want = fds[i].want;
        h->fds[i] = (struct curl_waitfd){.fd = fds[i].fd};
        if (want & LOOP_READ)
            h->fds[i].events |= CURL_WAIT_POLLIN;
        if (want & LOOP_WRITE)
            h->fds[i].events |= CURL_WAIT_POLLOUT;
    }
}

static void
wait_for_all(void *user, struct loop_wait *fds, size_t count, int timeout_ms)
{
    struct http *h = user;
    lend_fds(h, fds, count);
    /* a hook that ran after ours, or a handler, left work for us */
    int wait = h->dirty ? 0 : timeout_ms < 0 ? WAIT_MAX_MS : timeout_ms;
    bool rests = h->calls == NULL || (h->rest.resting && !h->dirty);
    CURLM *multi = rests ? h->idle : h->multi;
    curl_multi_poll(multi, h->fds, (unsigned)count, wait, NULL);
    for (size_t i = 0; i < count; i++) {
        int got = h->fds[i].revents;
        if (got & CURL_WAIT_POLLIN)
            fds[i].ready |= LOOP_READ;
        if (got & CURL_WAIT_POLLOUT)
            fds[i].ready |= LOOP_WRITE;
    }
}

struct http *
http_new(struct loop *lp)
{
    struct http *h = mem_alloc(sizeof *h);
    h->loop = lp;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    h->multi = curl_multi_init();
    h->idle = curl_multi_init();
    loop_hook(lp, http_round, h);
    loop_lend_wait(lp, wait_for_all, h);
    return h;
}

void
http_free(struct http *h)
{
    if (h == NULL)
        return;
    loop_lend_wait(h->loop, NULL, NULL);
    while (h->calls != NULL) {
        struct http_call *call = h->calls;
        h->calls = call->next;
        if (call->cancelled)
            http_end_call(call);
        else
            http_call_free(call);
    }
    curl_multi_cleanup(h->multi);
    curl_multi_cleanup(h->idle);
    curl_global_cleanup();
    free(h->fds);
    free(h);
}
