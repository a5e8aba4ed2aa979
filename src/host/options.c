/* The table of options, and the search in it. */
#include "host/options.h"

#include <float.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

#define SET OPTION_SETTINGS
#define ARG (OPTION_SETTINGS | OPTION_ARGUMENT)
#define CHAT (OPTION_SETTINGS | OPTION_ARGUMENT | OPTION_FILE)
#define WIRE (CHAT | OPTION_WIRE)

/* Above zero, zero left out. */
#define POSITIVE DBL_TRUE_MIN
/* Beyond this JSON readers round integers. */
#define EXACT 9007199254740991.0

/* clang-format off */
static const struct option options[] = {
    {"base_url", OPTION_TEXT, ARG, 0, 0, NULL,
     "\"https://api.deepinfra.com/v1/openai\"",
     "Where the API is; with or without /v1 and /chat/completions."},
    {"model", OPTION_TEXT, WIRE | OPTION_DEEPINFRA, 0, 0, NULL,
     "\"deepseek-ai/DeepSeek-V3\"",
     "The model to ask: NAME, NAME:VERSION or deploy_id:ID."},
    {"api_key_env", OPTION_LIST, ARG | OPTION_DEEPINFRA, 0, 16, NULL,
     "[\"DEEPINFRA_API_KEY\",\"DEEPINFRA_TOKEN\"]",
     "Environment variables that may hold the key; [] for none."},
    {"api_key_cmd", OPTION_LIST, ARG, 0, 64, NULL, NULL,
     "Program and arguments that print the key; run without a shell."},
    {"providers", OPTION_MAP, SET, 0, 0, NULL, NULL,
     "Named sets of options, over the built-in ones of that name; a key is only "
     "sent to its own set's base_url."},
    {"provider", OPTION_TEXT, CHAT, 0, 0, NULL, NULL,
     "Which server to use: one of |deepchat-providers| or of providers."},
    {"system", OPTION_TEXT, ARG, 0, 0, NULL,
     "\"You are a helpful assistant. Answer briefly, in Markdown.\"",
     "The system message of new chats."},
    {"max_tokens", OPTION_INT, WIRE, 0, 1000000, NULL, NULL,
     "How long one reply may get, in tokens."},
    {"temperature", OPTION_NUMBER, WIRE, 0, 2, NULL, NULL,
     "How freely words are drawn: 0 keeps to the likeliest."},
    {"top_p", OPTION_NUMBER, WIRE, POSITIVE, 1, NULL, NULL,
     "Draw only from the likeliest words that make up this share."},
    {"stop", OPTION_LIST, WIRE, 0, 4, NULL, NULL,
     "Texts at which the reply ends; they are not part of it."},
    {"n", OPTION_INT, WIRE, 1, 4, NULL, NULL,
     "How many answers to ask for; all are kept (|deepchat-n|)."},
    {"presence_penalty", OPTION_NUMBER, WIRE, -2, 2, NULL, NULL,
     "Above 0: avoid what was said already."},
    {"frequency_penalty", OPTION_NUMBER, WIRE, -2, 2, NULL, NULL,
     "Above 0: avoid what was said often."},
    {"seed", OPTION_INT, WIRE, -EXACT, EXACT, NULL, NULL,
     "Start of the random numbers, to get the same reply again."},
    {"response_format", OPTION_MAP, WIRE, 0, 0, "text json_object", NULL,
     "Form of the reply; json_object is short for {\"type\": \"json_object\"}."},
    {"json_schema", OPTION_TEXT, CHAT, 0, 0, NULL, NULL,
     "File with the JSON schema that the replies of a chat must follow."},
    {"tools", OPTION_JSON, WIRE, 0, 0, NULL, NULL,
     "Tools the model may call, as the API has them; sent as they are, but no "
     "call is carried out in this version."},
    {"tool_choice", OPTION_JSON, WIRE, 0, 0, "auto none required", NULL,
     "Whether it may, must or must not call them."},
    {"service_tier", OPTION_TEXT, WIRE, 0, 0, "auto default flex priority",
     NULL, "Price and speed: flex is cheap and slow, priority the opposite."},
    {"fail_fast", OPTION_BOOL, WIRE, 0, 0, NULL, NULL,
     "Fail at once when the model is busy instead of waiting in line."},
    {"reasoning_effort", OPTION_TEXT, WIRE, 0, 0,
     "none minimal low medium high xhigh max", NULL,
     "How much a reasoning model thinks before it answers "
     "(|deepchat-reasoning|)."},
    {"stream", OPTION_BOOL, WIRE, 0, 0, NULL, "true",
     "Show replies while they are written."},
    {"extra_body", OPTION_MAP, CHAT, 0, 0, NULL, "{}",
     "Members added to the request as they are."},
    {"continue_rounds", OPTION_INT, CHAT, 0, 64, NULL, "8",
     "How often a reply cut by its length goes on by itself; 0 is off."},
    {"continue_on_disconnect", OPTION_BOOL, CHAT, 0, 0, NULL, "false",
     "Also go on by itself when the connection broke."},
    {"connect_timeout", OPTION_NUMBER, CHAT, 0.01, 3600, NULL, "10",
     "Seconds to wait for a connection."},
    {"first_byte_timeout", OPTION_NUMBER, CHAT, 0.01, 86400, NULL, "600",
     "Seconds to wait for the first byte of an answer."},
    {"idle_timeout", OPTION_NUMBER, CHAT, 0.01, 86400, NULL, "120",
     "Seconds of silence after which a reply counts as broken."},
    {"retries", OPTION_INT, CHAT, 0, 10, NULL, "2",
     "How often a request that got no text is sent again."},
    {"review", OPTION_TEXT, ARG, 0, 0, "inline diff", "\"inline\"",
     "How a rewrite is shown before it is applied."},
    {"autosave", OPTION_BOOL, ARG, 0, 0, NULL, "true",
     "Write the chat's file at each send and at the end of each reply."},
    {"chat_dir", OPTION_TEXT, SET | OPTION_PATH, 0, 0, NULL, NULL,
     "Where chats are kept; else \"deepchat\" in $XDG_DATA_HOME."},
    {"state_dir", OPTION_TEXT, SET | OPTION_PATH, 0, 0, NULL, NULL,
     "Journal and log; else \"deepchat\" in $XDG_STATE_HOME."},
    {"ca_file", OPTION_TEXT, ARG | OPTION_PATH, 0, 0, NULL, NULL,
     "Certificates to trust; else $CURL_CA_BUNDLE or $SSL_CERT_FILE."},
    {"proxy", OPTION_TEXT, ARG, 0, 0, NULL, NULL,
     "Proxy to use; else libcurl's variables. Never for loopback."},
    {"host", OPTION_TEXT, SET | OPTION_PATH, 0, 0, NULL, NULL,
     "The host program; else build/deepchat-host in the plugin."},
    {"tool_rounds", OPTION_INT, CHAT | OPTION_LATER, 0, 1000, NULL, "25",
     "How often in a row the model may call tools in one reply."},
    {"mcp", OPTION_MAP, SET | OPTION_LATER, 0, 0, NULL, NULL,
     "Tool servers by name."},
    {"title", OPTION_TEXT, OPTION_FILE, 0, 0, NULL, NULL,
     "What the chat is called in lists."},
};
/* clang-format on */

