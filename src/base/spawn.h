/* spawn.h - starting another program, and saying in one sentence how it ended. */
#ifndef RW_BASE_SPAWN_H
#define RW_BASE_SPAWN_H
#include "base/status.h"

enum { RW_SPAWN_LAST = 400, RW_SPAWN_LINE = 4096 };

typedef struct rw_spawned {
    const char *name; /* argv[0], borrowed */
    int pid;
    int say;    /* its standard error, to be read */
    int report; /* why it could not be run */
    char line[RW_SPAWN_LINE];
    size_t n_line;
    char last[RW_SPAWN_LAST]; /* the last line it said that was no progress */
} rw_spawned;

/** Start argv[0] (searched in PATH when it has no slash).
 *  @param in, out  what becomes its standard input and output; -1: /dev/null. Stay the caller's. */
ropewalk_status rw_spawn(const char *const *argv, int in, int out, rw_spawned *child,
                         ropewalk_error *err);
/** Take bytes of its standard error: each whole line goes to on_line (may be NULL), whose nonzero
 *  answer is returned. A lone "\n" ends a last line. */
int rw_spawn_hear(rw_spawned *child, const char *bytes, size_t n,
                  int (*on_line)(void *ctx, const char *line), void *ctx);
/** Whether it has ended; it stays to be waited for. */
int rw_spawn_ended(const rw_spawned *child);
void rw_spawn_kill(const rw_spawned *child);
/** Wait for its end and close what rw_spawn() opened. OK when it ended with 0. E_IO otherwise: not
 *  found, its exit code with the last line it said, or the signal that killed it. */
ropewalk_status rw_spawn_wait(rw_spawned *child, ropewalk_error *err);
#endif
