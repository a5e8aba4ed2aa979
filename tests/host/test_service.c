/* Tiers of service: which was used, how long one waits; and the key that the
 * requests of one chat share in a server's cache. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/ask.h"
#include "host/json.h"
#include "host/provider.h"
#include "host/service.h"
#include "lib/config_case.h"
#include "lib/reply_rig.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define BUSY                                                                   \
    "status 429\njson {\"error\":{\"message\":\"Model busy, retry later\","    \
    "\"code\":\"engine_overloaded\"}}\n---\n"

/* ---- tiers ---- */

/* used: as the server says it, "" for nothing. */
static const struct {
    const char *option, *used, *pairs;
} tiers[] = {
    {"service_tier=flex", "\"default\"", " finish=stop tier=default"},
    {"service_tier=flex", "\"flex\"", " finish=stop"},
    {"service_tier=flex", "", " finish=stop"},
    {"service_tier=flex", "null", " finish=stop"},
    {"service_tier=priority", "\"standard\"", " finish=stop tier=standard"},
    {"service_tier=auto", "\"default\"", " finish=stop"},
    {"service_tier=auto", "\"priority\"", " finish=stop tier=priority"},
    {"service_tier=default", "\"standard\"", " finish=stop"},
    {NULL, "\"default\"", " finish=stop"},
    {NULL, "\"on_demand\"", " finish=stop"},
    {NULL, "\"flex\"", " finish=stop tier=flex"},
    {NULL, "\"a b%\"", " finish=stop tier=a%20b%25"},
    {"extra_body={\"service_tier\":\"flex\"}", "\"flex\"", " finish=stop"},
    {"extra_body={\"service_tier\":\"scale\"}", "\"default\"",
     " finish=stop tier=default"},
};

Test(service, tier_in_the_marker, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < COUNT(tiers); i++) {
        const char *options[] = {tiers[i].option, NULL};
        char tier[64] = "", script[400];
        if (tiers[i].used[0] != '\0')
            snprintf(tier, sizeof tier, "\"service_tier\":%s,", tiers[i].used);
        snprintf(script, sizeof script,
                 "sse {%s\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n"
                 "finish stop\ndone\n",
                 tier);
        reply_rig_run(
            &rig, &(struct reply_ask){.script = script, .options = options});
        cr_expect_str_eq(reply_rig_end(&rig, "pairs"), tiers[i].pairs,
                         "%zu: %s", i, reply_rig_end(&rig, "pairs"));
    }
    reply_rig_stop(&rig);
}

/* Whoever is in a hurry is not made to wait for another try. */
Test(service, fail_fast, .timeout = 30)
{
    static const struct {
        const char *const options[3];
        size_t requests;
        const char *finish;
    } cases[] = {
        {{"retries=1", "fail_fast=true"}, 1, "error"},
        {{"retries=1", "fail_fast=false"}, 2, "stop"},
        {{"retries=1"}, 2, "stop"},
    };
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < COUNT(cases); i++) {
        reply_rig_run(&rig, &(struct reply_ask){.script = BUSY
                                                "token x\nfinish stop\ndone\n",
                                                .options = cases[i].options});
        cr_expect_eq(server_requests(rig.base.sv), cases[i].requests, "%zu", i);
        cr_expect_str_eq(reply_rig_end(&rig, "finish"), cases[i].finish);
    }
    /* another failure than a busy model is no queue */
    reply_rig_run(&rig, &(struct reply_ask){
                            .script = "status 500\njson {}\n---\ntoken x\n"
                                      "finish stop\ndone\n",
                            .options = OPTIONS("retries=1", "fail_fast=true")});
    cr_expect_eq(server_requests(rig.base.sv), 2);
    reply_rig_stop(&rig);
}

/* Nobody's model of another server, and none at all. */
Test(service, no_model, .timeout = 30)
{
    struct reply_rig rig;
    setenv("GROQ_API_KEY", "k", 1);
    reply_rig_start(&rig);
    reply_rig_run(&rig,
                  &(struct reply_ask){.script = "token x\n",
                                      .options = OPTIONS("provider=groq")});
    cr_expect_str_eq(reply_rig_end(&rig, "line"),
                     "no model is set for groq; :DeepModel sets one");
    cr_expect_eq(reply_rig_number(&rig, "refused"), 1);
    reply_rig_stop(&rig);
    struct config *cfg = config_of("{\"provider\":\"groq\",\"extra_body\":{"
                                   "\"model\":\"m\"}}");
    cr_expect(service_has_model(cfg));
    config_free(cfg);
    cfg = config_of("{\"provider\":\"ollama\"}");
    cr_expect(service_has_model(cfg));
    config_free(cfg);
}

