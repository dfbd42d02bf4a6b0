/* spool.h - a nameless temporary file beside the output. The output's header holds how well the
 * rotations were reproduced, which is known only after the last row: rows wait here. */
#ifndef RW_RUNNER_SPOOL_H
#define RW_RUNNER_SPOOL_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** @return a file descriptor in *fd. */
ropewalk_status rw_spool_open(const char *out_path, int *fd, ropewalk_error *err);
ropewalk_status rw_spool_write(int fd, uint64_t offset, const void *bytes, size_t n,
                               ropewalk_error *err);
ropewalk_status rw_spool_read(int fd, uint64_t offset, void *bytes, size_t n,
                              ropewalk_error *err);
void rw_spool_close(int fd);
#endif
