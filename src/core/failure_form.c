/*
 * Servers that do not go on with an answer that was cut, or not in the way they
 * were asked: wire-contract 4.1 and 4.2.
 */
#include <string.h>

#include "core/failure.h"

static bool
is_about_thinking(const struct reading *r)
{
    static const char *const words[] = {
        "prefill is incompatible with enable_thinking",
        NULL,
    };
    return said_any(&r->said, words);
}

/* "prefix" is English, too, so it takes more than the word. */
static bool
is_prefix_unknown(const struct reading *r)
{
    static const char *const words[] = {
        "not permitted", "not allowed",  "unknown",   "unexpected",
        "unrecognized",  "unrecognised", "supported", "additional propert",
        "extra field",   "extra input",  "beta",      NULL,
    };
    struct dc_str text = buf_str(&r->said.text);
    const char *dot = strrchr(r->said.field, '.');
    const char *field = dot != NULL ? dot + 1 : r->said.field;
    bool named = strcmp(field, "prefix") == 0 ||
                 failure_find_word(text, "prefix") < text.len;
    return named && said_any(&r->said, words);
}

static bool
is_about_form(const struct reading *r)
{
    static const char *const words[] = {
        "assistant message prefill",
        "assistant response prefill",
        "prefilling assistant",
        "pre-fill the assistant",
        "must end with a user message",
        "last message must",
        "last message should",
        "final message must",
        "expected last role",
        "final `assistant` message must start with a thinking block",
        "substring not found",
        "2 or more assistant messages at the end",
        "add_generation_prompt",
        "continue_final_message",
        NULL,
    };
    static const char *const fields[] = {"add_generation_prompt",
                                         "continue_final_message"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strstr(r->said.field, fields[i]) != NULL)
            return true;
    return said_any(&r->said, words) || is_prefix_unknown(r);
}

bool
failure_form(struct reading *r)
{
    bool bad = r->status == 400 || r->status == 422 || r->status >= 500;
    if (!bad && (r->status >= 400 || !r->said.error))
        return false;
    if (is_about_thinking(r))
        failure_say(r, DC_FAULT_THINK, false, "",
                    "%s cannot go on while thinking is on (%d)", r->host,
                    r->status);
    else if (is_about_form(r))
        failure_say(r, DC_FAULT_FORM, false, "",
                    "%s cannot go on with a reply (%d)", r->host, r->status);
    else
        return false;
    return true;
}
