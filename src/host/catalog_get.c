/*
 * A chain of requests, each of them small: the list; then, by what is missing
 * in it, /props (llama.cpp), /api/show (Ollama), /api/v0/models (LM Studio),
 * or DeepInfra's second list. Only the first one has to succeed.
 */
#include "host/catalog_get.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/catalog_cache.h"
#include "host/catalog_read.h"
#include "host/child.h"
#include "host/json.h"
#include "host/log.h"
#include "host/provider.h"
#include "host/reply_end.h"

enum {
    CONNECT_MS = 10000,
    SILENT_MS = 15000,
    TOTAL_MS = 60000, /* for one that sends a byte now and then */
    KEY_CMD_MS = 20000,
    KEY_CMD_OUT = 8192,
};

enum step { LIST, SECOND_LIST, PROPS, SHOW, STUDIO, OVER };

struct catalog_get {
    struct loop *lp;
    struct http *http;
    struct config *cfg;
    catalog_got_fn *got; /* NULL: dropped */
    void *user;
    const char *key, *key_source;
    struct child *child;
    struct http_call *call;
    uint64_t timer;
    enum step step;
    bool known; /* the list is there already */
    bool late;
    bool told; /* beside the list, something was answered */
    struct buf body;
    struct model_list list;
    char line[256];
};

static void ask_key(void *user);

static void
let_go(struct catalog_get *g)
{
    loop_timer_stop(g->lp, g->timer);
    config_free(g->cfg);
    buf_finish(&g->body);
    model_list_finish(&g->list);
    free(g);
}

static void
finish(struct catalog_get *g)
{
    g->got(g->user, g->line[0] == '\0' ? &g->list : NULL, g->line);
    let_go(g);
}

/* ---- which requests ---- */

#define DEEPINFRA "api.deepinfra.com"

/* The model that is asked about by name; NULL if there is none. */
static struct model_info *
wanted(const struct config *cfg, const struct model_list *list)
{
    struct model_info *info = model_list_find(list, config_model(cfg));
    return info != NULL && info->context < 0 && !info->asked ? info : NULL;
}

bool
catalog_get_more(const struct config *cfg, const struct model_list *list)
{
    return !config_provider(cfg)->hosted && wanted(cfg, list) != NULL;
}

static enum step
next_step(const struct catalog_get *g)
{
    bool more = catalog_get_more(g->cfg, &g->list);
    switch (g->step) {
    case LIST:
        if (strcmp(config_host(g->cfg), DEEPINFRA) == 0)
            return SECOND_LIST;
        if (model_list_any(&g->list))
            return PROPS;
        return more ? SHOW : OVER;
    case SHOW:
        return more ? STUDIO : OVER;
    case SECOND_LIST:
    case PROPS:
    case STUDIO:
    case OVER:
        break;
    }
    return OVER;
}

/* The address without "/chat/completions", and for root without the version
 * in front of that. */
static size_t
base_len(const char *url, bool root)
{
    size_t len = strlen(url) - strlen("/chat/completions");
    if (root && len > 3 && memcmp(url + len - 3, "/v1", 3) == 0)
        len -= 3;
    return len;
}

static void
print_url(struct buf *out, const struct catalog_get *g)
{
    static const char *const paths[] = {[LIST] = "/models",
                                        [SECOND_LIST] = "/openrouter/models",
                                        [PROPS] = "/props",
                                        [SHOW] = "/api/show",
                                        [STUDIO] = "/api/v0/models"};
    const char *url = config_url(g->cfg);
    size_t len = base_len(url, g->step != LIST);
    if (g->step == SECOND_LIST)
        len = strcspn(url + strlen("https://"), "/") + strlen("https://");
    buf_addf(out, "%.*s%s", (int)len, url, paths[g->step]);
}

/* ---- what comes ---- */

static void
read_one(struct catalog_get *g,
         bool (*read)(struct model_info *, struct dc_str))
{
    struct model_info more;
    struct model_info *info = model_list_find(&g->list, config_model(g->cfg));
    if (read(&more, buf_str(&g->body)) && info != NULL)
        model_info_fill(info, &more);
}

static void
read_more(struct catalog_get *g)
{
    struct model_list more;
    if (catalog_read_list(&more, buf_str(&g->body)))
        model_list_merge(&g->list, &more);
    model_list_finish(&more);
}

static void
read_body(struct catalog_get *g)
{
    switch (g->step) {
    case LIST:
        if (!catalog_read_list(&g->list, buf_str(&g->body)))
            snprintf(g->line, sizeof g->line, "%s sent no list of models",
                     config_host(g->cfg));
        break;
    case SECOND_LIST:
    case STUDIO:
        read_more(g);
        break;
    case PROPS:
        read_one(g, catalog_read_props);
        break;
    case SHOW:
        read_one(g, catalog_read_show);
        break;
    case OVER:
        break;
    }
}

static void
read_failure(struct catalog_get *g, const struct http_result *result)
{
    struct dc_failure failure;
    struct dc_response response = {
        .net = result->net,
        .detail = str_of(result->detail),
        .status = result->status,
        .content_type = result->content_type,
        .location = result->location,
        .body = buf_str(&g->body),
    };
    if (response.body.len > DC_ERROR_BODY_MAX)
        response.body.len = DC_ERROR_BODY_MAX;
    struct dc_asked asked = {
        .host = config_host(g->cfg),
        .model = config_model(g->cfg),
        .key_source = g->key_source,
        .key = g->key,
        .loopback = config_loopback(g->cfg),
    };
    dc_failure_read(&failure, &response, &asked);
    if (failure.fault == DC_FAULT_KEY)
        config_forget_key(g->cfg);
    log_line(LOG_WARN, "models of %s: %s (%s)", asked.host, failure.line,
             failure.server);
    if (result->status == 404 || result->status == 405)
        snprintf(g->line, sizeof g->line, "%s has no list of models (%d)",
                 asked.host, result->status);
    else if (g->late)
        snprintf(g->line, sizeof g->line, "%s is too slow with its models",
                 asked.host);
    else
        snprintf(g->line, sizeof g->line, "%s", failure.line);
}

