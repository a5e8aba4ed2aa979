/* A reply is made ready as for a send, looked at, and let go. */
#include "host/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "host/ask.h"
#include "host/log.h"
#include "host/model_line.h"
#include "host/reply_state.h"
#include "host/ticket.h"

enum {
    PARTS_MAX = 300,      /* of which a list is shown */
    CURL_BODY_MAX = 4096, /* that stands in the line itself */
};
/* What is shown of a body whose strings are left whole. */
#define SHOWN_MAX ((size_t)4 << 20)

struct inspect {
    struct host *host;
    struct value *args; /* of the last that was asked for */
    struct buf text;    /* to be shown */
    size_t sent;        /* of it */
    int64_t serial;     /* of that text */
    struct tickets tickets;
};

struct inspect *
inspect_new(struct host *host)
{
    struct inspect *in = mem_alloc(sizeof *in);
    in->host = host;
    in->tickets.owner = in;
    buf_init(&in->text, SIZE_MAX / 2);
    return in;
}

void
inspect_free(struct inspect *in)
{
    if (in == NULL)
        return;
    catalog_forget(in->host->catalog, in);
    tickets_free(&in->tickets);
    value_free(in->args);
    buf_finish(&in->text);
    free(in);
}

/* ---- to the editor ---- */

static void send_piece(struct inspect *in);

static struct value *
with_id(const struct inspect *in)
{
    struct value *args = value_list();
    value_add(args, value_copy(value_get(in->args, "id")));
    return args;
}

/* The editor has taken what came; 0 if it wants no more. */
static void
on_taken(void *user, const struct value *result, const char *error)
{
    void *owner;
    int64_t serial = ticket_redeem(user, &owner);
    struct inspect *in = owner;
    if (error == NULL && value_as_bool(result, false) && serial == in->serial &&
        in->sent < in->text.len && in->host->editor != NULL)
        send_piece(in);
}

static void
call(struct inspect *in, const char *function, struct value *args)
{
    editor_call(in->host->editor, function, args, on_taken,
                ticket_new(&in->tickets, in->serial));
}

static void
send_piece(struct inspect *in)
{
    struct dc_str text = str_from(buf_str(&in->text), in->sent);
    text.len = utf8_fit(text, editor_text_max(in->host->editor));
    in->sent += text.len;
    struct value *args = with_id(in);
    value_add(args, value_str(text));
    value_add(args, value_bool(in->sent == in->text.len));
    call(in, "deepchat#inspect#piece", args);
}

/* about is taken. */
static void
show(struct inspect *in, struct value *about)
{
    struct value *args = with_id(in);
    value_add(args, about);
    in->serial++;
    in->sent = 0;
    call(in, "deepchat#inspect#show", args);
}

/* ---- parts ---- */

static void
add_part(struct value *parts, const char *name, size_t bytes, double tokens)
{
    struct value *part = value_list();
    value_add(part, value_text(name));
    value_add(part, value_int((int64_t)bytes));
    value_add(part, value_float(tokens));
    value_add(parts, part);
}

/* Base64 is what is sent. */
static size_t
add_images(struct value *parts, const struct dc_message *m)
{
    size_t sum = 0;
    for (size_t i = 0; i < m->image_count; i++) {
        size_t bytes = (m->images[i].bytes.len + 2) / 3 * 4;
        bytes += bytes == 0 ? m->images[i].target.len : 0;
        add_part(parts, "image", bytes, BUDGET_IMAGE);
        sum += bytes;
    }
    return sum;
}

/* Tokens as the whole has them, by size. */
static struct value *
parts_of(const struct reply *r, const struct budget *budget)
{
    struct value *parts = value_list();
    struct budget_ask earlier = {.size = 0};
    size_t count = r->request.message_count, sum = 0, earlier_bytes = 0;
    double images = (double)r->asked.images * BUDGET_IMAGE;
    double factor =
        r->asked.size > 0 ? (budget->tokens - images) / r->asked.size : 0;
    for (size_t i = 0; i < count; i++) {
        const struct dc_message *m = &r->request.messages[i];
        struct budget_ask one = {.size = 0};
        budget_add_messages(&one, m, 1);
        sum += m->text.len;
        if (i + PARTS_MAX < count) {
            earlier.size += one.size;
            earlier_bytes += m->text.len;
            continue;
        }
        if (i > 0 && i + PARTS_MAX == count)
            add_part(parts, "earlier", earlier_bytes, earlier.size * factor);
        add_part(parts, dc_role_name(m->role), m->text.len, one.size * factor);
        sum += add_images(parts, m);
    }
    struct budget_ask rest = {.size = 0};
    struct members m;
    members_init(&m, r->cfg);
    budget_add_members(&rest, &m);
    members_finish(&m);
    add_part(parts, "the rest", r->body_len > sum ? r->body_len - sum : 0,
             rest.size * factor);
    return parts;
}

/* ---- about ---- */

/* The variable that may hold it, though it does not; borrowed, NULL for none.
 */
static const char *
variable_of(const struct config *cfg)
{
    const struct value *names = config_get(cfg, "api_key_env");
    const struct value *first = value_at(names, 0);
    return value_as_text(first != NULL ? first : names, NULL);
}

