/* Models as the editor asks for them: for :DeepModel and for completion. */
#ifndef HOST_MODELS_H
#define HOST_MODELS_H

#include "base/value.h"
#include "host/host.h"

/*
 * args: settings, buffer and arguments as for a send; text, the chat or its
 * front matter; id, any value; list, true if the names are wanted; fresh, true
 * to ask the server again.
 *
 * The editor is answered with deepchat#model#models(map): id; host, the
 * server's name; model, that of these settings, "" for none; line, what went
 * wrong, "" if nothing; about, "128k · $0.30/$0.90 · chat", what is known of
 * the model, "" if nothing; near, a line for the user if the list has no such
 * model, else ""; models, a list of [name, about], if it was asked for.
 */
void models_ask(struct host *host, const struct value *args);

#endif
