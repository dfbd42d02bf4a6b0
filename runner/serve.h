/* serve.h - a loaded model that answers requests, one line of JSON each (docs/formats.md). */
#ifndef RW_RUNNER_SERVE_H
#define RW_RUNNER_SERVE_H
#include "base/status.h"
#include "context.h"

typedef struct rw_serve_options {
    const char *model_path;
    uint32_t n_ctx; /* 0: as trained */
    bool verbose;
    rw_context_options context;
} rw_serve_options;

/** Answer until standard input ends. */
ropewalk_status rw_serve_run(const rw_serve_options *o, ropewalk_error *err);
#endif