/* ---- one request ---- */

static void send_step(struct catalog_get *g);

static void
on_data(void *user, struct dc_str bytes)
{
    struct catalog_get *g = user;
    if (!buf_add_str(&g->body, bytes) && g->call != NULL)
        http_cancel(g->call);
}

static void
advance(struct catalog_get *g)
{
    struct model_info *info = wanted(g->cfg, &g->list);
    enum step next = g->line[0] == '\0' && !g->late ? next_step(g) : OVER;
    if (next == OVER && g->told && info != NULL)
        info->asked = true;
    g->step = next;
    if (next == OVER)
        finish(g);
    else
        send_step(g);
}

static void
on_done(void *user, const struct http_result *result)
{
    struct catalog_get *g = user;
    g->call = NULL;
    if (g->got == NULL) {
        let_go(g);
        return;
    }
    bool well = result->net == DC_NET_OK && result->status == 200;
    if (g->body.full)
        snprintf(g->line, sizeof g->line, "the list of %s is over 8 MiB",
                 config_host(g->cfg));
    else if (well)
        read_body(g);
    else if (g->step == LIST)
        read_failure(g, result);
    if (g->step != LIST) {
        g->told = g->told || result->status > 0;
        g->line[0] = '\0';
    }
    advance(g);
}

static void
on_late(void *user)
{
    struct catalog_get *g = user;
    g->timer = 0;
    g->late = true;
    if (g->call != NULL)
        http_cancel(g->call);
}

/* Ollama is asked about one model; owned. */
static char *
show_body(const struct catalog_get *g)
{
    struct buf out;
    struct value *v = value_map();
    const struct model_info *info = wanted(g->cfg, &g->list);
    value_put(v, "model", value_text(info != NULL ? info->name : ""));
    buf_init(&out, 4096);
    json_print(&out, v);
    value_free(v);
    return buf_take(&out, NULL);
}

static int
at_most(const struct config *cfg, const char *name, int most)
{
    double ms = config_number(cfg, name) * 1000;
    return ms > 0 && ms < most ? (int)ms : most;
}

static void
send_step(struct catalog_get *g)
{
    struct buf url;
    buf_init(&url, 8192);
    print_url(&url, g);
    char *body = g->step == SHOW ? show_body(g) : NULL;
    struct http_request request = {
        .url = url.ptr,
        .key = g->key,
        .body = str_of(body != NULL ? body : ""),
        .ca_file = config_text(g->cfg, "ca_file"),
        .proxy = config_text(g->cfg, "proxy"),
        .connect_ms = at_most(g->cfg, "connect_timeout", CONNECT_MS),
        .first_byte_ms = at_most(g->cfg, "first_byte_timeout", SILENT_MS),
        .idle_ms = at_most(g->cfg, "idle_timeout", SILENT_MS),
    };
    if (body == NULL)
        request.body.ptr = NULL;
    buf_reset(&g->body);
    g->call = http_send(g->http, &request,
                        (struct http_sink){NULL, on_data, on_done, g});
    buf_finish(&url);
    free(body);
}

/* ---- the key ---- */

static void
on_key(void *user, const struct child_result *result)
{
    struct catalog_get *g = user;
    struct dc_error err;
    const char *trouble;
    g->child = NULL;
    if ((trouble = reply_key_trouble(result)) != NULL)
        snprintf(g->line, sizeof g->line, "%s", trouble);
    else if (!config_set_key(g->cfg, result->out, &err))
        snprintf(g->line, sizeof g->line, "%s", err.text);
    if (g->line[0] != '\0')
        finish(g);
    else
        ask_key(g);
}

static void
run_command(struct catalog_get *g)
{
    g->child = child_start(g->lp,
                           &(struct child_options){
                               .argv = config_key_command(g->cfg),
                               .out_max = KEY_CMD_OUT,
                               .timeout_ms = KEY_CMD_MS,
                           },
                           on_key, g);
}

/* Some servers show their list without a key. One that must not be sent there
 * is not. */
static void
ask_key(void *user)
{
    struct catalog_get *g = user;
    g->timer = 0;
    enum config_key found = config_key(g->cfg, &g->key, &g->key_source, NULL);
    if (found == KEY_COMMAND) {
        run_command(g);
        return;
    }
    if (found != KEY_FOUND)
        g->key = NULL;
    g->timer = loop_timer(g->lp, TOTAL_MS, on_late, g);
    if (g->known)
        advance(g);
    else
        send_step(g);
}

/* ---- life ---- */

struct catalog_get *
catalog_get_start(struct loop *lp, struct http *http, struct config *cfg,
                  const struct model_list *known, catalog_got_fn *got,
                  void *user)
{
    struct catalog_get *g = mem_alloc(sizeof *g);
    *g = (struct catalog_get){
        .lp = lp, .http = http, .cfg = cfg, .got = got, .user = user};
    buf_init(&g->body, CATALOG_BYTES_MAX);
    g->known = known != NULL;
    if (g->known)
        model_list_copy(&g->list, known);
    g->timer = loop_timer(lp, 0, ask_key, g);
    return g;
}

void
catalog_get_drop(struct catalog_get *g)
{
    if (g == NULL)
        return;
    g->got = NULL;
    if (g->child != NULL)
        child_drop(g->child);
    if (g->call != NULL)
        http_cancel(g->call);
    else
        let_go(g);
}
