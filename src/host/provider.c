/*
 * Facts about servers; wire-contract sections are their source where no test
 * of ours is. What differs between the models of a server has no place here.
 */
#include "host/provider.h"

#include <stdlib.h>
#include <string.h>

#include "base/value.h"

#define KEYS(name) "[\"" name "\"]"
#define HOST_ONLY(host)                                                        \
    {                                                                          \
        NULL, NULL, host, "[]", true, DC_FORM_LAST, NULL, EFFORT_PLAIN, false, \
            false, "seed", "", false                                           \
    }

/* clang-format off */
static const struct provider providers[] = {
    {"deepinfra", "https://api.deepinfra.com/v1/openai", "api.deepinfra.com",
     "[\"DEEPINFRA_API_KEY\",\"DEEPINFRA_TOKEN\"]", true, DC_FORM_LAST, NULL,
     EFFORT_PLAIN, true, true, "seed", "", false},
    {"openai", "https://api.openai.com/v1", "api.openai.com",
     KEYS("OPENAI_API_KEY"), true, DC_FORM_TURN, NULL,
     EFFORT_PLAIN, false, true, "seed",
     "fail_fast", false},
    {"openrouter", "https://openrouter.ai/api/v1", "openrouter.ai",
     KEYS("OPENROUTER_API_KEY"), true, DC_FORM_LAST, NULL,
     EFFORT_OBJECT, true, false, "seed", "fail_fast", false},
    {"deepseek", "https://api.deepseek.com/v1", "api.deepseek.com",
     KEYS("DEEPSEEK_API_KEY"), true, DC_FORM_PREFIX, "/beta",
     EFFORT_SWITCH, false, false, "seed", "n seed service_tier fail_fast", false},
    {"mistral", "https://api.mistral.ai/v1", "api.mistral.ai",
     KEYS("MISTRAL_API_KEY"), true, DC_FORM_PREFIX, NULL,
     EFFORT_PLAIN, false, false, "random_seed",
     "service_tier fail_fast", false},
    {"groq", "https://api.groq.com/openai/v1", "api.groq.com",
     KEYS("GROQ_API_KEY"), true, DC_FORM_LAST, NULL,
     EFFORT_PLAIN, false, false, "seed",
     "n fail_fast", false},
    {"ollama", "http://localhost:11434/v1", NULL, "[]", false, DC_FORM_LAST,
     NULL, EFFORT_PLAIN, true, false, "seed", "n service_tier fail_fast",
     false},
    {"llama.cpp", "http://localhost:8080/v1", NULL, "[]", false, DC_FORM_LAST,
     NULL, EFFORT_TEMPLATE, true, false, "seed", "service_tier fail_fast",
     true},
    {"vllm", "http://localhost:8000/v1", NULL, "[]", false, DC_FORM_FLAGS,
     NULL, EFFORT_TEMPLATE, true, false, "seed", "service_tier fail_fast",
     false},
    HOST_ONLY("api.together.xyz"),
    HOST_ONLY("api.together.ai"),
    HOST_ONLY("api.anthropic.com"),
    HOST_ONLY("api.fireworks.ai"),
    HOST_ONLY("api.x.ai"),
    HOST_ONLY("api.cerebras.ai"),
    HOST_ONLY("api.perplexity.ai"),
    HOST_ONLY("api.moonshot.ai"),
    HOST_ONLY("api.moonshot.cn"),
    HOST_ONLY("api.sambanova.ai"),
    HOST_ONLY("api.novita.ai"),
    HOST_ONLY("api.hyperbolic.xyz"),
    HOST_ONLY("api.z.ai"),
    HOST_ONLY("api.studio.nebius.ai"),
    HOST_ONLY("api.cohere.ai"),
    HOST_ONLY("router.huggingface.co"),
    HOST_ONLY("integrate.api.nvidia.com"),
    HOST_ONLY("generativelanguage.googleapis.com"),
};
/* clang-format on */

enum { COUNT = sizeof providers / sizeof *providers };

/* A server of which nothing is known. */
static const struct provider unknown = {
    .keys = "[]", .form = DC_FORM_LAST, .seed = "seed", .refuses = ""};

const struct provider *
provider_named(const char *name)
{
    for (size_t i = 0; provider_nth(i) != NULL; i++)
        if (strcmp(providers[i].name, name) == 0)
            return &providers[i];
    return NULL;
}

