/* lm_local.h - a GGUF on this machine as a language model, run by ropewalk-llama (`serve`). */
#ifndef RW_TASK_LM_LOCAL_H
#define RW_TASK_LM_LOCAL_H
#include "task/lm.h"

typedef struct rw_lm_local_options {
    const char *program; /* path of ropewalk-llama */
    const char *model;   /* GGUF */
    int64_t context;     /* tokens; 0: as trained */
    int n_thread;
    const char *const *extra; /* further words for it: RoPE overrides */
    size_t n_extra;
    ropewalk_progress
        progress; /* asked ten times a second whether to stop; may be NULL */
    void *progress_ctx;
} rw_lm_local_options;

/** Start it and read the model. E_IO, E_FORMAT with its own sentence. Close with lm->close. */
ropewalk_status rw_lm_local_open(const rw_lm_local_options *options, rw_lm *lm,
                                 ropewalk_error *err);
#endif