enum { COUNT = sizeof options / sizeof *options };

const struct option *
options_all(size_t *count)
{
    *count = COUNT;
    return options;
}

const struct option *
option_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

void
option_show(struct buf *out, struct dc_str text, size_t max)
{
    size_t fit = text.len < max * 2 ? text.len : max * 2;
    struct buf clean;
    buf_init(&clean, max * 8);
    utf8_add_clean(&clean, (struct dc_str){text.ptr, fit}, true);
    for (size_t i = 0; i < clean.len; i++)
        if ((unsigned char)clean.ptr[i] < ' ' || clean.ptr[i] == 0x7f)
            clean.ptr[i] = '?';
    bool cut = clean.len > max || fit < text.len;
    fit = cut ? utf8_fit(buf_str(&clean), max - 3) : clean.len;
    buf_add(out, clean.ptr, fit);
    if (cut)
        buf_add_text(out, "...");
    buf_finish(&clean);
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum { NAME_MAX_LEN = 32, SHOWN_MAX = 24 };

size_t
option_edits(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_LEN];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    size_t len = strlen(b);
    if (len >= NAME_MAX_LEN || strlen(a) >= NAME_MAX_LEN)
        return SIZE_MAX;
    for (size_t j = 0; j <= len; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t change = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[len];
}

/* The option meant by name, or NULL if none is near. */
static const struct option *
nearest(const char *name, unsigned where)
{
    const struct option *best = NULL;
    size_t len = strlen(name);
    size_t near = len < 4 ? 1 : len < 8 ? 2 : 3;
    if (len >= NAME_MAX_LEN)
        return NULL;
    for (size_t i = 0; i < COUNT; i++) {
        size_t edits = option_edits(name, options[i].name);
        if (len >= 3 && strncmp(options[i].name, name, len) == 0)
            edits = least(edits, 1);
        if ((options[i].where & where) && edits <= near) {
            near = edits - 1;
            best = &options[i];
        }
    }
    return best;
}

/* Members of the request that have no option of their own. */
static bool
is_extra(const char *name)
{
    static const char *const names[] = {
        "top_k",
        "min_p",
        "repetition_penalty",
        "reasoning",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "user",
        "parallel_tool_calls",
        "metadata",
        "store",
        "max_completion_tokens",
        "modalities",
        "verbosity",
        "prompt_cache_key",
        "chat_template_kwargs",
        "stream_options",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static const char *
scope_name(unsigned where)
{
    return where == OPTION_FILE       ? "a chat file"
           : where == OPTION_ARGUMENT ? "an argument"
                                      : "settings";
}

bool
option_refuse(const char *name, unsigned where, struct dc_error *err)
{
    struct buf shown;
    const struct option *near = nearest(name, where);
    buf_init(&shown, 64);
    option_show(&shown, str_of(name), SHOWN_MAX);
    const char *text = shown.len > 0 ? shown.ptr : "\"\"";
    if (option_find(name) != NULL ||
        (where == OPTION_FILE && strncmp(name, "api_key", 7) == 0))
        fail(err, DC_E_SYNTAX, "%s may not stand in %s", text,
             scope_name(where));
    else if (strcmp(name, "api_key") == 0)
        fail(err, DC_E_SYNTAX,
             "unknown option %s; see api_key_cmd (:h deepchat-key)", text);
    else if (is_extra(name))
        fail(err, DC_E_SYNTAX, "%s is no option; put it into extra_body", text);
    else if (near != NULL)
        fail(err, DC_E_SYNTAX, "unknown option %s; did you mean %s?", text,
             near->name);
    else
        fail(err, DC_E_SYNTAX, "unknown option %s; see :h deepchat-options",
             text);
    buf_finish(&shown);
    return false;
}