/* Those with a name stand first. */
const struct provider *
provider_nth(size_t index)
{
    return index < COUNT && providers[index].name != NULL ? &providers[index]
                                                          : NULL;
}

static const struct provider *
find_host(const char *host)
{
    for (size_t i = 0; i < COUNT; i++)
        if (providers[i].host != NULL && strcmp(providers[i].host, host) == 0)
            return &providers[i];
    return NULL;
}

const struct provider *
provider_of(const char *host, const char *name)
{
    const struct provider *found = find_host(host);
    if (found == NULL && name != NULL)
        found = provider_named(name);
    if (found == NULL || (found->host != NULL && find_host(host) == NULL))
        return &unknown;
    return found;
}

/* ---- members ---- */

static struct value *
one_member(const char *name, struct value *value)
{
    struct value *map = value_map();
    value_put(map, name, value);
    return map;
}

/* What the user has put there counts. */
static void
fit_template(struct members *m, const char *own, const char *effort)
{
    bool on = strcmp(effort, "none") != 0;
    if (own == NULL || strstr(own, "\"enable_thinking\"") == NULL)
        members_template(m, "enable_thinking", value_bool(on));
    if (on && (own == NULL || strstr(own, "\"reasoning_effort\"") == NULL))
        members_template(m, "reasoning_effort", value_text(effort));
}

static void
fit_effort(const struct provider *p, struct members *m, const char *effort)
{
    static const char *const targets[] = {
        [EFFORT_OBJECT] = "reasoning",
        [EFFORT_SWITCH] = "thinking",
        [EFFORT_TEMPLATE] = "chat_template_kwargs",
    };
    bool on = strcmp(effort, "none") != 0;
    char *own = members_get(m, targets[p->effort]);
    if (p->effort == EFFORT_OBJECT || !on)
        members_drop(m, "reasoning_effort");
    if (p->effort == EFFORT_TEMPLATE)
        fit_template(m, own, effort);
    else if (own == NULL && p->effort == EFFORT_OBJECT)
        members_set(m, "reasoning", one_member("effort", value_text(effort)));
    else if (own == NULL)
        members_set(
            m, "thinking",
            one_member("type", value_text(on ? "enabled" : "disabled")));
    free(own);
}

void
provider_fit(const struct provider *p, struct members *m)
{
    char *effort = members_get(m, "reasoning_effort");
    size_t len = effort != NULL ? strlen(effort) : 0;
    if (p->effort != EFFORT_PLAIN && len > 2 && effort[0] == '"') {
        effort[len - 1] = '\0';
        fit_effort(p, m, effort + 1);
    }
    free(effort);
    if (strcmp(p->seed, "seed") != 0)
        members_rename(m, "seed", p->seed);
}

/* ---- the help ---- */

static const char *
effort_words(enum effort_form form)
{
    switch (form) {
    case EFFORT_OBJECT:
        return "reasoning";
    case EFFORT_SWITCH:
        return "thinking";
    case EFFORT_TEMPLATE:
        return "template";
    case EFFORT_PLAIN:
        break;
    }
    return "plain";
}

static const char *
form_words(enum dc_form form)
{
    switch (form) {
    case DC_FORM_FLAGS:
        return "flags";
    case DC_FORM_PREFIX:
        return "prefix";
    case DC_FORM_TURN:
        return "turn";
    case DC_FORM_NONE:
    case DC_FORM_LAST:
        break;
    }
    return "answer";
}

/* The variables without JSON around them. */
static void
add_keys(struct buf *out, const char *json)
{
    const char *gap = "  ";
    for (const char *at = strchr(json, '"'); at != NULL;
         at = strchr(at + 1, '"')) {
        size_t len = strcspn(at + 1, "\"");
        buf_addf(out, "%s$%.*s", gap, (int)len, at + 1);
        gap = " ";
        at += 1 + len;
    }
}

bool
provider_help(struct buf *out)
{
    static const char row[] = "%-11s %-8s %-10s %-30s %s\n";
    const struct provider *p;
    buf_addf(out, row, "name", "goes on", "effort", "not sent", "tried");
    for (size_t i = 0; (p = provider_nth(i)) != NULL; i++) {
        buf_addf(
            out, row, p->name, form_words(p->form), effort_words(p->effort),
            p->refuses[0] != '\0' ? p->refuses : "-", p->tested ? "yes" : "no");
        buf_addf(out, "    %s", p->base_url);
        add_keys(out, p->keys);
        buf_add_byte(out, '\n');
    }
    return !out->full;
}
