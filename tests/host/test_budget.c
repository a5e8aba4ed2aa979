/* Tokens before they are sent: how many, whether they fit, what they cost; and
 * what is learned from those that were. */
#include "host/budget.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/catalog_cache.h"
#include "host/model_list.h"
#include "lib/reply_rig.h"
#include "lib/tmpdir.h"

/* ---- sizes ---- */

/* Texts and what two tokenizers make of them. */
/* clang-format off */
static const struct {
    const char *text;
    double tokens;
} texts[] = {
    {"", 0},
    {"Name two techniques to cook this lamb, and say which of them is the one "
     "that a chef in a hurry would choose.", 24},
    {"static double\nat_least_zero(double n)\n{\n    return n > 0 ? n : 0;\n}\n", 24},
    {"Die meisten Leute wissen nicht, wie viele W\xc3\xb6rter sie jeden Tag lesen.", 17},
    {"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, \xd0\xba\xd0\xb0\xd0\xba "
     "\xd1\x82\xd0\xb2\xd0\xbe\xd0\xb8 \xd0\xb4\xd0\xb5\xd0\xbb\xd0\xb0?", 9},
    {"\xe4\xbb\x8a\xe5\xa4\xa9\xe5\xa4\xa9\xe6\xb0\x94\xe5\xbe\x88\xe5\xa5\xbd", 6},
    {"{\"a\": [1, 2, 3], \"b\": null}", 15},
};
/* clang-format on */

Test(budget, size, .timeout = 10)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double size = budget_size(str_of(texts[i].text));
        cr_expect(fabs(size - texts[i].tokens) <= texts[i].tokens * 0.3,
                  "%g for %g: %s", size, texts[i].tokens, texts[i].text);
    }
    /* cut anywhere, the parts are the whole or a word more */
    const char *all = texts[3].text;
    double whole = budget_size(str_of(all));
    for (size_t cut = 0; cut <= strlen(all); cut++) {
        double parts = budget_size((struct dc_str){all, cut}) +
                       budget_size(str_of(all + cut));
        cr_expect(parts >= whole - 1e-9 && parts <= whole + 1, "%zu: %g of %g",
                  cut, parts, whole);
    }
}

/* Texts, how often they stand there, and the fewest tokens that a model is
 * known to make of one. */
/* clang-format off */
static const struct {
    const char *text;
    int times;
    double tokens;
} fewest[] = {
    {"It is one of those that a chef in a hurry would choose.\n", 100, 13},
    {"static double\nat_least_zero(double n)\n{\n    return n > 0 ? n : 0;\n}\n", 100, 22},
    {"10042,2000186,5862\n", 100, 10},
    {"+--------------------+--------------------+\n", 100, 4},
    {"\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\n", 100, 2},
    {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\n", 100, 2},
    {"\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\xe0\xa5\x8d\xe0\xa4\xa4\xe0\xa5\x87 \xe0\xa4\x86\xe0\xa4\xaa\n", 100, 4},
    {"\xe4\xbb\x8a\xe5\xa4\xa9\xe5\xa4\xa9\xe6\xb0\x94\xe5\xbe\x88\xe5\xa5\xbd", 100, 4},
    {"W\xc3\xb6rter \xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", 100, 3},
};
/* clang-format on */

/* Runs of one kind, what splits them, and bytes that are no text. */
static const struct {
    const char *text;
    double size, least;
} runs[] = {
    {"(((", 3 * 0.72, 1},
    {"((\x80((", 4 * 0.72, 1},
    {"(\x80(\x80(", 3 * 0.72, 1},
    {"(a(\x80(", 3 * 0.72 + 0.8 + 0.068, 2},
    {"a\x80"
     "b",
     2 * 0.8 + 2 * 0.068, 1},
    {"1\x80"
     "2",
     2 * 0.9, 2.0 / 3},
    {" \t \x80 ", 2 * 0.014, 0},
    {"\x80", 0, 0},
    {"\xe4\xbd\xa0\xe4\xbd\xa0\xe4\xbd\xa0", 3 * 0.82, 0.25},
    {"\xe4\xe4\xbd\xa0", 2 * 0.82, 0.5},
    {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 2 * 1.5, 0.5},
    {"@AZ[`az{/09:", 6 * 0.72 + 2 * 0.8 + 4 * 0.068 + 2 * 0.9, 4 + 2.0 / 3},
    {"a\n\nb\tc\x7f\r", 3 * 0.868 + 2 * 0.05 + 2 * 0.72, 4},
};

/* Nothing that could fit is refused. */
Test(budget, least, .timeout = 10)
{
    for (size_t i = 0; i < sizeof fewest / sizeof *fewest; i++) {
        struct budget_ask ask = {.size = 0};
        for (int k = 0; k < fewest[i].times; k++)
            budget_add_text(&ask, str_of(fewest[i].text));
        double tokens = fewest[i].tokens * fewest[i].times;
        cr_expect(ask.least <= tokens, "%g for %g: %s", ask.least, tokens,
                  fewest[i].text);
        cr_expect(ask.least > 0 && ask.least < ask.size, "%s", fewest[i].text);
    }
    struct budget_ask words = {.size = 0};
    budget_add_text(&words, str_of("one two,three4 f\xc3\xbcnf"));
    cr_expect_float_eq(words.least, 4 + 1.0 / 3, 1e-9, "%g", words.least);
    struct budget_ask marks = {.size = 0};
    budget_add_text(&marks, str_of("(a) ((b)) ((((\xf0\x9f\x98\x80"));
    cr_expect_float_eq(marks.least, 2 + 3 + 0.5, 1e-9, "%g", marks.least);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct budget_ask ask = {.size = 0};
        budget_add_text(&ask, str_of(runs[i].text));
        cr_expect_float_eq(ask.size, runs[i].size, 1e-9, "%zu: %g", i,
                           ask.size);
        cr_expect_float_eq(ask.least, runs[i].least, 1e-9, "%zu: %g", i,
                           ask.least);
    }
}

