/* Which model somebody may have meant, who is told, and who waits for what. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/model_list.h"
#include "lib/catalog_rig.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *const known[] = {
    "BAAI/bge-m3",
    "Qwen/Qwen3-235B-A22B",
    "Qwen/Qwen3-32B",
    "deepseek-ai/DeepSeek-R1",
    "deepseek-ai/DeepSeek-V3",
    "deepseek-ai/DeepSeek-V3.1",
    "gpt-5-mini",
    "llama3.2:latest",
    "llama3.3:70b",
    "meta-llama/Llama-3.3-70B-Instruct",
    "mistralai/Mistral-Small",
};

static void
fill(struct model_list *list)
{
    *list = (struct model_list){0};
    for (size_t i = 0; i < COUNT(known); i++) {
        struct model_info info;
        model_info_init(&info);
        info.name = known[i];
        info.chat = i == 0 ? 0 : -1;
        model_list_add(list, &info);
    }
    model_list_sort(list);
}

static const struct {
    const char *name;
    const char *near; /* the first; NULL: nobody */
    const char *line; /* NULL: not looked at */
} names[] = {
    {"deepsek-v3", "deepseek-ai/DeepSeek-V3",
     "no model deepsek-v3; did you mean deepseek-ai/DeepSeek-V3?"},
    {"deepseek-ai/deepseek-v3", "deepseek-ai/DeepSeek-V3",
     "no such model; did you mean deepseek-ai/DeepSeek-V3?"},
    {"DeepSeek-V3", "deepseek-ai/DeepSeek-V3", NULL},
    {"deepseek-ai/DeepSeek-3V", "deepseek-ai/DeepSeek-V3", NULL},
    {"deepseek-ai/DeepSeekV3.1", "deepseek-ai/DeepSeek-V3.1", NULL},
    {"other/DeepSeek-R1", "deepseek-ai/DeepSeek-R1", NULL},
    {"gpt5-mini", "gpt-5-mini", "no model gpt5-mini; did you mean gpt-5-mini?"},
    {"qwen3", "Qwen/Qwen3-32B", "no model qwen3; did you mean Qwen/Qwen3-32B?"},
    {"lama3.3:70b", "llama3.3:70b", NULL},
    {"llama3.3", "llama3.3:70b", NULL},
    {"Mistral-Small-Instruct", "mistralai/Mistral-Small", NULL},
    {"MISTRAL-SMALL", "mistralai/Mistral-Small", NULL},
    {"bge-m3", NULL, NULL}, /* no chat model */
    {"claude", NULL, NULL},
    {"v3", NULL, NULL},
    {"", NULL, NULL},
    {"/", NULL, NULL},
    {"deepseek-ai/", NULL, NULL},
};

Test(catalog_near, names, .timeout = 20)
{
    struct model_list list;
    fill(&list);
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *near[2];
        char line[256] = "";
        model_near(list.items, list.count, names[i].name, near);
        cr_expect_str_eq(near[0] != NULL ? near[0] : "nobody",
                         names[i].near != NULL ? names[i].near : "nobody",
                         "%s: %s", names[i].name, near[0]);
        bool said = model_near_line(list.items, list.count, names[i].name, line,
                                    sizeof line);
        cr_expect_eq(said, names[i].near != NULL, "%s", names[i].name);
        cr_expect_leq(strlen(line), 58, "%s", line);
        if (names[i].line != NULL)
            cr_expect_str_eq(line, names[i].line, "%s", line);
    }
    model_list_finish(&list);
}

/* Names of any length, with the longest of a server. */
Test(catalog_near, long_names, .timeout = 20)
{
    char name[MODEL_NAME_MAX + 1], line[400];
    struct model_list list = {0};
    struct model_info info;
    model_info_init(&info);
    memset(name, 'n', sizeof name);
    name[MODEL_NAME_MAX] = '\0';
    info.name = name;
    model_list_add(&list, &info);
    for (size_t len = 1; len <= MODEL_NAME_MAX; len++) {
        name[len] = '\0';
        bool said = model_near_line(list.items, 1, name, line, sizeof line);
        cr_expect(!said || strstr(line, "did you mean nnn"), "%zu", len);
        name[len] = 'n';
    }
    model_list_finish(&list);
}

/* ---- before anything is sent ---- */

#define LIST "json {\"data\":[{\"id\":\"deepseek-ai/V3\"},{\"id\":\"b\"}"

