/*
 * The second half of deepchat.h, which includes it: what is done to texts.
 * Joining a continuation, writing on in any text, differences, rewrites, JSON
 * that was asked for. The conventions are those of deepchat.h.
 */
#ifndef DEEPCHAT_TEXT_H
#define DEEPCHAT_TEXT_H

#include "deepchat.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- joining a continuation to what is kept (core/seam.c) ---------------- */

/*
 * An answer that was cut is gone on with by asking the server again. What comes
 * then is the exact continuation, or the whole answer again, or its last words
 * again, a preamble, a second opening fence... A seam takes that stream and
 * gives what is to stand behind the kept text. It holds back only the head of
 * the stream, until the joint is decided; then everything passes through
 * untouched. It never loses text: what no rule is certain about is kept twice.
 */
struct dc_seam;

enum {
    DC_SEAM_HOLD = 400,     /* bytes held back at most while in doubt */
    DC_SEAM_HOLD_MS = 1500, /* and the time; then the caller decides */
};

struct dc_seam_options {
    /* All that was received, with the blanks at its end. */
    struct dc_str kept;
    /* True: the blanks at the end stand in the text and are the user's, they
     * stay. False: they are not shown yet; the seam gives out those that
     * belong there. */
    bool fixed;
    /* How the server was asked: after DC_FORM_TURN preambles are expected. */
    enum dc_form form;
};

enum dc_seam_rule {
    DC_SEAM_UNDECIDED,
    DC_SEAM_EXACT,    /* went on where the text was cut */
    DC_SEAM_ECHO,     /* all that was kept came again */
    DC_SEAM_RESTART,  /* began from the top, and came to where we are */
    DC_SEAM_OVERLAP,  /* the last characters, words or lines came again */
    DC_SEAM_LINE,     /* the line that was cut came again from its start */
    DC_SEAM_FENCE,    /* the open code fence was opened again */
    DC_SEAM_PREAMBLE, /* "Sure, here is the rest:" was dropped */
    DC_SEAM_BOTH,     /* doubtful: nothing was dropped */
    DC_SEAM_EMPTY,    /* nothing came, or only what we had */
    DC_SEAM_RULES,    /* how many */
};

struct dc_seam_report {
    enum dc_seam_rule rule; /* the one that removed most */
    size_t dropped;         /* bytes of the stream that were left out */
    bool new_turn;          /* the server began a new turn instead of going on:
                               ask it in another form next time */
};

DC_API struct dc_seam *dc_seam_new(const struct dc_seam_options *options);
DC_API void dc_seam_free(struct dc_seam *seam);

/* Bytes of kept that a server should be sent: without the blanks and the
 * halves of characters (U+FFFD) at its end, which make servers stumble. */
DC_API size_t dc_seam_sent(struct dc_str kept);

/* More of the continuation (valid UTF-8, split anywhere between characters);
 * what is decided by now comes back, borrowed. final: nothing follows. */
DC_API struct dc_str dc_seam_add(struct dc_seam *seam, struct dc_str text,
                                 bool final);
/* DC_SEAM_HOLD_MS are over: decide with what is there. As dc_seam_add(). */
DC_API struct dc_str dc_seam_decide(struct dc_seam *seam);
/* True while text is held back in doubt. A restart that is recognised and being
 * skipped is not in doubt. */
DC_API bool dc_seam_pending(const struct dc_seam *seam);
DC_API struct dc_seam_report dc_seam_report(const struct dc_seam *seam);
/* "echo" and so on; never NULL. */
DC_API const char *dc_seam_rule_name(enum dc_seam_rule rule);

/* ---- writing on in any text (core/inline.c) ------------------------------ */

/* Where a text is to be written on, and what the editor knows about it. Line
 * ends are LF. All may be "". */
struct dc_spot {
    struct dc_str before; /* the text up to the place; its last part will do */
    struct dc_str after;  /* and behind it; its first part will do */
    struct dc_str file;   /* a name for the model */
    struct dc_str filetype;    /* as Vim names it */
    struct dc_str instruction; /* what the user wants written */
    struct dc_str comments;    /* Vim's options of this name */
    struct dc_str commentstring;
    int textwidth; /* the same; 0: as the text around it is wrapped */
};

/* The messages that ask for it, and the end of spot's before that stands as the
 * answer so far (dc_request.kept, with seam option fixed); "" if there is no
 * text before, and the question is an ordinary one. */
struct dc_spot_ask {
    struct dc_message messages[2]; /* system, user */
    struct dc_str kept;            /* part of spot's before */
};

/* Owned (dc_spot_ask_free). */
DC_API struct dc_spot_ask *dc_spot_ask_new(const struct dc_spot *spot);
DC_API void dc_spot_ask_free(struct dc_spot_ask *ask);