/* ---- what fits ---- */

static struct config *
config_with(const char *dir)
{
    struct value *map = value_map();
    struct dc_error err = {.text = ""};
    value_put(map, "model", value_text("m"));
    value_put(map, "state_dir", value_text(dir));
    value_put(map, "base_url", value_text("http://127.0.0.1:9/v1"));
    struct config *cfg =
        config_new(&(struct config_sources){.settings = map}, &err);
    cr_assert_not_null(cfg, "%s", err.text);
    value_free(map);
    return cfg;
}

Test(budget, fits, .timeout = 10)
{
    static const struct {
        double size, context, output;
        const char *line; /* "": it fits */
        int64_t room;
    } rows[] = {
        {1000, -1, -1, "", 0},
        {1000, 0, -1, "", 0},
        {1000, 128000, -1, "", 0},
        {140800, 128000, -1, "", 0},
        {140801, 128000, -1,
         "~141k of 128k tokens of context; cut turns or :DeepModel", 0},
        {2e6, 1048576, -1,
         "~2.0M of 1M tokens of context; cut turns or :DeepModel", 0},
        {10000, 4096, -1,
         "~10k of 4k tokens of context; cut turns or :DeepModel", 0},
        /* a quarter of the context is left: no more than that is usual */
        {2734, 4096, -1, "", 0},
        {2735, 4096, -1, "", 1023},
        {3432, 4096, -1, "", 256},
        {3433, 4096, -1, "", 0},
        {100000, 128000, -1, "", 0},
        {101410, 128000, -1, "", 0},
        {101411, 128000, -1, "", 16383},
        /* a model that writes no more than this */
        {115000, 128000, 1000, "", 0},
        {115999, 128000, 1000, "", 337},
        {116078, 128000, 1000, "", 250},
        {116079, 128000, 1000, "", 0},
        {127900, 128000, 1000, "", 0},
    };
    struct config *cfg = config_with("/no/such");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct model_info info = {.context = rows[i].context,
                                  .max_output = rows[i].output};
        struct budget_ask ask = {.size = rows[i].size, .least = rows[i].size};
        struct budget b = budget_of(&ask, NULL, cfg, &info);
        struct dc_error err = {.text = ""};
        cr_expect_eq(budget_fits(&b, &err), rows[i].line[0] == '\0', "%zu", i);
        cr_expect_str_eq(err.text, rows[i].line, "%zu: %s", i, err.text);
        cr_expect_leq(strlen(err.text), 58, "%s", err.text);
        cr_expect_eq(budget_room(&b), rows[i].room, "%zu: %lld", i,
                     (long long)budget_room(&b));
    }
    struct budget_ask ask = {.size = 1e9, .least = 1e9};
    struct budget b = budget_of(&ask, NULL, cfg, NULL);
    cr_expect(budget_fits(&b, NULL), "nothing is known");
    struct model_info info = {.context = 128000, .max_output = -1};
    ask.least = 128000;
    b = budget_of(&ask, NULL, cfg, &info);
    cr_expect(budget_fits(&b, NULL), "another model counts fewer");
    config_free(cfg);
}

