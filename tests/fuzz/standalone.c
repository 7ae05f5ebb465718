/* A main() for fuzz targets that are built without libFuzzer: feeds the target every file named on the command line
 * (of a folder, all files in it), or standard input where none is named. A finding ends the process, as it does with
 * libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 64 << 20, LONGEST_PATH = 4096 };

/* All bytes of a stream, up to LARGEST; the caller frees them. NULL: it cannot be read. */
static uint8_t *read_all(FILE *file, size_t *size) {
    size_t room = 64 * 1024;
    uint8_t *data = malloc(room);
    *size = 0;
    while (data && *size < LARGEST) {
        *size += fread(data + *size, 1, room - *size, file);
        if (*size < room) break;
        uint8_t *grown = realloc(data, room *= 2);
        if (!grown) free(data);
        data = grown;
    }
    if (data && !ferror(file)) return data;
    free(data);
    return NULL;
}

static int feed_file(const char *path, FILE *file) {
    size_t size = 0;
    uint8_t *data = file ? read_all(file, &size) : NULL;
    if (!data) {
        perror(path);
        return EXIT_FAILURE;
    }
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return EXIT_SUCCESS;
}

static int feed_path(const char *path) {
    FILE *file = fopen(path, "rb");
    int status = feed_file(path, file);
    if (file) fclose(file);
    return status;
}

static int feed_folder(const char *path, DIR *folder) {
    int status = EXIT_SUCCESS;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char name[LONGEST_PATH];
        struct stat info;
        int len = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (len < 0 || len >= LONGEST_PATH || stat(name, &info) != 0 || !S_ISREG(info.st_mode)) continue;
        if (feed_path(name) != EXIT_SUCCESS) status = EXIT_FAILURE;
    }
    return status;
}

static int feed(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) return feed_path(path);
    int status = feed_folder(path, folder);
    closedir(folder);
    return status;
}

int main(int argc, char **argv) {
    if (argc < 2) return feed_file("standard input", stdin);
    int status = EXIT_SUCCESS;
    for (int i = 1; i < argc; i++) {
        if (feed(argv[i]) != EXIT_SUCCESS) status = EXIT_FAILURE;
    }
    return status;
}
