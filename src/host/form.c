/*
 * The forms are tried from the one that leaves the least to mend to the one
 * that every server takes. What was found out is kept under the address and
 * the model, because behind one address models differ.
 */
#include "host/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/provider.h"

enum fact { THINKING_OFF = 1, EFFORT_REFUSED = 2 };

struct entry {
    char *url; /* NULL: free */
    char *model;
    enum dc_form form; /* NONE: as for any server */
    unsigned facts;
    uint32_t said; /* members that the user knows to be left out */
    struct quirks quirks;
};

struct forms {
    struct entry entries[FORMS_MAX];
    size_t next; /* the oldest, once all are taken */
};

struct forms *
forms_new(void)
{
    return mem_alloc(sizeof(struct forms));
}

static void
empty(struct entry *e)
{
    free(e->url);
    free(e->model);
    quirks_finish(&e->quirks);
    *e = (struct entry){0};
}

void
forms_free(struct forms *forms)
{
    if (forms == NULL)
        return;
    for (size_t i = 0; i < FORMS_MAX; i++)
        empty(&forms->entries[i]);
    free(forms);
}

/* FORMS_MAX if there is none. */
static size_t
find(const struct forms *forms, const struct config *cfg)
{
    for (size_t i = 0; i < FORMS_MAX; i++) {
        const struct entry *e = &forms->entries[i];
        if (e->url != NULL && strcmp(e->url, config_url(cfg)) == 0 &&
            strcmp(e->model, config_model(cfg)) == 0)
            return i;
    }
    return FORMS_MAX;
}

static struct entry *
entry_of(struct forms *forms, const struct config *cfg)
{
    size_t i = find(forms, cfg);
    if (i < FORMS_MAX)
        return &forms->entries[i];
    struct entry *e = &forms->entries[forms->next];
    forms->next = (forms->next + 1) % FORMS_MAX;
    empty(e);
    e->url = mem_str(config_url(cfg));
    e->model = mem_str(config_model(cfg));
    return e;
}

/* ---- the form ---- */

enum dc_form
form_of(const struct forms *forms, const struct config *cfg)
{
    size_t i = find(forms, cfg);
    enum dc_form learned =
        i < FORMS_MAX ? forms->entries[i].form : DC_FORM_NONE;
    return learned != DC_FORM_NONE ? learned : config_provider(cfg)->form;
}

/* The flags are for servers of one's own; those of the known hosts refuse what
 * they do not know, or know that they need none. */
static enum dc_form
after(const struct config *cfg, enum dc_form form)
{
    if (form == DC_FORM_LAST && !config_provider(cfg)->hosted)
        return DC_FORM_FLAGS;
    return form == DC_FORM_TURN ? DC_FORM_NONE : DC_FORM_TURN;
}

enum dc_form
form_next(struct forms *forms, const struct config *cfg, enum dc_form used)
{
    enum dc_form now = form_of(forms, cfg);
    enum dc_form next = after(cfg, used);
    /* another reply may have been through this */
    for (enum dc_form f = next; f != DC_FORM_NONE; f = after(cfg, f))
        if (f == now)
            return now;
    if (next != DC_FORM_NONE)
        entry_of(forms, cfg)->form = next;
    return next;
}

/* ---- thinking ---- */

static bool
knows(const struct forms *forms, const struct config *cfg, enum fact fact)
{
    size_t i = find(forms, cfg);
    return i < FORMS_MAX && (forms->entries[i].facts & fact);
}

static bool
learn(struct forms *forms, const struct config *cfg, enum fact fact)
{
    if (knows(forms, cfg, fact))
        return false;
    entry_of(forms, cfg)->facts |= fact;
    return true;
}

bool
form_thinking_off(const struct forms *forms, const struct config *cfg)
{
    return knows(forms, cfg, THINKING_OFF);
}

bool
form_think_refused(struct forms *forms, const struct config *cfg)
{
    return learn(forms, cfg, THINKING_OFF);
}

bool
form_effort_none(const struct forms *forms, const struct config *cfg)
{
    return config_provider(cfg)->effort_none &&
           !knows(forms, cfg, EFFORT_REFUSED);
}

bool
form_effort_refused(struct forms *forms, const struct config *cfg)
{
    return learn(forms, cfg, EFFORT_REFUSED);
}

/* ---- members ---- */

/* What the table of providers says, of the members that are options. */
static uint32_t
known_refused(const struct config *cfg, const struct members *m)
{
    uint32_t bits = 0;
    for (const char *at = config_provider(cfg)->refuses; *at != '\0';) {
        char name[32];
        size_t len = strcspn(at, " ");
        snprintf(name, sizeof name, "%.*s", (int)len, at);
        if (value_get(m->rest, name) == NULL)
            bits |= quirk_bit(name);
        at += len + (at[len] == ' ');
    }
    return bits;
}

uint32_t
form_refused(const struct forms *forms, const struct config *cfg,
             const struct members *m)
{
    size_t i = find(forms, cfg);
    uint32_t learned =
        i < FORMS_MAX ? quirk_match(&forms->entries[i].quirks, m) : 0;
    return learned | known_refused(cfg, m);
}

const char *
form_server(const struct config *cfg)
{
    const char *provider = config_text(cfg, "provider");
    return provider != NULL && *provider != '\0' ? provider : config_host(cfg);
}

uint32_t
form_left_out(const struct forms *forms, const struct config *cfg,
              const struct members *m, bool all, char *line, size_t size)
{
    size_t i = find(forms, cfg);
    uint32_t bits = all ? form_refused(forms, cfg, m) : known_refused(cfg, m);
    if (!all && i < FORMS_MAX)
        bits &= ~forms->entries[i].said;
    bits = quirk_carried(bits, m);
    quirk_list(line, size, form_server(cfg), bits);
    return bits;
}

void
form_said(struct forms *forms, const struct config *cfg, uint32_t bits)
{
    if (bits != 0)
        entry_of(forms, cfg)->said |= bits;
}

bool
form_field_refused(struct forms *forms, const struct config *cfg,
                   const char *name, const char *value)
{
    return quirk_learn(&entry_of(forms, cfg)->quirks, name, value);
}

/* ---- structured output ---- */

static bool
binds(const struct value *format)
{
    const char *type = value_as_text(value_get(format, "type"), "");
    return format != NULL && !value_is(format, VALUE_NIL) &&
           strcmp(type, "text") != 0;
}

bool
form_structured(const struct config *cfg)
{
    /* vLLM, SGLang, llama.cpp and Ollama have more than one way */
    static const char *const names[] = {
        "regex",          "ebnf",
        "grammar",        "json_schema",
        "guided_json",    "guided_regex",
        "format",         "guided_choice",
        "guided_grammar", "structured_outputs",
    };
    const struct value *extra = config_get(cfg, "extra_body");
    const struct value *format = value_get(extra, "response_format");
    if (format == NULL)
        format = config_get(cfg, "response_format");
    if (binds(format))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (binds(value_get(extra, names[i])))
            return true;
    return value_as_str(config_get(cfg, "json_schema")).len > 0;
}