/* ---- prices ---- */

Test(budget, price, .timeout = 10)
{
    static const struct {
        double in, out, cached; /* prices */
        struct dc_usage usage;
        double want;
    } rows[] = {
        {2, 3, -1, {10, 100, -1, -1, -1}, 320},
        {2, 3, 1, {10, 100, 4, -1, -1}, 316},
        {2, 3, -1, {10, 100, 4, -1, -1}, 320},
        {2, 3, 0, {10, 100, 10, -1, -1}, 300},
        {2, 3, 0, {10, 100, 11, -1, -1}, 300}, /* more than there are */
        {0, 0, -1, {10, 100, -1, -1, -1}, 0},
        {2, 3, -1, {-1, 100, -1, -1, -1}, 300},
        {2, 3, -1, {10, -1, -1, -1, -1}, 20},
        {2, 3, -1, {-1, -1, -1, -1, -1}, -1},
        {-1, 3, -1, {10, 100, -1, -1, -1}, -1},
        {2, -1, -1, {10, 100, -1, -1, -1}, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct model_info info = {.price_in = rows[i].in,
                                  .price_out = rows[i].out,
                                  .price_cached = rows[i].cached};
        cr_expect_eq(budget_price(&info, &rows[i].usage), rows[i].want, "%zu",
                     i);
    }
    cr_expect_eq(budget_price(NULL, &rows[0].usage), -1);
}

/* ---- asked of a server ---- */

/* What the catalogue knows of the models m and n. */
static void
know(struct reply_rig *rig, double context, double price)
{
    struct model_list list = {.count = 0};
    struct model_info info;
    model_info_init(&info);
    info.name = "m";
    info.tags = "";
    info.context = context;
    info.price_in = price;
    info.price_out = price * 2;
    model_list_add(&list, &info);
    info.name = "n";
    model_list_add(&list, &info);
    model_list_sort(&list);
    char url[300];
    snprintf(url, sizeof url, "%s/chat/completions",
             server_url(rig->base.sv, "t"));
    cr_assert(catalog_keep(&list, rig->base.dir, url, time(NULL)));
    model_list_finish(&list);
}

static void
expect_carried(struct reply_rig *rig, const char *name, size_t request,
               const char *max_tokens)
{
    char *body = reply_rig_body(rig, request);
    const char *at = strstr(body, "\"max_tokens\"");
    char got[32] = "";
    if (at != NULL)
        snprintf(got, sizeof got, "%.*s", (int)strcspn(at + 13, ",}"), at + 13);
    cr_expect_str_eq(got, max_tokens, "%s: %s", name, got);
    free(body);
}

#define USAGE(in, out)                                                         \
    "sse {\"choices\":[],\"usage\":{\"prompt_tokens\":" #in                    \
    ",\"completion_tokens\":" #out "}}\n"
#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* clang-format off */
static const struct {
    const char *name;
    double context, price;
    const char *script;
    const char *const *options;
    const char *max_tokens[2]; /* of the requests; "" none */
    const char *line, *pairs;
    size_t requests;
} replies[] = {
    {"nothing is known", -1, -1,
     "token a\nfinish stop\n" USAGE(10, 5) "done\n", NULL, {""}, "",
     " finish=stop in=10 out=5", 1},
    {"a price", 4096, 0.0001,
     "token a\nfinish length\n" USAGE(10, 5) "done\n---\ntoken  b\nfinish stop\n" USAGE(20, 5) "done\n", NULL, {"", ""},
     "done in 2 parts, 10 tokens, ~$0.0050", " finish=stop in=30 out=10 est=0.005 parts=2", 2},
    {"a price that only one request has", 4096, 0.0001,
     "token a\nfinish length 10 5 0.5\ndone\n---\ntoken  b\nfinish stop\n" USAGE(20, 5) "done\n", NULL, {"", ""},
     "done in 2 parts, 10 tokens, ~$0.50", " finish=stop in=30 out=10 cost=0.5 est=0.003 parts=2", 2},
    {"for nothing", 4096, 0,
     "token a\nfinish stop\n" USAGE(10, 5) "done\n", NULL, {""}, "", " finish=stop in=10 out=5", 1},
    {"little room", 400, -1,
     "token a\nfinish stop\n" USAGE(10, 5) "done\n", OPTIONS("extra_body={\"tools\":[\"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\"]}"),
     {"56"}, "", " finish=stop in=10 out=5", 1},
    {"the user's own limit", 400, -1,
     "token a\nfinish stop\n" USAGE(10, 5) "done\n", OPTIONS("max_tokens=9", "extra_body={\"tools\":[\"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\"]}"),
     {"9"}, "", " finish=stop in=10 out=5", 1},
    {"too much only behind an answer", 60, -1,
     "token one two three four five six seven eight nine ten eleven twelve one two three four five six seven eight nine ten eleven twelve one two three four five six seven eight nine ten eleven twelve one two three four five six seven eight nine ten eleven twelve one two three four five six seven eight nine ten eleven twelve one two three four five six seven eight nine ten eleven twelve one two three four five six seven eight nine ten eleven twelve\nfinish length\ndone\n---\n"
     "token  end\nfinish stop\ndone\n", NULL, {"", ""},
     "done in 2 parts, 2 tokens", " finish=stop parts=2", 2},
    {"no room", 0.5, -1, "token a\nfinish stop\ndone\n", NULL, {""},
     "~5 of 0 tokens of context; cut turns or :DeepModel", " finish=error", 0},
};
/* clang-format on */

Test(budget, replies, .timeout = 60)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        const char *name = replies[i].name;
        struct catalog *catalog = catalog_new(rig.base.lp, rig.base.http);
        struct usage *usage = usage_new(rig.base.lp, catalog);
        know(&rig, replies[i].context, replies[i].price);
        reply_rig_run(&rig, &(struct reply_ask){.script = replies[i].script,
                                                .options = replies[i].options,
                                                .usage = usage});
        cr_expect_str_eq(reply_rig_end(&rig, "line"), replies[i].line, "%s: %s",
                         name, reply_rig_end(&rig, "line"));
        cr_expect_str_eq(reply_rig_end(&rig, "pairs"), replies[i].pairs,
                         "%s: %s", name, reply_rig_end(&rig, "pairs"));
        cr_expect_eq(server_requests(rig.base.sv), replies[i].requests, "%s",
                     name);
        for (size_t k = 0; k < replies[i].requests; k++)
            expect_carried(&rig, name, k + 1, replies[i].max_tokens[k]);
        usage_free(usage);
        catalog_free(catalog);
    }
    reply_rig_stop(&rig);
}

