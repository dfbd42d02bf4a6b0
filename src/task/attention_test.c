/* attention_test.c - a prediction made from S(m) alone, fitted, tried on held-out lists, and set
 * beside random phases. */
#include "task/attention_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "base/random.h"

enum { LEAST_LISTS = 4 };
/* streams of random numbers, after those of lists */
static const uint64_t halves_stream = UINT64_C(1) << 62, phase_stream = UINT64_C(3) << 61;

typedef struct trial {
    const rw_task_result *result;
    const rw_waves *waves;
    const rw_task_group *near, *far[RW_MAX_TEST_GAP];
    size_t n_gap, n_list, n_fit, n_head;
    uint32_t
        *list; /* [n_list] that have all gaps, in the order drawn; the first n_fit fit */
    double *weight;    /* [n_layer * n_head], sum 1 */
    double *change;    /* [n_list][n_gap] of the margin */
    double *predicted; /* [n_list][n_gap] of the score */
    /* For each rotation, frequencies one after the other: the weighted sum of all heads' z_n, and
     * [n_list][n_gap] means over questions of e^{i(m+G)w} - e^{imw}. */
    size_t n_wave, *first;
    double *re, *im, *turn_re, *turn_im;
} trial;

static const rw_inquiry *inquiry(const trial *t, const rw_task_group *g, size_t list,
                                 size_t question)
{
    return &t->result->inquiry[g->first + list * t->result->n_question + question];
}

/* Whether a question counts: answered near, with attention, and at every gap. */
static bool counts(const trial *t, size_t list, size_t question)
{
    const rw_inquiry *q = inquiry(t, t->near, list, question);
    if (q->refused[0] || isnan(q->margin) || q->distance < 0 ||
        q->n_attention != t->waves->n_layer * t->waves->n_head)
        return false;
    for (size_t g = 0; g < t->n_gap; g++) {
        const rw_inquiry *far = inquiry(t, t->far[g], list, question);
        if (far->refused[0] || isnan(far->margin)) return false;
    }
    return true;
}

static bool find_groups(trial *t, const rw_task_summary *s)
{
    for (size_t i = 0; i < t->result->n_group; i++) {
        const rw_task_group *g = &t->result->group[i];
        if (strcmp(g->task, s->task) != 0 || strcmp(g->factors, s->factors) != 0 ||
            g->gap < 0)
            continue;
        if (strcmp(g->cell, "near") == 0 && g->gap == 0) t->near = g;
        if (strcmp(g->cell, "distance") == 0 && t->n_gap < RW_MAX_TEST_GAP)
            t->far[t->n_gap++] = g;
    }
    return t->near && t->n_gap > 0;
}

/* Lists with a question that counts, in an order drawn from the seed; halves, rounded down. */
static void draw_halves(trial *t)
{
    for (uint32_t l = 0; l < t->result->n_list; l++) {
        bool any = false;
        for (size_t q = 0; q < t->result->n_question; q++)
            any = any || counts(t, l, q);
        if (any) t->list[t->n_list++] = l;
    }
    for (size_t i = t->n_list; i > 1; i--) {
        const size_t j =
            (size_t)rw_random_below(t->result->seed, halves_stream, i, (uint64_t)i);
        const uint32_t kept = t->list[i - 1];
        t->list[i - 1] = t->list[j];
        t->list[j] = kept;
    }
    t->n_fit = t->n_list / 2;
}

/* Mean attention over lists of the first half, each list counting alike, of heads with an S(m). */
static void weigh(trial *t)
{
    const size_t n = (size_t)t->waves->n_layer * t->waves->n_head;
    double total = 0.0;
    for (size_t h = 0; h < n; h++) {
        if (!t->waves->re[h]) continue;
        for (size_t i = 0; i < t->n_fit; i++) {
            double sum = 0.0, n_question = 0.0;
            for (size_t q = 0; q < t->result->n_question; q++) {
                if (!counts(t, t->list[i], q)) continue;
                const double v = inquiry(t, t->near, t->list[i], q)->attention[h];
                sum += isnan(v) ? 0.0 : v;
                n_question += 1.0;
            }
            t->weight[h] += sum / n_question;
        }
        total += t->weight[h];
    }
    for (size_t h = 0; h < n && total > 0.0; h++) {
        t->n_head += t->weight[h] > 0.0;
        t->weight[h] /= total;
    }
}

