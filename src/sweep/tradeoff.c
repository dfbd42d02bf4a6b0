/* tradeoff.c - from values to medians, from medians to position failure against token failure. */
#include <math.h>

#include "base/alloc.h"
#include "measure/interval.h"
#include "sweep/sweep.h"

/* Of `n` values, NaN where there is no answer; sorts them. */
static rw_sweep_spread spread_of(double *x, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) x[kept++] = x[i];
    return (rw_sweep_spread){(uint32_t)kept, rw_quantile(x, kept, 0.5),
                             rw_quantile(x, kept, 0.1), rw_quantile(x, kept, 0.9)};
}

/* The median of min(p, 1 - p): a key that prefers far throughout tells far from near. */
static double indifference(double *p, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i])) p[kept++] = fmin(p[i], 1.0 - p[i]);
    return rw_quantile(p, kept, 0.5);
}

static rw_sweep_summary summary_of(const rw_sweep *s, size_t table, size_t family,
                                   size_t context, size_t slot, double *measured,
                                   double *predicted)
{
    rw_sweep_summary out = {0};
    size_t n = 0;
    for (uint32_t d = 0; d < s->n_draw; d++) {
        const rw_sweep_value *v = rw_sweep_value_at(s, table, family, d, context, slot);
        if (!v->counted) continue;
        measured[n] = v->defined ? (double)v->count / (double)v->total : (double)NAN;
        predicted[n++] = v->predicted.value;
        out.unresolved = v->unresolved < INT64_MAX - out.unresolved
                             ? out.unresolved + v->unresolved
                             : INT64_MAX; /* a kept cell may claim anything */
    }
    out.measured = spread_of(measured, n);
    out.predicted = spread_of(predicted, n);
    out.failure = out.measured.median;
    out.failure_predicted = out.predicted.median;
    if (s->slot[slot].event == RW_EVENT_POSITION_INVERSION &&
        !s->family[family].directed) {
        out.failure = indifference(measured, out.measured.n);
        out.failure_predicted = indifference(predicted, out.predicted.n);
    }
    return out;
}

static double loss_of(rw_sweep_loss kind, double position, double token)
{
    if (isnan(position) || isnan(token)) return (double)NAN;
    return kind == RW_LOSS_SUM ? position + token : fmax(position, token);
}

/* The least of the values that `at` finds in a point; the first of equal ones. */
static rw_sweep_least least_of(const rw_sweep *s, const rw_sweep_curve *c, size_t member)
{
    rw_sweep_least out = {UINT32_MAX, (double)NAN, (double)NAN};
    double least = INFINITY;
    for (uint32_t i = 0; i < c->n_point; i++) {
        const double value =
            *(const double *)(const void *)((const char *)&c->point[i] + member);
        if (!(value < least)) continue;
        least = value;
        out.point = i;
    }
    if (out.point == UINT32_MAX) return out;
    if (out.point > 0) out.lower = s->table[c->point[out.point - 1].table].rope_theta;
    if (out.point + 1 < c->n_point)
        out.upper = s->table[c->point[out.point + 1].table].rope_theta;
    return out;
}

static void note_directions(rw_sweep_curve *c)
{
    for (uint32_t i = 1; i < c->n_point; i++) {
        const rw_sweep_point *a = &c->point[i - 1], *b = &c->point[i];
        if (!isnan(a->token) && !isnan(b->token)) {
            c->token_steps++;
            c->token_falls += b->token < a->token;
            c->token_rises += b->token > a->token;
        }
        if (isnan(a->failure) || isnan(b->failure)) continue;
        if (i <= c->position.point) {
            c->position_left++;
            c->position_falls += b->failure < a->failure;
        } else {
            c->position_right++;
            c->position_rises += b->failure > a->failure;
        }
    }
}

