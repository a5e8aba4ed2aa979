/*
 * The scanner must take the common chunk, leave all others alone, and never
 * mean anything else than the slow reader does. Chunks are spoiled byte by byte
 * and both readers asked.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "stream_run.h"

#define FRAME(choice)                                                          \
    "{\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":17.5e-1,"  \
    "\"choices\":[" choice "],\"usage\":null}"
#define DELTA(delta)                                                           \
    FRAME("{\"index\":0,\"delta\":" delta ",\"finish_reason\":null}")

/* clang-format off */
static const struct {
    const char *chunk;
    bool scanned;
} cases[] = {
    {DELTA("{\"content\":\"a\"}"), true},
    {DELTA("{\"content\":null}"), true},
    {DELTA("{}"), true},
    {DELTA("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}"), true},
    {DELTA("{\"content\":\"\\u00e9\\n\\\"\\\\\\/\\b\\f\\r\\t\\u20AC\"}"), true},
    {DELTA("{\"content\":\"\xc3\xa9\"}"), true},
    {DELTA("{\"content\":null,\"reasoning_content\":\"a\"}"), true},
    {DELTA("{\"reasoning\":\"a\",\"reasoning_content\":\"b\",\"reasoning_text\":\"c\"}"), true},
    {DELTA("{\"reasoning\":\"a\",\"reasoning_content\":\"\"}"), true},
    {DELTA("{\"reasoning\":null,\"reasoning_text\":\"c\",\"content\":\"d\"}"), true},
    {DELTA("{\"content\":\"a\",\"tool_calls\":null}"), true},
    {DELTA("{\"x\":[1,-2.5E+3,0,true,false,null,{\"a\":[]},{}],\"content\":\"a\"}"), true},
    {FRAME("{\"delta\":{\"content\":\"a\"}}"), true},
    {FRAME("{\"delta\":{\"content\":\"a\"},\"index\":0,\"logprobs\":null}"), true},
    {" { \"choices\" : [ { \"delta\" : { \"content\" : \"a\" } } ] } ", true},
    {"{\"error\":null,\"x_groq\":null,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", true},
    {"{\"model\":\"\",\"service_tier\":null,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", true},

    {DELTA("{\"content\":[]}"), false},
    {DELTA("{\"content\":\"a\",\"content\":\"b\"}"), false},
    {DELTA("{\"content\":null,\"content\":\"b\"}"), false},
    {DELTA("{\"cont\\u0065nt\":\"a\"}"), false},
    {DELTA("{\"content\":\"\\ud83d\\ude00\"}"), false},
    {DELTA("{\"content\":\"\\u0000\"}"), false},
    {DELTA("{\"content\":\"\\x\"}"), false},
    {DELTA("{\"content\":\"\\u12g4\"}"), false},
    {DELTA("{\"content\":\"a\tb\"}"), false},
    {DELTA("{\"content\":\"\xff\"}"), false},
    {DELTA("{\"content\":\"\xfe\"}"), false},
    {DELTA("{\"content\":\"a\",\"tool_calls\":[]}"), false},
    {DELTA("null"), false},
    {DELTA("{\"x\":01}"), false},
    {DELTA("{\"x\":1.}"), false},
    {DELTA("{\"x\":1e}"), false},
    {DELTA("{\"x\":-}"), false},
    {DELTA("{\"x\":+1}"), false},
    {DELTA("{\"x\":nul}"), false},
    {DELTA("{\"x\":[1,]}"), false},
    {DELTA("{\"x\":1,}"), false},
    {DELTA("{\"x\" 1}"), false},
    {DELTA("{\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}"), false},
    {DELTA("{\"x\":1234567890123456789012345678901234567890123456789012345678901}"), false},
    {FRAME(""), false},
    {FRAME("{\"delta\":{}},{\"delta\":{}}"), false},
    {FRAME("{\"index\":0}"), false},
    {FRAME("{\"index\":1,\"delta\":{\"content\":\"a\"}}"), false},
    {FRAME("{\"index\":0.5,\"delta\":{\"content\":\"a\"}}"), false},
    {FRAME("{\"delta\":{},\"delta\":{\"content\":\"a\"}}"), false},
    {FRAME("{\"delta\":{},\"finish_reason\":\"stop\"}"), false},
    {FRAME("{\"delta\":{},\"finish_reason\":\"\"}"), false},
    {FRAME("{\"delta\":{},\"usage\":{\"prompt_tokens\":1}}"), false},
    {FRAME("{\"delta\":{\"content\":\"a\"}}") "{\"error\":\"x\"}", false},
    {FRAME("{\"delta\":{\"content\":\"a\"}}") " x", false},
    {"{\"choices\":[{\"delta\":{}}],\"choices\":[{\"delta\":{}}]}", false},
    {"{\"error\":\"x\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", false},
    {"{\"usage\":{\"cost\":1},\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", false},
    {"{\"x_groq\":{},\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", false},
    {"{\"object\":\"error\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", false},
    {"{\"object\":\"\\u0065rror\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", false},
    {"{\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", false},
    {"{\"service_tier\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", false},
    {"{\"choices\":{\"delta\":{\"content\":\"a\"}}}", false},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}", false},
    {"{\"choices\":[", false},
    {"{", false},
    {"{}", false},
    {"[]", false},
    {"7", false},
};
/* clang-format on */

