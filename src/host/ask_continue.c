/* The answer stands behind the messages before it; what follows is not sent. */
#include "host/ask.h"

#include "base/buf.h"
#include "base/error.h"

enum { ROUNDS_MOST = 64 };

/* Index of the turn with its marker at line. */
static bool
find_answer(const struct dc_transcript *tr, size_t line, size_t *index)
{
    const struct dc_turn *turn;
    for (size_t i = 0; (turn = dc_transcript_turn(tr, i)) != NULL; i++)
        if (turn->line == line && turn->role == DC_ROLE_ASSISTANT) {
            *index = i;
            return true;
        }
    return false;
}

static bool
any_user(const struct dc_message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (messages[i].role == DC_ROLE_USER)
            return true;
    return false;
}

bool
ask_continue(struct ask *ask, const struct value *args, struct dc_error *err)
{
    struct reply_request *request = &ask->request;
    struct dc_transcript *tr = ask_chat(ask, args, err);
    size_t line = (size_t)value_as_int(value_get(args, "line"), 0), at = 0;
    if (tr == NULL)
        return false;
    if (!find_answer(tr, line, &at))
        return fail(err, DC_E_SYNTAX, "nothing to continue: no answer there");
    const struct dc_turn *answer = dc_transcript_turn(tr, at);
    if (at > 0)
        request->messages =
            dc_transcript_messages(tr, at - 1, &request->message_count);
    if (!any_user(request->messages, request->message_count))
        return fail(err, DC_E_SYNTAX,
                    "nothing to continue: no question above the answer");
    if (str_trim(answer->text).len == 0)
        return fail(err, DC_E_SYNTAX,
                    "the answer is empty; take it out, then send");
    request->journal.user = ask_last_words(tr, at - 1);
    request->kept = answer->text;
    request->instruction = value_as_str(value_get(args, "instruction"));
    request->rounds =
        value_as_bool(value_get(args, "most"), false) ? ROUNDS_MOST : -1;
    ask->pairs = answer->pairs;
    return ask_image(ask, args, err);
}
