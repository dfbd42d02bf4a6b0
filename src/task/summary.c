/* summary.c - means over lists, paired differences, and what follows. */
#include "task/summary.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "task/clustered.h"

/* One number of an inquiry, NaN when it has none. */
typedef double (*pick)(const rw_inquiry *i);

static double pick_acc(const rw_inquiry *i)
{
    return isnan(i->margin) ? (double)NAN : i->margin > 0.0;
}
static double pick_margin(const rw_inquiry *i)
{
    return i->margin;
}
static double pick_strict(const rw_inquiry *i)
{
    return i->generated ? i->strict : (double)NAN;
}
static double pick_lenient(const rw_inquiry *i)
{
    return i->generated ? i->lenient : (double)NAN;
}
static double pick_either(const rw_inquiry *i)
{
    return isnan(i->margin) ? pick_lenient(i) : pick_acc(i);
}

typedef struct room {
    double *value, *scratch;
    uint32_t *list;
} room;

static ropewalk_status make_room(room *r, size_t n, ropewalk_error *err)
{
    r->value = rw_array(n + 1, sizeof *r->value);
    r->scratch = rw_array(3 * n + 2000, sizeof *r->scratch);
    r->list = rw_array(n + 1, sizeof *r->list);
    return r->value && r->scratch && r->list ? ROPEWALK_OK
                                             : rw_fail_memory(err, "statistics");
}

static void clear_room(room *r)
{
    rw_free(r->value);
    rw_free(r->scratch);
    rw_free(r->list);
}

static rw_task_mean mean_of(const room *r, size_t n, uint64_t seed)
{
    const rw_clustered c = rw_cluster_mean(r->value, r->list, n, seed, r->scratch);
    rw_task_mean m = {c.mean, c.lo, c.hi, c.stderr_mean, 0.0, 0.0, c.n, c.n_list};
    rw_wilson(c.mean, isnan(c.n_effective) ? (double)c.n : c.n_effective, &m.wilson_lo,
              &m.wilson_hi);
    return m;
}

static rw_task_mean mean_picked(const room *r, const rw_inquiry *i, size_t n,
                                uint32_t n_question, pick value, uint64_t seed)
{
    for (size_t k = 0; k < n; k++) {
        r->value[k] = i[k].refused[0] ? (double)NAN : value(&i[k]);
        r->list[k] = (uint32_t)(k / n_question);
    }
    return mean_of(r, n, seed);
}

/* The middle of the numbers in value[n]; sorts by insertion, n is a few hundred. */
static double median(double *value, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && value[j - 1] > value[j]; j--) {
            const double kept = value[j];
            value[j] = value[j - 1];
            value[j - 1] = kept;
        }
    return n == 0 ? (double)NAN : 0.5 * (value[(n - 1) / 2] + value[n / 2]);
}

ropewalk_status rw_task_group_finish(rw_task_group *g, const rw_inquiry *inquiry,
                                     uint32_t n_question, uint64_t seed,
                                     ropewalk_error *err)
{
    room r = {0};
    const size_t n = g->n_inquiry;
    const ropewalk_status status = make_room(&r, n, err);
    if (!status) {
        double chance = 0.0, all = 0.0;
        size_t n_token = 0, n_all = 0, n_asked = 0;
        g->n_refused = 0;
        for (size_t k = 0; k < n; k++) {
            if (inquiry[k].refused[0]) {
                if (g->n_refused++ == 0)
                    memcpy(g->refused, inquiry[k].refused, sizeof g->refused);
                continue;
            }
            n_asked++;
            chance += 1.0 / inquiry[k].n_option;
            if (inquiry[k].n_token >= 0) r.value[n_token++] = (double)inquiry[k].n_token;
            if (inquiry[k].n_all_token >= 0) {
                all += (double)inquiry[k].n_all_token;
                n_all++;
            }
        }
        g->n_token = median(r.value, n_token);
        g->n_all_token = n_all ? all / (double)n_all : (double)NAN;
        g->chance = n_asked ? chance / (double)n_asked : (double)NAN;
        g->acc = mean_picked(&r, inquiry, n, n_question, pick_acc, seed);
        g->margin = mean_picked(&r, inquiry, n, n_question, pick_margin, seed);
        g->margin.wilson_lo = g->margin.wilson_hi = (double)NAN; /* no proportion */
        g->strict = mean_picked(&r, inquiry, n, n_question, pick_strict, seed);
        g->lenient = mean_picked(&r, inquiry, n, n_question, pick_lenient, seed);
    }
    clear_room(&r);
    return status;
}

static bool belongs(const rw_task_group *g, const rw_task_summary *s)
{
    return strcmp(g->task, s->task) == 0 && strcmp(g->factors, s->factors) == 0;
}

