/* theory_run.c - predictions table by table and context by context, then counts where wanted. */
#include "audit/theory_run.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "audit/given_run.h"
#include "base/alloc.h"
#include "measure/interval.h"
#include "theory/evaluate.h"

enum {
    N_EVENT_BITS = 1 << RW_EVENT_POSITION_INVERSION | 1 << RW_EVENT_POSITION_ALIASING |
                   1 << RW_EVENT_POSITIONAL_INSENSITIVITY |
                   1 << RW_EVENT_TOKEN_INVERSION | 1 << RW_EVENT_TOKEN_ALIASING |
                   1 << RW_EVENT_CROSS_ALIASING
};

typedef struct run {
    const rw_theory_input *in;
    rw_theory *out;
    char stage[48];
    atomic_int stop;
} run;

static int watch(void *ctx, int64_t done, int64_t total)
{
    run *r = ctx;
    const rw_theory_input *in = r->in;
    if (!in->progress || !in->progress(in->progress_ctx, r->stage, done, total)) return 0;
    atomic_store(&r->stop, 1);
    return 1;
}

/* --- one query with its keys -------------------------------------------------------------- */

typedef struct scores {
    double *q, *k; /* of a draw: [head_dim], [2][head_dim] */
    double *terms;
    rw_coefficient z[2];
} scores;

static void scores_clear(scores *s)
{
    rw_free(s->q);
    rw_free(s->terms);
    *s = (scores){0};
}

static ropewalk_status scores_init(scores *s, const rw_theory_table_input *table,
                                   ropewalk_error *err)
{
    const size_t half = table->rotation->rotary_dim / 2 + 1;
    *s = (scores){.q = rw_array((size_t)table->head_dim * 3, sizeof *s->q),
                  .terms = rw_array(4 * half, sizeof *s->terms)};
    if (!s->q || !s->terms) {
        scores_clear(s);
        return rw_fail_memory(err, "coefficients");
    }
    s->k = s->q + table->head_dim;
    for (size_t i = 0; i < 2; i++) {
        s->z[i].re = s->terms + 2 * i * half;
        s->z[i].im = s->z[i].re + half;
    }
    return ROPEWALK_OK;
}

static bool is_given(const rw_theory_input *in)
{
    return in->n_family == 0;
}

static ropewalk_status score_of(scores *s, const rw_theory_input *in,
                                const rw_theory_table_input *table, size_t set_index,
                                const rw_score_set *set, uint32_t draw,
                                ropewalk_error *err)
{
    const size_t dim = table->head_dim;
    const double *q = s->q, *k[2] = {s->k, s->k + dim};
    if (is_given(in)) {
        q = in->q + set->q * dim;
        k[0] = in->k + set->k1 * dim;
        k[1] = in->k + set->k2 * dim;
    } else {
        rw_synthetic_vectors(in->family[set_index], table->head_dim,
                             table->rotation->rotary_dim, table->rotation->pairs,
                             in->seed, draw, s->q, s->k, 2);
    }
    ropewalk_status status = ROPEWALK_OK;
    for (int i = 0; i < (set->two ? 2 : 1) && !status; i++) {
        status = rw_coefficient_make(table->rotation, table->head_dim, table->score_scale,
                                     q, k[i], &s->z[i], err);
        if (status && is_given(in))
            status = rw_fail_context(err, status, "q row %u, k row %u", set->q,
                                     i ? set->k2 : set->k1);
    }
    return status;
}

/* --- over draws --------------------------------------------------------------------------- */

static rw_answer no_answer(rw_estimate_kind kind)
{
    return (rw_answer){.value = (double)NAN,
                       .p10 = (double)NAN,
                       .p90 = (double)NAN,
                       .kind = kind,
                       .state = RW_ESTIMATE_UNDEFINED,
                       .measured = (double)NAN,
                       .measured_p10 = (double)NAN,
                       .measured_p90 = (double)NAN};
}

static rw_answer answer_of(rw_estimate e)
{
    rw_answer a = no_answer(e.kind);
    a.value = a.p10 = a.p90 = e.value;
    a.state = e.state;
    a.n = e.state == RW_ESTIMATE_KNOWN;
    return a;
}

/* Median (or mean) and quantiles of n values; sorts them. */
static void spread(double *value, size_t n, bool averaged, double *middle, double *p10,
                   double *p90)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += value[i];
    *p10 = rw_quantile(value, n, 0.1);
    *p90 = rw_quantile(value, n, 0.9);
    *middle = averaged ? n ? sum / (double)n : (double)NAN : rw_quantile(value, n, 0.5);
}

