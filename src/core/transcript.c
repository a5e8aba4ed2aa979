/*
 * Chat files: front matter, turns, and the messages they make. The text is
 * copied once; turns and fields are slices of that copy, in which the lines of
 * a turn are moved together where a "%" or a CR is taken out. A file whose
 * first line ends in CRLF loses the CR before every LF; in any other a CR is
 * text.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/image.h"
#include "core/marker.h"
#include "deepchat.h"

struct dc_transcript {
    struct buf text;
    bool crlf;

    size_t front_lines;
    struct dc_field *fields;
    size_t field_count, field_cap;
    struct dc_turn *turns;
    size_t turn_count, turn_cap;

    struct buf words; /* the bytes of all messages; never moves while filled */
    struct dc_message *messages;
    size_t message_count, message_cap;
    struct dc_image *images; /* of all messages, in their order */
    size_t image_count, image_cap;
};

/* Takes lines off the text. */
struct reader {
    struct dc_str rest;
    size_t line; /* number of the one taken last, from 1 */
};

/* items with room for one more behind count. */
static void *
room_for_one(void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return items;
    *cap = *cap > 0 ? *cap * 2 : 8;
    return mem_resize(items, *cap, size);
}

static bool
next_line(struct reader *rd, struct dc_str *line)
{
    if (rd->rest.len == 0)
        return false;
    *line = (struct dc_str){rd->rest.ptr, str_find(rd->rest, '\n')};
    size_t used = line->len < rd->rest.len ? line->len + 1 : line->len;
    rd->rest.ptr += used;
    rd->rest.len -= used;
    rd->line++;
    return true;
}

static struct dc_str
without_cr(struct dc_str line)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool
is_marker(struct dc_str line)
{
    struct marker m;
    return marker_read(line, &m) == DC_LINE_MARKER;
}

static bool
is_fence(struct dc_str line)
{
    return str_is(without_cr(line), "---");
}

