/* One answer and what is to be made of it, for test_failure*.c. */
#ifndef TESTS_UNIT_FAILURE_CASE_H
#define TESTS_UNIT_FAILURE_CASE_H

#include <criterion/criterion.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "deepchat.h"

#define FAILURE_KEY "sk-live-0123456789abcdef"

static inline struct dc_asked
failure_asked(void)
{
    return (struct dc_asked){
        .host = "api.deepinfra.com",
        .model = "deepsek-v3",
        .key_source = "$DEEPINFRA_API_KEY",
        .key = FAILURE_KEY,
    };
}

static inline bool
failure_is_line(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    return utf8_clean(str_of(text));
}

/* What holds for every answer: one line of 58 cells, no controls, no key. No
 * character has more cells than bytes. */
static inline void
failure_check(const struct dc_failure *f)
{
    cr_expect(failure_is_line(f->line), "%s", f->line);
    cr_expect(failure_is_line(f->server), "%s", f->server);
    cr_expect(failure_is_line(f->field), "%s", f->field);
    size_t len = strlen(f->line);
    cr_expect(len > 0 && len <= 58, "%zu: %s", len, f->line);
    cr_expect_null(strstr(f->line, FAILURE_KEY));
    cr_expect_null(strstr(f->server, FAILURE_KEY));
}

static inline struct dc_failure
failure_of(int status, struct dc_str body, const struct dc_asked *asked)
{
    struct dc_failure f;
    struct dc_response response = {.status = status, .body = body};
    memset(&f, 0x55, sizeof f);
    dc_failure_read(&f, &response, asked);
    failure_check(&f);
    return f;
}

#endif
