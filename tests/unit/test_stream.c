/*
 * Whole replies as servers send them (tests/data/wire): every body is read in
 * one piece, without the scanner, in pieces of every size and cut in two at
 * every byte, and must always say the same. Then limits.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stream_run.h"

#define WIRE "tests/data/wire/"
enum { SMALL = 1300 };

static char *
read_file(const char *name, size_t *len)
{
    char path[256];
    snprintf(path, sizeof path, WIRE "%s", name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "no %s", path);
    char *bytes = mem_alloc(1 << 16);
    *len = fread(bytes, 1, (1 << 16) - 1, file);
    fclose(file);
    return bytes;
}

static void
expect(const char *name, const struct buf *got, const char *want, size_t at)
{
    cr_expect_str_eq(got->ptr, want, "%s at %zu:\n%swanted:\n%s", name, at,
                     got->ptr, want);
}

static void
check_body(const char *name, struct dc_str body, const char *want)
{
    struct buf got;
    buf_init(&got, 1 << 20);
    run_whole(&got, body, false);
    expect(name, &got, want, 0);
    run_whole(&got, body, true);
    expect(name, &got, want, 0);
    size_t step = body.len < SMALL ? 1 : body.len / 64;
    for (size_t piece = 1; piece <= body.len; piece += piece < 9 ? 1 : step) {
        run_cut(&got, body, 0, piece);
        expect(name, &got, want, piece);
    }
    for (size_t first = 0; first <= body.len; first += step) {
        run_cut(&got, body, first, body.len);
        expect(name, &got, want, first);
    }
    buf_finish(&got);
}

static void
check_file(const char *name, const char *dot)
{
    char other[128];
    size_t len, want_len;
    snprintf(other, sizeof other, "%.*s.want", (int)(dot - name), name);
    char *body = read_file(name, &len);
    char *want = read_file(other, &want_len);
    check_body(name, (struct dc_str){body, len}, want);
    free(body);
    free(want);
}

Test(stream, every_fixture_at_every_cut, .timeout = 120)
{
    size_t files = 0;
    DIR *dir = opendir(WIRE);
    cr_assert_not_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        const char *dot = strrchr(e->d_name, '.');
        if (dot == NULL ||
            (strcmp(dot, ".sse") != 0 && strcmp(dot, ".json") != 0))
            continue;
        check_file(e->d_name, dot);
        files++;
    }
    closedir(dir);
    cr_expect_geq(files, 46);
}

/* ---- small bodies -------------------------------------------------------- */

#define CHUNK(text) "data: {\"choices\":[{\"delta\":" text "}]}\n\n"
#define SAY(text) CHUNK("{\"content\":\"" text "\"}")
#define NONE "finish: none ''\n"

