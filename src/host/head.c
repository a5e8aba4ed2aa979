/*
 * Interim answers (100, 103) are forgotten when the next status line comes;
 * trailers after the body only count. Values are kept as the server wrote them.
 */
#include "host/head.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
head_init(struct head *head)
{
    *head = (struct head){.retry_after = -1};
    buf_init(&head->content_type, HEAD_MAX);
    buf_init(&head->location, HEAD_MAX);
}

void
head_finish(struct head *head)
{
    buf_finish(&head->content_type);
    buf_finish(&head->location);
}

/* "HTTP/1.1 200 OK" and "HTTP/2 200" */
static void
read_status(struct head *head, struct dc_str line)
{
    size_t total = head->total;
    head_finish(head);
    head_init(head);
    head->total = total;
    size_t at = str_find(line, ' ');
    while (at < line.len && line.ptr[at] == ' ')
        at++;
    for (; at < line.len && line.ptr[at] >= '0' && line.ptr[at] <= '9'; at++)
        if (head->status < 1000)
            head->status = head->status * 10 + (line.ptr[at] - '0');
}

static bool
name_is(struct dc_str name, const char *want)
{
    return name.len == strlen(want) &&
           strncasecmp(name.ptr, want, name.len) == 0;
}

static void
replace(struct buf *b, struct dc_str value)
{
    buf_reset(b);
    buf_add_str(b, value);
}

/* A plain decimal number, or -1: strtod also reads hex, nan and inf. */
static double
number(struct dc_str value)
{
    char text[32];
    if (value.len == 0 || value.len >= sizeof text)
        return -1;
    snprintf(text, sizeof text, "%.*s", (int)value.len, value.ptr);
    if (strspn(text, "0123456789.") != value.len)
        return -1;
    char *end;
    double n = strtod(text, &end);
    return *end == '\0' && isfinite(n) ? n : -1;
}

static void
read_retry(struct head *head, struct dc_str value, bool in_ms)
{
    double n = number(value);
    if (head->retry_after >= HEAD_NO_RETRY || (head->in_ms && !in_ms))
        return;
    if (n >= 0) {
        head->retry_after = in_ms ? n / 1000 : n;
        head->in_ms = in_ms;
        head->date[0] = '\0';
    } else if (!in_ms && value.len < sizeof head->date) {
        snprintf(head->date, sizeof head->date, "%.*s", (int)value.len,
                 value.ptr);
    }
}

static void
no_retry(struct head *head)
{
    head->retry_after = HEAD_NO_RETRY;
    head->date[0] = '\0';
}

static enum head_verdict
read_field(struct head *head, struct dc_str name, struct dc_str value)
{
    if (name_is(name, "content-encoding"))
        return value.len == 0 || name_is(value, "identity") ? HEAD_FINE
                                                            : HEAD_ENCODED;
    if (name_is(name, "content-type"))
        replace(&head->content_type, value);
    else if (name_is(name, "location"))
        replace(&head->location, value);
    else if (name_is(name, "retry-after"))
        read_retry(head, value, false);
    else if (name_is(name, "retry-after-ms"))
        read_retry(head, value, true);
    else if (name_is(name, "x-should-retry") && name_is(value, "false"))
        no_retry(head);
    else if (name_is(name, "content-length"))
        head->lengths++;
    else if (name_is(name, "transfer-encoding"))
        head->chunked = true;
    head->doubtful = head->lengths > 1 || (head->lengths > 0 && head->chunked);
    return HEAD_FINE;
}

enum head_verdict
head_line(struct head *head, struct dc_str line)
{
    head->total += line.len;
    if (head->total > HEAD_MAX)
        return HEAD_TOO_BIG;
    if (head->complete)
        return HEAD_FINE;
    if (str_starts(line, "HTTP/")) {
        read_status(head, line);
        return head->status == 101 ? HEAD_SWITCHED : HEAD_FINE;
    }
    line = str_trim(line);
    if (line.len == 0) {
        head->complete = head->status >= 200;
        return HEAD_FINE;
    }
    size_t colon = str_find(line, ':');
    if (colon == line.len)
        return HEAD_FINE;
    struct dc_str value = {line.ptr + colon + 1, line.len - colon - 1};
    return read_field(head, (struct dc_str){line.ptr, colon}, str_trim(value));
}