/* Length of the key that "key: value" starts with, or 0. */
static size_t
key_len(struct dc_str line)
{
    size_t n = 0;
    for (; n < line.len; n++) {
        char c = line.ptr[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool inner = (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!letter && !(inner && n > 0))
            break;
    }
    return n < line.len && line.ptr[n] == ':' ? n : 0;
}

static bool
is_comment(struct dc_str line)
{
    line = str_trim(line);
    return line.len == 0 || line.ptr[0] == '#';
}

/* "---" may as well be a rule above some Markdown: it opens a front matter
 * only if the first line below that says anything is a field or "---". */
static bool
is_front(struct reader below)
{
    struct dc_str line;
    while (next_line(&below, &line))
        if (!is_comment(line))
            return is_fence(line) || key_len(line) > 0;
    return false;
}

/* A "---" below the first marker is text of a turn. */
static bool
is_closed(struct reader below)
{
    struct dc_str line;
    while (next_line(&below, &line) && !is_marker(line))
        if (is_fence(line))
            return true;
    return false;
}

static bool
add_field(struct dc_transcript *tr, struct dc_str line, size_t number,
          struct dc_error *err)
{
    if (is_comment(line))
        return true;
    size_t key = key_len(line);
    if (key == 0)
        return fail(err, DC_E_SYNTAX,
                    "line %zu: front matter takes \"key: value\" lines only",
                    number);
    tr->fields = room_for_one(tr->fields, tr->field_count, &tr->field_cap,
                              sizeof *tr->fields);
    struct dc_str value = {line.ptr + key + 1, line.len - key - 1};
    tr->fields[tr->field_count++] = (struct dc_field){
        .key = {line.ptr, key},
        .value = str_trim(value),
        .line = number,
    };
    return true;
}

/* Leaves *rd behind the front matter, or where it was. */
static bool
read_front(struct dc_transcript *tr, struct reader *rd, struct dc_error *err)
{
    struct reader in = *rd;
    struct dc_str line;
    if (!next_line(&in, &line) || !is_fence(line) || !is_front(in))
        return true;
    if (!is_closed(in))
        return fail(err, DC_E_SYNTAX,
                    "front matter is not closed; \"---\" is missing");
    while (next_line(&in, &line) && !is_fence(line))
        if (!add_field(tr, line, in.line, err))
            return false;
    tr->front_lines = in.line;
    *rd = in;
    return true;
}

static struct dc_turn *
open_turn(struct dc_transcript *tr, struct dc_turn turn)
{
    tr->turns = room_for_one(tr->turns, tr->turn_count, &tr->turn_cap,
                             sizeof *tr->turns);
    tr->turns[tr->turn_count] = turn;
    return &tr->turns[tr->turn_count++];
}

/* Copy the lines up to the next marker to *to, which is never ahead of them. */
static struct dc_str
move_lines(struct dc_transcript *tr, struct reader *rd, struct marker *next,
           char *to)
{
    struct dc_str text = {to, 0};
    struct reader ahead = *rd;
    struct dc_str line;
    for (bool first = true; next_line(&ahead, &line); first = false) {
        enum dc_line kind = marker_read(line, next);
        if (kind == DC_LINE_MARKER)
            break;
        *rd = ahead;
        if (tr->crlf)
            line = without_cr(line);
        if (kind == DC_LINE_ESCAPED)
            line = (struct dc_str){line.ptr + 1, line.len - 1};
        if (!first)
            to[text.len++] = '\n';
        if (to + text.len != line.ptr)
            memmove(to + text.len, line.ptr, line.len);
        text.len += line.len;
    }
    return text;
}

/* The text of the turn that starts here. One empty line on each side is
 * structure. */
static void
read_text(struct dc_transcript *tr, struct reader *rd, struct marker *next,
          struct dc_turn *turn)
{
    char *to = tr->text.ptr + (tr->text.len - rd->rest.len);
    turn->text = move_lines(tr, rd, next, to);
    turn->last_line = rd->line;
    if (turn->text.len > 0 && turn->text.ptr[0] == '\n') {
        turn->text.ptr++;
        turn->text.len--;
    }
    if (turn->text.len > 0 && turn->text.ptr[turn->text.len - 1] == '\n')
        turn->text.len--;
}

/* Text before the first marker. Blank lines in front of it, or alone, belong
 * to no turn. */
static void
read_lead(struct dc_transcript *tr, struct reader *rd, struct marker *next)
{
    struct reader ahead = *rd;
    struct dc_str line;
    while (next_line(&ahead, &line) && str_trim(line).len == 0)
        *rd = ahead;
    if (rd->rest.len == 0 || marker_read(line, next) == DC_LINE_MARKER)
        return;
    struct dc_turn turn = {.role = DC_ROLE_USER, .line = rd->line + 1};
    read_text(tr, rd, next, open_turn(tr, turn));
}

/* Each part leaves the reader in front of a marker, which it has read. */
static void
read_turns(struct dc_transcript *tr, struct reader *rd)
{
    struct marker next;
    read_lead(tr, rd, &next);
    struct dc_str line;
    while (next_line(rd, &line)) {
        struct dc_turn turn = {.role = next.role, .line = rd->line};
        turn.pairs = marker_pairs(line, &next);
        read_text(tr, rd, &next, open_turn(tr, turn));
    }
}

bool
dc_transcript_parse(struct dc_transcript **out, struct dc_str text,
                    struct dc_error *err)
{
    *out = NULL;
    struct dc_transcript *tr = mem_alloc(sizeof *tr);
    buf_init(&tr->text, DC_REQUEST_MAX);
    buf_init(&tr->words, SIZE_MAX / 4);
    if (text.len <= DC_REQUEST_MAX)
        utf8_add_clean(&tr->text, text, true);
    if (tr->text.full || text.len > DC_REQUEST_MAX) {
        dc_transcript_free(tr);
        return fail(err, DC_E_TOO_BIG, "chat is larger than %zu MB",
                    DC_REQUEST_MAX >> 20);
    }
    struct reader rd = {.rest = buf_str(&tr->text)};
    size_t end = str_find(rd.rest, '\n');
    tr->crlf = end > 0 && end < rd.rest.len && rd.rest.ptr[end - 1] == '\r';
    if (!read_front(tr, &rd, err)) {
        dc_transcript_free(tr);
        return false;
    }
    read_turns(tr, &rd);
    *out = tr;
    return true;
}

void
dc_transcript_free(struct dc_transcript *tr)
{
    if (tr == NULL)
        return;
    buf_finish(&tr->text);
    buf_finish(&tr->words);
    free(tr->fields);
    free(tr->turns);
    free(tr->messages);
    free(tr->images);
    free(tr);
}

const struct dc_turn *
dc_transcript_turn(const struct dc_transcript *tr, size_t index)
{
    return index < tr->turn_count ? &tr->turns[index] : NULL;
}

const struct dc_field *
dc_transcript_field(const struct dc_transcript *tr, size_t index)
{
    return index < tr->field_count ? &tr->fields[index] : NULL;
}

size_t
dc_transcript_front_lines(const struct dc_transcript *tr)
{
    return tr->front_lines;
}

static struct dc_str
add_word(struct dc_transcript *tr, struct dc_str word)
{
    size_t at = tr->words.len;
    buf_add_str(&tr->words, word);
    return (struct dc_str){tr->words.ptr + at, word.len};
}

static struct dc_str
add_value(struct dc_transcript *tr, struct dc_str pairs, const char *key)
{
    char *value = dc_pairs_get(pairs, key);
    struct dc_str word = add_word(tr, str_of(value != NULL ? value : ""));
    free(value);
    return word;
}

static struct dc_message *
add_message(struct dc_transcript *tr, enum dc_role role)
{
    tr->messages = room_for_one(tr->messages, tr->message_count,
                                &tr->message_cap, sizeof *tr->messages);
    tr->messages[tr->message_count] = (struct dc_message){.role = role};
    return &tr->messages[tr->message_count++];
}

/* The text of the last message is always the end of the words, so joining to
 * it is adding behind it. */
static void
add_text(struct dc_transcript *tr, enum dc_role role, struct dc_str text)
{
    if (str_trim(text).len == 0)
        return;
    struct dc_message *m = NULL;
    if (tr->message_count > 0)
        m = &tr->messages[tr->message_count - 1];
    if (m != NULL && m->role == role) {
        add_word(tr, str_of("\n\n"));
        add_word(tr, text);
        m->text.len += 2 + text.len;
    } else {
        m = add_message(tr, role);
        m->text = add_word(tr, text);
    }
}

/* Kept without a text if it has pairs: the server wants a result for every
 * call, also for one that printed nothing. */
static void
add_tool(struct dc_transcript *tr, const struct dc_turn *turn)
{
    struct dc_str text = turn->text;
    if (str_trim(text).len == 0 && turn->pairs.len == 0)
        return;
    bool call = turn->role == DC_ROLE_CALL;
    if (call && str_trim(text).len == 0)
        text = str_of("{}");
    struct dc_message *m = add_message(tr, turn->role);
    m->id = add_value(tr, turn->pairs, "id");
    if (call)
        m->name = add_value(tr, turn->pairs, "name");
    m->text = add_word(tr, text);
}

/* Those in text, which is the end of the last message. */
static void
add_images(struct dc_transcript *tr, size_t text_len)
{
    struct dc_message *m = &tr->messages[tr->message_count - 1];
    size_t before = m->text.len - text_len;
    struct image_scan scan = {.text = {m->text.ptr + before, text_len}};
    struct dc_image image;
    while (image_next(&scan, &image)) {
        image.at += before;
        tr->images = room_for_one(tr->images, tr->image_count, &tr->image_cap,
                                  sizeof *tr->images);
        tr->images[tr->image_count++] = image;
        m->image_count++;
    }
}

/* A user turn, behind the context turns from *from on, which it uses up. An
 * empty one leaves them to the next. */
static void
add_user(struct dc_transcript *tr, size_t index, size_t *from)
{
    struct dc_str text = str_trim_lines(tr->turns[index].text);
    if (text.len == 0)
        return;
    for (; *from < index; ++*from)
        if (tr->turns[*from].role == DC_ROLE_CONTEXT)
            add_text(tr, DC_ROLE_USER, str_trim_lines(tr->turns[*from].text));
    add_text(tr, DC_ROLE_USER, text);
    add_images(tr, text.len);
}

static void
add_turn(struct dc_transcript *tr, size_t index, size_t *from)
{
    const struct dc_turn *turn = &tr->turns[index];
    switch (turn->role) {
    case DC_ROLE_SYSTEM:
    case DC_ROLE_ASSISTANT:
        add_text(tr, turn->role, turn->text);
        break;
    case DC_ROLE_USER:
        add_user(tr, index, from);
        break;
    case DC_ROLE_CALL:
    case DC_ROLE_TOOL:
        add_tool(tr, turn);
        break;
    case DC_ROLE_REASONING:
    case DC_ROLE_CONTEXT:
    case DC_ROLE_ALTERNATE:
    case DC_ROLE_NOTE:
        break;
    }
}

/* Room for all that add_turn() may add: decoding never makes a value longer,
 * so id, name and the "\n\n" or "{}" are covered. */
static void
reserve_words(struct dc_transcript *tr)
{
    size_t need = 0;
    for (size_t i = 0; i < tr->turn_count; i++)
        need += tr->turns[i].text.len + 2 * tr->turns[i].pairs.len + 4;
    buf_reset(&tr->words);
    buf_room(&tr->words, need);
}

static void
lend_images(struct dc_transcript *tr)
{
    const struct dc_image *next = tr->images;
    for (size_t i = 0; i < tr->message_count; i++) {
        struct dc_message *m = &tr->messages[i];
        m->images = m->image_count > 0 ? next : NULL;
        next += m->image_count;
    }
}

const struct dc_message *
dc_transcript_messages(struct dc_transcript *tr, size_t last, size_t *count)
{
    reserve_words(tr);
    tr->message_count = tr->image_count = 0;
    tr->messages =
        room_for_one(tr->messages, 0, &tr->message_cap, sizeof *tr->messages);
    size_t from = 0;
    for (size_t i = 0; i < tr->turn_count && i <= last; i++)
        add_turn(tr, i, &from);
    lend_images(tr);
    *count = tr->message_count;
    return tr->messages;
}
