/*
 * The seam. Input: a byte of options, two bytes for how long the kept text is,
 * the kept text, the continuation. However it is cut, the same is given out,
 * every byte of the stream is either given out or counted as left out, and no
 * more is held back than is allowed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool right)
{
    if (!right)
        abort();
}

/* The stream is valid UTF-8, so is what was received. */
static struct buf
clean(const uint8_t *data, size_t size)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    utf8_add_clean(&out, (struct dc_str){(const char *)data, size}, true);
    return out;
}

static size_t
boundary(struct dc_str text, size_t at)
{
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
        at++;
    return at < text.len ? at : text.len;
}

/* In pieces of about step bytes; 0: at once. */
static struct buf
join(const struct dc_seam_options *options, struct dc_str then, size_t step,
     struct dc_seam_report *report)
{
    struct buf out;
    struct dc_seam *seam = dc_seam_new(options);
    buf_init(&out, SIZE_MAX / 2);
    for (size_t at = 0; at < then.len && step > 0;) {
        size_t end = boundary(then, at + step);
        struct dc_str piece = {then.ptr + at, end - at};
        buf_add_str(&out, dc_seam_add(seam, piece, false));
        if (out.len == 0 && dc_seam_pending(seam))
            expect(end < DC_SEAM_HOLD);
        at = end;
    }
    struct dc_str rest = {then.ptr, step == 0 ? then.len : 0};
    buf_add_str(&out, dc_seam_add(seam, rest, true));
    expect(!dc_seam_pending(seam));
    *report = dc_seam_report(seam);
    dc_seam_free(seam);
    return out;
}

/* Decided at once: what is dropped then is dropped for good reason only. */
static void
hurry(const struct dc_seam_options *options, struct dc_str then)
{
    struct buf out;
    struct dc_seam *seam = dc_seam_new(options);
    size_t half = boundary(then, then.len / 2);
    buf_init(&out, SIZE_MAX / 2);
    buf_add_str(&out,
                dc_seam_add(seam, (struct dc_str){then.ptr, half}, false));
    buf_add_str(&out, dc_seam_decide(seam));
    expect(!dc_seam_pending(seam));
    struct dc_str rest = {then.ptr + half, then.len - half};
    buf_add_str(&out, dc_seam_add(seam, rest, true));
    expect(out.len + dc_seam_report(seam).dropped >= then.len);
    buf_finish(&out);
    dc_seam_free(seam);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    size_t cut = ((size_t)data[1] << 8 | data[2]) % (size - 2);
    struct buf kept = clean(data + 3, cut);
    struct buf then = clean(data + 3 + cut, size - 3 - cut);
    struct dc_seam_options options = {buf_str(&kept), (data[0] & 1) != 0,
                                      (enum dc_form)((data[0] >> 1) % 5)};
    struct dc_seam_report whole, parts;
    struct buf all = join(&options, buf_str(&then), 0, &whole);
    for (size_t step = 1; step < 40; step += step) {
        struct buf cuts = join(&options, buf_str(&then), step, &parts);
        expect(cuts.len == all.len &&
               (all.len == 0 || memcmp(cuts.ptr, all.ptr, all.len) == 0));
        expect(parts.rule == whole.rule && parts.dropped == whole.dropped);
        expect(parts.new_turn == whole.new_turn);
        buf_finish(&cuts);
    }
    expect(whole.rule != DC_SEAM_UNDECIDED &&
           all.len + whole.dropped >= then.len);
    if (then.len > 0)
        hurry(&options, buf_str(&then));
    buf_finish(&all);
    buf_finish(&then);
    buf_finish(&kept);
    return 0;
}
