/* What servers say about models, and what is understood of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/catalog_read.h"
#include "host/model_line.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void
add_number(struct buf *out, double d, double unit)
{
    if (d < 0)
        buf_add_text(out, " -");
    else
        buf_addf(out, " %.10g", d * unit);
}

/* A line for each: name context max_output, prices for a million tokens,
 * chat vision tools reasoning, tags. */
static void
print(struct buf *out, const struct model_info *info)
{
    buf_addf(out, "%s", info->name != NULL ? info->name : "?");
    add_number(out, info->context, 1);
    add_number(out, info->max_output, 1);
    add_number(out, info->price_in, 1e6);
    add_number(out, info->price_out, 1e6);
    add_number(out, info->price_cached, 1e6);
    buf_addf(out, " %d %d %d %d [%s]\n", info->chat, info->vision, info->tools,
             info->reasoning, info->tags);
}

static const struct {
    const char *name;
    const char *body;
    const char *want; /* NULL: no list */
} lists[] = {
    {"DeepInfra",
     "{\"object\":\"list\",\"data\":[{\"id\":\"deepseek-ai/V4\",\"object\":"
     "\"model\",\"root\":\"x\",\"parent\":null,\"metadata\":{\"description\":"
     "\"a \\\"data\\\": "
     "[b]\",\"context_length\":1048576,\"max_tokens\":1048576,"
     "\"pricing\":{\"input_tokens\":0.09,\"output_tokens\":0.18,"
     "\"cache_read_tokens\":0.018},\"tags\":[\"chat\",\"reasoning\",\"prompt_"
     "cache\"]}},{\"id\":\"BAAI/bge\",\"metadata\":{\"context_length\":8192,"
     "\"tags\":[\"embed\"]}},{\"id\":\"a/vlm\",\"metadata\":{\"tags\":[\"chat\""
     ",\"vlm\"]}},{\"id\":\"none\",\"metadata\":null}]}",
     "BAAI/bge 8192 - - - - 0 0 -1 0 [embed]\n"
     "a/vlm - - - - - 1 1 -1 0 [chat vlm]\n"
     "deepseek-ai/V4 1048576 - 0.09 0.18 0.018 1 0 -1 1 [chat reasoning "
     "prompt_cache]\n"
     "none - - - - - -1 -1 -1 -1 []\n"},
    {"DeepInfra's other list",
     "[{\"model_name\":\"m\",\"type\":\"text-generation\",\"reported_type\":"
     "\"text-generation\",\"tags\":[\"featured\"],\"pricing\":{\"type\":"
     "\"tokens\",\"cents_per_input_token\":3e-05,\"cents_per_output_token\":"
     "9e-05,\"rate_per_input_token_cached\":0.2},\"max_tokens\":163840},"
     "{\"model_name\":\"i\",\"reported_type\":\"text-to-image\",\"max_tokens\":"
     "null}]",
     "i - - - - - 0 -1 -1 -1 [text-to-image]\n"
     "m 163840 - 0.3 0.9 - 1 0 -1 0 [featured]\n"},
    {"OpenRouter",
     "{\"data\":[{\"id\":\"o/m\",\"context_length\":200000,\"architecture\":{"
     "\"input_modalities\":[\"text\",\"image\"]},\"pricing\":{\"prompt\":"
     "\"0.000003\",\"completion\":\"0.000015\",\"input_cache_read\":\"0.0000003"
     "\"},\"top_provider\":{\"context_length\":1000,\"max_completion_tokens\":"
     "64000},\"supported_parameters\":[\"tools\",\"seed\",\"reasoning\"]},"
     "{\"id\":\"o/auto\",\"context_length\":0,\"pricing\":{\"prompt\":\"-1\","
     "\"completion\":\"-1\"},\"architecture\":{\"input_modalities\":[\"text\"]}"
     ",\"supported_parameters\":[\"seed\"],\"top_provider\":{\"context_length\""
     ":2000,\"max_completion_tokens\":null}},{\"id\":\"o/m:free\",\"pricing\":{"
     "\"prompt\":\"0\",\"completion\":\"0\"}}]}",
     "o/auto 2000 - - - - -1 0 0 0 []\n"
     "o/m 200000 64000 3 15 0.3 -1 1 1 1 [vision tools reasoning]\n"
     "o/m:free - - 0 0 - -1 -1 -1 -1 []\n"},
    {"DeepInfra as OpenRouter",
     "{\"data\":[{\"id\":\"m\",\"context_length\":10,\"max_output_length\":5,"
     "\"input_modalities\":[\"text\"],\"supported_features\":[\"tools\"]}]}",
     "m 10 5 - - - -1 0 1 -1 [tools]\n"},
    {"vLLM",
     "{\"object\":\"list\",\"data\":[{\"id\":\"Qwen/Qwen3\",\"owned_by\":"
     "\"vllm\",\"max_model_len\":40960}]}",
     "Qwen/Qwen3 40960 - - - - -1 -1 -1 -1 []\n"},
    {"llama.cpp",
     "{\"models\":[{\"name\":\"x.gguf\",\"type\":\"model\",\"capabilities\":["
     "\"completion\"]}],\"object\":\"list\",\"data\":[{\"id\":\"x.gguf\","
     "\"owned_by\":\"llamacpp\",\"tags\":[],\"architecture\":{\"input_"
     "modalities\":[\"text\"]},\"meta\":{\"n_ctx_train\":131072,\"n_ctx\":8192}"
     "}]}",
     "x.gguf 8192 - - - - -1 0 -1 -1 []\n"},
    {"an older llama.cpp",
     "{\"data\":[{\"id\":\"x\",\"owned_by\":\"llamacpp\",\"meta\":{\"n_ctx_"
     "train\":4096}}]}",
     "x - - - - - -1 -1 -1 -1 []\n"},
    {"models only, as Ollama's tags",
     "{\"models\":[{\"name\":\"llama3.2:latest\",\"model\":\"llama3.2:latest\","
     "\"details\":{\"families\":[\"llama\"]}}]}",
     "llama3.2:latest - - - - - -1 -1 -1 -1 []\n"},
    {"LM Studio",
     "{\"data\":[{\"id\":\"q\",\"type\":\"vlm\",\"state\":\"loaded\","
     "\"max_context_length\":32768,\"loaded_context_length\":4096},{\"id\":\"e"
     "\",\"type\":\"embeddings\",\"max_context_length\":512},{\"id\":\"l\","
     "\"type\":\"llm\",\"max_context_length\":8}]}",
     "e 512 - - - - 0 -1 -1 -1 [embeddings]\n"
     "l 8 - - - - 1 0 -1 -1 []\n"
     "q 4096 - - - - 1 1 -1 -1 [vision]\n"},
    {"Groq",
     "{\"data\":[{\"id\":\"g\",\"context_window\":131072,\"max_completion_"
     "tokens\":32768}]}",
     "g 131072 32768 - - - -1 -1 -1 -1 []\n"},
    {"Mistral",
     "{\"data\":[{\"id\":\"s\",\"capabilities\":{\"completion_chat\":true,"
     "\"function_calling\":true,\"vision\":false},\"max_context_length\":32768}"
     ",{\"id\":\"e\",\"capabilities\":{\"completion_chat\":false}}]}",
     "e - - - - - 0 -1 -1 -1 []\n"
     "s 32768 - - - - 1 0 1 -1 [tools]\n"},
    {"features of chats",
     "{\"data\":[{\"id\":\"f\",\"capabilities\":[\"streaming\",\"tools\"]},{"
     "\"id\":\"e\",\"capabilities\":[\"embedding\"]}]}",
     "e - - - - - 0 0 0 0 []\nf - - - - - -1 0 1 0 [tools]\n"},
    {"names only", "{\"data\":[{\"id\":\"b\"},{\"id\":\"a\"},{\"id\":\"a\"}]}",
     "a - - - - - -1 -1 -1 -1 []\nb - - - - - -1 -1 -1 -1 []\n"},
    {"empty", "{\"data\":[]}", ""},
    {"blanks", " \r\n[ {\"id\" : \"a\" } , {\"id\":\"b\"} ] ",
     "a - - - - - -1 -1 -1 -1 []\nb - - - - - -1 -1 -1 -1 []\n"},
    {"data is none, models is", "{\"data\":null,\"models\":[{\"id\":\"a\"}]}",
     "a - - - - - -1 -1 -1 -1 []\n"},
    {"odd members",
     "{\"data\":[{\"id\":\"a\",\"context_length\":\"4096\",\"max_model_len\":-1"
     ",\"max_output_tokens\":\"x\",\"pricing\":{\"prompt\":\"1e-6x\","
     "\"completion\":true,\"input_cache_read\":\"nan\"},\"tags\":[1,\"a b\","
     "\"ok\",\"\",null]},{\"id\":\"b\",\"context_length\":1e300,\"pricing\":[],"
     "\"tags\":\"text\",\"capabilities\":\"vision\",\"metadata\":[]}]}",
     "a 4096 - - - - -1 0 -1 0 [ok]\nb - - - - - -1 -1 -1 -1 []\n"},
    {"what is no model",
     "{\"data\":[{\"id\":\"a\"},{\"id\":\"\"},{\"id\":\"b c\"},{\"id\":7},null,"
     "\"x\",{},[],{\"id\":\"d\\u001b[2J\"},{\"id\":\"e\\u0000f\"},{\"id\":"
     "\"\xff\",\"name\":\"n\"}]}",
     "a - - - - - -1 -1 -1 -1 []\ne\xef\xbf\xbd"
     "f - - - - - -1 -1 -1 -1 []\nn - - - - - -1 -1 -1 -1 []\n"},
    {"a page", "<!DOCTYPE html><html>[]</html>", NULL},
    {"an error", "{\"error\":{\"message\":\"data\"}}", NULL},
    {"data is an object", "{\"data\":{\"data\":[{\"id\":\"a\"}]}}", NULL},
    {"text", "\"data\"", NULL},
    {"nothing", "", NULL},
    {"broken", "{\"data\"", NULL},
};

