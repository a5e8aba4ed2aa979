/*
 * One model as its server describes it. Members are looked for in every place
 * that a server is known to have them; what is not there stays unknown. Prices
 * come in four units: USD a million tokens (DeepInfra's list), cents a token
 * (its other list), USD a token as text (OpenRouter), none.
 */
#include "host/catalog_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/json.h"

#define ITEM_MAX ((size_t)256 << 10)
/* Of the answer about one model; licences and templates are in it. */
#define ABOUT_MAX ((size_t)4 << 20)

#define TOKENS_MAX 1e12

static const struct value *
dig(const struct value *v, const char *path)
{
    char key[64];
    for (; v != NULL && *path != '\0'; path += *path == '.') {
        size_t len = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)len, path);
        v = value_get(v, key);
        path += len;
    }
    return v;
}

/* A number, or a text that is one; -1 for anything else. */
static double
number_of(const struct value *v)
{
    double d = value_as_float(v, -1);
    const char *text = value_as_text(v, NULL);
    if (text != NULL && text[0] >= '0' && text[0] <= '9') {
        char *end;
        d = strtod(text, &end);
        if (*end != '\0')
            d = -1;
    }
    return d >= 0 && isfinite(d) ? d : -1;
}

/* The first of paths that is a size; -1 if none is. */
static double
tokens_at(const struct value *v, const char *const *paths)
{
    for (; *paths != NULL; paths++) {
        double d = number_of(dig(v, *paths));
        if (d >= 1 && d <= TOKENS_MAX)
            return d;
    }
    return -1;
}

/* The first of paths that is a price, in USD a token; -1 if none is. */
struct price_path {
    const char *path;
    double unit;
};

static double
price_at(const struct value *v, const struct price_path *paths)
{
    for (; paths->path != NULL; paths++) {
        double d = number_of(dig(v, paths->path));
        if (d >= 0)
            return d * paths->unit;
    }
    return -1;
}

/* ---- what it can do ---- */

static bool
lists(const struct value *list, const char *word)
{
    for (size_t i = 0; value_at(list, i) != NULL; i++)
        if (strcmp(value_as_text(value_at(list, i), ""), word) == 0)
            return true;
    return false;
}

/* -1 where there is no list to be in. */
static int
listed(const struct value *list, const char *const *words)
{
    if (!value_is(list, VALUE_LIST) || list->count == 0)
        return -1;
    for (; *words != NULL; words++)
        if (lists(list, *words))
            return 1;
    return 0;
}

static int
flag_of(const struct value *v)
{
    return value_is(v, VALUE_BOOL) ? v->boolean : -1;
}

/* What is said clearly stands over what a list of tags leaves out. */
static int
first_known(int a, int b, int c)
{
    return a >= 0 ? a : b >= 0 ? b : c;
}

static const struct value *
tags_of(const struct value *v)
{
    const struct value *tags = dig(v, "metadata.tags");
    return tags != NULL ? tags : value_get(v, "tags");
}

static void
read_vision(struct model_info *info, const struct value *v)
{
    static const char *const image[] = {"image", NULL};
    static const char *const tag[] = {"vision", "vlm", "multimodal", "image",
                                      NULL};
    const struct value *inputs = dig(v, "architecture.input_modalities");
    if (inputs == NULL)
        inputs = value_get(v, "input_modalities");
    const struct value *can = value_get(v, "capabilities");
    const char *type = value_as_text(value_get(v, "type"), "");
    int own = flag_of(value_get(can, "vision"));
    if (own < 0)
        own = listed(can, tag);
    if (strcmp(type, "vlm") == 0)
        own = 1;
    else if (strcmp(type, "llm") == 0)
        own = 0;
    info->vision =
        first_known(listed(inputs, image), own, listed(tags_of(v), tag));
}

static void
read_tools(struct model_info *info, const struct value *v)
{
    static const char *const words[] = {"tools", "tool_use", "function_calling",
                                        NULL};
    const struct value *can = value_get(v, "capabilities");
    int own = flag_of(value_get(can, "function_calling"));
    int feature = listed(value_get(v, "supported_features"), words);
    if (own < 0)
        own = listed(can, words);
    info->tools = first_known(
        listed(value_get(v, "supported_parameters"), words), own, feature);
    if (info->tools <= 0 && listed(tags_of(v), words) == 1)
        info->tools = 1;
}

