/* Reading: tables of bytes, cut everywhere. Messages are written out as text,
 * so that a whole stream is one string. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/mpscan.h"
#include "host/rpc.h"

#define BYTES(s)                                                               \
    {                                                                          \
        s, sizeof(s) - 1                                                       \
    }
#define LIMIT ((size_t)64)

static void print(struct buf *out, const struct value *v);

static void
print_children(struct buf *out, const struct value *v)
{
    buf_add_byte(out, v->kind == VALUE_MAP ? '{' : '[');
    for (size_t i = 0; i < v->count; i++) {
        if (i > 0)
            buf_add_byte(out, ' ');
        if (v->kind == VALUE_MAP)
            buf_addf(out, "%s=", v->keys[i]);
        print(out, v->items[i]);
    }
    buf_add_byte(out, v->kind == VALUE_MAP ? '}' : ']');
}

static void
print_str(struct buf *out, struct dc_str s)
{
    buf_add_byte(out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        buf_addf(out, c < 0x20 || c > 0x7e ? "\\%02x" : "%c", c);
    }
    buf_add_byte(out, '\'');
}

static void
print(struct buf *out, const struct value *v)
{
    if (v == NULL || v->kind == VALUE_NIL)
        buf_add_text(out, "nil");
    else if (v->kind == VALUE_BOOL)
        buf_add_text(out, v->boolean ? "true" : "false");
    else if (v->kind == VALUE_INT)
        buf_addf(out, "%" PRId64, v->integer);
    else if (v->kind == VALUE_FLOAT)
        buf_addf(out, "%.17gf", v->number);
    else if (v->kind == VALUE_STR)
        print_str(out, v->str);
    else
        print_children(out, v);
}

static void
print_message(struct buf *out, const struct rpc_message *m)
{
    buf_addf(out, "%d", (int)m->type);
    if (m->type != RPC_NOTIFY)
        buf_addf(out, "#%" PRIu32, m->id);
    buf_add_byte(out, ' ');
    print(out, m->type == RPC_RESPONSE ? m->error : m->method);
    buf_add_byte(out, ' ');
    print(out, m->type == RPC_RESPONSE ? m->result : m->params);
    buf_add_byte(out, ';');
}

/* Everything that comes out of bytes cut into pieces; a failure is "!text". */
static char *
read_all(struct dc_str bytes, size_t piece, size_t limit)
{
    struct rpc *rpc = rpc_new(limit);
    struct rpc_message m;
    struct dc_error err = {0};
    struct buf out;
    buf_init(&out, 1 << 20);
    enum dc_step step = DC_MORE;
    for (size_t at = 0; at < bytes.len && step != DC_FAIL; at += piece) {
        size_t n = bytes.len - at < piece ? bytes.len - at : piece;
        cr_assert(rpc_feed(rpc, (struct dc_str){bytes.ptr + at, n}, &err));
        while ((step = rpc_next(rpc, &m, &err)) == DC_ITEM) {
            print_message(&out, &m);
            rpc_message_finish(&m);
        }
    }
    if (step == DC_FAIL) {
        buf_addf(&out, "!%s", err.text);
        struct dc_error again = {0};
        cr_expect_eq(rpc_next(rpc, &m, &again), DC_FAIL);
        cr_expect_str_eq(again.text, err.text);
        cr_expect_not(rpc_feed(rpc, bytes, &again));
        cr_expect_str_eq(again.text, err.text);
    }
    rpc_free(rpc);
    return buf_take(&out, NULL);
}

