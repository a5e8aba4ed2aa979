/*
 * The scripts of the server: what it sends, wait for wait and byte for byte.
 * README.md describes the language.
 */
#ifndef SERVER_SCRIPT_H
#define SERVER_SCRIPT_H

#include "base/buf.h"

enum verb {
    VERB_STATUS,
    VERB_HEADER,
    VERB_NOHEADER,
    VERB_CHUNKED,
    VERB_LENGTH,
    VERB_HEAD,
    VERB_CRLF,
    VERB_SPLIT,
    VERB_SSE,
    VERB_ROLE,
    VERB_TOKEN,
    VERB_TEXT,
    VERB_WORDS,
    VERB_ECHO,
    VERB_REASONING,
    VERB_FINISH,
    VERB_USAGE,
    VERB_DONE,
    VERB_COMMENT,
    VERB_RAW,
    VERB_CHUNK,
    VERB_JSON,
    VERB_BODY,
    VERB_WAIT,
    VERB_HOLD,
    VERB_STALL,
    VERB_NOREAD,
    VERB_RST,
    VERB_FIN,
    VERB_TLS_TRUNCATE,
    VERB_CLOSE,
};

/* Stands for a number that was not given, and for "auto". */
#define SCRIPT_NONE (-1.0)

struct op {
    enum verb verb;
    size_t times; /* from "repeat"; 1 otherwise */
    char *word;   /* NULL if the verb takes none */
    char *bytes;
    size_t len;
    double num[3];
    unsigned given; /* how many of them stand in the script */
};

struct attempt {
    struct op *ops;
    size_t count;
};

/* Shared by the table of scripts and the answers that still play it. */
struct script {
    unsigned refs;
    char *name;
    struct attempt *attempts;
    size_t count;
    size_t served; /* answers started */
};

/* NULL with *err naming the line. Made with one reference. */
struct script *script_parse(const char *name, struct dc_str text,
                            struct dc_error *err);
struct script *script_ref(struct script *sc);
void script_unref(struct script *sc);

/* The next answer in turn; the last one repeats. */
const struct attempt *script_serve(struct script *sc);
/* The same without counting it. */
const struct attempt *script_peek(const struct script *sc);

#endif
