/*
 * Writing on in any text: what is known about the place, and the stages that
 * a continuation passes on its way there. Each stage takes text, gives out
 * what is decided by now, and holds back the rest; with final it holds nothing.
 *
 *   head   fences, preambles and repeated prefixes at the start
 *   line   indentation and comment leaders at the start of lines
 *   stop   where it has come to the text that stands behind the place
 *   wrap   lines as long as those around
 */
#ifndef CORE_INLINE_H
#define CORE_INLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"

#define INLINE_NO_LIMIT (SIZE_MAX / 4)

enum inline_tabs { TABS_UNKNOWN, TABS_YES, TABS_NO };

/* What is known about the place. Strings are parts of a struct dc_spot, or
 * constants, but for leader. */
struct inline_style {
    struct dc_spot spot;
    struct dc_str line; /* the line of the place, up to it */
    struct dc_str rest; /* and behind it */
    struct dc_str kept; /* the end of what is before, as the answer so far */

    bool markdown;
    bool prose;    /* running text, not code */
    bool in_fence; /* in Markdown, inside a code fence */

    struct buf leader;    /* what lines of this comment or quote begin with,
                             with blanks on both sides; "" outside of one */
    struct dc_str close;  /* ends the comment, "" at the end of the line */
    bool comment_goes_on; /* in the line below, too */

    enum inline_tabs tabs; /* how lines are indented */
    int unit;              /* columns of one step, if they are spaces */
    int width;             /* where lines are wrapped, 0: they are not */
    struct buf hang;       /* what a wrapped line begins with, behind leader */
};

void inline_style_init(struct inline_style *style, const struct dc_spot *spot);
void inline_style_finish(struct inline_style *style);
/* Fills in leader, close and comment_goes_on. */
void inline_comment(struct inline_style *style);
/* Fills in width and hang. */
void inline_measure(struct inline_style *style);

/* ---- lines and words (core/inline_text.c) ---- */

bool inline_blank(char c);
struct dc_str inline_trim_end(struct dc_str s);
/* Bytes of the blanks that s begins with. */
size_t inline_indent(struct dc_str s);
/* Columns that s takes. */
int inline_width(struct dc_str s);
/* The part of s behind its last LF. */
struct dc_str inline_last_line(struct dc_str s);
/* Cut the first line off *s, without its LF; false if *s is empty. */
bool inline_next_line(struct dc_str *s, struct dc_str *line);
/* The same from the end; the LF before the line is cut off with it. */
bool inline_prev_line(struct dc_str *s, struct dc_str *line);
/* Bytes of a list marker and the blanks around it, 0 if there is none. */
size_t inline_item(struct dc_str line);
/* Length of the run of "`" or "~" if the line opens or closes a code fence. */
size_t inline_fence(struct dc_str line);
/* True if nothing follows the run. */
bool inline_fence_bare(struct dc_str line);
/* True if this line, met inside a line comment but without its leader, is
 * words and not the code behind the comment. */
bool inline_is_words(struct dc_str line);
/* 1 for a bracket that opens, -1 for one that closes, else 0. */
int inline_bracket(char c);
/* The letters, digits and "_" that s begins with. */
struct dc_str inline_word(struct dc_str s);
bool inline_word_in(struct dc_str word, const char *const *words);

/* ---- stages ---- */

enum inline_head_state {
    HEAD_START,
    HEAD_PASS,
    HEAD_FENCED, /* inside a fence that was left out */
    HEAD_END,    /* that fence was closed */
};

struct inline_head {
    const struct inline_style *style;
    struct buf held;
    size_t fence; /* length of the run that opened it */
    struct dc_seam *seam;
    bool at_start;   /* of a line */
    bool skip_lines; /* empty ones that come next */
    enum inline_head_state state;
};

void inline_head_init(struct inline_head *head,
                      const struct inline_style *style);
void inline_head_finish(struct inline_head *head);
void inline_head_add(struct inline_head *head, struct dc_str text, bool final,
                     struct buf *out);

enum inline_line_state {
    LINE_FIRST,  /* at the place */
    LINE_INDENT, /* in the blanks at the start of a line */
    LINE_HELD,   /* the start of a line decides something */
    LINE_MIDDLE,
};

struct inline_line {
    const struct inline_style *style;
    struct buf indent; /* of the line that comes */
    struct buf held;
    bool in_comment;
    bool decided;     /* about the indentation that was lost */
    struct buf shift; /* what was lost */
    int unit;         /* columns that stand for a tab, 0: not known */
    int depth;        /* brackets opened in the new text */
    char last;        /* that is no blank; 0 after an empty line */
    char prev;        /* byte */
    enum inline_line_state state;
};

void inline_line_init(struct inline_line *line,
                      const struct inline_style *style);
void inline_line_finish(struct inline_line *line);
void inline_line_add(struct inline_line *line, struct dc_str text, bool final,
                     struct buf *out);
/* The indentation of the next line, as the text around has it. */
void inline_reindent(struct inline_line *line, struct buf *out);
/* One step less of what is added to the indentation. */
void inline_unshift(struct inline_line *line);
/* Whether the indentation was lost, from the first line that tells. False: more
 * of the line is needed. */
bool inline_find_shift(struct inline_line *line, bool whole);

struct inline_stop {
    const struct inline_style *style;
    struct dc_str after; /* from its first line that is not blank on */
    struct buf held;
    size_t at; /* what is held begins here */
    int depth; /* brackets opened and not closed */
    char last; /* byte that went out */
    bool done; /* came to what stands behind the place */
};

void inline_stop_init(struct inline_stop *stop,
                      const struct inline_style *style);
void inline_stop_finish(struct inline_stop *stop);
void inline_stop_add(struct inline_stop *stop, struct dc_str text, bool final,
                     struct buf *out);

struct inline_wrap {
    const struct inline_style *style;
    struct buf start; /* of a line, until its kind is known */
    struct buf word;
    struct buf hang;
    size_t gap;      /* blanks before the word */
    size_t newlines; /* before the line */
    int column;      /* where the word goes */
    int came;        /* columns of the line as it came */
    bool at_start;   /* of a line */
    bool can_break;  /* before the word, even without a gap */
    bool filled;     /* the line before is text that wraps */
    bool verbatim;   /* this line stays as it is */
    bool in_code;
};

void inline_wrap_init(struct inline_wrap *wrap,
                      const struct inline_style *style);
void inline_wrap_finish(struct inline_wrap *wrap);
void inline_wrap_add(struct inline_wrap *wrap, struct dc_str text, bool final,
                     struct buf *out);

#endif
