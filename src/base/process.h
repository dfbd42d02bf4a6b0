/* process.h - run another program and read what it says on standard error, line by line. */
#ifndef RW_BASE_PROCESS_H
#define RW_BASE_PROCESS_H
#include "base/text.h"

/** Called for each line of the child's standard error (line NULL: ten times a second without
 *  one); nonzero ends the child and the call returns E_INTERRUPTED. */
typedef int (*rw_process_line)(void *ctx, const char *line);

/** Run argv[0] (searched in PATH when it has no slash) and wait.
 *  @param out  receives standard output, at most 64 MiB; NULL discards it.
 *  @return OK when the program ended with 0. E_IO otherwise: not found, its exit code with the
 *          last line it said, or the signal that killed it. */
ropewalk_status rw_process_run(const char *const *argv, rw_process_line on_line,
                               void *ctx, rw_text *out, ropewalk_error *err);
#endif
