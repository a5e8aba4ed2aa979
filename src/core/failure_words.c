/*
 * One table from what servers write to what it means. They agree on neither
 * statuses nor codes, so words decide before the status does; wire-contract
 * 3.2 and 3.3 have where they come from.
 */
#include <stdio.h>
#include <string.h>

#include "core/failure.h"

/* Those before FORM are found before a continuation's form is suspected, which
 * stands here for words that mean nothing. */
enum meaning {
    FUNDS,
    AFFORD,
    A_MINUTE,
    ROOM,
    CONTEXT,
    LIMIT,
    FORM,
    FLAGGED,
    NO_CHAT,
    NO_IMAGES,
    BAD_IMAGE,
    NO_ADDRESS,
    NO_TOOLS,
    TOOLS_OFF,
    MEMORY,
    POLICY,
    UNLOADED,
    NO_PATH,
    NO_MODEL,
};

/* When the words are to be believed. */
enum when {
    ALWAYS,
    AT_429,
    NOT_429,
    LOOSE, /* with "model", on a client's mistake, and about no other member */
};

/* clang-format off */
static const struct {
    const char *said, *also; /* also: NULL, or has to be there, too */
    enum when when;
    enum meaning meaning;
} table[] = {
    {"fewer max_tokens", NULL, ALWAYS, AFFORD},
    {"insufficient_quota", NULL, ALWAYS, FUNDS},
    {"insufficient balance", NULL, ALWAYS, FUNDS},
    {"account balance is insufficient", NULL, ALWAYS, FUNDS},
    {"exceeded your current quota", NULL, ALWAYS, FUNDS},
    {"credit balance is too low", NULL, ALWAYS, FUNDS},

    {"request too large", "tokens per min", AT_429, A_MINUTE},

    {"tokens' is too large", "maximum context length", NOT_429, ROOM},
    {"maximum context length", NULL, NOT_429, CONTEXT},
    {"exceeded max context length", NULL, NOT_429, CONTEXT},
    {"context_length_exceeded", NULL, NOT_429, CONTEXT},
    {"context length exceeded", NULL, NOT_429, CONTEXT},
    {"exceeds the context window", NULL, NOT_429, CONTEXT},
    {"exceeds the context length", NULL, NOT_429, CONTEXT},
    {"exceeds the available context size", NULL, NOT_429, CONTEXT},
    {"exceed_context_size_error", NULL, NOT_429, CONTEXT},
    {"exceeds maximum input length", NULL, NOT_429, CONTEXT},
    {"maximum prompt length is", NULL, NOT_429, CONTEXT},
    {"reduce the length of the messages", NULL, NOT_429, CONTEXT},
    {"prompt is too long", NULL, NOT_429, CONTEXT},
    {"too large for model with", NULL, NOT_429, CONTEXT},
    {"greater than the context length", NULL, NOT_429, CONTEXT},
    {"context window exceeds limit", NULL, NOT_429, CONTEXT},
    {"exceeded model token limit", NULL, NOT_429, CONTEXT},
    {"max_tokens must be at least 1", NULL, NOT_429, CONTEXT},
    {"too many tokens", NULL, NOT_429, CONTEXT},
    {"exceeds the limit of", NULL, NOT_429, CONTEXT},
    {"context size has been exceeded", NULL, NOT_429, CONTEXT},
    {"context size exceeded", NULL, NOT_429, CONTEXT},
    {"larger than the max context size", NULL, NOT_429, CONTEXT},
    {"longer than the model's context length", NULL, NOT_429, CONTEXT},
    {"longer than the maximum model length", NULL, NOT_429, CONTEXT},
    {"exceed context limit", NULL, NOT_429, CONTEXT},
    {"too long for requested model", NULL, NOT_429, CONTEXT},
    {"tokens + `max_new_tokens` must be", NULL, NOT_429, CONTEXT},
    {"range of input length should be", NULL, NOT_429, CONTEXT},
    {"input token count", "exceeds the maximum", NOT_429, CONTEXT},
    {"max_tokens is too large", NULL, NOT_429, LIMIT},

    {"was flagged", NULL, NOT_429, FLAGGED},
    {"content_filter", NULL, NOT_429, FLAGGED},
    {"content_policy_violation", NULL, NOT_429, FLAGGED},
    {"content management policy", NULL, NOT_429, FLAGGED},
    {"content exists risk", NULL, NOT_429, FLAGGED},

    {"not a chat model", NULL, NOT_429, NO_CHAT},
    {"not in v1/chat/completions", NULL, NOT_429, NO_CHAT},
    {"does not support chat", NULL, NOT_429, NO_CHAT},
    {"must provide a chat template", NULL, NOT_429, NO_CHAT},
    {"image_url is only supported", NULL, NOT_429, NO_IMAGES},
    {"image input is not supported", NULL, NOT_429, NO_IMAGES},
    {"support image input", NULL, NOT_429, NO_IMAGES},
    {"data required for image input", NULL, NOT_429, NO_IMAGES},
    {"is not a multimodal model", NULL, NOT_429, NO_IMAGES},
    {"at most 0 image", NULL, NOT_429, NO_IMAGES},
    {"unsupported image", NULL, NOT_429, BAD_IMAGE},
    {"failed to load image", NULL, NOT_429, BAD_IMAGE},
    {"image urls are not currently supported", NULL, NOT_429, NO_ADDRESS},
    {"must be a base64 encoded image", NULL, NOT_429, NO_ADDRESS},
    {"tool calling is not supported", NULL, NOT_429, NO_TOOLS},
    {"does not support tools", NULL, NOT_429, NO_TOOLS},
    {"support tool use", NULL, NOT_429, NO_TOOLS},
    {"requires --jinja", NULL, NOT_429, TOOLS_OFF},
    {"requires --enable-auto-tool-choice", NULL, NOT_429, TOOLS_OFF},

    {"requires more system memory", NULL, NOT_429, MEMORY},
    {"no endpoints found matching your data policy", NULL, NOT_429, POLICY},
    {"no models loaded", NULL, NOT_429, UNLOADED},
    {"unexpected endpoint or method", NULL, NOT_429, NO_PATH},
    {"model_not_found", NULL, NOT_429, NO_MODEL},
    {"model not exist", NULL, NOT_429, NO_MODEL},
    {"model not found", NULL, NOT_429, NO_MODEL},
    {"invalid model:", NULL, NOT_429, NO_MODEL},
    {"is not a valid model", NULL, NOT_429, NO_MODEL},
    {"no endpoints found for", NULL, NOT_429, NO_MODEL},
    {"model_decommissioned", NULL, NOT_429, NO_MODEL},
    {"does not exist", "model", LOOSE, NO_MODEL},
    {"not found", "model", LOOSE, NO_MODEL},
    {"unknown model", "model", LOOSE, NO_MODEL},
    {"no such model", "model", LOOSE, NO_MODEL},
    {"is not available", "model", LOOSE, NO_MODEL},
};

