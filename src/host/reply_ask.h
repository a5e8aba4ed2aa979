/* From the options of a reply to what is sent for it. */
#ifndef HOST_REPLY_ASK_H
#define HOST_REPLY_ASK_H

#include <stdint.h>

#include "host/http.h"
#include "host/reply.h"

/* How one request differs from what the options say. */
struct reply_how {
    enum dc_form form;
    struct dc_str kept, instruction;
    bool thinking_off, effort_none;
    int64_t max_tokens; /* 0: as the options say */
};

/* A copy in one piece (free). */
struct dc_message *reply_messages(const struct dc_message *messages,
                                  size_t count);

/* The body; owned (dc_free). NULL with *err as dc_request_body(). */
char *reply_body(const struct reply_request *request,
                 const struct reply_how *how, size_t *len,
                 struct dc_error *err);

/* The HTTP request; borrows from cfg, key and body. key may be NULL. */
struct http_request reply_http(const struct config *cfg, enum dc_form form,
                               const char *key, struct dc_str body);

/* A journal in the state directory; NULL with *err if the disk refuses. */
struct journal *reply_journal(const struct config *cfg,
                              const struct journal_head *head,
                              struct dc_error *err);

#endif
