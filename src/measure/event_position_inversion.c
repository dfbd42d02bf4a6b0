/* event_position_inversion.c - far above near: the same key, moved from one window of distances
 * to a farther one, scores higher (E1); and scores closer than a threshold (near aliasing).
 *
 * One walk along the certified order counts a window pair: with near distances seen so far, every
 * far distance adds that many inversions. Contexts are taken from the largest down, and the
 * order is cut to the next context in place, so all of a doubling list cost two walks. */
#include <math.h>

#include "base/alloc.h"
#include "measure/event.h"

typedef struct window_pair {
    int64_t near_first, near_end, far_first, far_end; /* half open */
} window_pair;

/* Undecided runs: pairs of one near and one far distance in the same run. */
static int64_t undecided_pairs(const rw_order *o, const window_pair *w)
{
    int64_t pairs = 0;
    for (size_t r = 0; r < o->n_undecided; r++) {
        int64_t near = 0, far = 0;
        for (int64_t i = o->undecided[r].first; i < o->undecided[r].last; i++) {
            const int64_t m = o->undecided_distance[i];
            near += m >= w->near_first && m < w->near_end;
            far += m >= w->far_first && m < w->far_end;
        }
        pairs += near * far;
    }
    return pairs;
}

/* Count, and when `near` is given copy the two windows' scores, ascending. */
static int64_t walk(const rw_order *o, const window_pair *w, double *near, double *far)
{
    const uint32_t near_first = (uint32_t)w->near_first;
    const uint32_t near_size = (uint32_t)(w->near_end - w->near_first);
    const uint32_t far_first = (uint32_t)w->far_first;
    const uint32_t far_size = (uint32_t)(w->far_end - w->far_first);
    int64_t n_near = 0, count = 0;
    if (!near) {
        for (int64_t i = 0; i < o->n; i++) {
            const uint32_t m = o->distance[i];
            n_near += m - near_first < near_size; /* unsigned: below wraps to huge */
            count += m - far_first < far_size ? n_near : 0;
        }
        return count;
    }
    int64_t n_far = 0;
    for (int64_t i = 0; i < o->n; i++) {
        const uint32_t m = o->distance[i];
        const int is_near = m - near_first < near_size, is_far = m - far_first < far_size;
        near[n_near] = o->score[i];
        far[n_far] = o->score[i];
        n_near += is_near;
        n_far += is_far;
        count += is_far ? n_near : 0;
    }
    return count;
}

static rw_count count_pair(const rw_order *o, const window_pair *w, int all_tied,
                           double *near, double *far)
{
    rw_count c = {0};
    c.total = (w->near_end - w->near_first) * (w->far_end - w->far_first);
    if (all_tied) {
        c.ties = c.total;
        return c;
    }
    c.count = walk(o, w, near, far);
    c.unresolved = undecided_pairs(o, w);
    return c;
}

static void cut(rw_order *o, int64_t limit)
{
    int64_t n = 0;
    for (int64_t i = 0; i < o->n; i++) {
        const uint32_t m = o->distance[i];
        o->distance[n] = m;
        o->score[n] = o->score[i];
        n += m < (uint64_t)limit;
    }
    o->n = n;
}

/* Pairs of distances whose scores differ by less than `threshold` (exactly that: not counted). */
static rw_count count_near_aliasing(const rw_order *o, const rw_series *s,
                                    double threshold, int all_tied)
{
    rw_count c = {.total = o->n * (o->n - 1) / 2};
    if (all_tied) {
        c.count = c.total;
        return c;
    }
    /* scores may be out of order by 2 t_error inside exact groups: 8 leaves room for that */
    const double margin = 8.0 * s->t_error + threshold * 0x1p-50;
    const double surely = threshold + margin, maybe = threshold - margin;
    int64_t apart = 0; /* first distance not surely apart from i */
    for (int64_t i = 0; i < o->n; i++) {
        const double t = o->score[i];
        while (t - o->score[apart] >= surely)
            apart++;
        c.count += i - apart;
        for (int64_t j = apart; j < i && t - o->score[j] >= maybe;
             j++) { /* hardly ever */
            double e1, e2;
            const rw_dd d = rw_dd_sub(rw_series_exact(s, o->distance[i], &e1),
                                      rw_series_exact(s, o->distance[j], &e2));
            const rw_dd beyond = rw_dd_add_d(d.hi < 0.0 ? rw_dd_neg(d) : d, -threshold);
            if (beyond.hi >= -(e1 + e2)) c.count--; /* apart, or undecided */
            if (fabs(beyond.hi) <= e1 + e2) c.unresolved++;
        }
    }
    return c;
}

