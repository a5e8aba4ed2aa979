/* The question is always the same, and the server asked for no key. */
#include "reply_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/journal.h"
#include "host/json.h"

enum { MS = 20000, TEXT_MAX = 1 << 26 };

void
reply_rig_start(struct reply_rig *rig)
{
    *rig = (struct reply_rig){.started = 0};
    host_rig_start(&rig->base);
    rig->forms = forms_new();
    buf_init(&rig->text[0], TEXT_MAX);
    buf_init(&rig->text[1], TEXT_MAX);
    for (size_t i = 0; i < RIG_OTHERS; i++) {
        buf_init(&rig->others[i][0], TEXT_MAX);
        buf_init(&rig->others[i][1], TEXT_MAX);
    }
    buf_init(&rig->statuses, TEXT_MAX);
    buf_init(&rig->rounds, TEXT_MAX);
    buf_init(&rig->notices, TEXT_MAX);
}

void
reply_rig_stop(struct reply_rig *rig)
{
    reply_free(rig->reply);
    forms_free(rig->forms);
    buf_finish(&rig->text[0]);
    buf_finish(&rig->text[1]);
    for (size_t i = 0; i < RIG_OTHERS; i++) {
        buf_finish(&rig->others[i][0]);
        buf_finish(&rig->others[i][1]);
    }
    buf_finish(&rig->statuses);
    buf_finish(&rig->rounds);
    buf_finish(&rig->notices);
    value_free(rig->end);
    host_rig_stop(&rig->base);
}

/* ---- what the reply tells ---- */

static void
on_started(void *user)
{
    struct reply_rig *rig = user;
    rig->started++;
}

static void
on_text(void *user, enum dc_delta_kind kind, struct dc_str text)
{
    struct reply_rig *rig = user;
    buf_add_str(&rig->text[kind], text);
    if (rig->pause_at != NULL && str_starts(text, rig->pause_at))
        reply_pause(rig->reply, true);
}

static void
on_choice(void *user, unsigned choice, enum dc_delta_kind kind,
          struct dc_str text)
{
    struct reply_rig *rig = user;
    cr_assert(choice >= 1 && choice <= RIG_OTHERS, "choice %u", choice);
    buf_add_str(&rig->others[choice - 1][kind], text);
}

static void
on_anew(void *user)
{
    struct reply_rig *rig = user;
    rig->anew++;
    buf_reset(&rig->text[0]);
    buf_reset(&rig->text[1]);
}

static void
on_round(void *user, const struct reply_round *round)
{
    struct reply_rig *rig = user;
    buf_addf(&rig->rounds, "%d/%d %g %g;", round->number, round->most,
             round->tokens_out, round->cost);
}

static void
on_status(void *user, const char *text)
{
    struct reply_rig *rig = user;
    buf_addf(&rig->statuses, "%s\n", text);
    if (rig->stop_at != NULL && strstr(text, rig->stop_at) != NULL)
        reply_stop(rig->reply);
}

static void
on_notice(void *user, const char *text)
{
    struct reply_rig *rig = user;
    buf_addf(&rig->notices, "%s\n", text);
    cr_expect(rig->noticing, "notice: %s", text);
}

static struct value *
joined(const char *const *texts, size_t count)
{
    struct buf all;
    buf_init(&all, TEXT_MAX);
    for (size_t i = 0; i < count; i++)
        buf_addf(&all, "%s%s", i > 0 ? "/" : "", texts[i]);
    struct value *v = value_str(buf_str(&all));
    buf_finish(&all);
    return v;
}

static void
on_ended(void *user, const struct reply_end *end)
{
    struct reply_rig *rig = user;
    struct value *v = value_map();
    value_put(v, "finish", value_text(end->finish));
    value_put(v, "line", value_text(end->line));
    value_put(v, "pairs", value_text(end->pairs));
    value_put(v, "got_text", value_int(end->got_text));
    value_put(v, "refused", value_int(end->refused));
    value_put(v, "rounds", value_int(end->rounds));
    value_put(v, "pieces", value_int((int64_t)end->pieces));
    value_put(v, "in", value_float(end->summary->usage.tokens_in));
    value_put(v, "out", value_float(end->summary->usage.tokens_out));
    value_put(v, "cost", value_float(end->summary->usage.cost));
    value_put(v, "choices", joined(end->choices, end->choice_count));
    value_free(rig->end);
    rig->end = v;
    rig->ended++;
    journal_close(reply_take_journal(rig->reply));
    reply_free(rig->reply);
    rig->reply = NULL;
}