/* The estimates of one quantity, one in every `stride` bytes. */
static rw_answer summary(const rw_estimate *first, size_t stride, uint32_t n_draw,
                         bool averaged, double *scratch)
{
    rw_answer a = answer_of(*first);
    if (n_draw == 1) return a;
    size_t n = 0;
    for (uint32_t i = 0; i < n_draw; i++) {
        const rw_estimate *e = (const void *)((const char *)first + i * stride);
        if (e->state == RW_ESTIMATE_KNOWN)
            scratch[n++] = e->value;
        else
            a.state = e->state;
    }
    a.n = (uint32_t)n;
    if (n) a.state = RW_ESTIMATE_KNOWN;
    spread(scratch, n, averaged, &a.value, &a.p10, &a.p90);
    return a;
}

/* --- predictions -------------------------------------------------------------------------- */

static ropewalk_status predict_sets(const rw_theory_input *in, const rw_theory *out,
                                    const rw_theory_table_input *table, rw_evaluator *e,
                                    rw_theory_context *to, const atomic_int *stop,
                                    ropewalk_error *err)
{
    scores s;
    rw_score_estimates *draws = rw_calloc(out->n_draw, sizeof *draws);
    double *scratch = rw_array(out->n_draw, sizeof *scratch);
    ropewalk_status status = scores_init(&s, table, err);
    if (!status && (!draws || !scratch)) status = rw_fail_memory(err, "draws");
    for (uint32_t i = 0; i < out->n_set && !status; i++) {
        const rw_score_set *set = &out->set[i];
        for (uint32_t d = 0; d < out->n_draw && !status; d++) {
            if (atomic_load(stop))
                status = rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
            else
                status = score_of(&s, in, table, i, set, d, err);
            if (!status)
                status = rw_evaluate_score(e, &s.z[0], set->two ? &s.z[1] : NULL,
                                           set->one, &draws[d], err);
        }
        if (status) break;
        rw_score_answers *answers = &to->score[i];
        for (int v = 0; v < RW_N_SCORE_VALUE; v++)
            answers->value[v] =
                summary(&draws->value[v], sizeof *draws, out->n_draw,
                        rw_quantity_get((rw_quantity)(RW_Q_MEAN + v))->averaged, scratch);
        for (int t = 0; t < RW_N_DTYPE; t++)
            for (int v = 0; v < RW_N_DTYPE_VALUE; v++)
                answers->by_dtype[t][v] = summary(&draws->by_dtype[t][v], sizeof *draws,
                                                  out->n_draw, false, scratch);
    }
    scores_clear(&s);
    rw_free(draws);
    rw_free(scratch);
    return status;
}

/* Item: one table within one context. */
static ropewalk_status predict(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    (void)worker;
    run *r = ctx;
    const rw_theory_input *in = r->in;
    rw_theory *out = r->out;
    const uint32_t t = (uint32_t)item / out->n_context,
                   c = (uint32_t)item % out->n_context;
    const rw_theory_table_input *table = &in->table[t];
    rw_theory_context *to = &out->table[t].context[c];
    rw_evaluator e;
    rw_estimate value[RW_N_QUANTITY];
    ropewalk_status status =
        rw_evaluator_init(&e, table->rotation, table->rope_theta, table->n_layer,
                          to->effective, in->dtypes, in->zeta, in->near_alias, err);
    if (status) return status;
    if (c == 0) status = rw_evaluate_table(&e, value, err);
    for (int v = 0; v < RW_N_TABLE_VALUE && c == 0 && !status; v++)
        out->table[t].value[v] = answer_of(value[v]);
    rw_evaluate_context(&e, value);
    for (int v = 0; v < RW_N_CONTEXT_VALUE; v++)
        to->value[v] = answer_of(value[v]);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        rw_evaluate_format(&e, (rw_dtype)d, value);
        for (int v = 0; v < RW_N_FORMAT_VALUE; v++)
            to->format[d][v] = answer_of(value[v]);
    }
    if (!status) status = predict_sets(in, out, table, &e, to, &r->stop, err);
    rw_evaluator_clear(&e);
    return status;
}

/* --- counts ------------------------------------------------------------------------------- */