/* Also of what is cut anywhere: no model that is not in the whole, and it is
 * known that there are more. */
static void
check_cut(const char *name, const char *body, const char *want)
{
    for (size_t len = 0; len < strlen(body); len++) {
        struct model_list list;
        char *cut = malloc(len + 1); /* its end is the end of its memory */
        memcpy(cut, body, len);
        bool ok = catalog_read_list(&list, (struct dc_str){cut, len});
        struct buf line;
        buf_init(&line, 4096);
        for (size_t i = 0; i < list.count; i++) {
            buf_reset(&line);
            print(&line, &list.items[i]);
            cr_expect(strstr(want, line.ptr), "%s at %zu: %s", name, len,
                      line.ptr);
        }
        size_t end = strrchr(body, ']') != NULL
                         ? (size_t)(strrchr(body, ']') - body)
                         : 0;
        cr_expect(!ok || list.partial || len > end, "%s at %zu", name, len);
        buf_finish(&line);
        model_list_finish(&list);
        free(cut);
    }
}

Test(catalog_read, lists, .timeout = 60)
{
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct model_list list;
        struct buf text;
        buf_init(&text, 1 << 16);
        buf_add_text(&text, "");
        bool ok = catalog_read_list(&list, str_of(lists[i].body));
        cr_expect_eq(ok, lists[i].want != NULL, "%s", lists[i].name);
        for (size_t j = 0; j < list.count; j++)
            print(&text, &list.items[j]);
        const char *want = lists[i].want != NULL ? lists[i].want : "";
        cr_expect_str_eq(text.len > 0 ? text.ptr : "", want,
                         "%s:\n got: %s\nwant: %s", lists[i].name,
                         text.len > 0 ? text.ptr : "", want);
        cr_expect_eq(list.source == MODELS_LLAMA,
                     strstr(lists[i].name, "llama.cpp") != NULL, "%s",
                     lists[i].name);
        cr_expect_eq(list.partial, strstr(lists[i].name, "no model") != NULL,
                     "%s", lists[i].name);
        model_list_finish(&list);
        buf_finish(&text);
        if (strcmp(lists[i].name, "llama.cpp") != 0) /* it has two of them */
            check_cut(lists[i].name, lists[i].body, want);
    }
}

