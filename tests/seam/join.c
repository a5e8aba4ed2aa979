#include "seam/join.h"

size_t
seam_boundary(struct dc_str text, size_t at)
{
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
        at++;
    return at < text.len ? at : text.len;
}

/* Bytes of the next piece. */
static size_t
piece(struct dc_str left, size_t wanted)
{
    if (wanted == 0 || wanted >= left.len)
        return left.len;
    return seam_boundary(left, wanted);
}

struct dc_seam_report
seam_join(struct buf *out, const struct dc_seam_options *options,
          struct dc_str then, struct seam_pieces pieces)
{
    struct dc_seam *seam = dc_seam_new(options);
    struct dc_str kept = options->kept;
    if (!options->fixed)
        kept.len = dc_seam_sent(kept);
    buf_add_str(out, kept);
    size_t n = piece(then, pieces.first);
    for (bool first = true; then.len > 0; first = false) {
        buf_add_str(out,
                    dc_seam_add(seam, (struct dc_str){then.ptr, n}, false));
        if (first && pieces.decide)
            buf_add_str(out, dc_seam_decide(seam));
        then = (struct dc_str){then.ptr + n, then.len - n};
        n = piece(then, pieces.step);
    }
    buf_add_str(out, dc_seam_add(seam, (struct dc_str){"", 0}, true));
    struct dc_seam_report report = dc_seam_report(seam);
    dc_seam_free(seam);
    return report;
}
