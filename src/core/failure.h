/*
 * Inside of dc_failure_read, shared by the failure*.c files:
 *   failure.c        an answer -> fault, line, retry
 *   failure_words.c  the same, by the server's words whatever its status
 *   failure_net.c    the same, where there was no whole answer
 *   failure_form.c   the same, where a continuation was refused
 *   failure_field.c  the same, where a member of the request was
 *   failure_said.c   the body of an error -> the server's words
 *   failure_text.c   anybody's text -> one line that is fit to be shown
 */
#ifndef CORE_FAILURE_H
#define CORE_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"

/* ---- failure_text.c ----------------------------------------------------- */

/* Append text as one line of valid UTF-8: without controls, escape sequences,
 * bidi and invisible characters, blanks as one space; as much as fits. */
void failure_line(struct buf *out, struct dc_str text);
/* Where needle stands in text, whatever the case, or text.len. */
size_t failure_find(struct dc_str text, const char *needle);
/* The same, but where it stands by itself, as a name. */
size_t failure_find_word(struct dc_str text, const char *word);

/* ---- failure_said.c ----------------------------------------------------- */

enum { SAID_MAX = 512 };

struct said {
    struct buf text; /* a line as above, without the key; never NULL */
    char where[128]; /* "body.temperature", or "" */
    char type[64];   /* error.type and error.code, "" if they are no words */
    char code[64];
    int number;     /* error.code where it is a number, else 0 */
    char field[64]; /* the request member it complains about, or "" */
    bool html;      /* it was a web page; text is its title */
    bool error;     /* it was JSON that says that something is wrong */
};

/* Every body shape of wire-contract 3.1, and plain text. key may be NULL. */
void said_read(struct said *said, struct dc_str body, const char *key);
void said_finish(struct said *said);
/* The words hold needle, whatever the case, or it is their type or code. */
bool said_has(const struct said *said, const char *needle);
/* One of them; the last is followed by NULL. */
bool said_any(const struct said *said, const char *const *needles);

/* ---- failure.c ---------------------------------------------------------- */

struct reading {
    struct dc_failure *out;
    const struct dc_response *response;
    const struct dc_asked *asked;
    int status; /* as sent, or the one that a body under 200 names */
    const char *host;
    struct said said; /* of the body, or of the transport's detail */
};

/* Fill in r->out. The line is "WORDS; ADVICE", of which the words are cut if
 * it is too long; the advice may be "". */
void failure_say(struct reading *r, enum dc_fault fault, bool retry,
                 const char *advice, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* How many bytes of words there is room for. */
size_t failure_room(const char *advice);

static inline const char *
or_text(const char *text, const char *fallback)
{
    return text != NULL && text[0] != '\0' ? text : fallback;
}

/* ---- failure_words.c ---------------------------------------------------- */

/* True if the words, or where there are none their absence, say what it is. */
bool failure_words(struct reading *r);

/* ---- failure_net.c ------------------------------------------------------ */

void failure_net(struct reading *r);

/* ---- failure_form.c ----------------------------------------------------- */

/* True if the server refused the way in which a continuation was asked for. */
bool failure_form(struct reading *r);

/* ---- failure_field.c ---------------------------------------------------- */

/* A request that was found wrong: 400 or 422. */
void failure_field(struct reading *r);

#endif