#define N10 "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
#define E "!editor message: "
/* clang-format off */
static const struct {
    const char *title;
    struct dc_str wire;
    const char *events;
} cases[] = {
    {"request", BYTES("\x94\x00\x07\xa1m\x91\xa1x"), "0#7 'm' ['x'];"},
    {"response", BYTES("\x94\x01\x07\xc0\xc3"), "1#7 nil true;"},
    {"error response", BYTES("\x94\x01\x07\x92\x00\xa3""bad\xc0"),
        "1#7 [0 'bad'] nil;"},
    {"notification", BYTES("\x93\x02\xa1m\x90"), "2 'm' [];"},
    {"two", BYTES("\x93\x02\xa1m\x90\x93\x02\xa1n\x90"),
        "2 'm' [];2 'n' [];"},
    {"method as bin", BYTES("\x93\x02\xc4\x01m\x90"), "2 'm' [];"},
    {"largest id", BYTES("\x94\x01\xce\xff\xff\xff\xff\xc0\xc0"),
        "1#4294967295 nil nil;"},
    {"integers", BYTES("\x93\x02\xa1m\x98\x00\x7f\xcc\xff\xcd\xff\xff\xe0"
                       "\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00"),
        "2 'm' [0 127 255 65535 -32 -128 -32768 -2147483648];"},
    {"wide integers", BYTES("\x93\x02\xa1m\x93\xce\xff\xff\xff\xff"
                            "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"
                            "\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        "2 'm' [4294967295 9223372036854775807 -9223372036854775808];"},
    {"over int64", BYTES("\x93\x02\xa1m\x91\xcf\x80\x00\x00\x00\x00\x00\x00"
                         "\x00"), "2 'm' [9.2233720368547758e+18f];"},
    {"floats", BYTES("\x93\x02\xa1m\x92\xca\x3f\xc0\x00\x00"
                     "\xcb\xbf\xf8\x00\x00\x00\x00\x00\x00"),
        "2 'm' [1.5f -1.5f];"},
    {"strings", BYTES("\x93\x02\xa1m\x95\xa0\xd9\x01""a\xda\x00\x01""b"
                      "\xdb\x00\x00\x00\x01""c\xa2\xff\x00"),
        "2 'm' ['' 'a' 'b' 'c' '\\ff\\00'];"},
    {"bins", BYTES("\x93\x02\xa1m\x93\xc4\x01""a\xc5\x00\x01""b"
                   "\xc6\x00\x00\x00\x01""c"), "2 'm' ['a' 'b' 'c'];"},
    {"lists", BYTES("\x93\x02\xa1m\x92\xdc\x00\x01\xc2\xdd\x00\x00\x00\x01"
                    "\x90"), "2 'm' [[false] [[]]];"},
    {"maps", BYTES("\x93\x02\xa1m\x93\x81\xa1k\x01\xde\x00\x01\xa1k\xc0"
                   "\xdf\x00\x00\x00\x01\xc4\x01k\x80"),
        "2 'm' [{k=1} {k=nil} {k={}}];"},
    {"empty key", BYTES("\x93\x02\xa1m\x91\x81\xa0\x01"), "2 'm' [{=1}];"},
    {"odd keys left out", BYTES("\x93\x02\xa1m\x91\x83\x01\x02\xa2k\x00\x03"
                                "\xa1k\x04"), "2 'm' [{k=4}];"},
    {"handles", BYTES("\x93\x02\xa1m\x93\xd4\x00\x05\xd4\x01\xff"
                      "\xc7\x03\x02\xcd\x03\xe8"), "2 'm' [5 -1 1000];"},
    {"other exts", BYTES("\x93\x02\xa1m\x98\xd4\x03\x05\xd5\x00\x91\x01"
        "\xd6\x00\xa3""abc\xc7\x00\x00\xd7\x05""12345678\xc8\x00\x01\x07z"
        "\xc9\x00\x00\x00\x01\x07z\xd8\x01""1234567890123456"),
        "2 'm' [nil nil nil nil nil nil nil 49];"},
    {"ext cut inside", BYTES("\x93\x02\xa1m\x91\xd4\x00\xcd"), "2 'm' [nil];"},
    {"ext claims 4 G", BYTES("\x93\x02\xa1m\x91\xc7\x05\x00\xdd\xff\xff\xff"
                             "\xff"), "2 'm' [nil];"},
    {"30 levels", BYTES("\x93\x02\xa1m" N10 N10 N10),
        E "nested deeper than 30"},
    {"29 and an end", BYTES("\x93\x02\xa1m" N10 N10
                            "\x91\x91\x91\x91\x91\x91\x91\x91\x90"),
        "2 'm' [[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]];"},

    {"reserved", BYTES("\xc1"), E "not msgpack at byte 0"},
    {"reserved inside", BYTES("\x93\x02\xa1m\x91\xc1"),
        E "not msgpack at byte 5"},
    {"array32 4 G", BYTES("\xdd\xff\xff\xff\xff"), E "bytes over 64"},
    {"map32 4 G", BYTES("\xdf\xff\xff\xff\xff"), E "map pairs over 1024"},
    {"str32 4 G", BYTES("\xdb\xff\xff\xff\xff"), E "bytes over 64"},
    {"bin32 4 G", BYTES("\xc6\xff\xff\xff\xff"), E "bytes over 64"},
    {"ext32 4 G", BYTES("\xc9\xff\xff\xff\xff"), E "bytes over 64"},
    {"more due than fits", BYTES("\x9f\x9f\x9f\x9f\x9f"), E "bytes over 64"},
    {"good, then bad", BYTES("\x93\x02\xa1m\x90\xc1"),
        "2 'm' [];" E "not msgpack at byte 0"},
    {"no array", BYTES("\x01"), E "no array"},
    {"empty array", BYTES("\x90"), E "wrong length"},
    {"five items", BYTES("\x95\x00\x01\xa1m\x90\x01"), E "wrong length"},
    {"type 3", BYTES("\x94\x03\x01\xa1m\x90"), E "unknown type"},
    {"type -1", BYTES("\x94\xff\x01\xa1m\x90"), E "unknown type"},
    {"type as text", BYTES("\x93\xa1\x02\xa1m\x90"), E "unknown type"},
    {"request of three", BYTES("\x93\x00\xa1m\x90"),
        E "wrong length for its type"},
    {"response of three", BYTES("\x93\x01\x01\xc0"),
        E "wrong length for its type"},
    {"notification of four", BYTES("\x94\x02\x01\xa1m\x90"),
        E "wrong length for its type"},
    {"id too wide", BYTES("\x94\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xa1m"
                          "\x90"), E "bad id"},
    {"negative id", BYTES("\x94\x01\xff\xc0\xc0"), E "bad id"},
    {"method number", BYTES("\x94\x00\x01\x02\x90"), E "method is no string"},
    {"method nil", BYTES("\x93\x02\xc0\x90"), E "method is no string"},
    {"arguments map", BYTES("\x93\x02\xa1m\x80"), E "no argument list"},
};
/* clang-format on */

Test(rpc, every_case_in_every_piece, .timeout = 20)
{
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t piece = 1; piece <= cases[c].wire.len; piece++) {
            char *got = read_all(cases[c].wire, piece, LIMIT);
            cr_expect_str_eq(got, cases[c].events, "%s, pieces of %zu",
                             cases[c].title, piece);
            free(got);
        }
}

/* What is cut off waits, or has failed already; it never gives a message that
 * the whole does not give. */
Test(rpc, every_case_cut_off, .timeout = 20)
{
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t len = 0; len < cases[c].wire.len; len++) {
            struct dc_str part = {cases[c].wire.ptr, len};
            char *got = read_all(part, LIMIT, LIMIT);
            cr_expect_eq(strncmp(got, cases[c].events, strlen(got)), 0,
                         "%s cut at %zu: %s", cases[c].title, len, got);
            free(got);
        }
}

