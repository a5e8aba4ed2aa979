/*
 * Writing on in a buffer that is no chat: the text around the place is the
 * question, and what comes is made to fit it. The journal says where it was to
 * stand, so that after a crash it comes back as a chat about that.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/ask.h"

/* Strings of the message, fit for core: in this order. */
enum {
    BEFORE,
    AFTER,
    NAME,
    FILETYPE,
    INSTRUCTION,
    COMMENTS,
    COMMENTSTRING,
    PARTS,
};
static const char *const names[] = {
    "before",      "after",    "name",          "filetype",
    "instruction", "comments", "commentstring",
};

struct place {
    struct buf part[PARTS];
    struct buf journal; /* the user's words */
    struct dc_spot_ask *ask;
};

static void
free_place(void *own)
{
    struct place *place = own;
    for (size_t i = 0; i < PARTS; i++)
        buf_finish(&place->part[i]);
    buf_finish(&place->journal);
    dc_spot_ask_free(place->ask);
    free(place);
}

static struct place *
read_place(const struct value *args)
{
    struct place *place = mem_alloc(sizeof *place);
    for (size_t i = 0; i < PARTS; i++) {
        buf_init(&place->part[i], DC_REQUEST_MAX);
        utf8_add_clean(&place->part[i], value_as_str(value_get(args, names[i])),
                       true);
    }
    buf_init(&place->journal, DC_REQUEST_MAX);
    return place;
}

static struct dc_spot
spot_of(const struct place *place, const struct value *args)
{
    return (struct dc_spot){
        .before = buf_str(&place->part[BEFORE]),
        .after = buf_str(&place->part[AFTER]),
        .file = buf_str(&place->part[NAME]),
        .filetype = buf_str(&place->part[FILETYPE]),
        .instruction = buf_str(&place->part[INSTRUCTION]),
        .comments = buf_str(&place->part[COMMENTS]),
        .commentstring = buf_str(&place->part[COMMENTSTRING]),
        .textwidth = (int)value_as_int(value_get(args, "textwidth"), 0),
    };
}

/* "Write on in src/x.c at line 12: a loop" */
static struct dc_str
journal_words(struct place *place, const struct value *args)
{
    struct buf *out = &place->journal;
    struct dc_str name = buf_str(&place->part[NAME]);
    struct dc_str wish = str_trim(buf_str(&place->part[INSTRUCTION]));
    buf_add_text(out, "Write on in ");
    buf_add_str(out, name.len > 0 ? name : str_of("a buffer without a name"));
    buf_addf(out, " at line %lld",
             (long long)value_as_int(value_get(args, "line"), 0));
    buf_add_text(out, wish.len > 0 ? ": " : "");
    buf_add_str(out, wish);
    return buf_str(out);
}

/* ---- the filter ---- */

static struct dc_str
fit_text(void *user, struct dc_str text, bool final)
{
    return dc_inline_add(user, text, final);
}

static void
begin_anew(void *user)
{
    dc_inline_reset(user);
}

static bool
is_enough(void *user)
{
    return dc_inline_done(user);
}

static void
free_filter(void *user)
{
    dc_inline_free(user);
}

bool
ask_inline(struct ask *ask, const struct value *args, struct dc_error *err)
{
    struct place *place = read_place(args);
    ask->own = place;
    ask->free_own = free_place;
    ask->request.cfg = ask_config(args, NULL, err);
    if (ask->request.cfg == NULL || !ask_no_schema(ask->request.cfg, err))
        return false;
    struct dc_spot spot = spot_of(place, args);
    place->ask = dc_spot_ask_new(&spot);
    ask->request.messages = place->ask->messages;
    ask->request.message_count = 2;
    ask->request.kept = place->ask->kept;
    ask->request.fixed = true;
    ask->request.plain = true;
    ask->request.rounds = (int)value_as_int(value_get(args, "rounds"), -1);
    ask->request.journal.user = journal_words(place, args);
    ask->filter = (struct ask_filter){.add = fit_text,
                                      .anew = begin_anew,
                                      .enough = is_enough,
                                      .free = free_filter,
                                      .user = dc_inline_new(&spot)};
    return true;
}
