/*
 * Cases of rewrites in files: "=== title", "key: value" lines, and sections
 * "--- name" whose lines follow, "--- name-" for one without its last newline.
 * U+240D stands for a CR.
 */
#ifndef LIB_REWRITE_CASE_H
#define LIB_REWRITE_CASE_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "deepchat.h"

#define CASE_CR "\xe2\x90\x8d"

enum case_part {
    CASE_SELECTION,
    CASE_HEAD,
    CASE_TAIL,
    CASE_BEFORE,
    CASE_AFTER,
    CASE_REPLY,
    CASE_WANT,
    CASE_PARTS,
};

struct rewrite_case {
    struct dc_str title, filetype, instruction, outcome, removed;
    unsigned indent;
    struct buf parts[CASE_PARTS];
};

static inline bool
case_line(struct dc_str *text, struct dc_str *line)
{
    if (text->len == 0)
        return false;
    size_t len = str_find(*text, '\n');
    *line = (struct dc_str){text->ptr, len};
    len += len < text->len;
    text->ptr += len;
    text->len -= len;
    return true;
}

static inline int
case_part(struct dc_str name)
{
    static const char *const names[] = {"selection", "head",  "tail", "before",
                                        "after",     "reply", "want"};
    if (name.len > 0 && name.ptr[name.len - 1] == '-')
        name.len--;
    for (int i = 0; i < CASE_PARTS; i++)
        if (str_is(name, names[i]))
            return i;
    abort();
}

static inline void
case_add(struct buf *part, struct dc_str line)
{
    while (line.len > 0) {
        bool cr = str_starts(line, CASE_CR);
        buf_add_byte(part, cr ? '\r' : line.ptr[0]);
        line.ptr += cr ? 3 : 1;
        line.len -= cr ? 3 : 1;
    }
    buf_add_byte(part, '\n');
}

static inline void
case_field(struct rewrite_case *c, struct dc_str line)
{
    static const char *const keys[] = {
        "filetype: ", "instruction: ", "outcome: ", "removed: "};
    struct dc_str *const values[] = {&c->filetype, &c->instruction, &c->outcome,
                                     &c->removed};
    for (size_t i = 0; i < 4; i++) {
        size_t len = strlen(keys[i]);
        if (str_starts(line, keys[i]))
            *values[i] = (struct dc_str){line.ptr + len, line.len - len};
    }
    if (str_starts(line, "indent: "))
        c->indent = (unsigned)strtoul(line.ptr + 8, NULL, 10);
}

/* The next case of a file; its strings stay in the file's text. */
static inline bool
case_next(struct dc_str *text, struct rewrite_case *c)
{
    struct dc_str line;
    if (!case_line(text, &line))
        return false;
    *c = (struct rewrite_case){.title = {line.ptr + 4, line.len - 4}};
    for (int i = 0; i < CASE_PARTS; i++)
        buf_init(&c->parts[i], 1 << 20);
    struct buf *part = NULL;
    bool cut = false;
    while (!str_starts(*text, "=== ") && case_line(text, &line)) {
        bool section = str_starts(line, "--- ");
        if (section && cut)
            buf_cut(part, part->len - 1);
        if (section) {
            cut = line.ptr[line.len - 1] == '-';
            part = &c->parts[case_part(
                (struct dc_str){line.ptr + 4, line.len - 4})];
        } else if (part != NULL) {
            case_add(part, line);
        } else {
            case_field(c, line);
        }
    }
    if (cut)
        buf_cut(part, part->len - 1);
    return true;
}

static inline void
case_finish(struct rewrite_case *c)
{
    for (int i = 0; i < CASE_PARTS; i++)
        buf_finish(&c->parts[i]);
}

static inline struct dc_selection
case_selection(const struct rewrite_case *c)
{
    return (struct dc_selection){
        .text = buf_str(&c->parts[CASE_SELECTION]),
        .head = buf_str(&c->parts[CASE_HEAD]),
        .tail = buf_str(&c->parts[CASE_TAIL]),
        .before = buf_str(&c->parts[CASE_BEFORE]),
        .after = buf_str(&c->parts[CASE_AFTER]),
        .filetype = c->filetype,
        .indent = c->indent,
        .instruction = c->instruction,
    };
}

#endif
