/*
 * A place where a text was cut, and what can be said about it without knowing
 * how seams are decided: whether the end of the kept text is unlike everything
 * before it, whether a code fence is open.
 */
#ifndef SEAM_JOINT_H
#define SEAM_JOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "deepchat.h"

struct joint {
    struct dc_str text; /* the whole */
    size_t cut;         /* so much was received before */
    size_t end;         /* and so much is to be there after this round */
    size_t sent;        /* cut without the blanks before it */
    bool fixed;
};

/* Move the cut; sent follows. */
void joint_cut(struct joint *j, size_t cut);
/* What was sent, what was received, what is new behind them. */
struct dc_str joint_sent(const struct joint *j);
struct dc_str joint_kept(const struct joint *j);
struct dc_str joint_new(const struct joint *j);  /* behind sent */
struct dc_str joint_rest(const struct joint *j); /* behind cut */
/* The end of what was sent, from a position on. */
struct dc_str joint_tail(const struct joint *j, size_t from);

/* Where the last line that was sent begins, or the one so many above it. */
size_t joint_line(const struct joint *j, size_t above);
/* So many characters (words) before the end of what was sent. */
size_t joint_chars_back(const struct joint *j, size_t count);
size_t joint_words_back(const struct joint *j, size_t count);

/* True if this end of what was sent stands nowhere before and is not the same
 * again and again. */
bool joint_unique(const struct joint *j, struct dc_str tail);

/* Whether the text itself goes on with what it has just said, so that nobody
 * could tell it from an overlap, a line or a start that came again. */
enum joint_twin { TWIN_NONE, TWIN_ONCE, TWIN_OFTEN };
enum joint_twin joint_twin(const struct joint *j);

/* The line that opened the fence that is open where the text was cut; empty if
 * none is, or if the cut is in a fence line. */
struct dc_str joint_fence(const struct joint *j);

/* Helpers on text. */
bool text_blank(char c);
struct dc_str text_behind_blanks(struct dc_str s);
size_t text_chars(struct dc_str s);
bool text_same(struct dc_str a, struct dc_str b);
bool text_begins(struct dc_str s, struct dc_str with);
bool text_ends(struct dc_str s, struct dc_str with);
/* True if s has letters enough to be told from rules, brackets and zeros. */
bool text_says_something(struct dc_str s);
/* True if s begins with a sign that never stands behind a blank in prose. */
bool text_closes(struct dc_str s);

#endif