/* What counting says of a quantity: a rate or a number, NaN when there is none. */
typedef struct counted {
    double value;
    int64_t count, total, unresolved;
} counted;

static counted of_count(const rw_count *c, bool defined)
{
    counted out = {(double)NAN, c->count, c->total, c->unresolved};
    if (defined && c->total > 0 && c->unresolved < c->total)
        out.value = (double)c->count / (double)c->total;
    return out;
}

static counted of_alias(int64_t n, int64_t total, int64_t unresolved, bool defined)
{
    const rw_count c = {.count = n, .total = total, .unresolved = unresolved};
    return of_count(&c, defined);
}

static counted of_number(double value)
{
    return (counted){.value = value};
}

static counted count_of(rw_quantity q, int dtype, int64_t context, const rw_single *s,
                        const rw_double *d)
{
    const bool varies = !s->blind;
    const rw_alias_count *alias = &s->aliasing[dtype];
    switch (q) {
    case RW_Q_MEAN: return of_number(varies ? s->mean : (double)NAN);
    case RW_Q_VARIANCE: return of_number(varies ? s->variance : (double)NAN);
    case RW_Q_POSITION_INVERSION: return of_count(&s->inversion, varies);
    case RW_Q_PREFERENCE:
        return of_number(fabs(2.0 * of_count(&s->inversion, varies).value - 1.0));
    case RW_Q_POSITION_INVERSION_ERROR: return of_number(s->ks_near + s->ks_far);
    case RW_Q_POSITION_INVERSION_LOCAL: return of_count(&s->inversion_local, varies);
    case RW_Q_POSITION_INVERSION_BEYOND: return of_count(&s->inversion_beyond, varies);
    case RW_Q_POSITIONAL_SCORE: return of_number(s->positional_score);
    case RW_Q_INSENSITIVITY: return of_count(&s->insensitivity, varies);
    case RW_Q_NEAR_ALIASING: return of_count(&s->near_aliasing, varies);
    case RW_Q_POSITION_ALIASING:
        return of_alias(alias->pairs, alias->total, alias->unresolved, varies);
    case RW_Q_POSITION_ALIASING_DISTANCES:
        return of_alias(alias->distances, context, alias->unresolved, varies);
    case RW_Q_TOKEN_INVERSION: return of_count(&d->inversion, !d->reference_tie);
    case RW_Q_SEMANTIC_SCORE:
        return of_number(1.0 - of_count(&d->inversion, !d->reference_tie).value);
    case RW_Q_TOKEN_INVERSION_ERROR: return of_number(d->ks_difference);
    case RW_Q_TOKEN_ALIASING: {
        const rw_alias_count *a = &d->aliasing[dtype];
        return of_alias(a->distances, a->total, a->unresolved, true);
    }
    case RW_Q_CROSS_ALIASING: {
        const rw_alias_count *a = &d->cross[dtype];
        return of_alias(a->pairs, a->total, a->unresolved, true);
    }
    case RW_Q_PAIRS:
    case RW_Q_LONGEST_WAVELENGTH:
    case RW_Q_RESPONSE:
    case RW_Q_GAMMA:
    case RW_Q_M_MAX:
    case RW_Q_M_MAX_OPERATIONAL:
    case RW_Q_M_MAX_SCALE:
    case RW_Q_CONTEXT_BOUND:
    case RW_Q_PAIRS_TURNED:
    case RW_Q_SPLIT_INDEX:
    case RW_Q_HIGH_BAND_PAIRS:
    case RW_Q_LEAST_SHARE:
    case RW_Q_REVERSAL_U:
    case RW_Q_REVERSAL_V:
    case RW_Q_REVERSAL_BOUND:
    case RW_Q_POSITION_INVERSION_RATE:
    case RW_Q_TOKEN_INVERSION_RATE:
    case RW_Q_ALIASING_BASE:
    case RW_Q_DC_BASE:
    case RW_Q_BASE_FIRST:
    case RW_Q_BASE_WINDOW:
    case RW_Q_BASE_SAFE:
    case RW_Q_TOKEN_ALIASING_RATE:
    case RW_Q_PRECISION_BASE:
    case RW_Q_NEAR_MEAN:
    case RW_Q_NEAR_VARIANCE:
    case RW_Q_FAR_MEAN:
    case RW_Q_FAR_VARIANCE:
    case RW_Q_STEP_RMS:
    case RW_Q_R_HIGH:
    case RW_Q_N_EFF:
    case RW_Q_MAX_SHARE:
    case RW_N_QUANTITY: break;
    }
    return of_number((double)NAN);
}