/*
 * Makes what the seam gives out fit the text around the place: leaves out a
 * fence or a preamble around it, ends where it comes to the text behind the
 * place, indents with tabs or spaces and begins lines of a comment as the text
 * does, and wraps lines where those around are wrapped; code never is. Holds
 * back a word or a line at most, and a few lines that look like those behind
 * the place.
 */
struct dc_inline;

/* spot is kept. */
DC_API struct dc_inline *dc_inline_new(const struct dc_spot *spot);
DC_API void dc_inline_free(struct dc_inline *in);
/* More of the text (valid UTF-8, split anywhere between characters); what is
 * decided by now comes back, borrowed. final: nothing follows. */
DC_API struct dc_str dc_inline_add(struct dc_inline *in, struct dc_str text,
                                   bool final);
/* What came so far is void: the text begins again. */
DC_API void dc_inline_reset(struct dc_inline *in);
/* The text is complete: nothing that still comes is wanted. */
DC_API bool dc_inline_done(const struct dc_inline *in);

/* ---- line hunks between two texts (core/diff.c) -------------------------- */

/*
 * What to change in an old text to make a new one of it: hunks of whole lines,
 * in order, never touching each other. A line is compared with its line end, so
 * a missing newline at the end, or a CR, is a change; an empty text has no
 * lines. Taking all hunks gives the new text, taking none the old one.
 *
 * The old text is prepared once and can be compared with many new ones, as when
 * a new one is growing.
 */
struct dc_diff;

/* Line numbers from 0. A count may be 0, not both. */
struct dc_hunk {
    size_t old_first, old_count;
    size_t new_first, new_count;
};

enum dc_side { DC_OLD, DC_NEW };

/* old is kept. cost: differences up to which a stretch is compared exactly, and
 * beyond which the answer is a correct one but maybe not the shortest; 0: 256,
 * which bounds the time of 10,000 lines by some tens of milliseconds. */
DC_API struct dc_diff *dc_diff_new(struct dc_str old, size_t cost);
DC_API void dc_diff_free(struct dc_diff *diff);

/* Compare. text is kept until the next comparison, the hunks are borrowed until
 * then. partial: text is only the beginning of the new text. Then a last line
 * without a newline is left out, and old lines that the rest may still bring
 * are in no hunk: those from dc_diff_covered() on. A last hunk that only
 * inserts there may later turn out to replace some of them. This takes time by
 * the product of both line counts (10,000 of each: some 10 ms); for more lines
 * wait for the end. */
DC_API const struct dc_hunk *dc_diff_run(struct dc_diff *diff,
                                         struct dc_str text, bool partial,
                                         size_t *count);

/* Old lines that the last comparison decided about; all unless partial. */
DC_API size_t dc_diff_covered(const struct dc_diff *diff);

/* The lines of the last comparison, each with its line end; "" past the end. */
DC_API size_t dc_diff_lines(const struct dc_diff *diff, enum dc_side side);
DC_API struct dc_str dc_diff_line(const struct dc_diff *diff, enum dc_side side,
                                  size_t line);

/* Bytes [from, to) of a line of a hunk; line counts from the hunk's first. */
struct dc_mark {
    size_t line, from, to;
};

/* The words that changed in those lines of a hunk that became another one;
 * lines that have no counterpart have no marks. In order; on character
 * boundaries; never in the line end; borrowed until the next call. */
DC_API const struct dc_mark *dc_diff_marks(struct dc_diff *diff,
                                           const struct dc_hunk *hunk,
                                           enum dc_side side, size_t *count);

/* The new text (owned, dc_free) if only the hunks with taken[i] are taken, of
 * those that the last comparison gave; taken NULL: all of them. */
DC_API char *dc_diff_apply(const struct dc_diff *diff, const bool *taken,
                           size_t *len);

/* ---- a reply -> the replacement of a selection (core/rewrite.c) ---------- */

/*
 * What is to be rewritten, and what is known of the place. All of it may be
 * empty but text and instruction. Lines are ended by LF, or by CR LF if the
 * buffer holds CRs.
 */
struct dc_selection {
    struct dc_str text;   /* ends with a newline if whole lines are selected */
    struct dc_str head;   /* what stands before it in its first line */
    struct dc_str tail;   /* what stands behind it in its last line */
    struct dc_str before; /* lines above that line */
    struct dc_str after;  /* lines below */

    struct dc_str file; /* name, for the model */
    struct dc_str filetype;
    struct dc_str commentstring;
    unsigned indent; /* spaces of a level; 0: tabs */
    unsigned tab;    /* cells of a tab; 0: 8 */