/* Whoever sends again means it, until another model was meant. */
Test(budget, said_once, .timeout = 20)
{
    static const struct {
        const char *model;
        size_t requests;
    } rows[] = {{"m", 0}, {"m", 1}, {"m", 1}, {"n", 0}, {"m", 0}, {"m", 1}};
    struct reply_rig rig;
    reply_rig_start(&rig);
    struct catalog *catalog = catalog_new(rig.base.lp, rig.base.http);
    struct usage *usage = usage_new(rig.base.lp, catalog);
    know(&rig, 0.5, -1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char option[16];
        snprintf(option, sizeof option, "model=%s", rows[i].model);
        reply_rig_run(&rig, &(struct reply_ask){
                                .script = "token a\nfinish stop\ndone\n",
                                .options = (const char *const[]){option, NULL},
                                .usage = usage});
        cr_expect_eq(server_requests(rig.base.sv), rows[i].requests, "%zu", i);
    }
    usage_free(usage);
    catalog_free(catalog);
    reply_rig_stop(&rig);
}

/* ---- what models teach ---- */

static void
tell(struct usage *u, const char *dir, const char *model, double size,
     double tokens)
{
    usage_add(u, dir,
              &(struct usage_entry){.model = model,
                                    .chat = "",
                                    .usage = {tokens, 1, -1, -1, -1},
                                    .size = size});
}

