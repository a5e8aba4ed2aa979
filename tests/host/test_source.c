/* Files of every kind as text, or the line that says why not. */
#include "host/source.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/root.h"
#include "lib/tmpdir.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define BYTES(s) s, sizeof(s) - 1

/* clang-format off */
static const struct {
    const char *bytes;
    size_t len;
    long first, last;
    const char *want; /* "!" and the message */
} cases[] = {
    {BYTES(""), 0, 0, ""},
    {BYTES("a"), 0, 0, "a"},
    {BYTES("a\nb\n"), 0, 0, "a\nb"},
    {BYTES("a\n\n"), 0, 0, "a\n"},
    {BYTES("\n"), 0, 0, ""},
    {BYTES("\xc3\xa4\n"), 0, 0, "\xc3\xa4"},
    {BYTES("\xef\xbb\xbf" "a\r\nb"), 0, 0, "a\nb"},
    {BYTES("\xef\xbb\xbf"), 0, 0, ""},
    {BYTES("a\r\n\r\nb\r\n"), 0, 0, "a\n\nb"},
    {BYTES("a\r\nb\nc\r\n"), 0, 0, "a\r\nb\nc\r"},
    {BYTES("\na\r\n"), 0, 0, "\na\r"},
    {BYTES("a\rb\r"), 0, 0, "a\rb\r"},
    {BYTES("a\r\nb\rc\r\n"), 0, 0, "a\nb\rc"},

    {BYTES("a\0b"), 0, 0, "!f is binary; nothing was sent"},
    {BYTES("\0"), 0, 0, "!f is binary; nothing was sent"},
    {BYTES("\xff\xfe" "a\0"), 0, 0, "!f is binary; nothing was sent"},
    {BYTES("caf\xe9\n"), 0, 0, "!f is not UTF-8 text; nothing was sent"},
    {BYTES("\xe2\x82"), 0, 0, "!f is not UTF-8 text; nothing was sent"},

    {BYTES("1\n2\n3\n"), 1, 1, "1"},
    {BYTES("1\n2\n3\n"), 2, 3, "2\n3"},
    {BYTES("1\n2\n3\n"), 3, 3, "3"},
    {BYTES("1\n2\n3"), 1, 3, "1\n2\n3"},
    {BYTES("1\n2\n3\n"), 3, 2, "3"},
    {BYTES("1\r\n2\r\n"), 2, 2, "2"},
    {BYTES("\n\n"), 1, 1, ""},
    {BYTES(""), 1, 1, ""},
    {BYTES("1\n2\n3\n"), 3, 4, "!f has 3 lines; nothing was sent"},
    {BYTES("1\n2\n3\n"), 4, 4, "!f has 3 lines; nothing was sent"},
    {BYTES("1\n2\n3\n"), 9, 2, "!f has 3 lines; nothing was sent"},
    {BYTES("1"), 2, 2, "!f has 1 line; nothing was sent"},
};
/* clang-format on */

static void
expect(const char *path, struct source_lines lines, const char *want,
       const char *what)
{
    struct dc_error err = {0};
    struct buf out;
    buf_init(&out, 2 * SOURCE_MAX);
    if (source_read(path, "f", lines, &out, &err))
        cr_expect(str_is(buf_str(&out), want), "%s: %s", what, out.ptr);
    else
        cr_expect(want[0] == '!' && strcmp(err.text, want + 1) == 0, "%s: %s",
                  what, err.text);
    buf_finish(&out);
}

Test(source, text, .timeout = 20)
{
    char *dir = tmpdir_new();
    char *path = temp_path(dir, "f");
    for (size_t i = 0; i < COUNT(cases); i++) {
        temp_write(path, cases[i].bytes, cases[i].len);
        expect(path, (struct source_lines){cases[i].first, cases[i].last},
               cases[i].want, cases[i].bytes);
    }
    free(path);
    tmpdir_free(dir);
}

Test(source, what_it_is, .timeout = 20)
{
    const struct source_lines all = {0, 0};
    char *dir = tmpdir_new();
    char *path = temp_path(dir, "f");
    expect(dir, all, "!f is a directory; nothing was sent", "directory");
    expect(path, all, "!f: No such file or directory; nothing was sent",
           "missing");
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect(path, all, "!f is no regular file; nothing was sent", "FIFO");
    expect("/dev/zero", all, "!f is no regular file; nothing was sent",
           "device");
    unlink(path);
    temp_write(path, "", 0);
    cr_assert_eq(truncate(path, (off_t)SOURCE_MAX + 1), 0);
    expect(path, all, "!f is over 1 MiB; nothing was sent", "one byte over");
    char *most = malloc(SOURCE_MAX + 1);
    memset(most, 'x', SOURCE_MAX);
    most[SOURCE_MAX] = '\0';
    temp_write(path, most, SOURCE_MAX);
    expect(path, all, most, "at the limit");
    root_off();
    chmod(path, 0);
    expect(path, all, "!f: Permission denied; nothing was sent", "closed");
    chmod(path, 0600);
    chmod(dir, 0);
    expect(path, all, "!f: Permission denied; nothing was sent", "its folder");
    chmod(dir, 0300);
    expect(path, all, most, "a folder that only lets through");
    chmod(dir, 0700);
    root_on();
    free(most);
    free(path);
    tmpdir_free(dir);
}
