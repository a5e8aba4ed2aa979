/*
 * Every case of tests/data/rewrites, cut at every byte and into pieces of every
 * size: the end must be as wanted, and before it only what stays must be shown.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>

#include "../lib/rewrite_case.h"
#include "base/mem.h"

#define FOLDER "tests/data/rewrites/"

static const char *const outcomes[] = {"open", "text", "same", "empty",
                                       "refused"};

static const char *
outcome_of(const struct rewrite_case *c)
{
    static char name[16];
    snprintf(name, sizeof name, "%.*s", (int)c->outcome.len,
             c->outcome.len > 0 ? c->outcome.ptr : "");
    return name[0] != '\0' ? name : "text";
}

static struct dc_str
wanted(const struct rewrite_case *c)
{
    bool text = strcmp(outcome_of(c), "text") == 0;
    return buf_str(&c->parts[text ? CASE_WANT : CASE_SELECTION]);
}

static bool
is_prefix(struct dc_str a, struct dc_str b)
{
    return a.len <= b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void
check_end(const struct rewrite_case *c, const struct dc_rewrite *rw, size_t at)
{
    struct dc_str got = dc_rewrite_text(rw), want = wanted(c);
    enum dc_outcome outcome = dc_rewrite_report(rw).outcome;
    cr_assert(strcmp(outcomes[outcome], outcome_of(c)) == 0,
              "%.*s at %zu: %s, not %s\n%.*s", (int)c->title.len, c->title.ptr,
              at, outcomes[outcome], outcome_of(c), (int)got.len,
              got.len > 0 ? got.ptr : "");
    cr_assert(got.len == want.len && is_prefix(got, want),
              "%.*s at %zu, got:\n%.*s|\nwanted:\n%.*s|", (int)c->title.len,
              c->title.ptr, at, (int)got.len, got.len > 0 ? got.ptr : "",
              (int)want.len, want.len > 0 ? want.ptr : "");
}

/* What is shown early must stay, but for thoughts with no beginning. */
static void
check_open(const struct rewrite_case *c, const struct dc_rewrite *rw, size_t at)
{
    struct dc_str got = dc_rewrite_text(rw);
    struct dc_str reply = buf_str(&c->parts[CASE_REPLY]);
    bool stray = strstr(reply.ptr, "</think>") != NULL &&
                 strstr(reply.ptr, "<think>") == NULL;
    bool same = strcmp(outcome_of(c), "empty") != 0 || got.len == 0;
    cr_assert(stray || (same && is_prefix(got, wanted(c))),
              "%.*s at %zu, shown too early:\n%.*s|", (int)c->title.len,
              c->title.ptr, at, (int)got.len, got.len > 0 ? got.ptr : "");
    cr_assert(got.len == 0 || got.ptr[got.len - 1] == '\n');
}

static void
run_cut(const struct rewrite_case *c, size_t first, size_t piece)
{
    struct dc_selection sel = case_selection(c);
    struct dc_rewrite *rw = dc_rewrite_new(&sel);
    struct dc_str reply = buf_str(&c->parts[CASE_REPLY]);
    for (size_t at = 0; at < reply.len;) {
        size_t n = at == 0 && first > 0 ? first : piece;
        n = n < reply.len - at ? n : reply.len - at;
        cr_assert(
            dc_rewrite_add(rw, (struct dc_str){reply.ptr + at, n}, false));
        at += n;
        check_open(c, rw, at);
    }
    cr_assert(dc_rewrite_add(rw, (struct dc_str){NULL, 0}, true));
    check_end(c, rw, first > 0 ? first : piece);
    dc_rewrite_free(rw);
}

static void
check_removed(const struct rewrite_case *c)
{
    struct dc_selection sel = case_selection(c);
    struct dc_rewrite *rw = dc_rewrite_new(&sel);
    cr_assert(dc_rewrite_add(rw, buf_str(&c->parts[CASE_REPLY]), true));
    check_end(c, rw, 0);
    struct dc_rewrite_report r = dc_rewrite_report(rw);
    char got[64], want[64];
    snprintf(got, sizeof got, "%s%s%s%s%s%s", r.fence ? " fence" : "",
             r.preamble ? " preamble" : "", r.postamble ? " postamble" : "",
             r.think ? " think" : "", r.echo ? " echo" : "",
             r.indent ? " indent" : "");
    snprintf(want, sizeof want, " %.*s", (int)c->removed.len,
             c->removed.len > 0 ? c->removed.ptr : "");
    cr_assert(c->removed.len == 0 || strcmp(got, want) == 0,
              "%.*s: removed%s, not%s", (int)c->title.len, c->title.ptr, got,
              want);
    cr_assert((r.outcome == DC_REWRITE_REFUSED) == (r.said.len > 0));
    dc_rewrite_free(rw);
}

static size_t
check_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "no %s", path);
    char *bytes = mem_alloc(1 << 20);
    struct dc_str text = {bytes, fread(bytes, 1, (1 << 20) - 1, file)};
    fclose(file);
    struct rewrite_case c;
    size_t count = 0;
    while (case_next(&text, &c)) {
        size_t len = c.parts[CASE_REPLY].len;
        buf_add(&c.parts[CASE_REPLY], "", 0);
        if (getenv("DC_SHOW_CASES") != NULL)
            fprintf(stderr, "%s: %.*s\n", name, (int)c.title.len, c.title.ptr);
        check_removed(&c);
        for (size_t n = 1; n <= len; n++) {
            run_cut(&c, n, len);
            run_cut(&c, 0, n);
        }
        case_finish(&c);
        count++;
    }
    free(bytes);
    return count;
}

Test(rewrite, every_case_at_every_cut, .timeout = 120)
{
    DIR *dir = opendir(FOLDER);
    cr_assert_not_null(dir);
    size_t count = 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        if (strstr(e->d_name, ".cases") != NULL)
            count += check_file(e->d_name);
    closedir(dir);
    cr_expect_geq(count, 250, "only %zu cases", count);
    dc_rewrite_free(NULL);
}
