/*
 * What the parts of rewrite share. The lines of a reply are judged as a whole
 * whenever one more has come; what a line is may depend on later ones, so all
 * that is still in doubt is withheld until they are there, or the reply is
 * final. Therefore it cannot matter how a reply was cut into pieces.
 */
#ifndef CORE_REWRITE_H
#define CORE_REWRITE_H

#include "base/buf.h"
#include "deepchat.h"

/* Borrowed lines without their line ends. */
struct rw_lines {
    struct dc_str *at;
    size_t count;
    size_t cap;
};

void rw_lines_finish(struct rw_lines *lines);
void rw_lines_add(struct rw_lines *lines, struct dc_str line);
/* Replace the lines by those of the text. */
void rw_lines_split(struct rw_lines *lines, struct dc_str text);

bool rw_blank(struct dc_str line);
/* The first line from there on that is not blank, or end. */
size_t rw_full(const struct rw_lines *lines, size_t from, size_t end);
/* Length of the spaces and tabs in front. */
size_t rw_lead(struct dc_str line);
/* Equal but for blanks around. */
bool rw_alike(struct dc_str a, struct dc_str b);
/* Does any line look like this one? */
bool rw_among(const struct rw_lines *lines, struct dc_str line);
/* Has it letters or digits enough to prove anything? */
bool rw_telling(struct dc_str line);
/* Position of needle in s, or s.len. */
size_t rw_find(struct dc_str s, const char *needle);

/* The selection, and what follows from it. */
struct rw_place {
    struct dc_selection sel; /* every string of it is kept */
    struct rw_lines lines;   /* of the text */
    struct rw_lines before;  /* those around that are not blank, the nearest */
    struct rw_lines after;
    size_t lead, trail; /* blank lines at the ends of the text */
    bool newline;       /* the text ends with one */
    bool crlf;          /* its lines end so, or the first one */
    bool mixed;         /* and others end in another way */
    bool text;          /* prose or Markdown, not code */
    bool markdown;
    bool fences; /* the text has fences of its own */
    bool told_indent, told_blanks,
        told_fence;                   /* the instruction is about them */
    char open_tag[24], close_tag[24]; /* around it in the question */
};

/* Of a line of the text. */
bool rw_ends_crlf(struct dc_str line);
void rw_place_init(struct rw_place *place, const struct dc_selection *sel);
void rw_place_finish(struct rw_place *place);
void rw_place_tags(struct dc_str text, char open[24], char close[24]);

/* A reply being judged. lines[first, end) is what is left of it. */
struct rw_reply {
    const struct rw_place *place;
    struct rw_lines *lines;
    bool final;

    size_t first, end;
    bool held;          /* nothing can be said yet */
    bool fenced;        /* it stood in a fence, which was closed */
    size_t strip;       /* blanks that the fence was indented by */
    size_t lead, trail; /* blank lines inside the fence */
    struct dc_rewrite_report report;
};

/* A line of at least three backticks or tildes. */
struct rw_fence {
    char mark; /* 0: it is none */
    size_t count;
    size_t indent;
    struct dc_str info;
};

struct rw_fence rw_fence_read(struct dc_str line);
/* The fence around the reply, if there is one, and what stands outside. */
void rw_unwrap(struct rw_reply *r);
void rw_unecho(struct rw_reply *r);

/* Words in front of a rewrite, behind it, and instead of it. */
bool rw_is_opener(struct dc_str line);
bool rw_is_interjection(struct dc_str line);
bool rw_is_preamble(const struct rw_place *place, struct dc_str line);
bool rw_is_prose(struct dc_str line);
/* If a fence follows at once. */
bool rw_is_caption(const struct rw_place *place, struct dc_str line);
bool rw_is_postamble(const struct rw_place *place, struct dc_str line);
bool rw_is_refusal(const struct rw_place *place, struct dc_str line);

/* What the lines of a reply get in front. */
struct rw_shift {
    bool held;           /* the next line with text will tell */
    struct dc_str first; /* for the first line with text */
    struct dc_str rest;
    size_t tabs;   /* so many spaces become a tab; 0: none do */
    size_t spaces; /* a tab becomes so many spaces; 0: it stays */
    bool bare;     /* the first line's own blanks go */
};

void rw_shift_find(struct rw_shift *shift, const struct rw_reply *r);
void rw_shift_add(const struct rw_shift *shift, struct buf *out,
                  struct dc_str line, bool first);

#endif
