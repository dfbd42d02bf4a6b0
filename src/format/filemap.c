/* filemap.c - open, look, map. */
#define _POSIX_C_SOURCE 200809L
#include "format/filemap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static ropewalk_status refuse(ropewalk_error *err, const char *path, const char *why)
{
    return rw_fail(err, ROPEWALK_E_IO, 0, "cannot read %.300s: %s", path, why);
}

ropewalk_status rw_filemap_open(rw_filemap *map, const char *path, ropewalk_error *err)
{
    *map = (rw_filemap){0};
    /* Without O_NONBLOCK a pipe would keep us until somebody opens its other end. */
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return refuse(err, path, strerror(errno));

    struct stat st;
    const char *why = NULL;
    if (fstat(fd, &st) != 0)
        why = strerror(errno);
    else if (S_ISDIR(st.st_mode))
        why = "it is a folder";
    else if (!S_ISREG(st.st_mode))
        why = "it is a pipe or a device, not a regular file";
    else if (st.st_size == 0)
        why = "the file is empty";
    else if ((uintmax_t)st.st_size > SIZE_MAX / 2)
        why = "the file is larger than the address space";
    if (!why) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            why = strerror(errno);
        } else {
            map->bytes = p;
            map->size = (uint64_t)st.st_size;
        }
    }
    (void)close(fd);
    return why ? refuse(err, path, why) : ROPEWALK_OK;
}

void rw_filemap_close(rw_filemap *map)
{
    if (map->bytes) (void)munmap((void *)(uintptr_t)map->bytes, (size_t)map->size);
    *map = (rw_filemap){0};
}