/* ---- one model ---- */

static const struct {
    const char *name;
    bool (*read)(struct model_info *, struct dc_str);
    const char *body;
    const char *want; /* NULL: nothing of the kind */
} details[] = {
    {"/props", catalog_read_props,
     "{\"default_generation_settings\":{\"n_ctx\":8192,\"params\":{\"n_ctx\":1}"
     "},\"total_slots\":2,\"modalities\":{\"vision\":true,\"audio\":false},"
     "\"chat_template_caps\":{\"supports_tools\":false}}",
     "? 8192 - - - - -1 1 0 -1 []\n"},
    {"/props without more", catalog_read_props, "{\"n_ctx\":4096}",
     "? 4096 - - - - -1 -1 -1 -1 []\n"},
    {"/props of a router", catalog_read_props, "{\"role\":\"router\"}", NULL},
    {"/props, broken", catalog_read_props, "{\"n_ctx\":4096", NULL},
    {"/api/show", catalog_read_show,
     "{\"modelfile\":\"FROM x\",\"model_info\":{\"general.architecture\":"
     "\"qwen3\",\"qwen3.context_length\":40960,\"llama.context_length\":1},"
     "\"capabilities\":[\"completion\",\"tools\",\"thinking\"]}",
     "? 40960 - - - - 1 0 1 1 []\n"},
    {"/api/show with eyes", catalog_read_show,
     "{\"model_info\":{},\"capabilities\":[\"completion\",\"vision\"]}",
     "? - - - - - 1 1 0 0 []\n"},
    {"/api/show, not there", catalog_read_show,
     "{\"error\":\"model 'x' not found\"}", NULL},
    {"/api/show, a list", catalog_read_show, "[]", NULL},
    {"/api/show, nothing", catalog_read_show, "", NULL},
};