static const struct {
    enum dc_fault fault;
    const char *field;
    const char *words; /* HOST, MODEL and STATUS stand for themselves */
    const char *advice;
} meanings[] = {
    [FUNDS] = {DC_FAULT_FUNDS, "", "account at HOST needs funding",
        "nothing lost"},
    [AFFORD] = {DC_FAULT_FUNDS, "", "HOST needs funding",
        "or lower max_tokens"},
    [A_MINUTE] = {DC_FAULT_TOO_LARGE, "",
        "over the tokens allowed a minute (STATUS)", "cut turns"},
    [ROOM] = {DC_FAULT_CONTEXT, "", "no room for max_tokens",
        "lower it or cut turns"},
    [LIMIT] = {DC_FAULT_FIELD, "max_tokens",
        "max_tokens is too much for the model", "lower it"},
    [CONTEXT] = {DC_FAULT_CONTEXT, "", "too long for the context",
        "cut turns or try :DeepModel"},
    [FLAGGED] = {DC_FAULT_OTHER, "", "HOST flagged the text",
        "rephrase it"},
    [NO_CHAT] = {DC_FAULT_MODEL, "", "MODEL cannot chat", "try :DeepModel"},
    [NO_IMAGES] = {DC_FAULT_MODEL, "", "MODEL cannot read images",
        "try :DeepModel"},
    [BAD_IMAGE] = {DC_FAULT_OTHER, "", "HOST cannot read an image",
        "try it as png"},
    [NO_ADDRESS] = {DC_FAULT_OTHER, "", "HOST takes no image addresses",
        "name a file"},
    [NO_TOOLS] = {DC_FAULT_FIELD, "tools", "MODEL cannot use tools (STATUS)",
        ""},
    [TOOLS_OFF] = {DC_FAULT_FIELD, "tools", "HOST runs without tools (STATUS)",
        "see :DeepLog"},
    [MEMORY] = {DC_FAULT_MODEL, "", "no memory for MODEL at HOST",
        "try :DeepModel"},
    [POLICY] = {DC_FAULT_OTHER, "", "no provider fits your data policy",
        "see your account"},
    [UNLOADED] = {DC_FAULT_MODEL, "", "no model is loaded at HOST", ""},
    [NO_PATH] = {DC_FAULT_PATH, "", "no chat API at HOST (STATUS)",
        "see base_url"},
    [NO_MODEL] = {DC_FAULT_MODEL, "", "no model MODEL at HOST",
        "try :DeepModel"},
};
/* clang-format on */

