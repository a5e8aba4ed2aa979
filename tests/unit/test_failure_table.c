/* tests/data/failures: what servers, proxies and networks really say, and the
 * line that is made of it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "failure_case.h"

#define FOLDER "tests/data/failures"
#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { FILE_MAX = 1 << 16, ROWS_LEAST = 180 };

static const char *const faults[] = {
    [DC_FAULT_NETWORK] = "network", [DC_FAULT_KEY] = "key",
    [DC_FAULT_FUNDS] = "funds",     [DC_FAULT_MODEL] = "model",
    [DC_FAULT_PATH] = "path",       [DC_FAULT_RATE] = "rate",
    [DC_FAULT_CONTEXT] = "context", [DC_FAULT_FIELD] = "field",
    [DC_FAULT_FORM] = "form",       [DC_FAULT_THINK] = "think",
    [DC_FAULT_TOO_LARGE] = "large", [DC_FAULT_SERVER] = "server",
    [DC_FAULT_NOT_API] = "not api", [DC_FAULT_OTHER] = "other",
};

static const char *const nets[] = {
    [DC_NET_OK] = "",
    [DC_NET_NO_HOST] = "no host",
    [DC_NET_DNS] = "dns",
    [DC_NET_REFUSED] = "refused",
    [DC_NET_CONNECT_TIMEOUT] = "connect timeout",
    [DC_NET_FIRST_BYTE_TIMEOUT] = "first byte timeout",
    [DC_NET_IDLE_TIMEOUT] = "idle timeout",
    [DC_NET_TLS] = "tls",
    [DC_NET_TLS_CA] = "tls ca",
    [DC_NET_CA_FILE] = "ca file",
    [DC_NET_PROXY] = "proxy",
    [DC_NET_CLOSED] = "closed",
    [DC_NET_PROTOCOL] = "protocol",
    [DC_NET_TOO_BIG] = "too big",
    [DC_NET_OTHER] = "other",
};

/* ---- reading a file ---- */

/* The keys of a row; those of the head of a file are for all of its rows. */
enum key {
    HOST,
    MODEL,
    API_KEY,
    PHASE,
    STATUS,
    NET,
    TYPE,
    LOCATION,
    AFTER,
    LINE,
    FAULT,
    RETRY,
    FIELD,
    UNKNOWN,
    KEYS,
};

static const char *const keys[] = {
    "host",     "model",       "key",  "phase", "status", "net",   "type",
    "location", "retry-after", "line", "fault", "retry",  "field", "unknown",
};

struct row {
    struct dc_str title, body;
    char *text[KEYS]; /* "" if it is not said */
};

static bool
next_line(struct dc_str *text, struct dc_str *line)
{
    if (text->len == 0)
        return false;
    size_t len = str_find(*text, '\n');
    *line = (struct dc_str){text->ptr, len};
    len += len < text->len;
    text->ptr += len;
    text->len -= len;
    return true;
}

static void
set_key(struct row *row, struct dc_str line)
{
    size_t colon = str_find(line, ':'), i = 0;
    struct dc_str name = {line.ptr, colon};
    while (i < KEYS && !str_is(name, keys[i]))
        i++;
    cr_assert(i < KEYS && colon < line.len, "what is \"%.*s\"?", (int)line.len,
              line.ptr);
    struct dc_str value =
        str_trim((struct dc_str){line.ptr + colon + 1, line.len - colon - 1});
    free(row->text[i]);
    row->text[i] = strndup(value.ptr, value.len);
}

/* Up to the next row; the empty lines at the end do not belong to it. */
static struct dc_str
read_body(struct dc_str *text)
{
    struct dc_str body = {text->ptr, 0}, line, rest = *text;
    while (next_line(&rest, &line) && !str_starts(line, "=== ")) {
        *text = rest;
        body.len = (size_t)(rest.ptr - body.ptr);
    }
    while (body.len > 0 && body.ptr[body.len - 1] == '\n')
        body.len--;
    return body;
}

/* False at the end; the head of a file is a row without a title. */
static bool
read_row(struct row *row, const struct row *head, struct dc_str *text)
{
    struct dc_str line;
    *row = (struct row){.title = {"", 0}};
    for (size_t i = 0; i < KEYS; i++)
        row->text[i] = strdup(head != NULL ? head->text[i] : "");
    if (head != NULL && next_line(text, &line))
        row->title = line;
    for (struct dc_str rest = *text; next_line(&rest, &line); *text = rest) {
        if (str_starts(line, "=== "))
            break;
        if (str_is(line, "--- body")) {
            *text = rest;
            row->body = read_body(text);
            break;
        }
        if (line.len > 0 && line.ptr[0] != '#')
            set_key(row, line);
    }
    return row->title.len > 0;
}

static void
free_row(struct row *row)
{
    for (size_t i = 0; i < KEYS; i++)
        free(row->text[i]);
}

/* ---- what the host does with it ---- */

static size_t
index_of(const char *const *names, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    cr_assert(i < count, "what is \"%s\"?", name);
    return i;
}

