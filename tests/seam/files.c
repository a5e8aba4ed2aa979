/* Whole files, in an order that does not depend on the file system. */
#include "seam/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { FILE_MAX = 1 << 16 };

static bool
read_text(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    char *room = buf_room(text, FILE_MAX);
    text->len += fread(room, 1, FILE_MAX, file);
    fclose(file);
    if (text->len == FILE_MAX)
        buf_cut(text, utf8_fit(buf_str(text), FILE_MAX - 1));
    return text->len > 0 && utf8_clean(buf_str(text));
}

static bool
ends(const char *name, const char *ending)
{
    size_t len = strlen(name), want = strlen(ending);
    return *name != '.' && len >= want && !strcmp(name + len - want, ending);
}

static void
add_file(struct seam_files *files, const char *folder, const char *name)
{
    struct buf path, text;
    buf_init(&path, FILE_MAX);
    buf_init(&text, FILE_MAX);
    buf_addf(&path, "%s/%s", folder, name);
    if (read_text(path.ptr, &text)) {
        files->items =
            mem_resize(files->items, files->count + 1, sizeof *files->items);
        files->items[files->count++] = (struct seam_file){mem_str(name), text};
    } else {
        buf_finish(&text);
    }
    buf_finish(&path);
}

void
seam_files_add(struct seam_files *files, const char *folder, const char *ending)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (ends(names[i]->d_name, ending))
            add_file(files, folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

struct seam_files
seam_files_read(const char *folder, const char *ending)
{
    struct seam_files files = {0};
    seam_files_add(&files, folder, ending);
    return files;
}

void
seam_files_free(struct seam_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].name);
        buf_finish(&files->items[i].text);
    }
    free(files->items);
    *files = (struct seam_files){0};
}