static bool
is_believed(const struct reading *r, enum when when)
{
    const char *field = r->said.field;
    if (when == LOOSE)
        return r->status <= 422 &&
               (field[0] == '\0' || strcmp(field, "model") == 0);
    return when == ALWAYS || (when == AT_429) == (r->status == 429);
}

/* The length of the table if there is none. */
static size_t
find(const struct reading *r)
{
    size_t i = 0;
    for (; i < sizeof table / sizeof *table; i++)
        if (is_believed(r, table[i].when) &&
            said_has(&r->said, table[i].said) &&
            (table[i].also == NULL || said_has(&r->said, table[i].also)))
            break;
    return i;
}

static void
add_words(struct buf *out, const struct reading *r, const char *words,
          const char *model)
{
    char status[16];
    snprintf(status, sizeof status, "%d", r->status);
    const struct {
        const char *name, *text;
    } all[] = {{"HOST", r->host}, {"MODEL", model}, {"STATUS", status}};
    while (*words != '\0') {
        size_t i = 0;
        while (i < 3 && strncmp(words, all[i].name, strlen(all[i].name)) != 0)
            i++;
        if (i < 3)
            buf_add_text(out, all[i].text);
        else
            buf_add_byte(out, *words);
        words += i < 3 ? strlen(all[i].name) : 1;
    }
}

/* Where it was is left out first. */
static void
add_fitting(struct buf *out, const struct reading *r, enum meaning meaning)
{
    const char *nameless = meaning == NO_MODEL ? "named" : "the model";
    const char *model = or_text(r->asked->model, nameless);
    add_words(out, r, meanings[meaning].words, model);
    dc_redact(out->ptr, r->asked->key);
    size_t len = strlen(out->ptr), place = strlen(" at ") + strlen(r->host);
    const char *end = out->ptr + (len > place ? len - place : 0);
    bool at_end = strncmp(end, " at ", 4) == 0 && strcmp(end + 4, r->host) == 0;
    if (at_end && len > failure_room(meanings[meaning].advice))
        len -= place;
    buf_cut(out, len);
}

static void
say(struct reading *r, enum meaning meaning)
{
    struct buf words;
    buf_init(&words, 1024);
    add_fitting(&words, r, meaning);
    snprintf(r->out->field, sizeof r->out->field, "%s",
             meanings[meaning].field);
    failure_say(r, meanings[meaning].fault, false, meanings[meaning].advice,
                "%s", words.ptr);
    buf_finish(&words);
}

/* Cerebras says nothing at all. */
static bool
is_mute_overflow(const struct reading *r)
{
    return (r->status == 400 || r->status == 413) &&
           str_trim(r->response->body).len == 0;
}

static enum meaning
meaning_of(const struct reading *r)
{
    size_t i = sizeof table / sizeof *table;
    if (r->status >= 400 || r->said.error)
        i = find(r);
    enum meaning found = FORM;
    if (i < sizeof table / sizeof *table)
        found = table[i].meaning;
    if (found >= FORM && r->status == 402)
        return FUNDS;
    return found >= FORM && is_mute_overflow(r) ? CONTEXT : found;
}

bool
failure_words(struct reading *r)
{
    enum meaning meaning = meaning_of(r);
    if (meaning >= FORM && r->status != 429 && failure_form(r))
        return true;
    if (meaning == FORM)
        return false;
    say(r, meaning);
    return true;
}
