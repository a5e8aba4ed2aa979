/* From what the editor sends to what is asked. */
#include "base/utf8.h"
#include "host/ask.h"
#include "host/config.h"
#include "host/review_state.h"

/* Bytes of the lines around that are sent with a selection. */
enum { AROUND_MAX = 16 << 10 };
/* The answer would be cut there. */
#define TEXT_MAX DC_REPLY_MAX

/* "tab" and whatever makes no sense: 0. */
static unsigned
number(const struct value *args, const char *key)
{
    int64_t n = value_as_int(value_get(args, key), 0);
    return n > 0 && n <= 100 ? (unsigned)n : 0;
}

/* What is no text becomes U+FFFD, on both sides of the comparison: so a line
 * that comes back so is no change. */
static void
clean(struct value *args)
{
    for (size_t i = 0; i < args->count; i++) {
        struct dc_str s = value_as_str(args->items[i]);
        if (args->items[i]->kind != VALUE_STR || utf8_clean(s))
            continue;
        struct buf text;
        buf_init(&text, DC_REQUEST_MAX * 3);
        utf8_add_clean(&text, s, true);
        value_put(args, args->keys[i], value_str(buf_str(&text)));
        buf_finish(&text);
    }
}

const char *
review_read(struct review *review)
{
    struct value *args = review->args;
    clean(args);
    review->selection = (struct dc_selection){
        .text = value_as_str(value_get(args, "text")),
        .head = value_as_str(value_get(args, "head")),
        .tail = value_as_str(value_get(args, "tail")),
        .before = value_as_str(value_get(args, "before")),
        .after = value_as_str(value_get(args, "after")),
        .file = value_as_str(value_get(args, "file")),
        .filetype = value_as_str(value_get(args, "filetype")),
        .commentstring = value_as_str(value_get(args, "commentstring")),
        .indent = number(args, "indent"),
        .tab = number(args, "tab"),
        .instruction = value_as_str(value_get(args, "instruction")),
        .earlier = value_as_str(value_get(args, "earlier")),
        .reason = value_as_str(value_get(args, "reason")),
    };
    if (review->selection.text.len == 0)
        return "nothing is selected; nothing was sent";
    if (review->selection.text.len > TEXT_MAX)
        return "the selection is over 16 MiB; nothing was sent";
    if (str_trim(review->selection.instruction).len == 0)
        return "no instruction; nothing was sent";
    return NULL;
}

static struct config *
read_config(const struct value *args, struct dc_error *err)
{
    struct config *cfg = ask_config(args, NULL, err);
    if (cfg == NULL || ask_no_schema(cfg, err))
        return cfg;
    config_free(cfg);
    return NULL;
}

/* What :DeepResume shows as the question. */
static void
print_question(struct buf *out, const struct dc_selection *selection)
{
    buf_init(out, DC_REQUEST_MAX * 2);
    buf_add_str(out, str_trim(selection->instruction));
    buf_add_text(out, "\n\n");
    buf_add_str(out, selection->text);
}

static void
start(struct review *review, struct config *cfg)
{
    struct host *host = review->all->host;
    size_t len;
    char *text = dc_rewrite_ask(&review->selection, AROUND_MAX, &len);
    struct dc_message message = {.role = DC_ROLE_USER, .text = {text, len}};
    struct buf question;
    print_question(&question, &review->selection);
    struct reply_request request = {
        .cfg = cfg,
        .messages = &message,
        .message_count = 1,
        .journal = {.chat = "",
                    .project =
                        value_as_text(value_get(review->args, "project"), ""),
                    .model = config_model(cfg),
                    .user = buf_str(&question)},
        .plain = true,
        .rounds = -1,
        .forms = host->forms,
        .catalog = host->catalog,
        .usage = host->usage,
    };
    if (review->goes_on)
        request.kept = proposal_raw(review->proposal);
    review->state = RUNNING;
    review->reply =
        reply_start(host->lp, host->http, &request, review_events(review));
    buf_finish(&question);
    dc_free(text);
}

void
review_ask(struct review *review)
{
    struct dc_error err;
    struct config *cfg = read_config(review->args, &err);
    if (cfg == NULL) {
        review_refuse(review, err.text);
        return;
    }
    start(review, cfg);
    if (review->goes_on)
        proposal_again(review->proposal, proposal_raw(review->proposal).len -
                                             reply_back(review->reply));
}