/* clang-format off */
static const struct {
    const char *title, *body, *want;
} cases[] = {
    {"nothing", "", NONE},
    {"blanks", " \r\n\t", NONE},
    {"a web page", "<html>\n<p>data: no\n", NONE},
    {"half a BOM", "\xef\xbb", NONE},
    {"BOM and events", "\xef\xbb\xbf" SAY("a"), "text 0: a\n" NONE},
    {"BOM and body", "\xef\xbb\xbf\n{\"error\":\"x\"}", NONE "fail: 3 0 x\n"},
    {"array as body", "[{\"error\":{\"message\":\"x\",\"code\":9}}]",
     NONE "fail: 3 9 x\n"},
    {"blanks and a body", "\n {\"choices\":[{\"message\":{\"content\":\"a\"}}]}",
     "text 0: a\n" NONE},
    {"body with a bad tail", "{\"choices\":[]} x", NONE "malformed: 1\n"},
    {"indented first line", "  " SAY("a"), "text 0: a\n" NONE},
    {"message after delta", SAY("a")
     "data: {\"choices\":[{\"message\":{\"content\":\"ab\"}}]}\n\n",
     "text 0: a\n" NONE},
    {"refusal is no text", CHUNK("{\"refusal\":\"no\"}"), NONE},
    {"done joined with a chunk", "data: {\"choices\":[{\"delta\":{\"content\":"
     "\"a\"}}]}\ndata: [DONE]\n\ndata: [DONE]\n\n" SAY("b"),
     "text 0: a\nfinish: none '' done\n"},
    {"done with a tail", SAY("a") "data: [DONE]xyz\n\n" SAY("b"),
     "text 0: a\nfinish: none '' done\n"},
    {"done without an end", SAY("a") "data: [DONE]",
     "text 0: a\nfinish: none '' done\n"},
    {"error event without data", "event: error\ndata:\n\n",
     NONE "fail: 3 0 the server reported an error and no reason\n"},
    {"error event, empty object", "event: error\ndata: {}\n\n",
     NONE "fail: 3 0 the server reported an error and no reason\n"},
    {"error that is none", "data: {\"error\":\"\"}\n\ndata: {\"error\":{}}\n\n"
     "data: {\"error\":false}\n\n" SAY("a"), "text 0: a\n" NONE},
    {"error code too large", "data: {\"error\":{\"message\":\"m\",\"code\":1e12}}\n\n",
     NONE "fail: 3 0 m\n"},
    {"error code broken", "data: {\"error\":{\"message\":\"m\",\"code\":4.5}}\n\n",
     NONE "fail: 3 0 m\n"},
    {"error has only a type", "data: {\"error\":{\"type\":\"t\"}}\n\n",
     NONE "fail: 3 0 t\n"},
    {"error beats what follows", "data: {\"error\":\"x\"}\n\ndata: {\"error\":\"y\"}\n\n",
     NONE "fail: 3 0 x\n"},
    {"error behind a chunk", "data: {\"choices\":[{\"delta\":{\"content\":\"a\\r\"}}]}"
     "{\"error\":\"x\"}{\"error\":\"y\"}\n\n", "text 0: a\\n\n" NONE "fail: 3 0 x\n"},
    {"huge numbers", "data: {\"usage\":{\"prompt_tokens\":1e999,"
     "\"completion_tokens\":-5,\"cost\":\"0.25\"}}\n\n",
     NONE "usage: in -1 out -1 cached -1 reasoning -1 $0.25\n"},
    {"numbers at their limit, and above", "data: {\"usage\":{\"prompt_tokens\":1e15,"
     "\"completion_tokens\":1.1e15,\"cost\":1e300}}\n\n",
     NONE "usage: in 1e+15 out -1 cached -1 reasoning -1 $-1\n"},
    {"numbers as words", "data: {\"usage\":{\"prompt_tokens\":\"12x\","
     "\"completion_tokens\":\"\",\"cost\":true}}\n\n", NONE},
    {"reasoning inside output", "data: {\"usage\":{\"completion_tokens\":9,"
     "\"reasoning_tokens\":9}}\n\n",
     NONE "usage: in -1 out 9 cached -1 reasoning 9 $-1\n"},
    {"details beat the flat form", "data: {\"usage\":{\"prompt_tokens\":9,"
     "\"prompt_cache_hit_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":2},"
     "\"estimated_cost\":1,\"cost\":2}}\n\n",
     NONE "usage: in 9 out -1 cached 2 reasoning -1 $1\n"},
    {"index as text is no index", "data: {\"choices\":[{\"index\":\"1\",\"delta\":"
     "{\"content\":\"a\"}}]}\n\n", "text 0: a\n" NONE},
    {"broken index", "data: {\"choices\":[{\"index\":0.5,\"delta\":{\"content\":"
     "\"a\"}}]}\n\n", NONE},
    {"index at its limit", "data: {\"choices\":[{\"index\":127,\"delta\":{\"content\":"
     "\"a\"}},{\"index\":128,\"delta\":{\"content\":\"b\"}}]}\n\n",
     "text 127: a\n" NONE},
    {"other choices end, too", "data: {\"choices\":[{\"index\":1,\"delta\":{},"
     "\"finish_reason\":\"stop\"}]}\n\n", NONE "finish 1: stop 'stop' 0\n"},
    {"each choice for its own reason",
     CHUNK("{\"tool_calls\":[{\"id\":\"x\"}]}")
     "data: {\"choices\":[{\"index\":127,\"finish_reason\":\"length\"},"
     "{\"index\":128,\"finish_reason\":\"stop\"}]}\n\n"
     "data: {\"choices\":[{\"index\":2,\"finish_reason\":\"odd\"},"
     "{\"index\":0,\"finish_reason\":\"eos\"}]}\n\n",
     "call: x  {}\nfinish: calls 'eos'\nfinish 2: other 'odd' 0\n"
     "finish 127: length 'length' 0\n"},
    {"every known end: eos", "data: {\"choices\":[{\"finish_reason\":\"eos\"}]}\n\n",
     "finish: stop 'eos'\n"},
    {"end", "data: {\"choices\":[{\"finish_reason\":\"end\"}]}\n\n",
     "finish: stop 'end'\n"},
    {"stop_sequence", "data: {\"choices\":[{\"finish_reason\":\"stop_sequence\"}]}\n\n",
     "finish: stop 'stop_sequence'\n"},
    {"model_length", "data: {\"choices\":[{\"finish_reason\":\"model_length\"}]}\n\n",
     "finish: length 'model_length'\n"},
    {"function_call", "data: {\"choices\":[{\"finish_reason\":\"function_call\"}]}\n\n",
     "finish: calls 'function_call'\n"},
    {"abort", "data: {\"choices\":[{\"finish_reason\":\"abort\"}]}\n\n",
     "finish: other 'abort'\n"},
    {"the last reason counts", "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n"
     "data: {\"choices\":[{\"finish_reason\":\"length\"},{\"finish_reason\":\"\"}]}\n\n",
     "finish: length 'length'\n"},
    {"calls that were cut", "data: {\"choices\":[{\"finish_reason\":\"length\","
     "\"delta\":{\"tool_calls\":[{\"id\":\"i\"}]}}]}\n\n",
     "call: i  {}\nfinish: length 'length'\n"},
    {"a made-up id stays unique", CHUNK("{\"tool_calls\":[{\"index\":0},"
     "{\"index\":1,\"id\":\"call_0\"}]}"),
     "call: call_1  {}\ncall: call_0  {}\n" NONE},
    {"an id that comes late", CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":"
     "{\"name\":\"f\"}}]}") CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"x\","
     "\"function\":{\"name\":\"g\",\"arguments\":\" \"}}]}"),
     "call: x f {}\n" NONE},
    {"a call in another choice", "data: {\"choices\":[{\"index\":1,\"delta\":"
     "{\"tool_calls\":[{\"id\":\"x\"}]}}]}\n\n", NONE},
    {"dirty arguments", CHUNK("{\"tool_calls\":[{\"id\":\"x\\u0000\",\"function\":"
     "{\"arguments\":\"\\ud83d\"}}]}") CHUNK("{\"tool_calls\":[{\"function\":"
     "{\"arguments\":\"\\ude00\xe2\x82\"}}]}")
     CHUNK("{\"tool_calls\":[{\"function\":{\"arguments\":\"\xac\\r\"}}]}"),
     "call: x\xef\xbf\xbd  \xf0\x9f\x98\x80\xe2\x82\xac\\x0d\n" NONE},
    {"labels in one line", "data: {\"model\":\"a\\nb\xc2\x9b" "c\",\"service_tier\":9}\n\n"
     "data: {\"model\":\"d\",\"service_tier\":\"flex\"}\n\n",
     NONE "model: a b  c flex\n"},
};
/* clang-format on */

