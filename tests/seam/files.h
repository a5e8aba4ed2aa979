/* Text files, whole, for what is tested on many of them. */
#ifndef SEAM_FILES_H
#define SEAM_FILES_H

#include <stddef.h>

#include "base/buf.h"

struct seam_file {
    char *name; /* without the folder */
    struct buf text;
};

struct seam_files {
    struct seam_file *items;
    size_t count;
};

/* The readable files right below folder whose name ends so, by name; none if
 * there is no such folder. Only the first 64 KiB of each; no file that is not
 * clean UTF-8. seam_files_free(). */
struct seam_files seam_files_read(const char *folder, const char *ending);
/* Add those of another folder. */
void seam_files_add(struct seam_files *files, const char *folder,
                    const char *ending);
void seam_files_free(struct seam_files *files);

#endif
