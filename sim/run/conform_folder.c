#include "sim/run/conform_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 1024 };

void folder_remove(const char *path) {
    DIR *dir = opendir(path);
    char inner[PATH_ROOM];
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        int len = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (len >= PATH_ROOM) continue;
        if (unlink(inner) != 0) folder_remove(inner);
    }
    if (dir) closedir(dir);
    rmdir(path);
}
