/* Links are removed, never what they lead to. */
#include "tmpdir.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { FILE_MAX = 64 << 20 };

static _Noreturn void
stop_test(const char *path)
{
    perror(path);
    abort();
}

char *
tmpdir_new(void)
{
    const char *base = getenv("TMPDIR");
    char *dir = temp_path(base != NULL ? base : "/tmp", "deepchat-test-XXXXXX");
    if (mkdtemp(dir) == NULL)
        stop_test(dir);
    return dir;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    remove(path); /* as much as can be */
    return 0;
}

void
tmpdir_free(char *dir)
{
    if (dir == NULL)
        return;
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}

const char *
tmpdir_path(const char *dir, const char *name)
{
    static char paths[8][512];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

size_t
tmpdir_count(const char *dir, const char *suffix)
{
    DIR *d = opendir(dir);
    size_t count = 0, want = strlen(suffix);
    struct dirent *entry;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        size_t len = strlen(entry->d_name);
        count += strcmp(entry->d_name, ".") != 0 &&
                 strcmp(entry->d_name, "..") != 0 && len >= want &&
                 strcmp(entry->d_name + len - want, suffix) == 0;
    }
    if (d != NULL)
        closedir(d);
    return count;
}

/* ---- files ---- */

char *
temp_path(const char *dir, const char *name)
{
    size_t len = strlen(dir) + strlen(name) + 2;
    char *path = mem_alloc(len);
    snprintf(path, len, "%s/%s", dir, name);
    return path;
}

void
temp_write(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
        stop_test(path);
}

char *
temp_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    struct buf got;
    buf_init(&got, FILE_MAX);
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&got, piece, n);
    fclose(file);
    return buf_take(&got, len);
}