Test(catalog_read, details, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(details); i++) {
        struct model_info info;
        struct buf text;
        buf_init(&text, 4096);
        bool ok = details[i].read(&info, str_of(details[i].body));
        cr_expect_eq(ok, details[i].want != NULL, "%s", details[i].name);
        if (ok && details[i].want != NULL) {
            print(&text, &info);
            cr_expect_str_eq(text.ptr, details[i].want, "%s: %s",
                             details[i].name, text.ptr);
        }
        buf_finish(&text);
    }
}

/* A second list says more; the prices of the first one stay. */
Test(catalog_read, two_lists, .timeout = 20)
{
    static const char first[] =
        "[{\"id\":\"a\",\"metadata\":{\"context_length\":10,\"pricing\":{"
        "\"input_tokens\":0.1,\"output_tokens\":0.3},\"tags\":[\"chat\"]}},"
        "{\"id\":\"b\"},{\"id\":\"c\"}]";
    static const char second[] =
        "[{\"id\":\"a\",\"context_length\":20,\"max_output_length\":5,"
        "\"input_modalities\":[\"image\"],\"pricing\":{\"prompt\":\"0.1\","
        "\"completion\":\"0.3\",\"input_cache_read\":\"0.1\"}},{\"id\":\"b\","
        "\"pricing\":{\"prompt\":\"0.000002\",\"completion\":\"0.000003\"}},"
        "{\"id\":\"d\"}]";
    struct model_list list, more;
    struct buf text;
    cr_assert(catalog_read_list(&list, str_of(first)));
    cr_assert(catalog_read_list(&more, str_of(second)));
    model_list_merge(&list, &more);
    buf_init(&text, 4096);
    for (size_t i = 0; i < list.count; i++)
        print(&text, &list.items[i]);
    cr_expect_str_eq(text.ptr, "a 20 5 0.1 0.3 - 1 1 -1 0 [chat]\n"
                               "b - - 2 3 - -1 -1 -1 -1 []\n"
                               "c - - - - - -1 -1 -1 -1 []\n");
    buf_finish(&text);
    model_list_finish(&list);
    model_list_finish(&more);
}

/* ---- limits ---- */