/* The changes of the margin, and how far each wave turns. */
static void observe(trial *t)
{
    for (size_t i = 0; i < t->n_list; i++)
        for (size_t g = 0; g < t->n_gap; g++) {
            const size_t at = i * t->n_gap + g;
            double n = 0.0;
            for (size_t q = 0; q < t->result->n_question; q++) {
                if (!counts(t, t->list[i], q)) continue;
                const rw_inquiry *near = inquiry(t, t->near, t->list[i], q);
                t->change[at] +=
                    inquiry(t, t->far[g], t->list[i], q)->margin - near->margin;
                n += 1.0;
                for (uint32_t r = 0; r < t->waves->n_rotation; r++)
                    for (uint32_t k = 0; k < t->waves->n_pair[r]; k++) {
                        const double m = (double)near->distance, w = t->waves->freq[r][k];
                        const size_t wave = at * t->n_wave + t->first[r] + k;
                        rw_dd s0, c0, s1, c1;
                        rw_sincos_product(m, w, &s0, &c0);
                        rw_sincos_product(m + (double)t->far[g]->gap, w, &s1, &c1);
                        t->turn_re[wave] += c1.hi - c0.hi;
                        t->turn_im[wave] += s1.hi - s0.hi;
                    }
            }
            t->change[at] /= n;
            for (size_t k = 0; k < t->n_wave; k++) {
                t->turn_re[at * t->n_wave + k] /= n;
                t->turn_im[at * t->n_wave + k] /= n;
            }
        }
}

/* The weighted sum of heads; with draw > 0 each of their terms at a phase of its own. */
static void sum_heads(trial *t, uint32_t draw)
{
    const rw_waves *w = t->waves;
    memset(t->re, 0, t->n_wave * sizeof *t->re);
    memset(t->im, 0, t->n_wave * sizeof *t->im);
    for (size_t h = 0; h < (size_t)w->n_layer * w->n_head; h++) {
        if (!w->re[h] || !(t->weight[h] > 0.0)) continue;
        const uint32_t r = w->rotation[h / w->n_head];
        for (uint32_t k = 0; k < w->n_pair[r]; k++) {
            double re = w->re[h][k], im = w->im[h][k];
            if (draw) {
                const double turn = rw_random_unit(t->result->seed, phase_stream + draw,
                                                   (uint64_t)h << 16 | k),
                             size = hypot(re, im), phase = 6.283185307179586 * turn;
                re = size * rw_cos(phase);
                im = size * rw_sin(phase);
            }
            t->re[t->first[r] + k] += t->weight[h] * re;
            t->im[t->first[r] + k] += t->weight[h] * im;
        }
    }
}