/* ---- asking ---- */

static struct config *
make_config(struct reply_rig *rig, const char *const *options)
{
    struct value *map = value_map(), *arguments = value_list();
    value_put(map, "state_dir", value_text(rig->base.dir));
    value_put(map, "model", value_text("m"));
    value_put(map, "retries", value_int(0));
    value_put(map, "base_url", value_text(server_url(rig->base.sv, "t")));
    if (rig->key_cmd != NULL)
        value_put(map, "api_key_cmd", json_parse(str_of(rig->key_cmd)));
    for (; options != NULL && *options != NULL; options++)
        value_add(arguments, value_text(*options));
    struct config_sources sources = {.settings = map, .arguments = arguments};
    struct dc_error err = {.text = ""};
    struct config *cfg = config_new(&sources, &err);
    cr_assert_not_null(cfg, "%s", err.text);
    value_free(map);
    value_free(arguments);
    return cfg;
}

static void
forget(struct reply_rig *rig)
{
    buf_reset(&rig->text[0]);
    buf_reset(&rig->text[1]);
    for (size_t i = 0; i < RIG_OTHERS; i++) {
        buf_reset(&rig->others[i][0]);
        buf_reset(&rig->others[i][1]);
    }
    buf_reset(&rig->statuses);
    buf_reset(&rig->rounds);
    buf_reset(&rig->notices);
    rig->started = rig->anew = rig->ended = 0;
}

void
reply_rig_ask(struct reply_rig *rig, const struct reply_ask *ask)
{
    static const struct dc_message hi = {.role = DC_ROLE_USER,
                                         .text = {"hi", 2}};
    const char *kept = ask->kept != NULL ? ask->kept : "";
    forget(rig);
    server_reset(rig->base.sv);
    server_script(rig->base.sv, "t", ask->script);
    struct reply_request request = {
        .cfg = make_config(rig, ask->options),
        .messages = &hi,
        .message_count = 1,
        .journal = {"", "", "m", {"hi", 2}},
        .kept = {kept, ask->kept_len > 0 ? ask->kept_len : strlen(kept)},
        .instruction = str_of(ask->instruction != NULL ? ask->instruction : ""),
        .fixed = ask->fixed,
        .plain = ask->plain,
        .many = ask->many,
        .rounds = -1,
        .forms = rig->forms,
        .usage = ask->usage,
        .catalog = rig->catalog,
    };
    struct reply_events events = {on_started, on_text,  on_choice,
                                  on_anew,    on_round, on_status,
                                  on_notice,  on_ended, rig};
    if (ask->no_anew)
        events.anew = NULL;
    rig->reply = reply_start(rig->base.lp, rig->base.http, &request, events);
    rig->back = reply_back(rig->reply);
}

void
reply_rig_wait(struct reply_rig *rig)
{
    HOST_UNTIL(&rig->base, rig->ended > 0, MS);
    cr_assert_eq(rig->ended, 1, "it has not ended: %s",
                 rig->text[0].ptr != NULL ? rig->text[0].ptr : "");
}

void
reply_rig_run(struct reply_rig *rig, const struct reply_ask *ask)
{
    reply_rig_ask(rig, ask);
    reply_rig_wait(rig);
}

const char *
reply_rig_text(const struct reply_rig *rig)
{
    return rig->text[0].len > 0 ? rig->text[0].ptr : "";
}

const char *
reply_rig_end(const struct reply_rig *rig, const char *what)
{
    return value_as_text(value_get(rig->end, what), "");
}

double
reply_rig_number(const struct reply_rig *rig, const char *what)
{
    return value_as_float(value_get(rig->end, what), -2);
}

char *
reply_rig_body(struct reply_rig *rig, size_t request)
{
    char *body = server_request_body(rig->base.sv, request, NULL);
    cr_assert_not_null(body, "no request %zu", request);
    return body;
}