/* count models; the last one has size bytes of description. */
static char *
many(size_t count, size_t size, size_t *len)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 4);
    buf_add_text(&out, "{\"data\":[");
    for (size_t i = 0; i < count; i++)
        buf_addf(&out, "%s{\"id\":\"m%05zu\"}", i > 0 ? "," : "", i);
    if (size > 0) {
        buf_add_text(&out, ",{\"id\":\"z\",\"d\":\"");
        size -= strlen("{\"id\":\"z\",\"d\":\"\"}");
        char *room = buf_room(&out, size);
        memset(room, 'd', size);
        out.len += size;
        buf_add_text(&out, "\"}");
    }
    buf_add_text(&out, "]}");
    return buf_take(&out, len);
}

Test(catalog_read, limits, .timeout = 60)
{
    static const struct {
        size_t count, size, got;
        bool partial;
    } cases[] = {
        {MODELS_MAX, 0, MODELS_MAX, false},
        {MODELS_MAX + 1, 0, MODELS_MAX, true},
        {1, 1 << 18, 2, false},
        {1, (1 << 18) + 1, 1, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct model_list list;
        size_t len;
        char *body = many(cases[i].count, cases[i].size, &len);
        cr_expect(catalog_read_list(&list, (struct dc_str){body, len}));
        cr_expect_eq(list.count, cases[i].got, "%zu: %zu", i, list.count);
        cr_expect_eq(list.partial, cases[i].partial, "%zu", i);
        model_list_finish(&list);
        free(body);
    }
    /* names and tags */
    for (size_t len = MODEL_NAME_MAX; len <= MODEL_NAME_MAX + 1; len++) {
        char name[MODEL_NAME_MAX + 2];
        memset(name, 'n', sizeof name);
        cr_expect_eq(model_name_ok((struct dc_str){name, len}),
                     len == MODEL_NAME_MAX);
    }
    /* what nests too deep is one bad model, and what never ends is none */
    char deep[2100];
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    snprintf(deep + 2000, 100, ",{\"id\":\"a\"}]");
    struct buf body;
    buf_init(&body, 1 << 16);
    buf_addf(&body, "[%s", deep);
    struct model_list list;
    cr_expect(catalog_read_list(&list, buf_str(&body)));
    cr_expect_eq(list.count, 1);
    cr_expect(list.partial);
    model_list_finish(&list);
    buf_finish(&body);
}

/* A server cannot make a small answer cost much. */
Test(catalog_read, odd_answers_are_cheap, .timeout = 20)
{
    static const char *const units[] = {"[],",     "{},",   "[",
                                        "{\"a\":", "\"\",", "1,",
                                        "\\",      "]",     "{\"id\":\"a\"},"};
    for (size_t i = 0; i < COUNT(units); i++) {
        struct buf body;
        struct model_list list;
        buf_init(&body, (size_t)8 << 20);
        buf_add_text(&body, "[");
        while (buf_add_text(&body, units[i]))
            ;
        catalog_read_list(&list, buf_str(&body));
        cr_expect(list.count <= 1, "%s: %zu", units[i], list.count);
        model_list_finish(&list);
        buf_finish(&body);
    }
}

/* ---- to read ---- */

static const struct {
    double context, in, out;
    const char *tags, *want;
} lines[] = {
    {163840, 3e-7, 9e-7, "chat", "160k · $0.30/$0.90 · chat"},
    {131072, 1.8e-8, 1e-5, "", "128k · $0.018/$10.00"},
    {128000, 0, 0, "a b", "128k · free · a b"},
    {1048576, -1, 1e-6, "", "1M"},
    {1000000, -1, -1, "", "1M"},
    {1310720, -1, -1, "", "1.2M"},
    {10485760, -1, -1, "", "10M"},
    {8192, -1, -1, "", "8k"},
    {1000, -1, -1, "", "1k"},
    {512, -1, -1, "", "512"},
    {-1, 5e-10, 0, "", "$0.0005/$0.00"},
    {-1, -1, -1, "", ""},
};

Test(catalog_read, lines, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct model_info info;
        struct buf text;
        model_info_init(&info);
        info.context = lines[i].context;
        info.price_in = lines[i].in;
        info.price_out = lines[i].out;
        info.tags = lines[i].tags;
        buf_init(&text, 1024);
        buf_add_text(&text, "");
        model_line(&text, &info);
        cr_expect_str_eq(text.len > 0 ? text.ptr : "", lines[i].want, "%s",
                         lines[i].want);
        buf_finish(&text);
    }
}
