/*
 * A request member that was refused: which one, and whether for its value or
 * because the server knows none of that name. Servers say so in a member of
 * their own, in the place of the mistake, or only in words.
 */
#include <stdio.h>
#include <string.h>

#include "core/failure.h"

/* ---- which ---- */

/* Where a name that is English, too, stands in quotes. */
static size_t
quoted_field(struct dc_str text, const char **found)
{
    static const char *const fields[] = {
        "seed", "stop", "n", "user", "store", "metadata", "reasoning", "tools",
    };
    static const char quotes[] = "'\"`";
    size_t first = text.len;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        for (const char *quote = quotes; *quote != '\0'; quote++) {
            char name[16];
            snprintf(name, sizeof name, "%c%s%c", *quote, fields[i], *quote);
            size_t at = failure_find(text, name);
            if (at < first) {
                first = at;
                *found = fields[i];
            }
        }
    return first;
}

/* Some name no field at all. */
static const char *
meant_field(struct dc_str text)
{
    static const struct {
        const char *said, *field;
    } ways[] = {
        {"reasoning is mandatory", "reasoning_effort"},
        {"does not support thinking", "reasoning_effort"},
        {"only one completion choice", "n"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (failure_find(text, ways[i].said) < text.len)
            return ways[i].field;
    return "";
}

/* The first option that the text speaks of. */
static const char *
named_field(struct dc_str text)
{
    static const char *const fields[] = {
        "stream_options",
        "service_tier",
        "reasoning_effort",
        "prompt_cache_key",
        "fail_fast",
        "max_completion_tokens",
        "max_tokens",
        "temperature",
        "top_p",
        "presence_penalty",
        "response_format",
        "frequency_penalty",
        "tool_choice",
        "chat_template_kwargs",
        "top_k",
        "min_p",
        "repetition_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "parallel_tool_calls",
    };
    const char *found = "";
    size_t first = quoted_field(text, &found);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t at = failure_find_word(text, fields[i]);
        if (at < first) {
            first = at;
            found = fields[i];
        }
    }
    return found[0] != '\0' ? found : meant_field(text);
}

/* "stream_options.include_usage" is about stream_options, but of a message it
 * matters which one. */
static void
find_field(struct reading *r)
{
    const char *named = r->said.field;
    size_t len = strlen(named);
    if (len == 0)
        named = named_field(buf_str(&r->said.text));
    else if (strncmp(named, "messages", 8) != 0)
        len = strcspn(named, ".[");
    snprintf(r->out->field, sizeof r->out->field, "%.*s",
             len > 0 ? (int)len : 63, named);
}

/* ---- why ---- */

/* It is not about the value that the field had. */
static bool
is_unknown(const struct reading *r)
{
    static const char *const values[] = {"unsupported value", "invalid value",
                                         "unsupported_value", "invalid_value",
                                         NULL};
    static const char *const words[] = {
        "unsupported",
        "not supported",
        "not support",
        "n't support",
        "unrecognized",
        "unrecognised",
        "unknown",
        "unexpected",
        "not allowed",
        "not permitted",
        "extra input",
        "additional propert",
        "deprecated",
        "unknown_parameter",
        "unsupported_parameter",
        NULL,
    };
    if (said_has(&r->said, "only the default"))
        return true;
    return !said_any(&r->said, values) && said_any(&r->said, words);
}

/* vLLM prints a list of Python, in which the words come late. */
static const char *
words_of(const struct reading *r)
{
    static const char mark[] = "'msg': '", noise[] = "Value error, ";
    const char *words = or_text(r->said.text.ptr, "no reason given");
    const char *msg = words[0] == '[' ? strstr(words, mark) : NULL;
    if (msg == NULL)
        return words;
    msg += strlen(mark);
    return strncmp(msg, noise, strlen(noise)) == 0 ? msg + strlen(noise) : msg;
}

void
failure_field(struct reading *r)
{
    find_field(r);
    r->out->unknown = r->out->field[0] != '\0' && is_unknown(r);
    const char *words = words_of(r);
    if (r->out->field[0] == '\0')
        failure_say(r, DC_FAULT_OTHER, false, "", "refused (%d): %s", r->status,
                    words);
    else
        failure_say(r, DC_FAULT_FIELD, false, "", "%s refused (%d): %s",
                    r->out->field, r->status, words);
}