/* The counts of one set at one context: one single and one double a draw, `stride` apart. */
typedef struct tally {
    const rw_single *single; /* NULL: not of this set */
    const rw_double *twin;
    size_t stride;
    uint32_t n_draw;
    int64_t context;
    double *scratch;
} tally;

static void add_counts(const tally *t, rw_quantity q, int dtype, rw_answer *to)
{
    static const rw_single no_single;
    static const rw_double no_double;
    const rw_quantity_info *info = rw_quantity_get(q);
    if (info->n_key == 1 ? !t->single : !t->twin) return;
    size_t n = 0;
    for (uint32_t i = 0; i < t->n_draw; i++) {
        const counted c = count_of(q, dtype, t->context,
                                   t->single ? t->single + i * t->stride : &no_single,
                                   t->twin ? t->twin + i * t->stride : &no_double);
        to->count += c.count;
        to->total += c.total;
        to->unresolved += c.unresolved;
        if (!isnan(c.value)) t->scratch[n++] = c.value;
    }
    to->n_measured = (uint32_t)n;
    spread(t->scratch, n, info->averaged, &to->measured, &to->measured_p10,
           &to->measured_p90);
}

static void add_set(const rw_theory *out, const tally *t, rw_score_answers *to)
{
    for (int v = 0; v < RW_N_SCORE_VALUE; v++)
        add_counts(t, (rw_quantity)(RW_Q_MEAN + v), 0, &to->value[v]);
    for (int d = 0; d < RW_N_DTYPE; d++)
        for (int v = 0; v < RW_N_DTYPE_VALUE && out->dtypes >> d & 1; v++)
            add_counts(t, (rw_quantity)(RW_Q_POSITION_ALIASING + v), d,
                       &to->by_dtype[d][v]);
}

/* The effective contexts of a table that can be counted, distinct and ascending. */
static uint32_t countable(const rw_theory_input *in, const rw_theory_table *table,
                          uint32_t n_context, int64_t *list)
{
    uint32_t n = 0;
    for (uint32_t c = 0; c < n_context; c++) {
        const int64_t m = table->context[c].effective;
        table->context[c].counted = m <= in->count_limit;
        if (table->context[c].counted && (!n || list[n - 1] != m)) list[n++] = m;
    }
    return n;
}

typedef struct counting {
    run *r;
    const rw_theory_table_input *table;
    const int64_t *context;
    uint32_t n_context;
    rw_single *single; /* [n_family][n_draw][n_context] */
    rw_double *twin;
} counting;

static int inner_watch(void *ctx, int64_t done, int64_t total)
{
    (void)done, (void)total;
    return atomic_load((const atomic_int *)ctx) != 0;
}

static rw_given_input job_of(const counting *c, const double *q, const double *k,
                             uint32_t n_q, uint32_t n_k, int n_thread)
{
    const rw_theory_input *in = c->r->in;
    return (rw_given_input){.q = q,
                            .k = k,
                            .n_q = n_q,
                            .n_k = n_k,
                            .head_dim = c->table->head_dim,
                            .rotation = c->table->rotation,
                            .rope_theta = c->table->rope_theta,
                            .score_scale = c->table->score_scale,
                            .context = c->context,
                            .n_context = c->n_context,
                            .dtypes = in->dtypes,
                            .events = N_EVENT_BITS,
                            .zeta = in->zeta,
                            .near_alias = in->near_alias,
                            .within = in->within,
                            .n_thread = n_thread,
                            .kernels = in->kernels};
}

/* Item: one draw of one family. */
static ropewalk_status count_draw(void *ctx, int64_t item, int worker,
                                  ropewalk_error *err)
{
    (void)worker;
    const counting *c = ctx;
    const rw_theory_input *in = c->r->in;
    scores s;
    rw_given given;
    rw_given_init(&given);
    ropewalk_status status = scores_init(&s, c->table, err);
    if (status) return status;
    rw_synthetic_vectors(in->family[item / in->n_draw], c->table->head_dim,
                         c->table->rotation->rotary_dim, c->table->rotation->pairs,
                         in->seed, (uint64_t)(item % in->n_draw), s.q, s.k, 2);
    rw_given_input job = job_of(c, s.q, s.k, 1, 2, 1);
    job.progress = inner_watch;
    job.progress_ctx = &c->r->stop;
    status = rw_given_run(&job, &given, err);
    if (!status) {
        memcpy(c->single + item * c->n_context, given.single,
               c->n_context * sizeof *given.single);
        memcpy(c->twin + item * c->n_context, given.twin,
               c->n_context * sizeof *given.twin);
    }
    rw_given_clear(&given);
    scores_clear(&s);
    return status;
}

