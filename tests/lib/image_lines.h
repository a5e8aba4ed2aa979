/* Lines of a user's turn, and which of them are images: a target, or "" where
 * the line is text. Host and plugin agree on them. */
#ifndef TEST_IMAGE_LINES_H
#define TEST_IMAGE_LINES_H

static const struct {
    const char *line, *target;
} image_lines[] = {
    {"![](a.png)", "a.png"},
    {"![alt words](dir/a b.png)", "dir/a b.png"},
    {"   ![x](a.png)  ", "a.png"},
    {"![x](a.png)\r", "a.png"},
    {"    ![x](a.png)", ""},
    {"\t![x](a.png)", ""},
    {" \t![x](a.png)", ""},
    {"![x]( a.png\t)", "a.png"},
    {"![x](<a b.png>)", "a b.png"},
    {"![x](<a(b.png> \"title\")", "a(b.png"},
    {"![x](<a>b.png>)", ""},
    {"![x](<>)", ""},
    {"![x](<a.png)", ""},
    {"![x](a.png \"a title\")", "a.png"},
    {"![x](a\"b.png)", "a\"b.png"},
    {"![x](a b\")", "a b\""},
    {"![x](a \")", "a \""},
    {"![x](\"a.png\")", "\"a.png\""},
    {"![x](a(1).png)", "a(1).png"},
    {"![x](a)1(.png)", ""},
    {"![x](a.png) and ![y](b.png)", ""},
    {"![x](a.png) (small)", ""},
    {"![x]()", ""},
    {"![x]( )", ""},
    {"![x](", ""},
    {"![x]", ""},
    {"![", ""},
    {"!", ""},
    {"", ""},
    {" ", ""},
    {"![x] (a.png)", ""},
    {"[x](a.png)", ""},
    {"\\![x](a.png)", ""},
    {"> ![x](a.png)", ""},
    {"- ![x](a.png)", ""},
    {"see ![x](a.png)", ""},
    {"![x](a.png).", ""},
    {"![a [b] c](x.png)", "x.png"},
    {"![x](HTTPS://host/a?b=(c))", "HTTPS://host/a?b=(c)"},
    {"![\xc3\xa4](\xe5\x9b\xbe.png)", "\xe5\x9b\xbe.png"},
};

#endif
