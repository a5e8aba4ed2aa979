/* Lists of models on disk: which are removed, and when. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/catalog_rig.h"
#include "lib/tmpdir.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define LIST "json {\"data\":[{\"id\":\"a\"}]}\n"

enum { MINUTE = 60, DAY = 24 * 60 * MINUTE, MOST = 64 };

static void
start(struct catalog_rig *rig)
{
    catalog_rig_start(rig);
    catalog_rig_scripts(rig, LIST, NULL, NULL);
    catalog_rig_fetch(rig, "m", false);
}

static const char *
path_of(struct catalog_rig *rig, const char *name)
{
    return tmpdir_path(tmpdir_path(rig->dir, "models"), name);
}

static void
set_used(const char *path, long ago)
{
    struct timespec at[2] = {{.tv_nsec = UTIME_OMIT},
                             {.tv_sec = time(NULL) - ago}};
    cr_assert_eq(utimensat(AT_FDCWD, path, at, 0), 0, "%s", path);
}

static void
put(struct catalog_rig *rig, const char *name, long ago)
{
    cr_assert(file_replace(path_of(rig, name), str_of("{}\n"), NULL));
    set_used(path_of(rig, name), ago);
}

static bool
has(struct catalog_rig *rig, const char *name)
{
    struct stat st;
    return lstat(path_of(rig, name), &st) == 0;
}

static const struct {
    const char *name;
    long used; /* seconds ago */
    bool kept;
} files[] = {
    {"0123456789abcdef.json", 0, true},
    {"1123456789abcdef.json", 30L * DAY - MINUTE, true},
    {"2123456789abcdef.json", 30L * DAY + MINUTE, false},
    {"3123456789abcdef.json", 3000L * DAY, false},
    {"4123456789abcdef.json", -100L * DAY, true}, /* the clock was set back */
    {".deepchat-Ab3xYz", 31L * DAY, false},       /* a crash has left it */
    {".deepchat-Ab3xYy", DAY, true},
    /* not ours */
    {"5123456789abcdef.json~", 99L * DAY, true},
    {"6123456789abcde.json", 99L * DAY, true},
    {"7123456789abcdeF.json", 99L * DAY, true},
    {"8123456789abcdef", 99L * DAY, true},
    {"notes.json", 99L * DAY, true},
};

Test(catalog_files, not_used, .timeout = 30)
{
    struct catalog_rig rig;
    start(&rig);
    const char *dir = "9123456789abcdef.json";
    cr_assert_eq(mkdir(path_of(&rig, dir), 0700), 0);
    set_used(path_of(&rig, dir), 99L * DAY);
    for (size_t i = 0; i < COUNT(files); i++)
        put(&rig, files[i].name, files[i].used);
    catalog_rig_fetch(&rig, "m", true);
    for (size_t i = 0; i < COUNT(files); i++)
        cr_expect_eq(has(&rig, files[i].name), files[i].kept, "%s",
                     files[i].name);
    cr_expect(has(&rig, dir));
    catalog_rig_reopen(&rig);
    cr_expect(catalog_rig_has(&rig, "a"));
    catalog_rig_stop(&rig);
}

/* Who reads one uses it, though nothing newer can be had. */
Test(catalog_files, used, .timeout = 30)
{
    struct catalog_rig rig;
    start(&rig);
    char *url = catalog_rig_endpoint(&rig);
    char *path = catalog_file(rig.dir, url);
    set_used(path, 40L * DAY);
    catalog_rig_reopen(&rig);
    cr_expect(catalog_rig_has(&rig, "a"));
    rig.url = server_url(rig.sv, "other");
    catalog_rig_fetch(&rig, "m", false);
    cr_expect(has(&rig, strrchr(path, '/') + 1));
    cr_expect_eq(tmpdir_count(tmpdir_path(rig.dir, "models"), ".json"), 2);
    free(path);
    free(url);
    catalog_rig_stop(&rig);
}

/* At the limit, and one past it: the longest unused goes, and before it what a
 * clock that was set back has dated. */
Test(catalog_files, most, .timeout = 30)
{
    struct catalog_rig rig;
    start(&rig);
    for (int extra = 0; extra < 3; extra++) {
        char first[32], last[32], name[32];
        for (int i = 1; i < MOST + extra; i++) {
            snprintf(name, sizeof name, "%016x.json", (unsigned)i);
            put(&rig, name, i == 1 ? -2 * DAY : (long)i * MINUTE);
        }
        snprintf(first, sizeof first, "%016x.json", 1U);
        snprintf(last, sizeof last, "%016x.json", (unsigned)(MOST + extra - 1));
        catalog_rig_fetch(&rig, "m", true);
        cr_expect_eq(tmpdir_count(tmpdir_path(rig.dir, "models"), ".json"),
                     MOST);
        cr_expect_eq(has(&rig, first), extra == 0);
        cr_expect_eq(has(&rig, last), extra < 2);
    }
    catalog_rig_reopen(&rig);
    cr_expect(catalog_rig_has(&rig, "a"));
    catalog_rig_stop(&rig);
}