ropewalk_status rw_task_gate(const rw_task_result *result, rw_task_summary *s,
                             ropewalk_error *err)
{
    size_t n = 0, capacity = 0;
    double chance = 0.0, n_group = 0.0;
    room r = {0};
    for (size_t i = 0; i < result->n_group; i++)
        if (result->group[i].gate && belongs(&result->group[i], s))
            capacity += result->group[i].n_inquiry;
    const ropewalk_status status = make_room(&r, capacity, err);
    for (size_t i = 0; i < result->n_group && !status; i++) {
        const rw_task_group *g = &result->group[i];
        if (!g->gate || !belongs(g, s)) continue;
        if (!isnan(g->chance)) {
            chance += g->chance;
            n_group += 1.0;
        }
        for (size_t k = 0; k < g->n_inquiry; k++) {
            const rw_inquiry *q = &result->inquiry[g->first + k];
            r.value[n] = q->refused[0] ? (double)NAN : pick_either(q);
            r.list[n] = (uint32_t)(n / result->n_question);
            n++;
        }
    }
    if (!status) {
        const rw_task_mean m = mean_of(&r, n, result->seed);
        s->gated = n > 0;
        s->gate_acc = m.mean;
        s->gate_lo = m.wilson_lo;
        s->gate_needed =
            n_group > 0.0 ? chance / n_group + RW_TASK_GATE_POINTS : (double)NAN;
        s->passed = s->gate_lo > s->gate_needed;
    }
    clear_room(&r);
    return status;
}

/* --- contrasts ------------------------------------------------------------------------------ */

static ropewalk_status contrast(const rw_task_result *result, rw_task_contrast *c,
                                ropewalk_error *err)
{
    const rw_task_group *a = &result->group[c->of], *b = &result->group[c->against];
    const rw_inquiry *x = &result->inquiry[a->first], *y = &result->inquiry[b->first];
    const size_t n = a->n_inquiry < b->n_inquiry ? a->n_inquiry : b->n_inquiry,
                 n_list = n / result->n_question;
    room r = {0};
    const ropewalk_status status = make_room(&r, n, err);
    if (!status) {
        double by_list = (double)NAN;
        for (int which = 0; which < 2; which++) {
            const pick value = which ? pick_either : pick_margin;
            for (size_t k = 0; k < n; k++) {
                const bool both = !x[k].refused[0] && !y[k].refused[0];
                r.value[k] = both ? value(&x[k]) - value(&y[k]) : (double)NAN;
                r.list[k] = (uint32_t)(k / result->n_question);
            }
            rw_task_mean *m = which ? &c->acc : &c->margin;
            *m = mean_of(&r, n, result->seed);
            m->wilson_lo = m->wilson_hi = (double)NAN;
            if (m->n == 0) continue;
            if (which == 1 && c->margin.n > 0) continue; /* tested by margins already */
            for (size_t l = 0; l < n_list; l++) {
                double sum = 0.0, count = 0.0;
                for (size_t q = 0; q < result->n_question; q++) {
                    const double v = r.value[l * result->n_question + q];
                    sum += isnan(v) ? 0.0 : v;
                    count += !isnan(v);
                }
                by_list = count > 0.0 ? sum / count : (double)NAN;
                r.scratch[l] = by_list;
            }
            c->p = rw_sign_flip(r.scratch, n_list, result->seed);
        }
    }
    clear_room(&r);
    return status;
}

/* Groups over the same lists: what `of` is measured against, or SIZE_MAX. */
static size_t counterpart(const rw_task_result *result, size_t of)
{
    const rw_task_group *g = &result->group[of];
    const bool moved = g->gap >= 0 && strcmp(g->cell, "near") != 0;
    const bool helped = g->gap < 0 && strcmp(g->strategy, "direct") != 0;
    if (g->gate || (!moved && !helped)) return SIZE_MAX;
    for (size_t i = 0; i < result->n_group; i++) {
        const rw_task_group *h = &result->group[i];
        if (h->gate || strcmp(h->task, g->task) != 0 ||
            strcmp(h->factors, g->factors) != 0 || h->n_item != g->n_item ||
            strcmp(h->strategy, "direct") != 0)
            continue;
        if (!(h->depth >= g->depth && h->depth <= g->depth) &&
            !(isnan(h->depth) && isnan(g->depth)))
            continue;
        if (moved ? h->gap == 0 && strcmp(h->cell, "near") == 0
                  : h->gap < 0 && h->length == g->length)
            return i;
    }
    return SIZE_MAX;
}

static bool same_family(const rw_task_result *result, const rw_task_contrast *a,
                        const rw_task_contrast *b)
{
    const rw_task_group *g = &result->group[a->of], *h = &result->group[b->of];
    return strcmp(g->task, h->task) == 0 && strcmp(g->factors, h->factors) == 0 &&
           strcmp(g->cell, h->cell) == 0 && strcmp(g->strategy, h->strategy) == 0;
}

