/* Journal records <-> bytes. No files in here. */
#include "host/record.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { CRC_DIGITS = 8, LENGTH_DIGITS = 9 };

/* CRC-32 as in zip, four bits at a time: the table stays small and a reply is
 * not large. */
static uint32_t
crc_add(uint32_t crc, struct dc_str bytes)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    crc = ~crc;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.ptr[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

bool
record_add(struct buf *out, char kind, struct dc_str payload)
{
    char head[32];
    int len = snprintf(head, sizeof head, "%c %zu ", kind, payload.len);
    struct dc_str name = {head, (size_t)len};
    uint32_t crc = crc_add(crc_add(0, name), payload);
    size_t before = out->len;
    if (buf_add_str(out, name) && buf_addf(out, "%08" PRIx32 "\n", crc) &&
        buf_add_str(out, payload) && buf_add_byte(out, '\n'))
        return true;
    buf_cut(out, before);
    return false;
}

/* The length as record_add() prints it: digits, no zero in front. False for
 * anything else. *at moves to the byte behind it. */
static bool
read_length(struct dc_str s, size_t *at, size_t *length)
{
    size_t start = *at;
    *length = 0;
    for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; ++*at) {
        if (*at - start == LENGTH_DIGITS)
            return false;
        *length = *length * 10 + (size_t)(s.ptr[*at] - '0');
    }
    size_t digits = *at - start;
    return digits > 0 && (digits == 1 || s.ptr[start] != '0');
}

bool
record_next(struct dc_str *rest, struct record *out)
{
    size_t at = 2, length;
    if (rest->len < at || rest->ptr[1] != ' ' ||
        !read_length(*rest, &at, &length))
        return false;
    size_t head = at + 1 + CRC_DIGITS + 1;
    if (rest->len < head || rest->len - head < length + 1)
        return false;
    struct dc_str name = {rest->ptr, at + 1};
    struct dc_str payload = {rest->ptr + head, length};
    char sum[CRC_DIGITS + 3];
    snprintf(sum, sizeof sum, " %08" PRIx32 "\n",
             crc_add(crc_add(0, name), payload));
    if (memcmp(rest->ptr + at, sum, CRC_DIGITS + 2) != 0 ||
        payload.ptr[length] != '\n')
        return false;
    *out = (struct record){rest->ptr[0], payload};
    rest->ptr += head + length + 1;
    rest->len -= head + length + 1;
    return true;
}

bool
record_add_field(struct buf *out, const char *key, const char *value)
{
    bool ok = buf_addf(out, "%s=", key);
    for (; *value != '\0'; value++)
        ok = *value == '%' || *value == '\n'
                 ? buf_addf(out, "%%%02x", (unsigned)*value)
                 : buf_add_byte(out, *value);
    return buf_add_byte(out, '\n') && ok;
}

static char *
decode(struct dc_str value)
{
    char *text = mem_copy(value.ptr, value.len), *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        bool percent = strncmp(from, "%25", 3) == 0;
        bool newline = strncmp(from, "%0a", 3) == 0;
        *to++ = newline ? '\n' : *from;
        from += percent || newline ? 2 : 0;
    }
    *to = '\0';
    return text;
}

char *
record_field(struct dc_str payload, const char *key)
{
    size_t name = strlen(key);
    while (payload.len > 0) {
        struct dc_str line = str_cut(&payload, '\n');
        if (str_starts(line, key) && line.len > name && line.ptr[name] == '=')
            return decode(str_from(line, name + 1));
    }
    return NULL;
}
