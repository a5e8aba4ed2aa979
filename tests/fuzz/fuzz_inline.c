/*
 * Writing on in a text. Input: a byte of options, two bytes each for how long
 * the text before and behind the place is, these texts, the continuation.
 * However it is cut, the same is given out, and it is text; what is asked is
 * text, too, and within its budget.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const types[] = {"c",  "python",   "markdown", "text",
                                    "go", "markdown", "mail",     ""};
static const char *const comments[] = {"s1:/*,mb:*,ex:*/,://", "b:#,fb:-",
                                       "fb:*,fb:-,fb:+,n:>", ":;;;,:;,n:>,:%"};

static void
expect(bool right)
{
    if (!right)
        abort();
}

static struct buf
clean(const uint8_t **data, size_t *size, size_t len)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    len = len < *size ? len : *size;
    utf8_add_clean(&out, (struct dc_str){(const char *)*data, len}, true);
    *data += len;
    *size -= len;
    return out;
}

/* In pieces of about step bytes; 0: at once. */
static struct buf
write_on(const struct dc_spot *spot, struct dc_str came, size_t step)
{
    struct buf out;
    struct dc_inline *in = dc_inline_new(spot);
    buf_init(&out, SIZE_MAX / 2);
    while (came.len > 0) {
        size_t n = utf8_fit(came, step > 0 ? step : came.len);
        n = n > 0 ? n : utf8_fit(came, 4);
        buf_add_str(&out,
                    dc_inline_add(in, (struct dc_str){came.ptr, n}, false));
        came = (struct dc_str){came.ptr + n, came.len - n};
    }
    buf_add_str(&out, dc_inline_add(in, (struct dc_str){"", 0}, true));
    expect(dc_inline_done(in));
    dc_inline_free(in);
    return out;
}

static void
ask(const struct dc_spot *spot)
{
    struct dc_spot_ask *ask = dc_spot_ask_new(spot);
    expect(utf8_clean(ask->messages[1].text));
    expect(ask->messages[1].text.len <= (42 << 10));
    expect(utf8_clean(ask->kept) && ask->kept.len <= 2048);
    expect(ask->kept.len == 0 || ask->kept.ptr + ask->kept.len ==
                                     spot->before.ptr + spot->before.len);
    dc_spot_ask_free(ask);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 5)
        return 0;
    uint8_t how = data[0];
    size_t before_len = (size_t)data[1] << 8 | data[2];
    size_t after_len = (size_t)data[3] << 8 | data[4];
    data += 5;
    size -= 5;
    struct buf before = clean(&data, &size, before_len);
    struct buf after = clean(&data, &size, after_len);
    struct buf came = clean(&data, &size, size);
    struct dc_spot spot = {
        .before = buf_str(&before),
        .after = buf_str(&after),
        .filetype = str_of(types[how & 7]),
        .comments = str_of(comments[how >> 3 & 3]),
        .commentstring = str_of(how & 32 ? "-- %s" : ""),
        .textwidth = how & 64 ? 20 : 0,
    };
    ask(&spot);
    struct buf whole = write_on(&spot, buf_str(&came), 0);
    expect(utf8_clean(buf_str(&whole)));
    for (size_t step = 1; step < 8; step += 3) {
        struct buf cut = write_on(&spot, buf_str(&came), step);
        expect(cut.len == whole.len &&
               (cut.len == 0 || memcmp(cut.ptr, whole.ptr, cut.len) == 0));
        buf_finish(&cut);
    }
    buf_finish(&whole);
    buf_finish(&before);
    buf_finish(&after);
    buf_finish(&came);
    return 0;
}
