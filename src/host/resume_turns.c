/*
 * An answer that is an alternate is written as the editor does it
 * (autoload/deepchat/alt.vim): its text under its pairs, or, if it has
 * reasoning, the turns it would be, escaped.
 */
#include "host/resume_turns.h"

#include "host/file.h"
#include "host/structured.h"

static bool
is_blank(struct dc_str text)
{
    return str_trim(text).len == 0;
}

size_t
resume_bytes(const struct journal_entry *e)
{
    size_t bytes = e->text.len;
    for (size_t i = 0; i < e->choice_count; i++)
        bytes += e->choices[i].text.len;
    return bytes;
}

bool
resume_is_blank(const struct journal_entry *e)
{
    bool blank = is_blank(e->text) && is_blank(e->reasoning);
    for (size_t i = 0; i < e->choice_count; i++)
        blank = blank && is_blank(e->choices[i].text) &&
                is_blank(e->choices[i].reasoning);
    return blank;
}

/* ---- as turns ---- */

static void
add_turn(struct buf *out, enum dc_role role, const char *pairs,
         struct dc_str text)
{
    size_t len;
    char *turn = dc_turn_print(role, str_of(pairs), text, &len);
    buf_add(out, turn, len);
    dc_free(turn);
}

static void
add_answer(struct buf *out, const char *pairs, struct dc_str reasoning,
           struct dc_str text)
{
    if (reasoning.len > 0)
        add_turn(out, DC_ROLE_REASONING, "", reasoning);
    add_turn(out, DC_ROLE_ASSISTANT,
             pairs[0] != '\0' ? pairs : " finish=interrupted", text);
}

/* What stands in an alternate, un-escaped: pairs of its marker, and text,
 * which may be kept in own. */
static struct dc_str
alternate(const struct journal_choice *c, struct buf *own, const char **pairs)
{
    *pairs = c->pairs[0] != '\0' ? c->pairs : " finish=interrupted";
    if (c->reasoning.len == 0)
        return c->text;
    add_answer(own, *pairs, c->reasoning, c->text);
    *pairs = "";
    return str_trim_lines(buf_str(own));
}

static void
add_alternate(struct buf *out, const struct journal_choice *c)
{
    struct buf own;
    const char *pairs;
    buf_init(&own, DC_REQUEST_MAX);
    struct dc_str text = alternate(c, &own, &pairs);
    add_turn(out, DC_ROLE_ALTERNATE, pairs, text);
    buf_finish(&own);
}

void
resume_add_turns(struct buf *out, const struct journal_entry *e)
{
    for (size_t i = 0; i < e->choice_count; i++)
        add_alternate(out, &e->choices[i]);
    add_answer(out, e->pairs, e->reasoning, e->text);
}

/* ---- what is in the chat already ---- */

static bool
same(struct dc_str turn, struct dc_str text)
{
    text = str_trim(text);
    return text.len > 0 && str_same(str_trim(turn), text);
}

static bool
find_turn(const struct dc_transcript *tr, enum dc_role role, struct dc_str text)
{
    const struct dc_turn *turn;
    for (size_t i = 0; (turn = dc_transcript_turn(tr, i)) != NULL; i++)
        if (turn->role == role && same(turn->text, text))
            return true;
    return false;
}

/* JSON stands there as a block. */
static bool
has_turn(const struct dc_transcript *tr, enum dc_role role, struct dc_str text)
{
    if (find_turn(tr, role, text))
        return true;
    struct structured *json = structured_new(str_of(""));
    bool has = find_turn(tr, role, structured_add(json, text, true));
    structured_free(json);
    return has;
}

static bool
has_choice(const struct dc_transcript *tr, const struct journal_choice *c)
{
    struct buf own;
    const char *pairs;
    buf_init(&own, DC_REQUEST_MAX);
    struct dc_str text = alternate(c, &own, &pairs);
    bool has = is_blank(text) || has_turn(tr, DC_ROLE_ALTERNATE, text);
    buf_finish(&own);
    return has;
}

static bool
has_reply(const struct dc_transcript *tr, const struct journal_entry *e)
{
    for (size_t i = 0; i < e->choice_count; i++)
        if (!has_choice(tr, &e->choices[i]))
            return false;
    return (is_blank(e->text) || has_turn(tr, DC_ROLE_ASSISTANT, e->text)) &&
           (is_blank(e->reasoning) ||
            has_turn(tr, DC_ROLE_REASONING, e->reasoning));
}

bool
resume_is_in_chat(const struct journal_entry *e)
{
    struct buf chat;
    struct dc_transcript *tr = NULL;
    buf_init(&chat, DC_REQUEST_MAX);
    bool found = e->chat[0] != '\0' && file_read(e->chat, &chat, NULL) &&
                 dc_transcript_parse(&tr, buf_str(&chat), NULL) &&
                 has_reply(tr, e);
    dc_transcript_free(tr);
    buf_finish(&chat);
    return found;
}
