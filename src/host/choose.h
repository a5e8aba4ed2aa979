/* What the user means who chooses a model: "groq/NAME" is a model of another
 * provider, unless the server has one of that whole name. */
#ifndef HOST_CHOOSE_H
#define HOST_CHOOSE_H

#include "base/value.h"
#include "host/host.h"

/*
 * args: settings, buffer, arguments as for a send; text, the chat or its front
 * matter; name, what was chosen; id, any value. The server's list is asked for
 * if name begins with a provider's.
 *
 * The editor is answered with deepchat#model#chosen(map): id; provider, "" to
 * stay where one is; model; line, which key is missing there or what of the
 * options is not sent, "" for nothing; error, why it cannot be chosen, "" if it
 * can.
 */
void choose_ask(struct host *host, const struct value *args);

#endif