/* Holm over the lengths or gaps of one kind of contrast. */
static ropewalk_status correct(rw_task_result *result, ropewalk_error *err)
{
    const size_t n = result->n_contrast;
    double *p = rw_array(2 * n + 1, sizeof *p);
    size_t *order = rw_array(2 * n + 1, sizeof *order);
    if (!p || !order) {
        rw_free(p);
        rw_free(order);
        return rw_fail_memory(err, "statistics");
    }
    for (size_t i = 0; i < n; i++) {
        size_t m = 0, me = 0;
        for (size_t j = 0; j < n; j++)
            if (same_family(result, &result->contrast[i], &result->contrast[j])) {
                if (i == j) me = m;
                p[m++] = result->contrast[j].p;
            }
        rw_holm(p, m, p + n, order);
        result->contrast[i].p_holm = p[n + me];
    }
    rw_free(p);
    rw_free(order);
    return ROPEWALK_OK;
}

/* Whether any gap of a kind lowers the answers, for certain at 5 % after correction. */
static bool hurts(const rw_task_result *result, const rw_task_summary *s,
                  const char *cell, bool *tested)
{
    bool any = false;
    for (size_t i = 0; i < result->n_contrast; i++) {
        const rw_task_contrast *c = &result->contrast[i];
        const rw_task_group *g = &result->group[c->of];
        if (!belongs(g, s) || strcmp(g->cell, cell) != 0) continue;
        *tested = true;
        const double change = c->margin.n ? c->margin.mean : c->acc.mean;
        any = any || (c->p_holm < 0.05 && change < 0.0);
    }
    return any;
}

static double accuracy(const rw_task_group *g)
{
    return g->acc.n ? g->acc.mean : g->lenient.mean;
}

/* Without a gate: whether the near lists themselves are surely answered better than by chance, so
 * that there is something that could be hurt. */
static bool able(const rw_task_result *result, const rw_task_summary *s)
{
    for (size_t i = 0; i < result->n_group; i++) {
        const rw_task_group *g = &result->group[i];
        if (!belongs(g, s) || g->gap != 0 || strcmp(g->cell, "near") != 0) continue;
        const rw_task_mean *m = g->acc.n ? &g->acc : &g->lenient;
        return m->wilson_lo > g->chance;
    }
    return false;
}

/* The longest of the lengths, shortest first, up to which all reach the threshold. */
static double effective(const rw_task_result *result, const rw_task_summary *s,
                        double need)
{
    double reached = (double)NAN, at = 0.0;
    for (;;) {
        const rw_task_group *next = NULL;
        for (size_t i = 0; i < result->n_group; i++) {
            const rw_task_group *g = &result->group[i];
            if (g->gate || g->gap >= 0 || !isnan(g->depth) || !belongs(g, s) ||
                strcmp(g->strategy, "direct") != 0 || !(g->n_token > at))
                continue;
            if (!next || g->n_token < next->n_token) next = g;
        }
        if (!next || !(accuracy(next) >= need)) return reached;
        reached = at = next->n_token;
    }
}

ropewalk_status rw_task_conclude(rw_task_result *result, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    result->n_contrast = 0;
    result->contrast = rw_calloc(result->n_group + 1, sizeof *result->contrast);
    if (!result->contrast) return rw_fail_memory(err, "contrasts");
    for (size_t i = 0; i < result->n_group && !status; i++) {
        const size_t against = counterpart(result, i);
        if (against == SIZE_MAX) continue;
        rw_task_contrast *c = &result->contrast[result->n_contrast++];
        *c = (rw_task_contrast){.of = i, .against = against, .p = 1.0, .p_holm = 1.0};
        status = contrast(result, c, err);
    }
    if (!status) status = correct(result, err);
    for (size_t i = 0; i < result->n_summary && !status; i++) {
        rw_task_summary *s = &result->summary[i];
        bool tested = false;
        const bool distance = hurts(result, s, "distance", &tested),
                   dilution = hurts(result, s, "dilution", &tested);
        s->outcome = s->gated && !s->passed          ? RW_TASK_NOT_EVALUABLE
                     : !tested                       ? RW_TASK_NOT_TESTED
                     : !s->gated && !able(result, s) ? RW_TASK_NOT_EVALUABLE
                     : distance                      ? RW_TASK_DISTANCE_HURTS
                     : dilution                      ? RW_TASK_ONLY_DILUTION_HURTS
                                                     : RW_TASK_NEITHER_HURTS;
        s->ruler = effective(result, s, 0.856);
        s->nolima = s->gated ? effective(result, s, 0.85 * s->gate_acc) : (double)NAN;
        if (s->gated && !s->passed) s->ruler = s->nolima = (double)NAN;
    }
    return status;
}