static void
expect_factor(struct usage *u, const char *dir, const char *model, double want)
{
    double factor = -1;
    bool known = usage_factor(u, dir, model, &factor);
    cr_expect_eq(known, want > 0, "%s", model);
    if (want > 0)
        cr_expect(fabs(factor - want) < 1e-9, "%s: %g", model, factor);
}

Test(budget, learns, .timeout = 20)
{
    struct loop *lp = loop_new();
    char *dir = tmpdir_new();
    struct usage *u = usage_new(lp, NULL);
    expect_factor(u, dir, "a b", -1);
    tell(u, dir, "a b", 200, 300);
    expect_factor(u, dir, "a b", 1.5);
    tell(u, dir, "a b", 200, 100);
    expect_factor(u, dir, "a b", 1);
    for (int i = 0; i < 40; i++)
        tell(u, dir, "a b", 1000, 1200);
    double factor = 0;
    usage_factor(u, dir, "a b", &factor);
    cr_expect(fabs(factor - 1.2) < 0.001, "%g", factor);
    /* what teaches nothing */
    tell(u, dir, "c", 199.9, 200);
    tell(u, dir, "c", 0, 40);
    tell(u, dir, "c", 200, -1);
    tell(u, dir, "c", 200, 59);
    tell(u, dir, "c", 200, 601);
    expect_factor(u, dir, "c", -1);
    tell(u, dir, "c", 200, 60);
    tell(u, dir, "d", 200, 600);
    expect_factor(u, dir, "c", 0.3);
    expect_factor(u, dir, "d", 3);
    expect_factor(u, NULL, "d", -1);
    usage_free(u);
    /* the next host knows it from the file */
    u = usage_new(lp, NULL);
    double again = 0;
    cr_expect(usage_factor(u, dir, "a b", &again));
    cr_expect(fabs(again - factor) < 1e-9, "%g", again);
    expect_factor(u, dir, "d", 3);
    /* another directory knows nothing of it */
    char *other = tmpdir_new();
    expect_factor(u, other, "d", -1);
    tmpdir_free(other);
    expect_factor(u, dir, "d", 3);
    /* the first of too many gives way */
    for (int i = 0; i < 99; i++) {
        char model[16];
        snprintf(model, sizeof model, "m%d", i);
        tell(u, dir, model, 200, 200);
    }
    expect_factor(u, dir, "a b", -1);
    expect_factor(u, dir, "d", 3);
    usage_free(u);
    loop_free(lp);
    tmpdir_free(dir);
}

/* With what was learned the margin is smaller. */
Test(budget, learned_margin, .timeout = 20)
{
    struct loop *lp = loop_new();
    char *dir = tmpdir_new();
    struct usage *u = usage_new(lp, NULL);
    struct config *cfg = config_with(dir);
    struct model_info info = {.context = 1000, .max_output = -1};
    tell(u, dir, "m", 200, 400);
    static const struct {
        double size;
        bool fits;
    } rows[] = {{500, true}, {515, true}, {515.1, false}, {600, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct budget_ask ask = {
            .size = rows[i].size, .least = 1e9, .count = 9};
        struct budget b = budget_of(&ask, u, cfg, &info);
        cr_expect_eq(budget_fits(&b, NULL), rows[i].fits, "%g", rows[i].size);
    }
    struct budget_ask ask = {.size = 100, .images = 2};
    struct budget b = budget_of(&ask, u, cfg, &info);
    cr_expect_eq(b.tokens, 2200);
    cr_expect(budget_fits(&b, NULL), "nobody knows what images take");
    config_free(cfg);
    usage_free(u);
    loop_free(lp);
    tmpdir_free(dir);
}
