/* Inside the library: what a server says in the body of an error. */
#ifndef CORE_FAILURE_H
#define CORE_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"

struct said {
    struct buf text; /* its words on one line, fit for any terminal */
    char code[64];   /* error.code or error.type, "" if there is none */
    char field[64];  /* the request member it complains about, or "" */
    bool html;       /* it was a web page */
    bool json;
};

/* Every body shape of wire-contract 3.1, and plain text. */
void said_read(struct said *said, struct dc_str body);
void said_finish(struct said *said);

/* True if text holds needle, whatever the case. */
bool said_holds(struct dc_str text, const char *needle);

#endif
