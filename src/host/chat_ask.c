/* A send ends with the turn that the cursor is in. */
#include "host/chat_ask.h"

#include <stdbool.h>

#include "base/buf.h"

/* The turn that a send ends with: the last one that starts at or before line
 * (0: the last of all). */
static size_t
last_turn(const struct dc_transcript *tr, size_t line)
{
    size_t i = 0;
    const struct dc_turn *turn;
    while ((turn = dc_transcript_turn(tr, i)) != NULL &&
           (line == 0 || turn->line <= line))
        i++;
    return i > 0 ? i - 1 : 0;
}

static struct dc_str
last_user_text(const struct dc_transcript *tr, size_t last)
{
    for (size_t i = last + 1; i-- > 0;) {
        const struct dc_turn *turn = dc_transcript_turn(tr, i);
        if (turn != NULL && turn->role == DC_ROLE_USER &&
            str_trim(turn->text).len > 0)
            return turn->text;
    }
    return (struct dc_str){"", 0};
}

/* NULL if the messages can be sent, else why not. */
static const char *
check_messages(const struct dc_message *messages, size_t count)
{
    bool any_user = false;
    for (size_t i = 0; i < count; i++)
        any_user = any_user || messages[i].role == DC_ROLE_USER;
    if (!any_user)
        return "the chat is empty; type a question, then send";
    if (messages[count - 1].role == DC_ROLE_USER ||
        messages[count - 1].role == DC_ROLE_TOOL)
        return NULL;
    return "the last turn is not yours; add a question, then send";
}

const char *
chat_ask(struct reply_request *request, struct dc_transcript *tr, size_t line)
{
    size_t last = last_turn(tr, line);
    request->messages =
        dc_transcript_messages(tr, last, &request->message_count);
    request->journal.user = last_user_text(tr, last);
    return check_messages(request->messages, request->message_count);
}