    struct dc_str instruction;
    struct dc_str earlier; /* a proposal that was rejected */
    struct dc_str reason;  /* why */
};

/* The user message that asks for a rewrite, with at most budget bytes of the
 * lines around (the nearest ones, cut at lines) and the order to answer with
 * the replacement only. Owned (dc_free). */
DC_API char *dc_rewrite_ask(const struct dc_selection *selection, size_t budget,
                            size_t *len);

/*
 * Reads the answer as it arrives, and takes away what does not belong into the
 * text: think blocks, a fence around it all, "Here is the rewritten code:",
 * explanations behind it, lines of the surroundings said again. What the model
 * lost comes back: the common indentation, in tabs or spaces as in the
 * selection, empty lines around, the final newline or its absence, CRLF. In
 * doubt a line stays: the user sees it in the review.
 */
struct dc_rewrite;

enum dc_outcome {
    DC_REWRITE_OPEN,    /* not final yet */
    DC_REWRITE_TEXT,    /* there is a new text */
    DC_REWRITE_SAME,    /* it is the selection, byte by byte */
    DC_REWRITE_EMPTY,   /* nothing came, or nothing but noise */
    DC_REWRITE_REFUSED, /* prose instead of a replacement; see said */
};

struct dc_rewrite_report {
    enum dc_outcome outcome;
    /* What was taken away or restored, for the log. */
    bool fence, preamble, postamble, think, echo, indent;
    struct dc_str said; /* the first line of a refusal; borrowed */
};

/* The selection is kept. */
DC_API struct dc_rewrite *dc_rewrite_new(const struct dc_selection *selection);
DC_API void dc_rewrite_free(struct dc_rewrite *rewrite);

/* More of the reply, split anywhere (valid UTF-8 as a whole). final: nothing
 * follows. A reply that was cut is not final: it can go on, and only what is
 * certain by then is in the text. Long replies are looked at when they have
 * grown by a part, and when an empty piece is added. False once it is over
 * DC_REPLY_MAX. */
DC_API bool dc_rewrite_add(struct dc_rewrite *rewrite, struct dc_str reply,
                           bool final);

/* The replacement so far: whole lines only, until it is final, and none that
 * may still be taken away; ready for a partial dc_diff_run(). It grows at its
 * end, but for a stray </think>, which empties it. SAME, EMPTY and REFUSED: the
 * selection. Borrowed. */
DC_API struct dc_str dc_rewrite_text(const struct dc_rewrite *rewrite);
DC_API struct dc_rewrite_report
dc_rewrite_report(const struct dc_rewrite *rewrite);

/* ---- JSON that was asked for (core/schema.c, core/json_pretty.c) --------- */

/* Texts and schemas that are checked are at most so long. */
#define DC_JSON_MAX ((size_t)1 << 20)
#define DC_VIOLATIONS_MAX ((size_t)100)

/* One thing in the text that the schema does not allow. */
struct dc_violation {
    struct dc_str pointer; /* of the value: "" or "/a/0"; if long, cut */
    struct dc_str text;    /* what is wrong with it, one line */
    size_t line;           /* where it begins in the text, from 1 */
};

struct dc_schema_report {
    const struct dc_violation *items;
    size_t count;
    bool more; /* there are more than DC_VIOLATIONS_MAX */
};

/*
 * Does text fulfil a JSON schema? Checked are: type, enum, const, minimum,
 * maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems,
 * maxItems, minProperties, maxProperties, required, properties,
 * additionalProperties (unless there are patternProperties), items,
 * prefixItems, allOf, anyOf, oneOf, and $ref into the schema itself ("#/...").
 * Numbers are compared by all of their digits. Everything else is not checked
 * (pattern, format, multipleOf, uniqueItems, contains, not, if, other $refs,
 * lists in items, ...), nor is a keyword with a value that it cannot have.
 *
 * Owned (dc_schema_report_free). A text that is no JSON is a violation. NULL if
 * there is no verdict: the schema is no JSON object or boolean, has a $ref that
 * leads nowhere, goes round in circles, or is too much work; or one of both is
 * over DC_JSON_MAX. err->text is for the user.
 */
DC_API struct dc_schema_report *
dc_schema_check(struct dc_str schema, struct dc_str text, struct dc_error *err);
DC_API void dc_schema_report_free(struct dc_schema_report *report);

/* The same JSON laid out over lines, two spaces a level, with its numbers and
 * strings byte by byte as they were; no newline at the end. Owned (dc_free).
 * NULL if text is no JSON, or if that gets longer than limit. */
DC_API char *dc_json_pretty(struct dc_str text, size_t limit, size_t *len,
                            struct dc_error *err);

#ifdef __cplusplus
}
#endif
#endif
