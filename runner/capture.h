/* capture.h - one text through one model, its queries and keys into one file. */
#ifndef RW_RUNNER_CAPTURE_H
#define RW_RUNNER_CAPTURE_H
#include "context.h"
#include "session.h"

typedef struct rw_capture_options {
    const char *model_path, *out_path, *text_path;
    uint32_t n_token;    /* at most so many of the text's tokens */
    uint32_t n_position; /* rows kept, 0: all */
    bool rotated, shuffle, progress, quiet, verbose;
    uint64_t shuffle_seed;
    rw_add_bos add_bos;
    rw_context_options context;
    int64_t perturb_layer; /* tests: spoil one rotated value of this layer; -1: none */
} rw_capture_options;

/** @param summary  one line for the user: rows, layers, worst rotation error. */
ropewalk_status rw_capture_run(const rw_capture_options *o, char *summary,
                               size_t n_summary, ropewalk_error *err);
#endif