static struct buf body, fast, slow;

static void
setup(void)
{
    buf_init(&body, 1 << 16);
    buf_init(&fast, 1 << 16);
    buf_init(&slow, 1 << 16);
}

static void
teardown(void)
{
    buf_finish(&body);
    buf_finish(&fast);
    buf_finish(&slow);
}

/* How many events the scanner took of two: the chunk and a plain one. */
static size_t
compare(struct dc_str chunk)
{
    buf_reset(&body);
    buf_add_text(&body, "data: ");
    buf_add_str(&body, chunk);
    buf_add_text(&body, "\n\ndata: " DELTA("{\"content\":\"end\"}") "\n\n");
    size_t scanned = run_whole(&fast, buf_str(&body), false);
    run_whole(&slow, buf_str(&body), true);
    cr_expect_str_eq(fast.ptr, slow.ptr, "%s\nfast: %s\nslow: %s", body.ptr,
                     fast.ptr, slow.ptr);
    return scanned;
}

Test(stream_scan, takes_the_common_chunk_only, .init = setup, .fini = teardown,
     .timeout = 10)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t scanned = compare(str_of(cases[i].chunk));
        bool ended = strstr(slow.ptr, "fail:") != NULL;
        cr_expect_eq(scanned, (size_t)cases[i].scanned + !ended, "%s: %zu",
                     cases[i].chunk, scanned);
    }
}

/* Each byte of each chunk replaced, dropped and doubled. */
Test(stream_scan, spoiled_chunks_mean_the_same, .init = setup, .fini = teardown,
     .timeout = 60)
{
    static const char bytes[] = "\"\\{}[],:0-1.eu n\t\xff\xc3";
    char chunk[400];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len = strlen(cases[i].chunk);
        for (size_t at = 0; at < len; at++) {
            memcpy(chunk, cases[i].chunk, len + 1);
            for (size_t b = 0; b < sizeof bytes - 1; b++) {
                chunk[at] = bytes[b];
                compare((struct dc_str){chunk, len});
            }
            memmove(chunk + at, cases[i].chunk + at + 1, len - at);
            compare((struct dc_str){chunk, len - 1});
            memcpy(chunk, cases[i].chunk, at + 1);
            memcpy(chunk + at + 1, cases[i].chunk + at, len - at);
            compare((struct dc_str){chunk, len + 1});
        }
    }
}

/* Known labels are passed over; unknown ones are for the slow reader. */
Test(stream_scan, labels_are_read_once, .init = setup, .fini = teardown,
     .timeout = 5)
{
    static const char chunk[] =
        "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a\"}}],"
        "\"service_tier\":\"t\"}\n\n";
    for (int i = 0; i < 3; i++)
        buf_add_text(&body, chunk);
    cr_expect_eq(run_whole(&fast, buf_str(&body), false), 2);
    cr_expect_str_eq(fast.ptr, "text 0: aaa\nfinish: none ''\nmodel: m t\n");
}
