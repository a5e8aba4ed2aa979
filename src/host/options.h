/* One option: finding it, reading it from text, checking its value. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/value.h"
#include "deepchat.h"
#include "host/config.h"

/* Set in option.where by this table only. */
enum {
    OPTION_DEEPINFRA = 16, /* the default is for DeepInfra's URL only */
    OPTION_PATH = 32,      /* "~" is expanded; "" is as good as unset */
    OPTION_LATER = 64,     /* known, but without effect in this version */
};

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

/* All of the table: a list of maps of name takes help, values (a list, empty if
 * they cannot be listed), argument and file (whether it may stand there). Owned
 * (value_free). */
struct value *options_about(void);

/* Append text for a message: on one line, clean, at most max bytes. */
void option_show(struct buf *out, struct dc_str text, size_t max);

#endif
