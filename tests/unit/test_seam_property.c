/*
 * Texts cut at random into rounds that are broken in every way of the table
 * (tests/seam/breakage.c): the original has to come back.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "seam/report.h"

enum { OTHER_SEEDS = 20000 };

/* True if file holds this text. */
static bool
holds(const char *path, struct dc_str wanted)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    return wanted.len > 0 && strstr(text, wanted.ptr);
}

Test(seam_property, table_of_the_docs, .timeout = 300)
{
    struct buf table;
    buf_init(&table, 1 << 16);
    bool good = seam_report(&table, stderr);
    cr_expect(good, "not everything was healed:\n%s", table.ptr);
    cr_expect(holds("doc/seams.md", buf_str(&table)),
              "doc/seams.md does not have the table of `make seam-report`:\n%s",
              table.ptr);
    buf_finish(&table);
}

/* The copyright files of the system's packages, if it has any. */
static void
add_copyrights(struct seam_files *files)
{
    DIR *docs = opendir("/usr/share/doc");
    int left = 60;
    for (struct dirent *e; docs && left > 0 && (e = readdir(docs)); left--) {
        char path[512];
        snprintf(path, sizeof path, "/usr/share/doc/%s", e->d_name);
        seam_files_add(files, path, "copyright");
    }
    if (docs)
        closedir(docs);
}

Test(seam_property, other_texts, .timeout = 300)
{
    struct seam_files files = {0};
    static const char *const folders[][2] = {
        {"src", ".h"},
        {"src/base", ".c"},
        {"src/core", ".c"},
        {"src/host", ".c"},
        {"autoload/deepchat", ".vim"},
        {".", ".md"},
        {"doc", ".txt"},
        {"/usr/share/common-licenses", ""},
    };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        seam_files_add(&files, folders[i][0], folders[i][1]);
    cr_assert_gt(files.count, 20);
    add_copyrights(&files);
    struct seam_tally tally = {0};
    seam_trial(&tally, &files, 1, OTHER_SEEDS, stderr);
    cr_expect(seam_tally_fair(&tally));
    seam_files_free(&files);
}
