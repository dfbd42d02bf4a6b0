/* capture_call.c - ropewalk_capture(): options checked, then the runner. */
#include "api/handle.h"
#include "audit/runner.h"

typedef struct forward {
    const ropewalk_run *run;
} forward;

static int report_progress(void *ctx, int64_t done, int64_t total)
{
    const ropewalk_run *run = ((forward *)ctx)->run;
    return run->progress ? run->progress(run->progress_ctx, "capturing", done, total) : 0;
}

ropewalk_status ropewalk_capture(const ropewalk_capture_params *p,
                                 const ropewalk_run *run, ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    const ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (status) return status;
    if (!p->model || !p->output || !p->text)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a capture needs a model, a text and an output file");
    forward f = {&settings};
    const rw_runner_job job = {.program = p->runner,
                               .program_dir = p->program_dir,
                               .model = p->model,
                               .output = p->output,
                               .text = p->text,
                               .n_token = p->n_token ? p->n_token : 2048,
                               .n_position = p->n_position,
                               .shuffle = p->shuffle,
                               .rotated = p->rotated,
                               .n_thread = settings.n_thread,
                               .seed = settings.seed,
                               .extra = p->extra,
                               .n_extra = p->n_extra,
                               .progress = report_progress,
                               .progress_ctx = &f};
    return rw_runner_capture(&job, err);
}
