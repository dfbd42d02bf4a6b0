/* outfile.c - temporary file, then rename. */
#define _POSIX_C_SOURCE 200809L
#include "base/outfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

ropewalk_status rw_outfile_open(rw_outfile *f, const char *path, ropewalk_error *err)
{
    *f = (rw_outfile){0};
    struct stat st;
    const int exists = stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode))
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot write %s: it is a folder", path);
    f->path = rw_strdup(path);
    if (!f->path) return rw_fail_memory(err, "an output path");
    if (!exists || S_ISREG(st.st_mode)) {
        if (exists && access(path, W_OK) != 0)
            goto refused; /* rename would ignore the mode */
        const size_t n = strlen(path) + 32;
        f->temporary = rw_malloc(n);
        if (!f->temporary) {
            rw_outfile_abort(f);
            return rw_fail_memory(err, "an output path");
        }
        (void)snprintf(f->temporary, n, "%s.%ld.partial", path, (long)getpid());
    }
    f->stream = fopen(f->temporary ? f->temporary : path, "wb");
    if (f->stream) return ROPEWALK_OK;
refused:;
    const int code = errno;
    rw_outfile_abort(f);
    return rw_fail(err, ROPEWALK_E_IO, 0, "cannot write %s: %s", path, strerror(code));
}

ropewalk_status rw_outfile_write(rw_outfile *f, const void *bytes, size_t n,
                                 ropewalk_error *err)
{
    if (n == 0 || fwrite(bytes, 1, n, f->stream) == n) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_IO, 0, "writing %s failed: %s", f->path,
                   strerror(errno));
}

static ropewalk_status failed(rw_outfile *f, int code, ropewalk_error *err)
{
    (void)rw_fail(err, ROPEWALK_E_IO, 0, "writing %s failed: %s", f->path,
                  strerror(code));
    rw_outfile_abort(f);
    return ROPEWALK_E_IO;
}

ropewalk_status rw_outfile_finish(rw_outfile *f, ropewalk_error *err)
{
    int bad = fflush(f->stream) != 0;
    if (!bad && f->temporary) bad = fsync(fileno(f->stream)) != 0;
    int code = errno;
    if (fclose(f->stream) != 0 && !bad) {
        bad = 1;
        code = errno;
    }
    f->stream = NULL;
    return bad ? failed(f, code, err) : ROPEWALK_OK;
}

ropewalk_status rw_outfile_commit(rw_outfile *f, ropewalk_error *err)
{
    const ropewalk_status status = f->stream ? rw_outfile_finish(f, err) : ROPEWALK_OK;
    if (status) return status;
    if (f->temporary && rename(f->temporary, f->path) != 0) return failed(f, errno, err);
    rw_free(f->temporary);
    f->temporary = NULL;
    rw_outfile_abort(f);
    return ROPEWALK_OK;
}

void rw_outfile_abort(rw_outfile *f)
{
    if (f->stream) (void)fclose(f->stream);
    if (f->temporary) (void)unlink(f->temporary);
    rw_free(f->temporary);
    rw_free(f->path);
    *f = (rw_outfile){0};
}

ropewalk_status rw_outfile_save(const char *path, const char *text, size_t n,
                                ropewalk_error *err)
{
    rw_outfile f;
    ropewalk_status status = rw_outfile_open(&f, path, err);
    if (status) return status;
    status = rw_outfile_write(&f, text, n, err);
    if (status) {
        rw_outfile_abort(&f);
        return status;
    }
    return rw_outfile_commit(&f, err);
}
