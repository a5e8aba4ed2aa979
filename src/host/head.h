/* The head of an HTTP answer, line by line as it comes. */
#ifndef HOST_HEAD_H
#define HOST_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"

/* Header lines of one answer, with interim ones and trailers. */
#define HEAD_MAX ((size_t)64 << 10)

/* A wait that nobody waits for: the server wants no retry. */
#define HEAD_NO_RETRY 1e9

enum head_verdict {
    HEAD_FINE,
    HEAD_TOO_BIG,
    HEAD_SWITCHED, /* 101: what follows is not HTTP */
    HEAD_ENCODED,  /* compressed, although nobody asked for it */
};

struct head {
    int status;    /* 0 until a status line came; 1xx may still change */
    bool complete; /* the empty line after a final head has come */
    struct buf content_type;
    struct buf location;
    double retry_after; /* seconds; negative: not said */
    char date[64];      /* Retry-After where it is no number, "" if unset */
    bool doubtful;      /* its length is told in two ways */

    size_t total;
    unsigned lengths;
    bool chunked;
    bool in_ms; /* retry_after is from Retry-After-Ms, which goes first */
};

void head_init(struct head *head);
void head_finish(struct head *head);

/* line: with its line end, as it came. */
enum head_verdict head_line(struct head *head, struct dc_str line);

#endif
