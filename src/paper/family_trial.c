/* family_trial.c - one query and its keys, counted and predicted. */
#include "paper/family_trial.h"

#include <math.h>

#include "audit/given_run.h"
#include "base/alloc.h"
#include "base/pool.h"

typedef struct batch {
    const rw_paper *paper;
    rw_trial *trial;
} batch;

static ropewalk_status run_one(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    (void)worker;
    const batch *b = ctx;
    rw_trial *t = &b->trial[item];
    rw_rotation own;
    rw_rotation_init(&own);
    double *q = NULL, *k = NULL;
    ropewalk_status status = ROPEWALK_OK;
    if (!t->rotation) {
        status = rw_rotation_alloc(&own, t->head_dim, err);
        if (!status) {
            own.attn_factor = 1.0;
            rw_inv_freq_unscaled(t->rope_theta, t->head_dim, own.inv_freq);
        }
    }
    if (!status && !t->q) {
        q = rw_array(t->head_dim, sizeof *q);
        k = rw_array((size_t)t->n_key * t->head_dim, sizeof *k);
        if (!q || !k)
            status = rw_fail_memory(err, "a trial's vectors");
        else
            rw_synthetic_vectors(t->family, t->head_dim, t->head_dim, RW_PAIRS_HALF_SPLIT,
                                 b->paper->seed, t->draw, q, k, t->n_key);
    }
    if (!status) {
        const rw_given_input in = {.q = t->q ? t->q : q,
                                   .k = t->q ? t->k : k,
                                   .n_q = 1,
                                   .n_k = t->n_key,
                                   .head_dim = t->head_dim,
                                   .rotation = t->rotation ? t->rotation : &own,
                                   .rope_theta = t->rope_theta,
                                   .score_scale = 1.0,
                                   .context = t->context,
                                   .n_context = t->n_context,
                                   .dtypes = t->dtypes,
                                   .events = t->events,
                                   .zeta = 0.01,
                                   .n_thread = 1,
                                   .kernels = b->paper->kernels};
        status = rw_given_run(&in, &t->result, err);
    }
    rw_rotation_clear(&own);
    rw_free(q);
    rw_free(k);
    return status;
}

ropewalk_status rw_trials_run(const rw_paper *paper, rw_trial *trial, size_t n,
                              ropewalk_error *err)
{
    batch b = {paper, trial};
    for (size_t i = 0; i < n; i++)
        rw_given_init(&trial[i].result);
    const ropewalk_status status = rw_pool_run(paper->n_thread, (int64_t)n, run_one, &b,
                                               paper->progress, paper->progress_ctx, err);
    if (status) rw_trials_clear(trial, n);
    return status;
}

void rw_trials_clear(rw_trial *trial, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rw_given_clear(&trial[i].result);
}

const rw_single *rw_trial_single(const rw_trial *t, uint32_t key, uint32_t context)
{
    return &t->result.single[(size_t)key * t->n_context + context];
}

const rw_single_prediction *rw_trial_single_prediction(const rw_trial *t, uint32_t key,
                                                       uint32_t context)
{
    return &t->result.single_prediction[(size_t)key * t->n_context + context];
}

const rw_double *rw_trial_double(const rw_trial *t, uint32_t context)
{
    return &t->result.twin[context];
}

const rw_double_prediction *rw_trial_double_prediction(const rw_trial *t,
                                                       uint32_t context)
{
    return &t->result.twin_prediction[context];
}

double rw_rate_of(const rw_count *c)
{
    return c->total > 0 ? (double)c->count / (double)c->total : (double)NAN;
}

double rw_alias_rate_of(const rw_alias_count *c, bool by_distance)
{
    if (c->total <= 0) return (double)NAN;
    return (double)(by_distance ? c->distances : c->pairs) / (double)c->total;
}
