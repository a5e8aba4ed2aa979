/*
 * Answers that are no replies. Input: a byte for the way it ended, one for the
 * status, then a body. Whatever a server says, the user sees one line that
 * fits, and nobody sees the key. The same bytes as a message must be JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "core/json_text.h"

#define KEY "sk-0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int statuses[] = {200, 400, 401, 402, 403, 404, 405, 413, 422,
                               429, 500, 501, 502, 503, 529, 302, 0,   999};

static void
expect(bool holds)
{
    if (!holds)
        abort();
}

static void
expect_line(const char *text, size_t most)
{
    expect(strlen(text) <= most && utf8_clean(str_of(text)));
    for (const char *p = text; *p != '\0'; p++)
        expect((unsigned char)*p >= 0x20 && *p != 0x7f);
    for (size_t from = 0; from + 8 <= strlen(KEY); from++) {
        char piece[9] = "";
        memcpy(piece, &KEY[from], 8);
        expect(strstr(text, piece) == NULL);
    }
}

static void
read_as_answer(uint8_t net, uint8_t status, struct dc_str body)
{
    struct dc_response response = {
        .net = (enum dc_net)(net % (DC_NET_OTHER + 1)),
        .status = statuses[status % (sizeof statuses / sizeof *statuses)],
        .detail = body,
        .location = body,
        .content_type = body,
        .body = body,
    };
    struct dc_asked asked = {.key = net & 0x80 ? NULL : KEY,
                             .host = status & 0x80 ? NULL : "localhost:8080"};
    struct dc_failure out;
    dc_failure_read(&out, &response, &asked);
    expect(out.line[0] != '\0');
    if (asked.key == NULL)
        return;
    expect_line(out.line, 58);
    expect_line(out.server, sizeof out.server);
    expect_line(out.field, sizeof out.field);
}

static void
send_as_message(struct dc_str text)
{
    struct dc_message m = {.text = text, .id = text, .name = text};
    struct dc_request req = {.messages = &m, .message_count = 1};
    size_t len = 0;
    for (int role = DC_ROLE_SYSTEM; role <= DC_ROLE_TOOL; role++) {
        m.role = (enum dc_role)role;
        char *body = dc_request_body(&req, &len, NULL);
        expect(body != NULL && json_text((struct dc_str){body, len}));
        dc_free(body);
    }
    req.extra = text;
    struct dc_param param = {"seed", text};
    req.params = &param;
    req.param_count = 1;
    char *body = dc_request_body(&req, &len, NULL);
    expect(body == NULL || json_text((struct dc_str){body, len}));
    dc_free(body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > DC_ERROR_BODY_MAX)
        return 0;
    struct dc_str body = {(const char *)data + 2, size - 2};
    read_as_answer(data[0], data[1], body);
    send_as_message(body);
    return 0;
}
