/*
 * The table of options: name, type, range, default, where each may be set, and
 * help; and one of them: found, read from text, checked.
 */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/value.h"
#include "deepchat.h"

enum option_type {
    OPTION_TEXT,
    OPTION_BOOL,
    OPTION_INT,
    OPTION_NUMBER,
    OPTION_LIST, /* a string or a list of strings */
    OPTION_JSON, /* any value */
    OPTION_MAP,
};

enum {
    OPTION_SETTINGS = 1,   /* may stand in g:deepchat and b:deepchat */
    OPTION_FILE = 2,       /* may stand in a chat's front matter */
    OPTION_ARGUMENT = 4,   /* may be given as ++name=value */
    OPTION_WIRE = 8,       /* is a member of the request, under its own name */
    OPTION_DEEPINFRA = 16, /* the default is for DeepInfra's URL only */
    OPTION_PATH = 32,      /* "~" is expanded; "" is as good as unset */
    OPTION_LATER = 64,     /* known, but without effect in this version */
};

struct option {
    const char *name;
    enum option_type type;
    unsigned where;       /* and what else is to be known of it: the above */
    double low, high;     /* numbers: the allowed range; lists: most texts */
    const char *choices;  /* "a b c", or NULL */
    const char *fallback; /* JSON text, or NULL for unset */
    const char *help;     /* one line */
};

/* The table, in the order of the help. */
const struct option *options_all(size_t *count);

/* NULL if there is none. */
const struct option *option_find(const char *name);

/* Always false: says that there is no such option, or that it may not stand
 * there (where: one of the scopes), and which one may be meant. */
bool option_refuse(const char *name, unsigned where, struct dc_error *err);

/* Edits that turn a into b: a byte added, dropped, changed, or two neighbours
 * swapped; SIZE_MAX if one is too long for a name. */
size_t option_edits(const char *a, const char *b);

/* What somebody wrote behind the name: JSON if it is, else the bare text.
 * Owned (value_free). */
struct value *option_read(const struct option *opt, struct dc_str text);

/* False with "NAME is X, takes Y" if v is not what opt takes. Nil is: it means
 * unset. Puts *v into the one form that the rest of the program knows. */
bool option_check(const struct option *opt, struct value **v,
                  struct dc_error *err);

/* Append what opt takes: "0 to 2", "a, b or c", "text". */
void option_takes(struct buf *out, const struct option *opt);

/* Append the options section of the Vim help. */
bool options_help(struct buf *out);
/* All of the table: a list of maps of name takes help, values (a list, empty if
 * they cannot be listed), argument and file (whether it may stand there). Owned
 * (value_free). */
struct value *options_about(void);

/* Append text for a message: on one line, clean, at most max bytes. */
void option_show(struct buf *out, struct dc_str text, size_t max);

#endif