static ropewalk_status count_families(counting *c, ropewalk_error *err)
{
    const rw_theory_input *in = c->r->in;
    const size_t n = (size_t)in->n_family * in->n_draw;
    c->single = rw_calloc(n * c->n_context, sizeof *c->single);
    c->twin = rw_calloc(n * c->n_context, sizeof *c->twin);
    if (!c->single || !c->twin) return rw_fail_memory(err, "counts");
    return rw_pool_run(in->n_thread, (int64_t)n, count_draw, c, watch, c->r, err);
}

static ropewalk_status count_table(run *r, uint32_t t, ropewalk_error *err)
{
    const rw_theory_input *in = r->in;
    rw_theory *out = r->out;
    rw_theory_table *table = &out->table[t];
    rw_given given;
    rw_given_init(&given);
    int64_t *list = rw_array(out->n_context, sizeof *list);
    double *scratch = rw_array(out->n_draw, sizeof *scratch);
    counting c = {.r = r, .table = &in->table[t], .context = list};
    ropewalk_status status = ROPEWALK_OK;
    if (!list || !scratch) status = rw_fail_memory(err, "counts");
    if (!status) c.n_context = countable(in, table, out->n_context, list);
    if (!status && c.n_context && is_given(in)) {
        rw_given_input job = job_of(&c, in->q, in->k, in->n_q, in->n_k, in->n_thread);
        job.progress = watch;
        job.progress_ctx = r;
        status = rw_given_run(&job, &given, err);
    } else if (!status && c.n_context) {
        status = count_families(&c, err);
    }
    for (uint32_t i = 0; i < out->n_context && !status; i++) {
        rw_theory_context *to = &table->context[i];
        if (!to->counted) continue;
        uint32_t at = 0;
        while (list[at] != to->effective)
            at++;
        size_t pair = 0; /* sets of two given keys come in the order of `given` */
        for (uint32_t s = 0; s < out->n_set; s++) {
            const rw_score_set *set = &out->set[s];
            tally one = {.stride = c.n_context,
                         .n_draw = out->n_draw,
                         .context = to->effective,
                         .scratch = scratch};
            if (!is_given(in)) {
                one.single = c.single + (size_t)s * in->n_draw * c.n_context + at;
                one.twin = c.twin + (size_t)s * in->n_draw * c.n_context + at;
            } else if (set->one) {
                one.single = given.single +
                             ((size_t)set->q * in->n_k + set->k1) * c.n_context + at;
            } else {
                one.twin = given.twin + pair++ * c.n_context + at;
            }
            add_set(out, &one, &to->score[s]);
        }
    }
    rw_given_clear(&given);
    rw_free(c.single);
    rw_free(c.twin);
    rw_free(list);
    rw_free(scratch);
    return status;
}

/* --- the whole ---------------------------------------------------------------------------- */

static ropewalk_status make_sets(const rw_theory_input *in, rw_theory *out,
                                 ropewalk_error *err)
{
    const uint64_t n_q = in->n_q, n_k = in->n_k;
    const uint64_t n = is_given(in) ? n_q * (n_k * (n_k + 1) / 2) : in->n_family;
    if (n > RW_MAX_SCORE_SET)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "%u queries and %u keys make %llu rows, more than %d: choose fewer", in->n_q,
            in->n_k, (unsigned long long)n, RW_MAX_SCORE_SET);
    out->set = rw_calloc(n, sizeof *out->set);
    if (!out->set) return rw_fail_memory(err, "a list of scores");
    for (uint32_t f = 0; f < in->n_family; f++)
        out->set[out->n_set++] =
            (rw_score_set){.coefficients = rw_family_name(in->family[f]),
                           .k2 = 1,
                           .one = true,
                           .two = true};
    for (uint32_t q = 0; is_given(in) && q < in->n_q; q++) {
        for (uint32_t k = 0; k < in->n_k; k++)
            out->set[out->n_set++] =
                (rw_score_set){.coefficients = "given", .q = q, .k1 = k, .one = true};
        for (uint32_t k1 = 0; k1 < in->n_k; k1++)
            for (uint32_t k2 = k1 + 1; k2 < in->n_k; k2++)
                out->set[out->n_set++] = (rw_score_set){
                    .coefficients = "given", .q = q, .k1 = k1, .k2 = k2, .two = true};
    }
    return ROPEWALK_OK;
}

