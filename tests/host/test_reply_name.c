/* A model's name that nobody has: before it is sent, and after. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/catalog.h"
#include "lib/reply_rig.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define REFUSE(status, words)                                                  \
    "status " status "\njson {\"error\":{\"message\":\"" words "\"}}\n"
#define NO_MODEL                                                               \
    REFUSE("404", "The model does not exist or you have no access to it")
#define LIST "json {\"data\":[{\"id\":\"a/Big-V3\"},{\"id\":\"a/Small\"}]}\n"
#define HI "token Hi\nfinish stop\ndone\n"
#define MEANT "no model big-v33; did you mean a/Big-V3?"

static void
start(struct reply_rig *rig)
{
    reply_rig_start(rig);
    rig->catalog = catalog_new(rig->base.lp, rig->base.http);
}

static void
stop(struct reply_rig *rig)
{
    catalog_free(rig->catalog);
    reply_rig_stop(rig);
}

/* How often the list was asked for. */
static size_t
lists(struct reply_rig *rig)
{
    char *log = server_get(rig->base.sv, "/others", NULL);
    size_t n = 0;
    for (const char *at = log; (at = strstr(at, "/v1/models ")) != NULL; at++)
        n++;
    free(log);
    return n;
}

static const struct {
    const char *name;
    const char *model, *script, *models;
    const char *line; /* how it begins */
    size_t lists;
} refusals[] = {
    {"a name like it", "model=big-v33", NO_MODEL, LIST, MEANT, 1},
    {"none like it", "model=else", NO_MODEL, LIST, "no model else at ", 1},
    {"it is listed", "model=a/Small", NO_MODEL, LIST, "no model a/Small at ",
     1},
    {"no list", "model=big-v33", NO_MODEL, "status 404\njson {}\n",
     "no model big-v33 at ", 1},
    {"a broken list", "model=big-v33", NO_MODEL, "json {\"data\":[{\n",
     "no model big-v33 at ", 1},
    {"a version", "model=a/Big-V33:1", NO_MODEL, LIST,
     "no model a/Big-V33:1; did you mean a/Big-V3?", 1},
    {"it is something else", "model=big-v33", REFUSE("400", "bad messages"),
     LIST, "", 0},
    {"busy", "model=big-v33", REFUSE("429", "busy"), LIST, "", 0},
    {"no key", "model=big-v33", REFUSE("401", "no"), LIST, "", 0},
};

Test(reply_name, after_a_refusal, .timeout = 30)
{
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct reply_rig rig;
        start(&rig);
        server_script(rig.base.sv, "t.models", refusals[i].models);
        reply_rig_run(
            &rig, &(struct reply_ask){.script = refusals[i].script,
                                      .options = OPTIONS(refusals[i].model)});
        const char *line = reply_rig_end(&rig, "line");
        cr_expect(strncmp(line, refusals[i].line, strlen(refusals[i].line)) ==
                      0,
                  "%s: %s", refusals[i].name, line);
        cr_expect_eq(strstr(line, "did you mean") != NULL,
                     strstr(refusals[i].line, "did you mean") != NULL, "%s",
                     line);
        cr_expect_str_eq(reply_rig_end(&rig, "finish"), "error");
        cr_expect_eq(reply_rig_number(&rig, "refused"), 0);
        cr_expect_eq(server_requests(rig.base.sv), 1, "%s", refusals[i].name);
        cr_expect_eq(lists(&rig), refusals[i].lists, "%s", refusals[i].name);
        stop(&rig);
    }
}

/* The list has come for it, so the next one is not sent; but who says it again
 * is believed. */
Test(reply_name, before_sending, .timeout = 30)
{
    struct reply_rig rig;
    struct reply_ask ask = {.script = NO_MODEL,
                            .options = OPTIONS("model=big-v33")};
    start(&rig);
    server_script(rig.base.sv, "t.models", LIST);
    reply_rig_run(&rig, &ask);
    for (int i = 0; i < 2; i++) {
        ask.script = HI;
        reply_rig_run(&rig, &ask);
        bool refused = i == 0;
        cr_expect_eq(reply_rig_number(&rig, "refused"), refused);
        cr_expect_str_eq(reply_rig_end(&rig, "line"), refused ? MEANT : "");
        cr_expect_eq(server_requests(rig.base.sv), refused ? 0 : 1);
        cr_expect_eq(rig.started, refused ? 0 : 1);
    }
    cr_expect_str_eq(reply_rig_text(&rig), "Hi");
    ask.options = OPTIONS("model=a/Big-V3");
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "Hi");
    stop(&rig);
}

Test(reply_name, stopped_or_gone_while_looking, .timeout = 30)
{
    struct reply_ask ask = {.script = NO_MODEL,
                            .options = OPTIONS("model=big-v33")};
    for (int gone = 0; gone < 2; gone++) {
        struct reply_rig rig;
        start(&rig);
        server_script(rig.base.sv, "t.models", "hold g\n" LIST);
        rig.stop_at = gone ? NULL : "looking";
        reply_rig_ask(&rig, &ask);
        if (gone) {
            HOST_UNTIL(&rig.base,
                       rig.statuses.len > 0 &&
                           strstr(rig.statuses.ptr, "looking"),
                       10000);
            reply_free(rig.reply);
            rig.reply = NULL;
        } else {
            reply_rig_wait(&rig);
            cr_expect_str_eq(reply_rig_end(&rig, "finish"), "stopped");
            cr_expect_str_eq(reply_rig_end(&rig, "line"), "");
        }
        server_release(rig.base.sv, "g");
        for (int i = 0; i < 20; i++)
            loop_turn(rig.base.lp, 5);
        cr_expect_eq(rig.ended, gone ? 0 : 1);
        stop(&rig);
    }
}
