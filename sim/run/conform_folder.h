/* Folders of real servers. */
#ifndef SIM_RUN_CONFORM_FOLDER_H
#define SIM_RUN_CONFORM_FOLDER_H

/* Removes a folder with all that is in it. */
void folder_remove(const char *path);

#endif