/* An error that the body of a 200 holds; false if there is none in it. */
static bool
read_stream(struct dc_response *response, struct buf *event, size_t piece)
{
    struct dc_stream *st = dc_stream_new();
    struct dc_error err = {.code = DC_OK};
    struct dc_str body = response->body;
    struct dc_delta delta;
    enum dc_step step = DC_MORE;
    for (size_t at = 0; at <= body.len && step != DC_FAIL; at += piece) {
        size_t left = body.len - at;
        dc_stream_feed(
            st, (struct dc_str){body.ptr + at, left < piece ? left : piece},
            NULL);
        if (left <= piece)
            dc_stream_end(st);
        while ((step = dc_stream_next(st, &delta, &err)) == DC_ITEM)
            continue;
    }
    if (step == DC_FAIL && err.code == DC_E_SERVER) {
        response->status = err.http_status > 0 ? err.http_status : 200;
        buf_add_str(event, dc_stream_error_event(st));
        response->body = buf_str(event);
    }
    dc_stream_free(st);
    return step == DC_FAIL;
}

static void
check(const struct row *row, const char *name, const struct dc_failure *f)
{
    const char *after = row->text[AFTER];
    bool retry = f->retry;
    if (*after != '\0')
        retry = retry && dc_retry_wait(1, strtod(after, NULL), 0) >= 0;
    failure_check(f);
    cr_expect_str_eq(f->line, row->text[LINE], "%s: %.*s\n  %s", name,
                     (int)row->title.len, row->title.ptr, f->line);
    cr_expect_str_eq(faults[f->fault], row->text[FAULT], "%s: %.*s: %s", name,
                     (int)row->title.len, row->title.ptr, faults[f->fault]);
    cr_expect_str_eq(f->field, row->text[FIELD], "%s: %.*s: %s", name,
                     (int)row->title.len, row->title.ptr, f->field);
    cr_expect_str_eq(f->unknown ? "yes" : "", row->text[UNKNOWN],
                     "%s: %.*s: unknown", name, (int)row->title.len,
                     row->title.ptr);
    cr_expect_str_eq(retry ? "yes" : "no", row->text[RETRY], "%s: %.*s: retry",
                     name, (int)row->title.len, row->title.ptr);
}

static void
try_row(const struct row *row, const char *name, size_t piece)
{
    char *const *text = row->text;
    bool key = strcmp(text[API_KEY], "none") != 0;
    struct dc_asked asked = {
        .host = text[HOST],
        .model = text[MODEL],
        .key_source = key ? text[API_KEY] : NULL,
        .key = key ? FAILURE_KEY : NULL,
        .loopback = str_starts(str_of(text[HOST]), "localhost"),
    };
    struct dc_response response = {
        .net = (enum dc_net)index_of(nets, COUNT(nets), text[NET]),
        .status = atoi(text[STATUS]),
        .content_type = str_of(text[TYPE]),
        .location = str_of(text[LOCATION]),
        .body = row->body,
    };
    bool transport = response.net != DC_NET_OK;
    struct buf event;
    buf_init(&event, DC_EVENT_MAX);
    if (transport)
        response.detail = row->body;
    bool failed = response.status == 200 && !transport &&
                  read_stream(&response, &event, piece);
    const char *phase = transport ? "transport" : failed ? "stream" : "before";
    cr_expect_str_eq(phase, text[PHASE], "%s: %.*s: %s", name,
                     (int)row->title.len, row->title.ptr, phase);
    struct dc_failure f;
    dc_failure_read(&f, &response, &asked);
    check(row, name, &f);
    buf_finish(&event);
}

/* ---- all of them ---- */

static size_t
try_file(const char *name)
{
    char path[512], *bytes = malloc(FILE_MAX);
    snprintf(path, sizeof path, FOLDER "/%s", name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    struct dc_str text = {bytes, fread(bytes, 1, FILE_MAX, file)};
    cr_assert_lt(text.len, (size_t)FILE_MAX, "%s is too long", path);
    fclose(file);
    struct row head, row;
    size_t count = 0;
    read_row(&head, NULL, &text);
    for (; read_row(&row, &head, &text); count++) {
        for (size_t piece = 1; piece < 20; piece++)
            try_row(&row, name, piece);
        try_row(&row, name, FILE_MAX);
        free_row(&row);
    }
    free_row(&row);
    free_row(&head);
    free(bytes);
    return count;
}

static int
is_rows(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return end != NULL && strcmp(end, ".cases") == 0;
}

Test(failure_table, every_row, .timeout = 30)
{
    struct dirent **names = NULL;
    size_t rows = 0;
    int count = scandir(FOLDER, &names, is_rows, alphasort);
    cr_assert_gt(count, 0, "no files in " FOLDER);
    for (int i = 0; i < count; i++) {
        rows += try_file(names[i]->d_name);
        free(names[i]);
    }
    free(names);
    cr_log_info("%zu rows", rows);
    cr_expect_geq(rows, (size_t)ROWS_LEAST, "%zu rows", rows);
}