static void note_keeping(const rw_sweep *s, rw_sweep_curve *c)
{
    c->keeping_lower = c->keeping_upper = (double)NAN;
    for (uint32_t i = 0; i < c->n_point; i++) {
        const rw_sweep_point *p = &c->point[i];
        if (!(fmax(p->failure, p->token) <= s->threshold) || isnan(p->loss)) continue;
        const double base = s->table[p->table].rope_theta;
        if (c->n_keeping++ == 0) c->keeping_lower = base;
        c->keeping_upper = base;
    }
}

static ropewalk_status draw_curve(const rw_sweep *s, uint32_t first_table,
                                  uint32_t n_base, rw_sweep_curve *c, ropewalk_error *err)
{
    const size_t position = (size_t)rw_sweep_find_slot(s, RW_EVENT_POSITION_INVERSION),
                 token = (size_t)rw_sweep_find_slot(s, RW_EVENT_TOKEN_INVERSION);
    c->point = rw_calloc(n_base, sizeof *c->point);
    if (!c->point) return rw_fail_memory(err, "the trade-off of a sweep");
    c->n_point = n_base;
    for (uint32_t i = 0; i < n_base; i++) {
        rw_sweep_point *p = &c->point[i];
        p->table = first_table + i;
        const rw_sweep_summary *of_position = rw_sweep_summary_at(s, p->table, c->family,
                                                                  c->context, position),
                               *of_token = rw_sweep_summary_at(s, p->table, c->family,
                                                               c->context, token);
        p->position = of_position->measured.median;
        p->position_predicted = of_position->predicted.median;
        p->token = of_token->measured.median;
        p->token_predicted = of_token->predicted.median;
        p->failure = of_position->failure;
        p->failure_predicted = of_position->failure_predicted;
        p->loss = loss_of(s->loss_kind, p->failure, p->token);
        p->loss_predicted =
            loss_of(s->loss_kind, p->failure_predicted, p->token_predicted);
    }
    c->position = least_of(s, c, offsetof(rw_sweep_point, failure));
    c->loss = least_of(s, c, offsetof(rw_sweep_point, loss));
    c->loss_predicted = least_of(s, c, offsetof(rw_sweep_point, loss_predicted));
    note_directions(c);
    note_keeping(s, c);
    return ROPEWALK_OK;
}

static ropewalk_status draw_curves(rw_sweep *s, uint32_t n_base, ropewalk_error *err)
{
    if (n_base < 2 || rw_sweep_find_slot(s, RW_EVENT_POSITION_INVERSION) < 0 ||
        rw_sweep_find_slot(s, RW_EVENT_TOKEN_INVERSION) < 0)
        return ROPEWALK_OK;
    const uint32_t n = s->n_grid / n_base * s->n_family * s->n_context;
    s->curve = rw_calloc(n, sizeof *s->curve);
    if (!s->curve) return rw_fail_memory(err, "the trade-off of a sweep");
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < n && !status; i++) {
        rw_sweep_curve *c = &s->curve[s->n_curve++];
        c->context = i % s->n_context;
        c->family = i / s->n_context % s->n_family;
        status = draw_curve(s, i / s->n_context / s->n_family * n_base, n_base, c, err);
    }
    return status;
}

ropewalk_status rw_sweep_summarise(rw_sweep *s, uint32_t n_base, ropewalk_error *err)
{
    const size_t n = (size_t)s->n_table * s->n_family * s->n_context * s->n_slot;
    s->summary = rw_calloc(n, sizeof *s->summary);
    double *scratch = rw_array(2 * (size_t)s->n_draw, sizeof *scratch);
    ropewalk_status status = ROPEWALK_OK;
    if (!s->summary || !scratch) status = rw_fail_memory(err, "the medians of a sweep");
    for (size_t i = 0; i < n && !status; i++) {
        const size_t slot = i % s->n_slot, context = i / s->n_slot % s->n_context,
                     family = i / s->n_slot / s->n_context % s->n_family,
                     table = i / s->n_slot / s->n_context / s->n_family;
        s->summary[i] =
            summary_of(s, table, family, context, slot, scratch, scratch + s->n_draw);
    }
    rw_free(scratch);
    if (!status) status = draw_curves(s, n_base, err);
    return status;
}
