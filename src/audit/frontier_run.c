/* frontier_run.c - one item a table, context and order to be kept. */
#include "audit/frontier_run.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "theory/frontier.h"

/* From no order asked for to one in a thousand. */
static const double rates[] = {0.5, 0.45, 0.4,  0.35, 0.3,  0.25, 0.2,   0.15,
                               0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.003, 0.001};

typedef struct run {
    const rw_theory_input *in;
    rw_frontier_list *out;
} run;

static int watch(void *ctx, int64_t done, int64_t total)
{
    const rw_theory_input *in = ((const run *)ctx)->in;
    return in->progress ? in->progress(in->progress_ctx, "frontier", done, total) : 0;
}

/* The places of every query with every key and every two keys. */
static ropewalk_status place(const rw_theory_input *in, const rw_response *r,
                             rw_frontier_set *set, ropewalk_error *err)
{
    const rw_theory_table_input *table = &in->table[set->table];
    const size_t half = table->rotation->rotary_dim / 2 + 1, dim = table->head_dim;
    double *terms = rw_array(2 * half * ((size_t)in->n_k + 1), sizeof *terms);
    rw_coefficient *z = rw_calloc((size_t)in->n_k + 1, sizeof *z);
    ropewalk_status status = ROPEWALK_OK;
    if (!terms || !z) status = rw_fail_memory(err, "coefficients");
    for (uint32_t k = 0; k <= in->n_k && !status; k++) {
        z[k].re = terms + 2 * half * k;
        z[k].im = z[k].re + half;
    }
    for (uint32_t q = 0; q < in->n_q && !status; q++) {
        for (uint32_t k = 0; k < in->n_k && !status; k++) {
            status =
                rw_coefficient_make(table->rotation, table->head_dim, table->score_scale,
                                    in->q + q * dim, in->k + k * dim, &z[k], err);
            if (status) break;
            rw_placed *to = &set->placed[set->n_placed++];
            *to = (rw_placed){.q = q, .k1 = k};
            rw_response_place(r, &z[k], &to->place);
        }
        rw_coefficient *margin = &z[in->n_k];
        margin->n_pair = r->n_pair;
        for (uint32_t k1 = 0; k1 < in->n_k && !status; k1++)
            for (uint32_t k2 = k1 + 1; k2 < in->n_k; k2++) {
                for (uint32_t n = 0; n < r->n_pair; n++) {
                    margin->re[n] = z[k1].re[n] - z[k2].re[n];
                    margin->im[n] = z[k1].im[n] - z[k2].im[n];
                }
                rw_placed *to = &set->placed[set->n_placed++];
                *to = (rw_placed){.q = q, .k1 = k1, .k2 = k2, .margin = true};
                rw_response_place(r, margin, &to->place);
            }
    }
    rw_free(terms);
    rw_free(z);
    return status;
}

static ropewalk_status make(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    (void)worker;
    const run *job = ctx;
    const rw_theory_input *in = job->in;
    rw_frontier_set *set = &job->out->set[item / RW_N_FRONTIER_TASK];
    const rw_frontier_task task = (rw_frontier_task)(item % RW_N_FRONTIER_TASK);
    const rw_rotation *rotation = in->table[set->table].rotation;
    if (!set->defined) return ROPEWALK_OK;
    rw_response response;
    double *freq = rw_array(rotation->rotary_dim / 2 + 1, sizeof *freq);
    if (!freq) return rw_fail_memory(err, "frequencies");
    const uint32_t n_pair = rw_active_freq(rotation, freq);
    ropewalk_status status =
        rw_response_init(&response, freq, n_pair, set->effective, err);
    rw_free(freq);
    if (status) return status;
    status = rw_frontier_make(&response, task, rates, sizeof rates / sizeof *rates,
                              &set->frontier[task], err);
    if (!status && task == RW_FRONTIER_POSITION && set->placed)
        status = place(in, &response, set, err);
    rw_response_clear(&response);
    return status;
}

static ropewalk_status prepare(const rw_theory_input *in, rw_frontier_list *out,
                               ropewalk_error *err)
{
    const size_t n_place = (size_t)in->n_q * in->n_k * ((size_t)in->n_k + 1) / 2;
    out->set = rw_calloc((size_t)in->n_table * in->n_context, sizeof *out->set);
    if (!out->set) return rw_fail_memory(err, "frontiers");
    for (uint32_t t = 0; t < in->n_table; t++) {
        const rw_theory_table_input *table = &in->table[t];
        const uint32_t half = table->rotation->rotary_dim / 2;
        uint32_t n_pair = 0;
        for (uint32_t n = 0; n < half; n++)
            n_pair += fabs(table->rotation->inv_freq[n]) > 0.0;
        if (n_pair > RW_MAX_FRONTIER_PAIRS)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "the frontier of %u pairs is not computed: at most %d", n_pair,
                           RW_MAX_FRONTIER_PAIRS);
        for (uint32_t c = 0; c < in->n_context; c++) {
            rw_frontier_set *set = &out->set[out->n_set++];
            *set = (rw_frontier_set){
                .table = t, .context = in->context[c], .effective = in->context[c]};
            if (table->window > 0 && table->window < set->effective)
                set->effective = table->window;
            set->defined = n_pair > 0 && set->effective >= 2;
            if (!set->defined || n_place == 0) continue;
            set->placed = rw_calloc(n_place, sizeof *set->placed);
            if (!set->placed) return rw_fail_memory(err, "places");
        }
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_frontier_run(const rw_theory_input *in, rw_frontier_list *out,
                                ropewalk_error *err)
{
    run job = {.in = in, .out = out};
    *out = (rw_frontier_list){0};
    ropewalk_status status = prepare(in, out, err);
    if (!status)
        status = rw_pool_run(in->n_thread, (int64_t)out->n_set * RW_N_FRONTIER_TASK, make,
                             &job, watch, &job, err);
    if (status) rw_frontier_list_clear(out);
    return status;
}

void rw_frontier_list_clear(rw_frontier_list *list)
{
    for (uint32_t i = 0; list->set && i < list->n_set; i++) {
        for (int task = 0; task < RW_N_FRONTIER_TASK; task++)
            rw_frontier_clear(&list->set[i].frontier[task]);
        rw_free(list->set[i].placed);
    }
    rw_free(list->set);
    *list = (rw_frontier_list){0};
}