/* A notification of exactly len bytes with one string argument. */
static char *
padded(size_t len)
{
    char *wire = mem_alloc(len + 1);
    memset(wire, 'x', len);
    memcpy(wire, "\x93\x02\xa1m\x91\xda", 6);
    wire[6] = (char)(unsigned char)((len - 8) >> 8);
    wire[7] = (char)(unsigned char)(len - 8);
    return wire;
}

Test(rpc, size_at_the_limit_and_past_it, .timeout = 10)
{
    const size_t limit = 300;
    for (size_t len = limit - 1; len <= limit + 1; len++) {
        char *wire = padded(len);
        char *got = read_all((struct dc_str){wire, len}, 7, limit);
        cr_expect_eq(got[0], len <= limit ? '2' : '!', "%zu: %s", len, got);
        free(got);
        free(wire);
    }
}

Test(rpc, unread_bytes_have_a_ceiling)
{
    struct rpc *rpc = rpc_new(100);
    struct dc_error err = {0};
    struct rpc_message m;
    char *wire = padded(100);
    struct dc_str bytes = {wire, 100};
    cr_assert(rpc_feed(rpc, bytes, &err));
    cr_assert(rpc_feed(rpc, bytes, &err));
    cr_expect_eq(rpc_next(rpc, &m, &err), DC_ITEM);
    rpc_message_finish(&m);
    cr_assert(rpc_feed(rpc, bytes, &err), "what was pulled is room again");
    cr_expect_not(rpc_feed(rpc, (struct dc_str){wire, 1}, &err));
    cr_expect_eq(err.code, DC_E_TOO_BIG);
    cr_expect_eq(rpc_next(rpc, &m, &err), DC_FAIL);
    cr_expect_not(rpc_feed(rpc, bytes, NULL));
    rpc_free(rpc);
    rpc_free(NULL);
    free(wire);
}