static const struct {
    const char *name;
    const char *models;
    const char *model;
    int64_t age;
    bool refused;
} refusals[] = {
    {"a typing error", LIST "]}\n", "deepseek-ai/V33", 0, true},
    {"no error", LIST "]}\n", "deepseek-ai/V3", 0, false},
    {"nothing near", LIST "]}\n", "quite/else", 0, false},
    {"a version of one", LIST "]}\n", "deepseek-ai/V3:abc", 0, false},
    {"a version of none", LIST "]}\n", "deepseek-ai/V33:abc", 0, false},
    {"a deployment", LIST "]}\n", "deploy_id:deepseek-ai/V3", 0, false},
    {"no name", LIST "]}\n", "", 0, false},
    {"ten minutes less one", LIST "]}\n", "deepseek-ai/V33", 540, true},
    {"read ten minutes ago", LIST "]}\n", "deepseek-ai/V33", 600, false},
    {"not the whole list", LIST ",{}]}\n", "deepseek-ai/V33", 0, false},
    {"any name will do",
     "json {\"data\":[{\"id\":\"model\",\"owned_by\":\"llamacpp\"}]}\n",
     "models", 0, false},
    {"an empty list", "json {\"data\":[]}\n", "m", 0, false},
};

static bool
refuse(struct catalog_rig *rig, const char *model, char line[256])
{
    struct config *cfg = catalog_rig_config(rig, model);
    line[0] = '\0';
    bool refused = catalog_refuse(rig->catalog, cfg, line, 256);
    config_free(cfg);
    return refused;
}

Test(catalog_near, refusals, .timeout = 30)
{
    struct catalog_rig rig;
    char line[256];
    catalog_rig_start(&rig);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        catalog_rig_anew(&rig);
        cr_expect_not(refuse(&rig, refusals[i].model, line));
        catalog_rig_scripts(&rig, refusals[i].models, NULL, NULL);
        catalog_rig_fetch(&rig, "c", false);
        if (refusals[i].age > 0) {
            struct model_list list;
            int64_t when;
            char *url = catalog_rig_endpoint(&rig);
            cr_assert(catalog_load(&list, rig.dir, url, &when));
            catalog_keep(&list, rig.dir, url,
                         (int64_t)time(NULL) - refusals[i].age);
            model_list_finish(&list);
            free(url);
            catalog_rig_reopen(&rig);
        }
        cr_expect_eq(refuse(&rig, refusals[i].model, line), refusals[i].refused,
                     "%s", refusals[i].name);
        cr_expect_eq(strstr(line, "did you mean") != NULL, refusals[i].refused,
                     "%s: %s", refusals[i].name, line);
        /* said again it is meant; another one is another mistake */
        cr_expect_not(refuse(&rig, refusals[i].model, line), "%s",
                      refusals[i].name);
        cr_expect_eq(refuse(&rig, "deepseek-ai/V4", line),
                     refusals[i].age < 600 &&
                         strcmp(refusals[i].models, LIST "]}\n") == 0,
                     "%s", refusals[i].name);
    }
    catalog_rig_stop(&rig);
}

/* ---- waiting ---- */

#define SLOW "hold g\n" LIST "]}\n"

Test(catalog_near, one_request_for_all_who_wait, .timeout = 30)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    catalog_rig_scripts(&rig, SLOW, NULL, NULL);
    catalog_rig_ask(&rig, "c", false);
    catalog_rig_ask(&rig, "c", false);
    catalog_rig_ask(&rig, "c", true);
    while (!server_wait_held(rig.sv, "g", 1, 5))
        loop_turn(rig.lp, 10);
    server_release(rig.sv, "g");
    catalog_rig_wait(&rig, 3);
    cr_expect_eq(rig.count, 2);
    cr_expect_eq(catalog_rig_requests(&rig), 1);
    /* what is known is told at once, while others wait */
    server_reset(rig.sv);
    catalog_rig_ask(&rig, "c", true);
    while (!server_wait_held(rig.sv, "g", 1, 5))
        loop_turn(rig.lp, 10);
    catalog_rig_fetch(&rig, "d", false);
    cr_expect_eq(rig.told, 4);
    /* nobody may want it any more */
    catalog_forget(rig.catalog, &rig);
    server_release(rig.sv, "g");
    catalog_rig_fetch(&rig, "c", false);
    cr_expect_eq(rig.told, 5);
    catalog_rig_stop(&rig);
}

