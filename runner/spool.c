/* spool.c - rows that wait for their header. */
#define _POSIX_C_SOURCE 200809L
#include "spool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

ropewalk_status rw_spool_open(const char *out_path, int *fd, ropewalk_error *err)
{
    *fd = -1;
    struct stat st;
    const char *tmp = getenv("TMPDIR");
    const char *slash = strrchr(out_path, '/');
    const bool regular = stat(out_path, &st) != 0 || S_ISREG(st.st_mode);
    char *name = rw_malloc(strlen(out_path) + (tmp ? strlen(tmp) : 0) + 40);
    if (!name) return rw_fail_memory(err, "a file name");
    if (!regular)
        sprintf(name, "%s/.ropewalk-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    else if (slash)
        sprintf(name, "%.*s/.ropewalk-XXXXXX", (int)(slash - out_path), out_path);
    else
        memcpy(name, ".ropewalk-XXXXXX", sizeof ".ropewalk-XXXXXX");
    *fd = mkstemp(name);
    ropewalk_status status = ROPEWALK_OK;
    if (*fd < 0)
        status = rw_fail(err, ROPEWALK_E_IO, 0, "cannot write beside %s: %s", out_path,
                         strerror(errno));
    else
        unlink(name); /* gone with this process, however it ends */
    rw_free(name);
    return status;
}

ropewalk_status rw_spool_write(int fd, uint64_t offset, const void *bytes, size_t n,
                               ropewalk_error *err)
{
    const char *b = bytes;
    while (n > 0) {
        const ssize_t done = pwrite(fd, b, n, (off_t)offset);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0)
            return rw_fail(err, ROPEWALK_E_IO, 0, "cannot write the captured vectors: %s",
                           done < 0 ? strerror(errno) : "no room");
        b += done;
        offset += (uint64_t)done;
        n -= (size_t)done;
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_spool_read(int fd, uint64_t offset, void *bytes, size_t n,
                              ropewalk_error *err)
{
    char *b = bytes;
    while (n > 0) {
        const ssize_t done = pread(fd, b, n, (off_t)offset);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0)
            return rw_fail(err, ROPEWALK_E_IO, 0,
                           "cannot read the captured vectors back: %s",
                           done < 0 ? strerror(errno) : "the temporary file ends");
        b += done;
        offset += (uint64_t)done;
        n -= (size_t)done;
    }
    return ROPEWALK_OK;
}

void rw_spool_close(int fd)
{
    if (fd >= 0) close(fd);
}