/* Scan count objects in a container that opens with the given header. */
static enum dc_step
scan(const char *head, size_t head_len, size_t count, struct dc_error *err)
{
    char *wire = mem_alloc(head_len + count);
    memcpy(wire, head, head_len);
    struct mpscan s;
    mpscan_init(&s, RPC_IN_MAX);
    struct dc_str bytes = {wire, head_len + count};
    enum dc_step step = mpscan_next(&s, bytes, err);
    if (step == DC_ITEM)
        cr_expect_eq(s.pos, bytes.len);
    free(wire);
    return step;
}

Test(rpc, counts_at_the_limit_and_past_it, .timeout = 10)
{
    struct dc_error err = {0};
    const size_t items = MPSCAN_ITEMS_MAX;
    cr_expect_eq(scan("\xdd\x00\x0f\xff\xff", 5, items - 1, &err), DC_ITEM);
    cr_expect_eq(scan("\xdd\x00\x10\x00\x00", 5, items, &err), DC_FAIL);
    cr_expect_str_eq(err.text, "editor message: objects over 1048576");
    const size_t pairs = MPSCAN_PAIRS_MAX;
    cr_expect_eq(scan("\xde\x04\x00", 3, 2 * pairs, &err), DC_ITEM);
    cr_expect_eq(scan("\xde\x04\x01", 3, 2 * pairs + 2, &err), DC_FAIL);
    cr_expect_str_eq(err.text, "editor message: map pairs over 1024");
}

/* One byte at a time through a big message must not start over each time. */
Test(rpc, work_is_linear_however_cut, .timeout = 10)
{
    const size_t count = 200000;
    char *wire = mem_alloc(count + 9);
    memcpy(wire, "\x93\x02\xa1m\xdd\x00\x03\x0d\x40", 9);
    struct rpc *rpc = rpc_new(RPC_IN_MAX);
    struct rpc_message m;
    enum dc_step step = DC_MORE;
    for (size_t i = 0; i < count + 9; i++) {
        cr_assert_eq(step, DC_MORE);
        rpc_feed(rpc, (struct dc_str){wire + i, 1}, NULL);
        step = rpc_next(rpc, &m, NULL);
    }
    cr_assert_eq(step, DC_ITEM);
    cr_expect_eq(m.params->count, count);
    rpc_message_finish(&m);
    rpc_free(rpc);
    free(wire);
}
