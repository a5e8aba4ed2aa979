/*
 * What holds for every text and every chat file, for random tests and the
 * fuzzer alike. Each law returns NULL, or the words for what was broken.
 */
#ifndef TESTS_TRANSCRIPT_LAWS_H
#define TESTS_TRANSCRIPT_LAWS_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "deepchat.h"

static inline bool
laws_same(struct dc_str a, struct dc_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline size_t
laws_lines(struct dc_str text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n' || i + 1 == text.len;
    return lines;
}

/* Take the next line, without its LF, off the text. */
static inline struct dc_str
laws_take_line(struct dc_str *text)
{
    struct dc_str line = {text->ptr, str_find(*text, '\n')};
    size_t used = line.len < text->len ? line.len + 1 : line.len;
    text->ptr += used;
    text->len -= used;
    return line;
}

/* Parsing what was printed gives the one turn that was printed. */
static inline const char *
laws_print(enum dc_role role, struct dc_str pairs, struct dc_str text)
{
    const char *broken = NULL;
    struct dc_str file;
    char *printed = dc_turn_print(role, pairs, text, &file.len);
    file.ptr = printed;
    struct buf clean;
    buf_init(&clean, SIZE_MAX / 4);
    utf8_add_clean(&clean, text, true);
    struct dc_transcript *tr;
    if (!dc_transcript_parse(&tr, file, NULL)) {
        broken = "a printed turn does not parse";
    } else {
        const struct dc_turn *turn = dc_transcript_turn(tr, 0);
        if (turn == NULL || dc_transcript_turn(tr, 1) != NULL)
            broken = "a printed turn is not one turn";
        else if (turn->role != role || !laws_same(turn->pairs, pairs))
            broken = "role or pairs differ";
        else if (!laws_same(turn->text, buf_str(&clean)))
            broken = "text differs";
        else if (turn->line != 1 || turn->last_line != laws_lines(file))
            broken = "the turn does not cover what was printed";
        dc_transcript_free(tr);
    }
    buf_finish(&clean);
    free(printed);
    return broken;
}

/* Escaping gives what dc_turn_print() writes, however it is cut. */
static inline const char *
laws_escape(struct dc_str text, size_t (*random)(void))
{
    struct dc_str none = {NULL, 0}, want;
    char *printed = dc_turn_print(DC_ROLE_USER, none, text, &want.len);
    want.ptr = printed + strlen("%% user\n\n");
    want.len -= strlen("%% user\n\n\n\n");
    struct dc_escape *esc = dc_escape_new();
    struct buf got;
    buf_init(&got, SIZE_MAX / 4);
    for (size_t at = 0; at < text.len;) {
        size_t n = 1 + random() % 7;
        n = n < text.len - at ? n : text.len - at;
        struct dc_str part = {text.ptr + at, n};
        buf_add_str(&got, dc_escape_add(esc, part, false));
        at += n;
        if (at > got.len + DC_MARKER_MAX + 4)
            break; /* held more than a marker */
    }
    buf_add_str(&got, dc_escape_add(esc, none, true));
    bool same = laws_same(buf_str(&got), want);
    dc_escape_free(esc);
    buf_finish(&got);
    free(printed);
    return same ? NULL : "a cut changes what is escaped";
}

/* Every line belongs to the front matter, to the blank lines below it, or to
 * one turn, and dc_line_kind() knows where the turns start. */
static inline const char *
laws_cover(const struct dc_transcript *tr, struct dc_str file)
{
    size_t line = 0, front = dc_transcript_front_lines(tr), next = 0;
    const struct dc_turn *turn = NULL;
    while (file.len > 0) {
        struct dc_str text = laws_take_line(&file);
        if (++line <= front)
            continue;
        enum dc_role role;
        bool marker = dc_line_kind(text, &role) == DC_LINE_MARKER;
        const struct dc_turn *ahead = dc_transcript_turn(tr, next);
        if (turn != NULL && line > turn->last_line)
            turn = NULL;
        if (ahead != NULL && ahead->line == line) {
            if (turn != NULL)
                return "turns overlap";
            if (marker ? role != ahead->role : next > 0)
                return "a turn opens without its marker";
            turn = ahead;
            next++;
        } else if (marker) {
            return "a marker opens no turn";
        }
        if (turn == NULL && (next > 0 || str_trim(text).len > 0))
            return "a line belongs to nothing";
    }
    if (front > line || (turn != NULL && turn->last_line != line))
        return "more lines than there are";
    return dc_transcript_turn(tr, next) != NULL ? "more turns" : NULL;
}

static inline void
laws_reprint(struct buf *out, const struct dc_transcript *tr)
{
    const struct dc_turn *turn;
    for (size_t i = 0; (turn = dc_transcript_turn(tr, i)) != NULL; i++) {
        size_t len;
        char *text = dc_turn_print(turn->role, turn->pairs, turn->text, &len);
        buf_add(out, text, len);
        free(text);
    }
}

static inline const char *
laws_compare(const struct dc_transcript *a, const struct dc_transcript *b)
{
    for (size_t i = 0;; i++) {
        const struct dc_turn *x = dc_transcript_turn(a, i);
        const struct dc_turn *y = dc_transcript_turn(b, i);
        if (x == NULL && y == NULL)
            return NULL;
        if (x == NULL || y == NULL)
            return "printing changes the number of turns";
        if (x->role != y->role || !laws_same(x->pairs, y->pairs) ||
            !laws_same(x->text, y->text))
            return "printing changes a turn";
    }
}

/* Its images are whole lines of it, one behind the other. */
static inline const char *
laws_images(const struct dc_message *m)
{
    size_t from = 0;
    if (m->image_count > 0 && m->role != DC_ROLE_USER)
        return "an image that is not the user's";
    for (size_t i = 0; i < m->image_count; i++) {
        const struct dc_image *image = &m->images[i];
        size_t end = image->at + image->len;
        const char *line = m->text.ptr + image->at;
        if (image->at < from || end > m->text.len || image->target.len == 0)
            return "images that are out of order";
        if ((image->at > 0 && line[-1] != '\n') ||
            (end < m->text.len && line[image->len] != '\n'))
            return "an image that is no line";
        if (image->target.ptr < line ||
            image->target.ptr + image->target.len >= line + image->len)
            return "a target that is not in its line";
        from = end;
    }
    return NULL;
}

static inline const char *
laws_messages(struct dc_transcript *tr)
{
    size_t count;
    const struct dc_message *m = dc_transcript_messages(tr, SIZE_MAX, &count);
    enum dc_role before = DC_ROLE_NOTE;
    for (size_t i = 0; i < count; i++) {
        bool tool = m[i].role == DC_ROLE_CALL || m[i].role == DC_ROLE_TOOL;
        if (!tool && m[i].role > DC_ROLE_ASSISTANT)
            return "a message with a role that is not sent";
        if (!tool && str_trim(m[i].text).len == 0)
            return "an empty message";
        if (!tool && m[i].role == before)
            return "neighbours of one role";
        if (!utf8_clean(m[i].text) || !utf8_clean(m[i].id) ||
            !utf8_clean(m[i].name))
            return "a message that is not UTF-8";
        if (laws_images(&m[i]) != NULL)
            return laws_images(&m[i]);
        before = m[i].role;
    }
    return NULL;
}

/* A file, whatever is in it. */
static inline const char *
laws_file(struct dc_str file)
{
    struct dc_transcript *tr, *again;
    struct dc_error err = {.code = DC_OK};
    if (!dc_transcript_parse(&tr, file, &err))
        return tr != NULL || err.code == DC_OK || err.text[0] == '\0'
                   ? "a failure without a reason"
                   : NULL;
    const char *broken = laws_cover(tr, file);
    if (broken == NULL)
        broken = laws_messages(tr);
    struct buf printed;
    buf_init(&printed, SIZE_MAX / 4);
    laws_reprint(&printed, tr);
    if (dc_transcript_parse(&again, buf_str(&printed), NULL)) {
        broken = broken != NULL ? broken : laws_compare(tr, again);
        dc_transcript_free(again);
    } else {
        broken = "what was printed does not parse";
    }
    buf_finish(&printed);
    dc_transcript_free(tr);
    return broken;
}

#endif