Test(service, how_long, .timeout = 10)
{
    static const struct {
        const char *settings;
        int ms;
    } cases[] = {
        {"{}", 600000},
        {"{\"first_byte_timeout\":5}", 5000},
        {"{\"service_tier\":\"flex\"}", SERVICE_FLEX_MS},
        {"{\"service_tier\":\"flex\",\"first_byte_timeout\":5}",
         SERVICE_FLEX_MS},
        {"{\"service_tier\":\"flex\",\"first_byte_timeout\":700}", 700000},
        {"{\"service_tier\":\"priority\",\"first_byte_timeout\":5}", 5000},
        {"{\"extra_body\":{\"service_tier\":\"flex\"},"
         "\"first_byte_timeout\":5}",
         SERVICE_FLEX_MS},
        /* it is not sent there */
        {"{\"service_tier\":\"flex\",\"first_byte_timeout\":5,"
         "\"provider\":\"ollama\"}",
         5000},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *cfg = config_of(cases[i].settings);
        struct forms *forms = forms_new();
        struct reply_how how = {.form = DC_FORM_NONE};
        struct members m;
        reply_members(&m, cfg, &how);
        how.refused = form_refused(forms, cfg, &m);
        struct http_request request = reply_http(cfg, &how, NULL, str_of("{}"));
        cr_expect_eq(request.first_byte_ms, cases[i].ms, "%zu: %d", i,
                     request.first_byte_ms);
        members_finish(&m);
        forms_free(forms);
        config_free(cfg);
    }
}

Test(service, the_wait_is_shown, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    rig.stop_at = "waiting 1 s";
    reply_rig_run(&rig,
                  &(struct reply_ask){.script = "stall\n",
                                      .options = OPTIONS("service_tier=flex")});
    cr_expect_not_null(
        strstr(rig.statuses.ptr, "waiting 1 s for a flex slot\n"), "%s",
        rig.statuses.ptr);
    reply_rig_stop(&rig);
}

/* ---- the cache ---- */

#define CHAT "%% user\n\nq\n"

static const struct {
    const char *settings, *session;
    const char *want; /* the member; NULL: none */
} sessions[] = {
    {"{}", "/a/chat.deepchat.md", "\"deepchat-98d772d221f12101\""},
    {"{}", "/a/other.deepchat.md", "\"deepchat-"},
    {"{}", "", NULL},
    {"{\"provider\":\"openai\"}", "/a", "\"deepchat-"},
    {"{\"provider\":\"groq\"}", "/a", NULL},
    {"{\"base_url\":\"localhost:1\"}", "/a", NULL},
    {"{\"extra_body\":{\"prompt_cache_key\":\"mine\"}}", "/a", "\"mine\""},
    {"{\"extra_body\":{\"prompt_cache_key\":null}}", "/a", "null"},
    {"{\"extra_body\":{\"top_k\":1}}", "/a", "\"deepchat-"},
};

static char *
key_of(const char *settings, const char *session)
{
    struct ask ask = {.request.rounds = 0};
    struct dc_error err = {.text = ""};
    struct value *args = value_map();
    value_put(args, "settings", json_parse(str_of(settings)));
    value_put(args, "text", value_text(CHAT));
    value_put(args, "session", value_text(session));
    cr_assert(ask_send(&ask, args, &err), "%s", err.text);
    struct reply_how how = {.form = DC_FORM_NONE};
    char *key = reply_carried(ask.request.cfg, &how, "prompt_cache_key");
    config_free(ask.request.cfg);
    ask.free_own(ask.own);
    value_free(args);
    return key;
}

Test(service, cache_key, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(sessions); i++) {
        char *key = key_of(sessions[i].settings, sessions[i].session);
        if (sessions[i].want == NULL)
            cr_expect_null(key, "%zu: %s", i, key);
        else
            cr_expect(key != NULL && strncmp(key, sessions[i].want,
                                             strlen(sessions[i].want)) == 0,
                      "%zu: %s", i, key != NULL ? key : "none");
        free(key);
    }
    char *one = key_of("{}", "/a"), *other = key_of("{}", "/b");
    char *again = key_of("{}", "/a");
    cr_expect_str_eq(one, again);
    cr_expect_str_neq(one, other);
    cr_expect_null(strstr(one, "/a"));
    free(one);
    free(other);
    free(again);
}
