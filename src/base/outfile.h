/* outfile.h - output files that appear complete or not at all. */
#ifndef RW_BASE_OUTFILE_H
#define RW_BASE_OUTFILE_H
#include <stdio.h>

#include "base/status.h"

/* A regular target is written to a sibling temporary file and renamed on commit; a device
 * or pipe is written directly. */
typedef struct rw_outfile {
    FILE *stream;
    char *path, *temporary; /* temporary is NULL when written directly */
} rw_outfile;

/** Open for writing. Fails with E_IO and the reason when the folder is missing or read-only. */
ropewalk_status rw_outfile_open(rw_outfile *f, const char *path, ropewalk_error *err);
ropewalk_status rw_outfile_write(rw_outfile *f, const void *bytes, size_t n,
                                 ropewalk_error *err);
/** All of it is on the disk, and not yet in its place: of several files either all are committed or none. On failure
 *  nothing is left behind. */
ropewalk_status rw_outfile_finish(rw_outfile *f, ropewalk_error *err);
/** Finish and rename into place. On failure nothing is left behind. */
ropewalk_status rw_outfile_commit(rw_outfile *f, ropewalk_error *err);
/** Remove what was written; safe after a failed open and after commit. */
void rw_outfile_abort(rw_outfile *f);

/** The whole of `text` as one file. */
ropewalk_status rw_outfile_save(const char *path, const char *text, size_t n,
                                ropewalk_error *err);
#endif
