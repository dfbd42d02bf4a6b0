/* folder.h - the files of a folder, by name. */
#ifndef RW_FORMAT_FOLDER_H
#define RW_FORMAT_FOLDER_H
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct rw_folder {
    char **names; /* owned, sorted, without the folder */
    size_t n;
} rw_folder;

bool rw_is_folder(const char *path);
/** Names in the folder that end in `suffix`, hidden ones aside.
 *  @return OK, E_IO, E_FORMAT (more than RW_MAX_SHARD), E_MEMORY. *out is empty on failure. */
ropewalk_status rw_folder_list(const char *path, const char *suffix, rw_folder *out,
                               ropewalk_error *err);
void rw_folder_clear(rw_folder *folder);
/** "folder/name", owned by the caller; NULL without memory. */
char *rw_folder_path(const char *folder, const char *name);
#endif
