/* From the options of a reply to what is sent for it. */
#ifndef HOST_REPLY_ASK_H
#define HOST_REPLY_ASK_H

#include <stdint.h>

#include "host/http.h"
#include "host/members.h"
#include "host/reply.h"

/* How one request differs from what the options say. */
struct reply_how {
    enum dc_form form;
    struct dc_str kept, instruction;
    bool thinking_off, effort_none;
    bool single;        /* one answer, whatever the options say */
    int64_t max_tokens; /* 0: as the options say */
    uint32_t refused;   /* members to ask without: quirk_fit() */
};

/* A copy of its messages in one piece (free); the bytes of its pictures stay
 * where they are. */
struct dc_message *reply_messages(const struct reply_request *request);

/* The members of a request that is asked so; members_finish(). */
void reply_members(struct members *m, const struct config *cfg,
                   const struct reply_how *how);
/* What a request that is asked so carries under a name, as JSON text, owned
 * (free); NULL if nothing. */
char *reply_carried(const struct config *cfg, const struct reply_how *how,
                    const char *name);

/* How many answers such a request asks for. */
unsigned reply_answers(const struct config *cfg, const struct reply_how *how);

/* The body; owned (dc_free). NULL with *err as dc_request_body(). */
char *reply_body(const struct reply_request *request,
                 const struct reply_how *how, size_t *len,
                 struct dc_error *err);

/* The HTTP request; borrows from cfg, key and body. key may be NULL. */
struct http_request reply_http(const struct config *cfg,
                               const struct reply_how *how, const char *key,
                               struct dc_str body);

/* A journal in the state directory; NULL with *err if the disk refuses. */
struct journal *reply_journal(const struct config *cfg,
                              const struct journal_head *head,
                              struct dc_error *err);

#endif
