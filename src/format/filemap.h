/* filemap.h - a whole regular file, mapped read-only. */
#ifndef RW_FORMAT_FILEMAP_H
#define RW_FORMAT_FILEMAP_H
#include <stdint.h>

#include "base/status.h"

typedef struct rw_filemap {
    const unsigned char *bytes;
    uint64_t size; /* never 0 while open */
} rw_filemap;

/** Map `path`. A missing, empty or unreadable file, a folder, a pipe or a device gives E_IO and
 *  one sentence; nothing here waits for a writer. The file must not shrink while it is mapped:
 *  the operating system then ends the process. */
ropewalk_status rw_filemap_open(rw_filemap *map, const char *path, ropewalk_error *err);
void rw_filemap_close(rw_filemap *map); /* safe on a zeroed or closed map */
#endif
