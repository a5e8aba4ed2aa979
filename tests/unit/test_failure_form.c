/* Continuations that are refused: for their form, for thinking, for length. */
#include <stdio.h>

#include "failure_case.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ERR(text)                                                              \
    "{\"error\":{\"message\":\"" text "\",\"type\":"                           \
    "\"invalid_request_error\",\"param\":null,\"code\":null}}"
#define FLAT(text)                                                             \
    "{\"object\":\"error\",\"message\":\"" text "\",\"type\":"                 \
    "\"BadRequestError\",\"param\":null,\"code\":400}"
#define EXTRA(where)                                                           \
    "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[" where               \
    "],\"msg\":\"Extra inputs are not permitted\",\"input\":true}]}"
#define HOST "api.deepinfra.com"
#define FORM DC_FAULT_FORM
#define LONG DC_FAULT_CONTEXT

/* clang-format off */
static const struct {
    int status;
    const char *body;
    enum dc_fault fault;
} cases[] = {
    /* a last assistant message */
    {400, ERR("This model does not support assistant message prefill. The "
        "conversation must end with a user message."), FORM},
    {400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
        "\"message\":\"This model does not support assistant message prefill. "
        "The conversation must end with a user message.\"}}", FORM},
    {400, "{\"error\":{\"message\":\"Provider returned error\",\"code\":400,"
        "\"metadata\":{\"raw\":\"{\\\"message\\\":\\\"This model does not "
        "support assistant message prefill.\\\"}\"}}}", FORM},
    {400, ERR("messages.1.content.0.type: Expected `thinking` or "
        "`redacted_thinking`, but found `text`. When `thinking` is enabled, a "
        "final `assistant` message must start with a thinking block."), FORM},
    {400, "{\"object\":\"error\",\"message\":\"Expected last role User or Tool "
        "(or Assistant with prefix True) for serving but got assistant\","
        "\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}",
        FORM},
    {422, ERR("Expected last role User or Tool (or Assistant with prefix or "
        "continue_final_message set to True) for serving but got assistant"),
        FORM},
    {400, ERR("Last message must have role `user`."), FORM},
    {422, ERR("the last message should be from the user"), FORM},
    {400, FLAT("Cannot have 2 or more assistant messages at the end of the "
        "list."), FORM},
    {500, ERR("Cannot have 2 or more assistant messages at the end of the "
        "list."), FORM},
    {200, ERR("Cannot have 2 or more assistant messages at the end of the "
        "list."), FORM},

    /* the flags */
    {400, FLAT("[{'type': 'value_error', 'loc': ('body',), 'msg': \\\"Value "
        "error, Cannot set both `continue_final_message` and "
        "`add_generation_prompt` to True.\\\"}]"), FORM},
    {400, FLAT("continue_final_message is set but the final message does not "
        "appear in the chat after applying the chat template! This can happen "
        "if the chat template deletes portions of the final message."), FORM},
    {400, FLAT("substring not found"), FORM},
    {500, FLAT("substring not found"), FORM},
    {500, "substring not found", FORM},
    {422, EXTRA("\"body\",\"add_generation_prompt\""), FORM},
    {422, EXTRA("\"body\",\"continue_final_message\""), FORM},
    {400, EXTRA("\"body\",\"continue_final_message\""), FORM},
    {400, "{\"error\":{\"message\":\"Unrecognized request argument supplied: "
        "continue_final_message\",\"type\":\"invalid_request_error\"}}", FORM},
    {400, "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\","
        "\"param\":\"add_generation_prompt\",\"code\":\"unknown_parameter\"}}",
        FORM},

    /* the prefix */
    {422, EXTRA("\"body\",\"messages\",2,\"prefix\""), FORM},
    {422, EXTRA("\"body\",\"messages\",2,\"assistant\",\"prefix\""), FORM},
    {400, "{\"error\":{\"message\":\"Unknown parameter: "
        "'messages[2].prefix'.\",\"type\":\"invalid_request_error\",\"param\":"
        "\"messages[2].prefix\",\"code\":\"unknown_parameter\"}}", FORM},
    {400, ERR("'messages.2' : for 'role:assistant' the following must be "
        "satisfied[('messages.2' : property 'prefix' is unsupported)]"), FORM},
    {400, ERR("Additional properties are not allowed ('prefix' was unexpected)"),
        FORM},

    /* a request that was wrong otherwise */
    {400, ERR("Cannot set both max_tokens and max_completion_tokens"),
        DC_FAULT_FIELD},
    {422, EXTRA("\"body\",\"prefixes\""), DC_FAULT_FIELD},
    {422, EXTRA("\"body\",\"messages\",2,\"name\""), DC_FAULT_FIELD},
    {400, ERR("the prefix of the schema is wrong"), DC_FAULT_OTHER},
    {400, ERR("unknown prefixed value"), DC_FAULT_OTHER},
    {404, ERR("The model `prefix` does not exist"), DC_FAULT_MODEL},
    {401, ERR("substring not found"), DC_FAULT_KEY},
    {429, ERR("substring not found"), DC_FAULT_RATE},
    {200, "{\"x\":\"substring not found\"}", DC_FAULT_NOT_API},

    /* thinking */
    {400, "{\"error\":{\"code\":400,\"message\":\"Assistant response prefill is"
        " incompatible with enable_thinking.\",\"type\":"
        "\"invalid_request_error\"}}", DC_FAULT_THINK},
    {500, "{\"error\":{\"code\":500,\"message\":\"Assistant response prefill is"
        " incompatible with enable_thinking.\",\"type\":\"server_error\"}}",
        DC_FAULT_THINK},
    {200, "{\"error\":{\"code\":400,\"message\":\"Assistant response prefill is"
        " incompatible with enable_thinking.\"}}", DC_FAULT_THINK},
    {400, ERR("Assistant response prefill is not supported"), FORM},

    /* too long: wire-contract 3.2, 3.3 and what is seen elsewhere */
    {400, "{\"error\":{\"code\":400,\"message\":\"request (13392 tokens) "
        "exceeds the available context size (8192 tokens), try increasing it\","
        "\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":13392,"
        "\"n_ctx\":8192}}", LONG},
    {500, "{\"error\":{\"code\":500,\"message\":\"Context size has been "
        "exceeded.\",\"type\":\"server_error\"}}", LONG},
    {200, "{\"error\":{\"code\":500,\"message\":\"Context size has been "
        "exceeded.\",\"type\":\"server_error\"}}", LONG},
    {500, "{\"error\":{\"code\":500,\"message\":\"the request exceeds the "
        "available context size. try increasing the context size or enable "
        "context shift\",\"type\":\"invalid_request_error\"}}", LONG},
    {500, ERR("input is larger than the max context size. skipped"), LONG},
    {400, ERR("context size exceeded"), LONG},
    {400, ERR("prompt too long; exceeded max context length by 41 tokens"),
        LONG},
    {500, "{\"error\":\"the input length exceeds the context length\"}", LONG},
    {400, FLAT("This model's maximum context length is 16384 tokens. However, "
        "you requested 122946 tokens (112946 in the messages, 10000 in the "
        "completion). Please reduce the length of the messages or "
        "completion."), LONG},
    {400, FLAT("max_tokens must be at least 1, got -186."), LONG},
    {400, FLAT("The decoder prompt (length 9000) is longer than the maximum "
        "model length of 8192."), LONG},
    {400, FLAT("'max_tokens' or 'max_completion_tokens' is too large: 16384. "
        "This model's maximum context length is 20000 tokens and your request "
        "has 9000 input tokens"), LONG},
    {400, FLAT("The input (9000 tokens) is longer than the model's context "
        "length (8192 tokens)."), LONG},
    {400, FLAT("Requested token count exceeds the model's maximum context "
        "length of 8192 tokens."), LONG},
    {500, "{\"error\":{\"message\":\"Requested input length 99009 exceeds "
        "maximum input length 8192\"}}", LONG},
    {400, "{\"error\":{\"message\":\"This endpoint's maximum context length is "
        "8192 tokens. However, you requested about 9000 tokens (8900 of text "
        "input, 100 in the output).\",\"code\":400}}", LONG},
    {200, "{\"error\":{\"message\":\"Provider returned error\",\"code\":400,"
        "\"metadata\":{\"raw\":\"Requested input length 35327 exceeds maximum "
        "input length 32767\"}}}", LONG},
    {400, ERR("input length and `max_tokens` exceed context limit: 199211 + "
        "8192 > 200000, decrease input length or `max_tokens`"), LONG},
    {422, ERR("Input validation error: `inputs` tokens + `max_new_tokens` must "
        "be <= 8193. Given: 9000 `inputs` tokens and 1000 `max_new_tokens`"),
        LONG},
    {400, ERR("Input is too long for requested model."), LONG},
    {400, ERR("Prompt contains 40000 tokens and 0 draft tokens, too large for "
        "model with 32768 maximum context length"), LONG},
    {400, "{\"error\":{\"message\":\"Your input exceeds the context window of "
        "this model.\",\"code\":\"context_length_exceeded\"}}", LONG},
    {413, "", LONG},
};
/* clang-format on */

