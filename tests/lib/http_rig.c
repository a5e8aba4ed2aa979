/* Every sink checks what http.h promises: head before data, done once and
 * last. */
#include "http_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define KEPT_MAX ((size_t)64 << 20)

/* A sink was called: the loop must come back to the test. */
static bool news;

static int
come_back(void *user)
{
    struct rig *rig = user;
    int wait = news && !rig->quiet ? 0 : -1;
    news = false;
    return wait;
}

static void
check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "http sink: %s\n", what);
    abort();
}

static void
keep(char *out, size_t size, struct dc_str s)
{
    snprintf(out, size, "%.*s", (int)s.len, s.len > 0 ? s.ptr : "");
}

static void
on_head(void *user, int status, struct dc_str content_type)
{
    struct got *g = user;
    check(g->datas == 0 && g->dones == 0 && g->heads == 0, "head comes first");
    g->heads++;
    news = true;
    g->head_status = status;
    keep(g->head_type, sizeof g->head_type, content_type);
    if (g->on_head != NULL)
        g->on_head(g);
}

static void
on_data(void *user, struct dc_str bytes)
{
    struct got *g = user;
    check(g->heads == 1 && g->dones == 0, "data is between head and done");
    check(bytes.len > 0, "data is never empty");
    g->datas++;
    news = true;
    buf_add_str(&g->body, bytes);
    if (g->on_data != NULL)
        g->on_data(g);
}

static void
on_done(void *user, const struct http_result *result)
{
    struct got *g = user;
    check(g->dones == 0, "done comes once");
    g->dones++;
    news = true;
    g->call = NULL;
    g->result = *result;
    keep(g->type, sizeof g->type, result->content_type);
    keep(g->location, sizeof g->location, result->location);
    g->result.content_type = str_of(g->type);
    g->result.location = str_of(g->location);
    if (g->on_done != NULL)
        g->on_done(g);
}

void
rig_start(struct rig *rig, struct server *server)
{
    *rig = (struct rig){.loop = loop_new(), .server = server};
    rig->http = http_new(rig->loop);
    loop_hook(rig->loop, come_back, rig);
    rig->request = (struct http_request){
        .body = str_of(BODY),
        .connect_ms = 5000,
        .first_byte_ms = 5000,
        .idle_ms = 5000,
    };
}

void
rig_stop(struct rig *rig)
{
    http_free(rig->http);
    loop_free(rig->loop);
    if (rig->server != NULL)
        server_stop(rig->server);
}

void
rig_send(struct rig *rig, struct got *g, const struct http_request *req)
{
    buf_init(&g->body, KEPT_MAX);
    g->call = http_send(rig->http, req,
                        (struct http_sink){on_head, on_data, on_done, g});
    check(g->call != NULL && g->dones == 0, "done comes later");
}

void
rig_fetch(struct rig *rig, struct got *g, const struct http_request *req,
          int ms)
{
    rig_send(rig, g, req);
    RIG_UNTIL(rig, g->dones > 0, ms);
    check(g->dones > 0, "done comes in time");
}

void
got_finish(struct got *g)
{
    buf_finish(&g->body);
    *g = (struct got){0};
}

static const char *
endpoint(const char *base)
{
    static char urls[8][200];
    static size_t next;
    char *url = urls[next++ % 8];
    snprintf(url, sizeof urls[0], "%s/chat/completions", base);
    return url;
}

const char *
rig_url(struct rig *rig, const char *script)
{
    return endpoint(server_url(rig->server, script));
}

const char *
rig_tls_url(struct rig *rig, const char *script)
{
    return endpoint(server_tls_url(rig->server, script));
}

const char *
net_name(enum dc_net net)
{
    static const char *const names[] = {
        [DC_NET_OK] = "OK",
        [DC_NET_NO_HOST] = "NO_HOST",
        [DC_NET_DNS] = "DNS",
        [DC_NET_REFUSED] = "REFUSED",
        [DC_NET_CONNECT_TIMEOUT] = "CONNECT_TIMEOUT",
        [DC_NET_FIRST_BYTE_TIMEOUT] = "FIRST_BYTE_TIMEOUT",
        [DC_NET_IDLE_TIMEOUT] = "IDLE_TIMEOUT",
        [DC_NET_TLS] = "TLS",
        [DC_NET_TLS_CA] = "TLS_CA",
        [DC_NET_CA_FILE] = "CA_FILE",
        [DC_NET_PROXY] = "PROXY",
        [DC_NET_CLOSED] = "CLOSED",
        [DC_NET_PROTOCOL] = "PROTOCOL",
        [DC_NET_TOO_BIG] = "TOO_BIG",
        [DC_NET_OTHER] = "OTHER",
    };
    return names[net];
}
