/* The public header needs nothing before it. */
#include "deepchat.h"

#include <criterion/criterion.h>

Test(header, stands_alone, .timeout = 10)
{
    struct dc_str bytes = {"data: x\n\n", 9};
    struct dc_sse_event event;
    struct dc_sse *sse = dc_sse_new(DC_EVENT_MAX);
    cr_expect(dc_sse_feed(sse, bytes, NULL));
    cr_expect_eq(dc_sse_next(sse, &event, NULL), DC_ITEM);
    dc_sse_free(sse);
    cr_expect_str_eq(dc_version(), DC_VERSION);
    cr_expect_str_eq(dc_role_name(DC_ROLE_USER), "user");
    cr_expect_eq(dc_retry_wait(1, -1, 0), 500);
    dc_free(NULL);
}