static void
read_reasoning(struct model_info *info, const struct value *v)
{
    static const char *const words[] = {
        "reasoning", "thinking", "reasoning_effort", "include_reasoning", NULL};
    const struct value *can = value_get(v, "capabilities");
    int own = flag_of(value_get(can, "reasoning"));
    if (own < 0)
        own = listed(can, words);
    info->reasoning =
        first_known(listed(value_get(v, "supported_parameters"), words), own,
                    listed(tags_of(v), words));
}

static bool
is_one_of(const char *text, const char *const *words)
{
    while (*words != NULL && strcmp(text, *words) != 0)
        words++;
    return *words != NULL;
}

static const char *
type_of(const struct value *v)
{
    const char *type = value_as_text(value_get(v, "type"), "");
    return value_as_text(value_get(v, "reported_type"), type);
}

/* Lists hold also what answers no chat. */
static void
read_chat(struct model_info *info, const struct value *v)
{
    static const char *const chat[] = {"chat", "completion", NULL};
    static const char *const talk[] = {"llm", "vlm", "chat", "text-generation",
                                       NULL};
    static const char *const other[] = {"embed",
                                        "embedding",
                                        "embeddings",
                                        "image",
                                        "text-to-image",
                                        "rerank",
                                        "reranker",
                                        "moderation",
                                        "audio",
                                        "text-to-speech",
                                        "automatic-speech-recognition",
                                        "text-to-video",
                                        "zero-shot-image-classification",
                                        "text-classification",
                                        NULL};
    const struct value *can = value_get(v, "capabilities");
    const char *type = type_of(v);
    int own = flag_of(value_get(can, "completion_chat"));
    if (is_one_of(type, talk))
        own = 1;
    else if (is_one_of(type, other))
        own = 0;
    int tagged = listed(dig(v, "metadata.tags"), chat);
    if (tagged < 0 && listed(tags_of(v), other) == 1)
        tagged = 0;
    int able = listed(can, chat);
    if (able == 0 && listed(can, other) == 0)
        able = -1; /* it lists features only */
    info->chat = first_known(own, able, tagged);
}

/* ---- tags ---- */

static bool
tag_ok(struct dc_str tag)
{
    if (tag.len == 0 || tag.len > 32)
        return false;
    for (size_t i = 0; i < tag.len; i++) {
        char c = tag.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || strchr("_-.:/", c) != NULL;
        if (!word || c == '\0')
            return false;
    }
    return true;
}

static void
add_tag(struct buf *out, struct dc_str tag)
{
    if (tag_ok(tag) && out->len + 1 + tag.len <= MODEL_TAGS_MAX) {
        buf_add_text(out, out->len > 0 ? " " : "");
        buf_add_str(out, tag);
    }
}

/* As the server has them, else what is known of it. */
static void
write_tags(struct buf *out, const struct model_info *info,
           const struct value *v)
{
    const struct value *tags = tags_of(v), *tag;
    for (size_t i = 0; (tag = value_at(tags, i)) != NULL; i++)
        add_tag(out, value_as_str(tag));
    if (out->len > 0)
        return;
    if (info->chat == 0)
        add_tag(out, str_of(type_of(v)));
    if (info->vision == 1)
        add_tag(out, str_of("vision"));
    if (info->tools == 1)
        add_tag(out, str_of("tools"));
    if (info->reasoning == 1)
        add_tag(out, str_of("reasoning"));
}

/* ---- one model ---- */

static void
read_sizes(struct model_info *info, const struct value *v)
{
    static const char *const context[] = {"metadata.context_length",
                                          "context_length",
                                          "top_provider.context_length",
                                          "max_model_len",
                                          "context_window",
                                          "loaded_context_length",
                                          "max_context_length",
                                          "meta.n_ctx",
                                          NULL};
    static const char *const output[] = {
        "top_provider.max_completion_tokens", "max_output_length",
        "max_output_tokens", "max_completion_tokens", NULL};
    static const char *const listed_as[] = {"max_tokens", NULL};
    info->context = tokens_at(v, context);
    if (info->context < 0 && value_get(v, "model_name") != NULL)
        info->context = tokens_at(v, listed_as);
    info->max_output = tokens_at(v, output);
}

