#include "host/reply_ask.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "host/file.h"

char *
reply_body(const struct reply_request *request, size_t *len,
           struct dc_error *err)
{
    const struct config *cfg = request->cfg;
    struct dc_request body = {
        .model = str_of(config_model(cfg)),
        .messages = request->messages,
        .message_count = request->message_count,
        .stream = config_bool(cfg, "stream"),
    };
    body.params = config_params(cfg, &body.param_count);
    const char *extra = config_extra_body(cfg);
    body.extra = str_of(extra != NULL ? extra : "");
    return dc_request_body(&body, len, err);
}

static int
seconds_ms(const struct config *cfg, const char *name)
{
    return (int)(config_number(cfg, name) * 1000);
}

struct http_request
reply_http(const struct config *cfg, const char *key, struct dc_str body)
{
    return (struct http_request){
        .url = config_url(cfg),
        .key = key,
        .body = body,
        .ca_file = config_text(cfg, "ca_file"),
        .proxy = config_text(cfg, "proxy"),
        .connect_ms = seconds_ms(cfg, "connect_timeout"),
        .first_byte_ms = seconds_ms(cfg, "first_byte_timeout"),
        .idle_ms = seconds_ms(cfg, "idle_timeout"),
    };
}

struct journal *
reply_journal(const struct config *cfg, const struct journal_head *head,
              struct dc_error *err)
{
    char *state = config_state_dir(cfg);
    if (state == NULL) {
        fail(err, DC_E_SYSTEM, "no home directory");
        return NULL;
    }
    char *dir = file_join(state, "journal");
    struct journal *journal = journal_new(dir, head, err);
    free(dir);
    free(state);
    return journal;
}