/* Wherever it is when the catalogue goes, who waits is told, once. */
Test(catalog_near, free_while_waiting, .timeout = 30)
{
    static const char *const command[] = {"api_key_cmd",
                                          "[\"sh\",\"-c\",\"sleep 5\"]", NULL};
    for (int when = 0; when < 3; when++) {
        struct catalog_rig rig;
        catalog_rig_start(&rig);
        catalog_rig_scripts(&rig, SLOW, NULL, NULL);
        rig.settings = when == 2 ? command : NULL;
        catalog_rig_ask(&rig, "c", false);
        for (int i = 0; when > 0 && i < 20; i++)
            loop_turn(rig.lp, 10);
        catalog_free(rig.catalog);
        rig.catalog = NULL;
        cr_expect_eq(rig.told, 1);
        cr_expect_str_eq(rig.line, "stopped");
        for (int i = 0; i < 20; i++)
            loop_turn(rig.lp, 10);
        cr_expect_eq(rig.told, 1);
        server_release(rig.sv, "g");
        catalog_rig_stop(&rig);
    }
}

/* ---- the key ---- */

static const char *const env_key[] = {"api_key_env", "\"CATALOG_KEY\"", NULL};
static const char *const cmd_key[] = {"api_key_cmd",
                                      "[\"echo\",\"key-from-command\"]", NULL};
static const char *const bad_cmd[] = {"api_key_cmd", "[\"false\"]", NULL};

static const struct {
    const char *name;
    const char *const *settings;
    const char *header; /* NULL: no such header */
    const char *line;
} keys[] = {
    {"none", NULL, NULL, ""},
    {"of a variable", env_key, "Bearer key-of-variable", ""},
    {"of a command", cmd_key, "Bearer key-from-command", ""},
    {"a command that fails", bad_cmd, "", "api_key_cmd"},
};

Test(catalog_near, keys, .timeout = 30)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    setenv("CATALOG_KEY", "key-of-variable", 1);
    for (size_t i = 0; i < COUNT(keys); i++) {
        catalog_rig_anew(&rig);
        catalog_rig_scripts(&rig, LIST "]}\n", NULL, NULL);
        rig.settings = keys[i].settings;
        catalog_rig_fetch(&rig, "b", true);
        cr_expect(strncmp(rig.line, keys[i].line, strlen(keys[i].line)) == 0,
                  "%s: %s", keys[i].name, rig.line);
        if (keys[i].header != NULL && keys[i].header[0] == '\0') {
            cr_expect_eq(catalog_rig_requests(&rig), 0, "%s", keys[i].name);
            continue;
        }
        /* also where more is asked */
        for (int n = 1; n <= 3; n++) {
            char path[40];
            snprintf(path, sizeof path, "/others/%d/head", n);
            char *head = server_get(rig.sv, path, NULL);
            const char *at = strstr(head, "Authorization:");
            cr_expect_eq(at != NULL, keys[i].header != NULL, "%s: %s",
                         keys[i].name, head);
            if (at != NULL && keys[i].header != NULL)
                cr_expect(strstr(at, keys[i].header), "%s", at);
            free(head);
        }
    }
    catalog_rig_stop(&rig);
}

/* Over http:// a key goes to this machine only; the list is asked for without
 * it. The proxy is the server. */
Test(catalog_near, no_key_in_the_open, .timeout = 30)
{
    struct catalog_rig rig;
    char proxy[80];
    catalog_rig_start(&rig);
    setenv("CATALOG_KEY", "key-of-variable", 1);
    snprintf(proxy, sizeof proxy, "\"http://127.0.0.1:%u\"",
             server_port(rig.sv));
    const char *const settings[] = {"api_key_env", "\"CATALOG_KEY\"", "proxy",
                                    proxy, NULL};
    rig.settings = settings;
    rig.url = "http://api.deepinfra.com/v1/openai";
    catalog_rig_fetch(&rig, "deepseek-ai/DeepSeek-V3", false);
    cr_expect_str_eq(rig.line, "");
    cr_expect_eq(rig.count, 3);
    char *log = server_get(rig.sv, "/others", NULL);
    cr_expect(strstr(log, "path=/v1/openai/models "), "%s", log);
    cr_expect(strstr(log, "path=/openrouter/models "), "%s", log);
    free(log);
    for (int n = 1; n <= 2; n++) {
        char path[40];
        snprintf(path, sizeof path, "/others/%d/head", n);
        char *head = server_get(rig.sv, path, NULL);
        cr_expect_null(strstr(head, "Authorization"), "%s", head);
        cr_expect_null(strstr(head, "key-of"), "%s", head);
        free(head);
    }
    catalog_rig_stop(&rig);
}
