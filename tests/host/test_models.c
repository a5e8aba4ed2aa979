/* What the editor is told of models. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/host.h"
#include "host/json.h"
#include "host/model_list.h"
#include "host/models.h"
#include "lib/catalog_rig.h"
#include "lib/fake_ed.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ENDPOINT "http://127.0.0.1:1/v1/chat/completions"

static void
add(struct model_list *list, const char *name, double context, int chat)
{
    struct model_info info;
    model_info_init(&info);
    info.name = name;
    info.context = context;
    info.chat = chat;
    model_list_add(list, &info);
}

/* What is on the disk, as if it had just been read. */
static void
keep(struct catalog_rig *rig, struct model_list *list)
{
    model_list_sort(list);
    cr_assert(catalog_keep(list, rig->dir, ENDPOINT, (int64_t)time(NULL)));
    model_list_finish(list);
}

/* Ask; the answer, owned. more: members of the message. */
static struct value *
ask(struct catalog_rig *rig, const char *settings, const char *more)
{
    struct fake_ed fe;
    struct value *args = json_parse(str_of(more));
    struct value *set = json_parse(str_of(settings));
    cr_assert(args != NULL && set != NULL, "%s %s", more, settings);
    value_put(set, "state_dir", value_text(rig->dir));
    value_put(args, "settings", set);
    value_put(args, "id", value_int(7));
    fake_start(&fe, 1 << 20);
    struct host host = {.lp = rig->lp,
                        .http = rig->http,
                        .editor = &fe.base,
                        .catalog = rig->catalog};
    models_ask(&host, args);
    for (int i = 0; i < 2000 && fake_count(&fe, "#model#models") == 0; i++)
        loop_turn(rig->lp, 10);
    cr_assert_eq(fake_count(&fe, "#model#models"), 1, "%s", settings);
    struct value *answer = value_copy(value_at(fe.calls[0].args, 0));
    cr_expect_eq(value_as_int(value_get(answer, "id"), 0), 7);
    value_free(args);
    fake_finish(&fe);
    return answer;
}

#define AT(more) "{\"base_url\":\"http://127.0.0.1:1\"" more "}"

static const struct {
    const char *name;
    const char *settings, *more;
    const char *want; /* host model about near line */
    size_t models;
} cases[] = {
    {"known", AT(",\"model\":\"a/big\""), "{}", "127.0.0.1:1|a/big|8k||", 0},
    {"a list", AT(",\"model\":\"a/big\""), "{\"list\":true}",
     "127.0.0.1:1|a/big|8k||", 2},
    {"near", AT(",\"model\":\"a/bgi\""), "{}",
     "127.0.0.1:1|a/bgi||no model a/bgi; did you mean a/big?|", 0},
    {"far", AT(",\"model\":\"else\""), "{}",
     "127.0.0.1:1|else||127.0.0.1:1 lists no model else|", 0},
    {"a version", AT(",\"model\":\"else:1\""), "{}", "127.0.0.1:1|else:1|||",
     0},
    {"none set", AT(""), "{}", "127.0.0.1:1||||", 0},
    {"of the front matter", AT(",\"model\":\"else\""),
     "{\"text\":\"---\\nmodel: a/big\\n---\\n\"}", "127.0.0.1:1|a/big|8k||", 0},
    {"of the buffer", AT(",\"model\":\"else\""),
     "{\"buffer\":{\"model\":\"a/big\"}}", "127.0.0.1:1|a/big|8k||", 0},
    {"of an argument", AT(",\"model\":\"else\""),
     "{\"arguments\":[\"model=a/big\"]}", "127.0.0.1:1|a/big|8k||", 0},
    {"wrong settings", AT(",\"modle\":\"m\""), "{\"list\":true}",
     "|||*unknown option*", 0},
    {"a broken front matter", AT(""), "{\"text\":\"---\\nmodel: m\\n\"}",
     "|||*front matter*", 0},
};

/* "a|b*part*": the rest holds part. */
static bool
matches(const char *got, const char *want)
{
    const char *star = strchr(want, '*');
    char part[64];
    if (star == NULL)
        return strcmp(got, want) == 0;
    snprintf(part, sizeof part, "%.*s", (int)strcspn(star + 1, "*"), star + 1);
    return strncmp(got, want, (size_t)(star - want)) == 0 &&
           strstr(got, part) != NULL;
}

Test(models, answers, .timeout = 30)
{
    static const char *const members[] = {"host", "model", "about", "near",
                                          "line"};
    struct catalog_rig rig;
    struct model_list list = {0};
    catalog_rig_start(&rig);
    add(&list, "a/big", 8192, -1);
    add(&list, "b", -1, 1);
    add(&list, "embeds", 512, 0);
    keep(&rig, &list);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value *answer = ask(&rig, cases[i].settings, cases[i].more);
        struct buf got;
        buf_init(&got, 4096);
        for (size_t n = 0; n < COUNT(members); n++)
            buf_addf(&got, "%s%s", n > 0 ? "|" : "",
                     value_as_text(value_get(answer, members[n]), "?"));
        cr_expect(matches(got.ptr, cases[i].want), "%s: %s", cases[i].name,
                  got.ptr);
        const struct value *models = value_get(answer, "models");
        cr_expect(value_is(models, VALUE_LIST) &&
                      models->count == cases[i].models,
                  "%s", cases[i].name);
        const struct value *first = value_at(models, 0);
        if (first != NULL) {
            cr_expect_str_eq(value_as_text(value_at(first, 0), ""), "a/big");
            cr_expect_str_eq(value_as_text(value_at(first, 1), ""), "8k");
        }
        buf_finish(&got);
        value_free(answer);
    }
    catalog_rig_stop(&rig);
}

/* No more than a channel carries: 3 MiB, each model with 16 bytes more. */
Test(models, limit, .timeout = 30)
{
    enum { MOST = (3 << 20) / (16 + 240) };
    for (int over = 0; over <= 1; over++) {
        struct catalog_rig rig;
        struct model_list list = {0};
        catalog_rig_start(&rig);
        for (int i = 0; i < MOST + over; i++) {
            char name[241];
            snprintf(name, sizeof name, "%0240d", i);
            add(&list, name, -1, -1);
        }
        keep(&rig, &list);
        struct value *answer = ask(&rig, AT(""), "{\"list\":true}");
        cr_expect_eq(value_get(answer, "models")->count, MOST);
        value_free(answer);
        catalog_rig_stop(&rig);
    }
}

/* The editor has gone while the server was asked. */
Test(models, nobody_to_tell, .timeout = 30)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    struct host host = {.lp = rig.lp, .http = rig.http, .catalog = rig.catalog};
    struct value *args = value_map();
    value_put(args, "settings", json_parse(str_of(AT(""))));
    models_ask(&host, args);
    for (int i = 0; i < 20; i++)
        loop_turn(rig.lp, 5);
    value_free(args);
    catalog_rig_stop(&rig);
}