Test(failure_form, bodies, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dc_asked asked = failure_asked();
        const char *body = cases[i].body;
        struct dc_failure f = failure_of(cases[i].status, str_of(body), &asked);
        cr_expect_eq(f.fault, cases[i].fault, "%d, not %d: %d %s: %s",
                     (int)f.fault, (int)cases[i].fault, cases[i].status, body,
                     f.line);
        cr_expect_eq(f.retry, cases[i].fault == DC_FAULT_RATE, "%s", body);
        cr_expect(*body == '\0' || f.server[0] != '\0', "%s", body);
    }
}

Test(failure_form, lines, .timeout = 10)
{
    static const struct {
        int status;
        const char *body, *line;
    } lines[] = {
        {400, ERR("Expected last role User"),
         HOST " cannot go on with a reply (400)"},
        {200, "{\"error\":{\"code\":422,\"message\":\"substring not found\"}}",
         HOST " cannot go on with a reply (422)"},
        {400,
         ERR("Assistant response prefill is incompatible with "
             "enable_thinking."),
         HOST " cannot go on while thinking is on (400)"},
        {500, ERR("Context size has been exceeded."),
         "too long for the context; cut turns or try :DeepModel"},
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct dc_asked asked = failure_asked();
        struct dc_failure f =
            failure_of(lines[i].status, str_of(lines[i].body), &asked);
        cr_expect_str_eq(f.line, lines[i].line, "%s", f.line);
    }
}

/* What a round asks for besides its form. */
Test(failure_form, fields, .timeout = 10)
{
    static const struct {
        int status;
        const char *body, *field;
    } fields[] = {
        {400,
         ERR("Reasoning is mandatory for this endpoint and cannot be "
             "disabled."),
         "reasoning_effort"},
        {400,
         ERR("Unsupported value: 'reasoning_effort' does not support "
             "'none' with this model."),
         "reasoning_effort"},
        {422, EXTRA("\"body\",\"chat_template_kwargs\""),
         "chat_template_kwargs"},
        {400, ERR("chat_template_kwargs is not known"), "chat_template_kwargs"},
    };
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct dc_asked asked = failure_asked();
        struct dc_failure f =
            failure_of(fields[i].status, str_of(fields[i].body), &asked);
        cr_expect_eq(f.fault, DC_FAULT_FIELD, "%s", fields[i].body);
        cr_expect_str_eq(f.field, fields[i].field, "%s", f.field);
    }
}
