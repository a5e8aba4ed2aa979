/* Stands in for libFuzzer: runs the target once over every file of the folders
 * given, so that what fuzzing found stays found. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
replay_file(const char *path)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &info) != 0) {
        perror(path);
        exit(1);
    }
    bool regular = S_ISREG(info.st_mode);
    if (regular) {
        /* A block of exactly this size lets ASan see reads past its end. */
        size_t size = (size_t)info.st_size;
        uint8_t *data = mem_resize(NULL, size, 1);
        size = fread(data, 1, size, file);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    fclose(file);
    return regular;
}

static size_t
replay_folder(const char *folder)
{
    size_t files = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        perror(folder);
        exit(1);
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.' && replay_file(path))
            files++;
    }
    closedir(dir);
    return files;
}

int
main(int argc, char **argv)
{
    size_t files = 0;
    for (int i = 1; i < argc; i++)
        files += replay_folder(argv[i]);
    printf("replayed %zu files\n", files);
    return files > 0 ? 0 : 1;
}
