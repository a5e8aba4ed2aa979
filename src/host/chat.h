/*
 * The replies that stream into buffers of the editor: each joins a reply, a
 * lane of the writer, and the calls that open and close its place in the
 * buffer (deepchat#buf#begin, #finish). The editor names them by an id.
 */
#ifndef HOST_CHAT_H
#define HOST_CHAT_H

#include <stddef.h>

#include "base/value.h"
#include "host/ask.h"
#include "host/host.h"

struct chats *chats_new(struct host *host);
void chats_free(struct chats *chats);

/* Start a reply as fill has it; args is the map of the editor's message. What
 * cannot be sent, and what comes while 64 replies do, is answered with
 * deepchat#buf#finish() like everything else. An id that is in use already is
 * ignored. */
void chats_ask(struct chats *chats, const struct value *args, ask_fn *fill);
/* Stop the reply with this id, or with id 0 all. */
void chats_stop(struct chats *chats, int64_t id);
/* The buffer of this reply was written with the reply in it. */
void chats_saved(struct chats *chats, int64_t id);
/* Its buffer was closed without that. */
void chats_closed(struct chats *chats, int64_t id);

/* Replies that have not ended. */
size_t chats_running(const struct chats *chats);
/* The editor is gone: they go on into the journals. Each calls host_rest() when
 * it has ended. */
void chats_detach(struct chats *chats);

#endif