void rw_count_position_inversion(rw_order *order, const rw_series *s,
                                 const rw_measure_plan *plan, double *window,
                                 rw_single *single)
{
    const int all_tied = rw_coefficient_is_constant(s->z);
    const double amplitude = s->z->amplitude_sum,
                 least_variance = 1e-12 * amplitude * amplitude;
    double *near = plan->certificates ? window : NULL, *far = window + order->n;
    /* largest window first: (2M, 3M] of each context, then [0, M); merge the two descending lists */
    size_t beyond = plan->n_context, main = plan->n_context;
    while (beyond > 0 && 3 * plan->context[beyond - 1] + 1 > plan->n_distance)
        beyond--;
    while (main > 0) {
        if (beyond > 0 && 3 * plan->context[beyond - 1] + 1 > plan->context[main - 1]) {
            const int64_t M = plan->context[--beyond];
            const window_pair w = {M + 1, 2 * M + 1, 2 * M + 1, 3 * M + 1};
            cut(order, 3 * M + 1);
            single[beyond].inversion_beyond = count_pair(order, &w, all_tied, NULL, NULL);
            continue;
        }
        const int64_t M = plan->context[--main], half = M / 2;
        rw_single *out = &single[main];
        cut(order, M);
        const window_pair halves = {0, half, half, M}, local = {1, 129, half, M};
        out->inversion = count_pair(order, &halves, all_tied, near, far);
        if (near && !all_tied) {
            out->ks_near = rw_ks_normal(near, half, least_variance);
            out->ks_far = rw_ks_normal(far, M - half, least_variance);
        }
        if (half >= 129)
            out->inversion_local = count_pair(order, &local, all_tied, NULL, NULL);
        if (plan->near_alias > 0.0)
            out->near_aliasing =
                count_near_aliasing(order, s, plan->near_alias, all_tied);
    }
}

/* The windows of a context: its halves, [1, 129) against the far half, and the two beyond it. */
enum { HALVES, LOCAL, BEYOND, N_WINDOW_PAIR };

static void windows_of(const rw_measure_plan *plan, int64_t M,
                       window_pair w[N_WINDOW_PAIR], bool wanted[N_WINDOW_PAIR])
{
    const int64_t half = M / 2;
    w[HALVES] = (window_pair){0, half, half, M};
    w[LOCAL] = (window_pair){1, 129, half, M};
    w[BEYOND] = (window_pair){M + 1, 2 * M + 1, 2 * M + 1, 3 * M + 1};
    wanted[HALVES] = true;
    wanted[LOCAL] = half >= 129;
    wanted[BEYOND] = 3 * M + 1 <= plan->n_distance;
}

bool rw_position_segments(const rw_measure_plan *plan, rw_segments *segments)
{
    *segments = (rw_segments){0};
    for (size_t i = 0; i < plan->n_context; i++) {
        window_pair w[N_WINDOW_PAIR];
        bool wanted[N_WINDOW_PAIR];
        windows_of(plan, plan->context[i], w, wanted);
        for (int j = 0; j < N_WINDOW_PAIR; j++)
            if (wanted[j] && !(rw_segments_add(segments, w[j].near_first) &&
                               rw_segments_add(segments, w[j].near_end) &&
                               rw_segments_add(segments, w[j].far_first) &&
                               rw_segments_add(segments, w[j].far_end)))
                return false;
    }
    return true;
}

static rw_count sum_of(const rw_segment_counts *counts, const rw_segments *segments,
                       const window_pair *w)
{
    rw_count c = {0};
    c.total = (w->near_end - w->near_first) * (w->far_end - w->far_first);
    for (size_t f = 0; f < segments->n; f++) {
        if (segments->edge[f] < w->far_first || segments->edge[f] >= w->far_end) continue;
        for (size_t n = 0; n < f; n++) {
            if (segments->edge[n] < w->near_first || segments->edge[n] >= w->near_end)
                continue;
            c.count += (int64_t)counts->above[f][n];
            c.unresolved += (int64_t)counts->undecided[f][n];
        }
    }
    return c;
}

ropewalk_status rw_count_position_segments(rw_segment_sort *sort, const rw_series *s,
                                           const rw_measure_plan *plan,
                                           const rw_segments *segments, rw_single *single,
                                           bool *done, ropewalk_error *err)
{
    *done = false;
    if (rw_coefficient_is_constant(s->z)) return ROPEWALK_OK;
    rw_segment_counts *counts = rw_array(1, sizeof *counts);
    if (!counts) return rw_fail_memory(err, "counts between segments");
    const ropewalk_status status = rw_segment_count(sort, s, segments, counts, done, err);
    for (size_t i = 0; i < plan->n_context && !status && *done; i++) {
        window_pair w[N_WINDOW_PAIR];
        bool wanted[N_WINDOW_PAIR];
        windows_of(plan, plan->context[i], w, wanted);
        single[i].inversion = sum_of(counts, segments, &w[HALVES]);
        if (wanted[LOCAL])
            single[i].inversion_local = sum_of(counts, segments, &w[LOCAL]);
        if (wanted[BEYOND])
            single[i].inversion_beyond = sum_of(counts, segments, &w[BEYOND]);
    }
    rw_free(counts);
    return status;
}