Test(stream, small_bodies_at_every_cut, .timeout = 60)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_body(cases[i].title, str_of(cases[i].body), cases[i].want);
}

/* ---- every member with every wrong type ---------------------------------- */

Test(stream, wrong_types_are_absent, .timeout = 30)
{
    static const char *const shapes[] = {
        "{\"id\":@,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
        "{\"choices\":@}",
        "{\"choices\":[@]}",
        "{\"choices\":[{\"delta\":@}]}",
        "{\"choices\":[{\"index\":@,\"delta\":{\"content\":\"a\"}}]}",
        "{\"choices\":[{\"finish_reason\":@,\"delta\":{\"content\":\"a\"}}]}",
        "{\"choices\":[{\"delta\":{\"content\":@}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning\":@,\"content\":\"a\"}}]}",
        "{\"choices\":[{\"delta\":{\"role\":@,\"content\":\"a\"}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":@,\"content\":\"a\"}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[@]}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":@}]}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":@}]}}]}",
        "{\"choices\":[{\"usage\":@,\"delta\":{\"content\":\"a\"}}]}",
        "{\"usage\":@,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
        "{\"usage\":{\"prompt_tokens\":@}}",
        "{\"usage\":{\"completion_tokens_details\":@}}",
        "{\"x_groq\":@,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
        "{\"error\":@,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
        "{\"error\":{\"message\":@,\"code\":@}}",
        "{\"object\":@,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
        "{\"model\":@,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
    };
    static const char *const values[] = {
        "null",  "true", "-7", "1e400", "\"\"", "\"x\"",         "[]",
        "[[1]]", "{}",   "0",  "00",    "[{}]", "{\"a\":[null]}"};
    struct buf body, fast, slow;
    buf_init(&body, 1000);
    buf_init(&fast, 1 << 16);
    buf_init(&slow, 1 << 16);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            buf_reset(&body);
            buf_add_text(&body, "data: ");
            for (const char *p = shapes[s]; *p != '\0'; p++)
                *p == '@' ? buf_add_text(&body, values[v])
                          : buf_add_byte(&body, *p);
            buf_add_text(&body, "\n\n" SAY("end"));
            run_whole(&fast, buf_str(&body), false);
            run_whole(&slow, buf_str(&body), true);
            cr_expect_str_eq(fast.ptr, slow.ptr, "%s", body.ptr);
            bool failed = strstr(fast.ptr, "fail: 3") != NULL;
            cr_expect(failed || strstr(fast.ptr, "end\n") != NULL, "%s: %s",
                      body.ptr, fast.ptr);
        }
    buf_finish(&body);
    buf_finish(&fast);
    buf_finish(&slow);
}
