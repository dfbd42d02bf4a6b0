/* measure_call.c - ropewalk_measure(): from a file and options to a measurement. */
#include <math.h>

#include "api/handle.h"
#include "api/vectors.h"
#include "audit/given_run.h"
#include "base/alloc.h"
#include "base/team.h"
#include "report/measure_json.h"

typedef struct forward {
    const ropewalk_run *run;
} forward;

static int report_progress(void *ctx, int64_t done, int64_t total)
{
    const ropewalk_run *run = ((forward *)ctx)->run;
    return run->progress ? run->progress(run->progress_ctx, "measuring", done, total) : 0;
}

ropewalk_status ropewalk_measure(const ropewalk_measure_params *p,
                                 const ropewalk_run *run, ropewalk_result **result,
                                 ropewalk_error *err)
{
    static const int64_t default_context = 8192;
    ropewalk_run settings;
    rw_vectors in;
    rw_given_input job = {0};
    int64_t *contexts = NULL;
    rw_given given;
    rw_given_init(&given);
    rw_vectors_init(&in);
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &job.kernels, err);
    const int leads = rw_team_leads(settings.team);
    if (!status && !p->qk)
        status =
            rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "--qk names the file with the vectors");
    if (!status)
        status = rw_check_thresholds(p->score_scale, p->zeta, p->near_alias, err);
    if (!status) status = rw_parse_dtypes(p->dtypes, &job.dtypes, err);
    if (!status) status = rw_parse_events(p->events, &job.events, err);
    if (!status)
        status = rw_sort_contexts(p->n_context ? p->context : &default_context,
                                  p->n_context ? p->n_context : 1, &contexts,
                                  &job.n_context, err);
    if (!status) {
        const rw_vector_choice choice = RW_VECTOR_CHOICE(p);
        status = rw_vectors_read(&choice, &in, err);
    }
    if (!status) {
        forward f = {&settings};
        job.q = in.q;
        job.k = in.k;
        job.n_q = in.n_q;
        job.n_k = in.n_k;
        job.head_dim = in.head_dim;
        job.rotation = &in.rotation;
        job.rope_theta = in.rope_theta;
        job.score_scale = in.score_scale;
        job.context = contexts;
        job.zeta = isnan(p->zeta) ? 0.01 : p->zeta;
        job.near_alias = isnan(p->near_alias) ? 0.1 : p->near_alias;
        job.n_thread = settings.n_thread;
        job.progress = report_progress;
        job.progress_ctx = &f;
        job.team = settings.team;
        status = rw_given_run(&job, &given, err);
    }
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (!status && leads) {
        rw_measure_text(&given, &(*result)->text);
        status =
            rw_result_finish(result, "measure", rw_measure_json(&given), &settings, err);
    }
    rw_team_fail(settings.team, status, err);
    rw_given_clear(&given);
    rw_vectors_clear(&in);
    rw_free(contexts);
    return status;
}