static void
put_key(struct value *about, struct reply *r)
{
    struct dc_error err = {.text = ""};
    const char *key, *source = "";
    char shown[128] = "";
    switch (config_key(r->cfg, &key, &source, &err)) {
    case KEY_FOUND:
        snprintf(shown, sizeof shown, "%s",
                 source[0] == '$' ? source : "$API_KEY");
        break;
    case KEY_COMMAND:
        snprintf(shown, sizeof shown, "$API_KEY");
        break;
    case KEY_MISSING:
        if (variable_of(r->cfg) != NULL)
            snprintf(shown, sizeof shown, "$%s", variable_of(r->cfg));
        break;
    case KEY_NONE:
        break;
    }
    value_put(about, "key", value_text(shown));
    value_put(about, "no_key", value_text(err.text));
}

static void
put_model(struct value *about, const struct model_info *info,
          const struct budget *budget)
{
    struct buf line;
    buf_init(&line, 1024);
    if (info != NULL)
        model_line(&line, info);
    value_put(about, "model_about", value_str(buf_str(&line)));
    buf_finish(&line);
    struct dc_usage in = {budget->tokens, 0, -1, -1, -1};
    struct dc_usage out = {0, 1000, -1, -1, -1};
    value_put(about, "price", value_float(budget_price(info, &in)));
    value_put(about, "price_out", value_float(budget_price(info, &out)));
}

static void
put_budget(struct value *about, struct reply *r, const struct model_info *info)
{
    struct budget_ask ask = r->asked;
    struct dc_error err = {.text = ""};
    struct budget budget = budget_of(&ask, r->request.usage, r->cfg, info);
    budget_fits(&budget, &err);
    value_put(about, "tokens", value_float(budget.tokens));
    value_put(about, "learned", value_bool(budget.learned));
    value_put(about, "context", value_float(budget.context));
    value_put(about, "fits", value_text(err.text));
    value_put(about, "parts", parts_of(r, &budget));
    put_model(about, info, &budget);
}

/* What is shown of the body, into in->text. */
static void
put_body(struct inspect *in, struct value *about, const struct reply *r)
{
    size_t len;
    struct dc_str body = {r->body, r->body_len};
    char *pretty = dc_json_pretty(body, DC_REQUEST_MAX * 4, &len, NULL);
    struct dc_str laid = {pretty, len};
    buf_reset(&in->text);
    bool cut =
        inspect_shorten(pretty != NULL ? laid : body, SHOWN_MAX, &in->text);
    dc_free(pretty);
    size_t before = in->text.len;
    log_redact(in->text.ptr);
    in->text.len = strlen(in->text.ptr);
    bool masked = in->text.len != before;
    value_put(about, "bytes", value_int((int64_t)r->body_len));
    value_put(about, "shortened", value_bool(cut));
    value_put(about, "masked", value_bool(masked));
    const char *url = config_form_url(r->cfg, r->rounds.how.form);
    value_put(about, "url", value_text(url));
    bool whole = body.len <= CURL_BODY_MAX && !cut && !masked;
    value_put(about, "curl",
              inspect_curl(url, value_as_text(value_get(about, "key"), ""),
                           whole ? body : (struct dc_str){"", 0},
                           strstr(r->body, "\"stream\":true") != NULL));
}

/* ---- asking ---- */

static struct value *
refused(const char *line)
{
    struct value *about = value_map();
    value_put(about, "line", value_text(line));
    return about;
}

static void
look_at(struct inspect *in, struct reply *r)
{
    const struct model_info *info = catalog_find(in->host->catalog, r->cfg);
    struct dc_error err = {.text = ""};
    r->started = true; /* what does not fit is shown, too */
    if (!reply_prepare(r, &err)) {
        show(in, refused(err.text));
        return;
    }
    struct value *about = refused("");
    put_key(about, r);
    put_body(in, about, r);
    put_budget(about, r, info);
    show(in, about);
}

static catalog_fn on_models;

/* The request of args, as a send would make it; again only if by now more is
 * known of the model. */
static void
run(struct inspect *in, bool first)
{
    struct host *host = in->host;
    /* nobody asks: that the model reads no images is for the send to say */
    struct ask ask = {.request.journal.chat = ""};
    struct dc_error err = {.text = ""};
    if (host->editor == NULL)
        return;
    if (ask_send(&ask, in->args, &err)) {
        ask.request.forms = host->forms;
        ask.request.usage = host->usage;
        struct reply_events none = {.started = NULL};
        struct reply *r = reply_make(host->lp, host->http, &ask.request, none);
        bool known = catalog_find(host->catalog, r->cfg) != NULL;
        if (first || known)
            look_at(in, r);
        if (first && !known)
            catalog_fetch(host->catalog, config_copy(r->cfg), false, on_models,
                          in);
        reply_free(r);
    } else {
        config_free(ask.request.cfg);
        show(in, refused(err.text));
    }
    ask_filter_free(&ask.filter);
    if (ask.free_own != NULL)
        ask.free_own(ask.own);
}

static void
on_models(void *user, const struct model_info *models, size_t count,
          const char *line)
{
    (void)models;
    (void)line;
    if (count > 0)
        run(user, false);
}

void
inspect_ask(struct inspect *in, const struct value *args)
{
    value_free(in->args);
    in->args = value_copy(args);
    catalog_forget(in->host->catalog, in);
    run(in, true);
}
