/* What of a chat is sent: its turns as messages, and whether they may go. */
#ifndef HOST_CHAT_ASK_H
#define HOST_CHAT_ASK_H

#include <stddef.h>

#include "deepchat.h"
#include "host/reply.h"

/* Put the messages of a send at line (0: the end), and the user's last words,
 * into request; they are tr's. NULL if they can be sent, else why not. */
const char *chat_ask(struct reply_request *request, struct dc_transcript *tr,
                     size_t line);

#endif