/* Fit on the first lists, try on the others. */
static double try_once(trial *t, uint32_t draw, double *slope)
{
    sum_heads(t, draw);
    double xy = 0.0, xx = 0.0, rest = 0.0, yy = 0.0;
    for (size_t at = 0; at < t->n_list * t->n_gap; at++) {
        double x = 0.0;
        for (size_t k = 0; k < t->n_wave; k++)
            x += t->re[k] * t->turn_re[at * t->n_wave + k] -
                 t->im[k] * t->turn_im[at * t->n_wave + k];
        t->predicted[at] = x;
        if (at >= t->n_fit * t->n_gap) continue;
        xy += x * t->change[at];
        xx += x * x;
    }
    *slope = xx > 0.0 && xy > 0.0 ? xy / xx : 0.0;
    for (size_t at = t->n_fit * t->n_gap; at < t->n_list * t->n_gap; at++) {
        const double y = t->change[at], left = y - *slope * t->predicted[at];
        rest += left * left;
        yy += y * y;
    }
    return yy > 0.0 ? 1.0 - rest / yy : 0.0;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static ropewalk_status prepare(trial *t, ropewalk_error *err)
{
    const size_t n_head = (size_t)t->waves->n_layer * t->waves->n_head;
    t->first = rw_calloc(t->waves->n_rotation + 1, sizeof *t->first);
    if (!t->first) return rw_fail_memory(err, "a test of attention");
    for (uint32_t r = 0; r < t->waves->n_rotation; r++) {
        t->first[r] = t->n_wave;
        t->n_wave += t->waves->n_pair[r];
    }
    const size_t n_at = t->n_list * t->n_gap;
    t->weight = rw_calloc(n_head + 1, sizeof *t->weight);
    t->change = rw_calloc(n_at + 1, sizeof *t->change);
    t->predicted = rw_calloc(n_at + 1, sizeof *t->predicted);
    t->re = rw_calloc(t->n_wave + 1, sizeof *t->re);
    t->im = rw_calloc(t->n_wave + 1, sizeof *t->im);
    t->turn_re = rw_calloc(n_at * t->n_wave + 1, sizeof *t->turn_re);
    t->turn_im = rw_calloc(n_at * t->n_wave + 1, sizeof *t->turn_im);
    return t->weight && t->change && t->predicted && t->re && t->im && t->turn_re &&
                   t->turn_im
               ? ROPEWALK_OK
               : rw_fail_memory(err, "a test of attention");
}

/* Everything is ready: the test itself. */
static ropewalk_status make(trial *t, rw_attention_test *out, ropewalk_error *err)
{
    double *null = rw_array(RW_N_PHASE_SHUFFLE, sizeof *null);
    if (!null) return rw_fail_memory(err, "a test of attention");
    uint32_t as_high = 0;
    double unused;
    for (uint32_t k = 0; k < RW_N_PHASE_SHUFFLE; k++)
        null[k] = try_once(t, k + 1, &unused);
    out->r2 = try_once(t, 0, &out->slope);
    for (uint32_t k = 0; k < RW_N_PHASE_SHUFFLE; k++)
        as_high += null[k] >= out->r2;
    qsort(null, RW_N_PHASE_SHUFFLE, sizeof *null, by_value);
    out->n_shuffle = RW_N_PHASE_SHUFFLE;
    out->p = (1.0 + as_high) / (1.0 + RW_N_PHASE_SHUFFLE);
    out->null_median = null[RW_N_PHASE_SHUFFLE / 2];
    out->null_p95 = null[RW_N_PHASE_SHUFFLE * 95 / 100];
    rw_free(null);
    out->n_head = (uint32_t)t->n_head;
    out->n_fit = (uint32_t)t->n_fit;
    out->n_held = (uint32_t)(t->n_list - t->n_fit);
    out->n_gap = t->n_gap;
    for (size_t g = 0; g < t->n_gap; g++) {
        out->gap[g] = t->far[g]->gap;
        for (size_t i = t->n_fit; i < t->n_list; i++) {
            out->score[g] += t->predicted[i * t->n_gap + g] / out->n_held;
            out->observed[g] += t->change[i * t->n_gap + g] / out->n_held;
        }
    }
    return ROPEWALK_OK;
}

static void clear(trial *t)
{
    rw_free(t->first);
    rw_free(t->list);
    rw_free(t->weight);
    rw_free(t->change);
    rw_free(t->predicted);
    rw_free(t->re);
    rw_free(t->im);
    rw_free(t->turn_re);
    rw_free(t->turn_im);
}

ropewalk_status rw_attention_test_run(const rw_task_result *result,
                                      rw_task_summary *summary, const rw_waves *waves,
                                      ropewalk_error *err)
{
    trial t = {.result = result, .waves = waves};
    rw_attention_test *out = &summary->test;
    *out = (rw_attention_test){0};
    if (!find_groups(&t, summary)) {
        out->missing = "no list was moved away";
        return ROPEWALK_OK;
    }
    t.list = rw_array(result->n_list + 1u, sizeof *t.list);
    if (!t.list) return rw_fail_memory(err, "a test of attention");
    draw_halves(&t);
    if (t.n_list < LEAST_LISTS) {
        out->missing = "fewer than four lists were answered in all cells with attention";
        clear(&t);
        return ROPEWALK_OK;
    }
    ropewalk_status status = prepare(&t, err);
    if (!status) {
        weigh(&t);
        observe(&t);
        if (t.n_head == 0)
            out->missing = "no head with vectors in the audit attends to an answer";
        else
            status = make(&t, out, err);
    }
    clear(&t);
    return status;
}