/* Measured on one processor of 2024 with 64 pairs: nanoseconds a distance and key. */
static double count_seconds(const rw_theory_input *in, int64_t context)
{
    const double keys =
        is_given(in) ? (double)in->n_q * in->n_k : 2.0 * in->n_family * in->n_draw;
    const bool beyond = !in->within && 3 * context + 1 <= 1 << 22;
    return (double)context * keys * (beyond ? 300e-9 : 120e-9);
}

static ropewalk_status make_table(const rw_theory_input *in,
                                  const rw_theory_table_input *from, rw_theory *out,
                                  rw_theory_table *to, ropewalk_error *err)
{
    const uint32_t half = from->rotation->rotary_dim / 2;
    *to = (rw_theory_table){.name = rw_strdup(from->name),
                            .head_dim = from->head_dim,
                            .rotary_dim = from->rotation->rotary_dim,
                            .interleaved = from->rotation->pairs == RW_PAIRS_INTERLEAVED,
                            .window = from->window,
                            .n_layer = from->n_layer,
                            .rope_theta = from->rope_theta,
                            .attn_factor = from->rotation->attn_factor,
                            .score_scale = from->score_scale,
                            .inv_freq = rw_array(half + 1, sizeof *to->inv_freq),
                            .context = rw_calloc(in->n_context, sizeof *to->context)};
    if (!to->name || !to->inv_freq || !to->context)
        return rw_fail_memory(err, "a frequency table");
    if (from->mechanism)
        (void)snprintf(to->mechanism, sizeof to->mechanism, "%s", from->mechanism);
    if (half) memcpy(to->inv_freq, from->rotation->inv_freq, half * sizeof *to->inv_freq);
    for (uint32_t c = 0; c < in->n_context; c++) {
        rw_theory_context *context = &to->context[c];
        context->context = context->effective = in->context[c];
        if (from->window > 0 && from->window < context->effective)
            context->effective = from->window;
        context->count_seconds = count_seconds(in, context->effective);
        context->score = rw_calloc(out->n_set, sizeof *context->score);
        if (!context->score) return rw_fail_memory(err, "the scores of a context");
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_theory_run(const rw_theory_input *in, rw_theory *out,
                              ropewalk_error *err)
{
    run r = {.in = in, .out = out, .stage = "predicting"};
    *out = (rw_theory){.n_context = in->n_context,
                       .n_draw = is_given(in) ? 1 : in->n_draw,
                       .dtypes = in->dtypes,
                       .near_alias = in->near_alias,
                       .counting = in->count,
                       .count_limit = in->count_limit};
    ropewalk_status status = make_sets(in, out, err);
    out->table = rw_calloc(in->n_table, sizeof *out->table);
    if (!status && !out->table) status = rw_fail_memory(err, "frequency tables");
    for (uint32_t t = 0; t < in->n_table && !status; t++) {
        out->n_table++;
        status = make_table(in, &in->table[t], out, &out->table[t], err);
    }
    if (!status)
        status = rw_pool_run(in->n_thread, (int64_t)in->n_table * in->n_context, predict,
                             &r, watch, &r, err);
    double seconds = 0.0;
    for (uint32_t t = 0; t < out->n_table && !status; t++)
        for (uint32_t c = 0; c < out->n_context; c++)
            if (out->table[t].context[c].effective <= in->count_limit)
                seconds += out->table[t].context[c].count_seconds / in->n_thread;
    if (seconds < 10.0)
        (void)snprintf(r.stage, sizeof r.stage, "counting");
    else if (seconds < 6000.0)
        (void)snprintf(r.stage, sizeof r.stage, "counting, about %.0f s", seconds);
    else
        (void)snprintf(r.stage, sizeof r.stage, "counting, about %.0f h",
                       ceil(seconds / 3600.0));
    for (uint32_t t = 0; t < in->n_table && in->count && !status; t++)
        status = count_table(&r, t, err);
    if (status) rw_theory_clear(out);
    return status;
}