#define A_MILLION 1e-6
#define CENT 1e-2

static void
read_prices(struct model_info *info, const struct value *v)
{
    static const struct price_path in[] = {
        {"metadata.pricing.input_tokens", A_MILLION},
        {"pricing.cents_per_input_token", CENT},
        {"pricing.prompt", 1},
        {NULL, 0}};
    static const struct price_path out[] = {
        {"metadata.pricing.output_tokens", A_MILLION},
        {"pricing.cents_per_output_token", CENT},
        {"pricing.completion", 1},
        {NULL, 0}};
    static const struct price_path cached[] = {
        {"metadata.pricing.cache_read_tokens", A_MILLION},
        {"pricing.input_cache_read", 1},
        {NULL, 0}};
    info->price_in = price_at(v, in);
    info->price_out = price_at(v, out);
    info->price_cached = price_at(v, cached);
}

static const char *
name_of(const struct value *v)
{
    static const char *const keys[] = {"id", "model_name", "model", "name",
                                       NULL};
    for (const char *const *key = keys; *key != NULL; key++) {
        struct dc_str name = value_as_str(value_get(v, *key));
        if (model_name_ok(name))
            return name.ptr;
    }
    return NULL;
}

static void
add_item(struct model_list *list, struct dc_str item)
{
    struct value *v = item.len <= ITEM_MAX ? json_parse(item) : NULL;
    const char *name = name_of(v);
    if (name == NULL) {
        list->partial = true;
        value_free(v);
        return;
    }
    struct model_info info;
    struct buf tags;
    model_info_init(&info);
    buf_init(&tags, MODEL_TAGS_MAX);
    read_sizes(&info, v);
    read_prices(&info, v);
    read_chat(&info, v);
    read_vision(&info, v);
    read_tools(&info, v);
    read_reasoning(&info, v);
    write_tags(&tags, &info, v);
    info.name = name;
    if (tags.len > 0)
        info.tags = tags.ptr;
    if (strcmp(value_as_text(value_get(v, "owned_by"), ""), "llamacpp") == 0)
        list->source = MODELS_LLAMA;
    model_list_add(list, &info);
    buf_finish(&tags);
    value_free(v);
}

bool
catalog_read_list(struct model_list *out, struct dc_str body)
{
    struct model_items items;
    struct dc_str item;
    *out = (struct model_list){0};
    if (!model_items_open(&items, body))
        return false;
    size_t seen = 0;
    while (model_items_next(&items, &item) && seen++ < MODELS_MAX)
        add_item(out, item);
    out->partial = out->partial || items.broken || seen > MODELS_MAX;
    model_list_sort(out);
    return true;
}

/* ---- about one ---- */

bool
catalog_read_props(struct model_info *info, struct dc_str body)
{
    static const char *const context[] = {"default_generation_settings.n_ctx",
                                          "n_ctx", NULL};
    struct value *v = body.len <= ABOUT_MAX ? json_parse(body) : NULL;
    model_info_init(info);
    info->context = tokens_at(v, context);
    info->vision = flag_of(dig(v, "modalities.vision"));
    info->tools = flag_of(dig(v, "chat_template_caps.supports_tools"));
    value_free(v);
    return info->context > 0;
}

/* "<architecture>.context_length" */
static double
show_context(const struct value *v)
{
    const struct value *facts = value_get(v, "model_info");
    const struct value *size = NULL;
    char key[128];
    snprintf(key, sizeof key, "%.100s.context_length",
             value_as_text(value_get(facts, "general.architecture"), ""));
    size = value_get(facts, key);
    double d = number_of(size);
    return d >= 1 && d <= TOKENS_MAX ? d : -1;
}

bool
catalog_read_show(struct model_info *info, struct dc_str body)
{
    struct value *v = body.len <= ABOUT_MAX ? json_parse(body) : NULL;
    model_info_init(info);
    info->context = show_context(v);
    read_chat(info, v);
    read_vision(info, v);
    read_tools(info, v);
    read_reasoning(info, v);
    bool known = value_is(value_get(v, "model_info"), VALUE_MAP) ||
                 value_is(value_get(v, "capabilities"), VALUE_LIST);
    value_free(v);
    return known;
}
