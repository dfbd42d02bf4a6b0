/* base_bound.c - the first base that passes: everything below it proven to fail (T18).
 *
 * A stretch of ln base is covered from its left end. At a point y a little ahead, some m with
 * B_m(y) < 0 is looked for among those that served before, then around them, then everywhere;
 * Taylor's polynomial with a bound of the second derivative says how far on both sides of y it
 * proves failure. Scans only propose: what is used is certified. */
#include "theory/base_bound.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "theory/base_search.h"
#include "theory/wheel.h"

enum {
    KEPT = 32,    /* m tried at the next point */
    FOUND = 4096, /* negative m kept of one scan */
    AROUND = 4,   /* blocks looked at on either side of one that served */
    BLOCK = RW_WHEEL_BLOCK
};

typedef struct witness {
    int64_t m;
    double rank; /* how far it may reach; more is better */
} witness;

typedef struct first_worker {
    rw_wheel wheel;
    witness *found; /* [FOUND] */
    int n_found;
    int64_t kept[KEPT];
    int n_kept;
    double second[2]; /* sum (n/h)^2 w_n, sum (n/h)^2 w_n^2 at the point looked at */
} first_worker;

typedef struct first_item {
    double front; /* everything from the stretch's left end to here fails */
    double pass;  /* this point passes; NaN: nothing in the stretch does */
    int64_t witness, n_proof;
    int gaps;
    double first_gap;
} first_item;

typedef struct first_job {
    const rw_base_search *search;
    double x_end, width;
    first_worker *worker;
    first_item *item;
    _Atomic int64_t earliest; /* first item with a passing point */
} first_job;

static int better(const void *a, const void *b)
{
    const double x = ((const witness *)a)->rank, y = ((const witness *)b)->rank;
    return (x < y) - (x > y);
}

static void look_at(first_worker *f, double y)
{
    rw_wheel_set_base(&f->wheel, y);
    const double h = f->wheel.h;
    f->second[0] = f->second[1] = 0.0;
    for (uint32_t n = 0; n < f->wheel.h; n++) {
        const double q = n / h, w = f->wheel.freq[n];
        f->second[0] += q * q * w;
        f->second[1] += q * q * w * w;
    }
}

/* Bound of the second derivative of B_m by ln base within REACH of the point looked at:
 * sum (n/h)^2 (m w + m^2 w^2), and w changes by at most e^REACH. */
#define REACH 0.01
static double second_bound(const first_worker *f, int64_t m)
{
    return 1.0203 * (double)m * (f->second[0] + (double)m * f->second[1]);
}

static void scan_block(first_worker *f, int64_t m0)
{
    double sum[BLOCK];
    rw_wheel_block(&f->wheel, m0, sum);
    for (int j = 0; j < BLOCK && f->n_found < FOUND; j++)
        if (sum[j] < 0.0 && m0 + j < f->wheel.end)
            f->found[f->n_found++] = (witness){m0 + j, sqrt(-sum[j]) / (double)(m0 + j)};
}

static void keep_best(first_worker *f)
{
    qsort(f->found, (size_t)f->n_found, sizeof *f->found, better);
    f->n_kept = f->n_found < KEPT ? f->n_found : KEPT;
    for (int i = 0; i < f->n_kept; i++)
        f->kept[i] = f->found[i].m;
}

static int rising(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void scan_around(first_worker *f)
{
    int64_t near[KEPT] = {0}, next = 0;
    const int n = f->n_kept < KEPT / 2 ? f->n_kept : KEPT / 2;
    for (int i = 0; i < n; i++)
        near[i] = f->kept[i] / BLOCK;
    qsort(near, (size_t)n, sizeof *near, rising);
    f->n_found = 0;
    for (int i = 0; i < n; i++) {
        int64_t b = near[i] - AROUND;
        for (b = b < next ? next : b; b <= near[i] + AROUND && b * BLOCK < f->wheel.end;
             b++)
            scan_block(f, b * BLOCK);
        if (b > next) next = b;
    }
    if (f->n_found) keep_best(f);
}

/* From 0 upwards: small m reach far. Enough is enough. */
static void scan_all(first_worker *f)
{
    f->n_found = 0;
    for (int64_t m0 = 0; m0 < f->wheel.end && f->n_found < FOUND; m0 += BLOCK) {
        if (f->n_found > KEPT && 10 * m0 > 13 * f->found[0].m) break;
        scan_block(f, m0);
    }
    keep_best(f);
}

/* Upper bound of B_m at y + t. */
static double taylor(double value, double slope, double slope_error, double second,
                     double t)
{
    const double linear = slope * t, square = 0.5 * second * t * t;
    const double slack = 1e-14 * (fabs(value) + fabs(linear) + square);
    return value + linear + slope_error * fabs(t) + square + slack;
}

/* Right end of the interval around the zeroes of Taylor's polynomial; -INFINITY if none. */
static double right_zero(double value, double slope, double second)
{
    if (!(value < 0.0)) return -(double)INFINITY;
    const double t = (-slope + sqrt(slope * slope - 2.0 * second * value)) / second;
    return fmin(t * (1.0 - 1e-9), REACH);
}

/* Where the failure that m proves from `front` to y and beyond ends; 0 when it proves none. The
 * bound is convex in t: negative at both ends, it is negative between them. */
static double proves(first_worker *f, int64_t m, double front, double y)
{
    double slope, sum_error;
    const rw_dd sum = rw_wheel_sum(&f->wheel, m, &sum_error);
    (void)rw_wheel_slope(&f->wheel, m, &slope);
    double rate = 0.0;
    for (uint32_t n = 0; n < f->wheel.h; n++)
        rate += n * f->wheel.freq[n];
    const double slope_error =
        1.01 * f->wheel.error * rate * (double)m / (double)f->wheel.h;
    const double value = sum.hi + sum_error + 0x1p-52 * fabs(sum.hi);
    const double second = second_bound(f, m);
    double t = right_zero(value, slope, second);
    if (!(t > front - y) || front - y < -REACH) return 0.0;
    if (!(taylor(value, slope, slope_error, second, front - y) < 0.0)) return 0.0;
    if (!(taylor(value, slope, slope_error, second, t) < 0.0)) return 0.0;
    /* y + t is rounded: stay on the proven side */
    const double reached = y + t;
    return reached - y > t ? nextafter(reached, 0.0) : reached;
}

/* The kept m whose failure reaches farthest; the front it proves, or `front`. */
static double advance(first_worker *f, double front, double y, int64_t *by)
{
    double reach[KEPT];
    const int n_kept = f->n_kept;
    for (int i = 0; i < n_kept; i++) {
        double slope;
        const double value = rw_wheel_slope(&f->wheel, f->kept[i], &slope);
        const double second = second_bound(f, f->kept[i]), t = front - y;
        reach[i] = right_zero(value, slope, second);
        if (!(value + slope * t + 0.5 * second * t * t < 0.0))
            reach[i] = -(double)INFINITY;
    }
    for (;;) {
        int best = -1;
        for (int i = 0; i < n_kept; i++)
            if (isfinite(reach[i]) && (best < 0 || reach[i] > reach[best])) best = i;
        if (best < 0) return front;
        const double end = proves(f, f->kept[best], front, y);
        if (end > front) {
            *by = f->kept[best];
            return end;
        }
        reach[best] = -(double)INFINITY;
    }
}

int rw_base_passes(rw_wheel *w)
{
    for (int64_t m0 = 0; m0 < w->end; m0 += BLOCK) {
        double sum[BLOCK], error;
        rw_wheel_block(w, m0, sum);
        for (int j = 0; j < BLOCK && m0 + j < w->end; j++) {
            if (sum[j] > w->error) continue;
            const rw_dd exact = rw_wheel_sum(w, m0 + j, &error);
            if (!(exact.hi > 2.0 * error)) return 0;
        }
    }
    return 1;
}

static void cover(first_worker *f, double x, double end, first_item *out)
{
    double typical = 0.0, step = 1e-4, known_pass = (double)NAN;
    out->front = x;
    f->n_kept = 0;
    while (out->front < end) {
        const double y = fmin(out->front + step, end);
        look_at(f, y);
        int64_t by = 0;
        double to = advance(f, out->front, y, &by);
        for (int scan = 0; scan < 2 && to - out->front <= 0.1 * typical; scan++) {
            if (scan == 0 && f->n_kept == 0) continue;
            if (scan == 0)
                scan_around(f);
            else
                scan_all(f);
            const double again = advance(f, out->front, y, &by);
            to = fmax(to, again);
        }
        if (to > out->front) {
            const double gained = to - out->front;
            typical = typical > 0.0 ? 0.98 * typical + 0.02 * gained : gained;
            out->front = to;
            out->witness = by;
            out->n_proof++;
            if (known_pass <= out->front) break; /* cannot be: a pass is no failure */
            step = fmin(2.0 * step, 0.4 * typical);
        } else {
            if (f->n_found == 0 && rw_base_passes(&f->wheel)) known_pass = y;
            step *= 0.5;
            if (isnan(known_pass) && y - out->front <= RW_BASE_GAP) {
                if (!out->gaps++) out->first_gap = out->front;
                out->front = y;
                step = 1e-4;
            }
        }
        if (!isnan(known_pass)) {
            if (known_pass - out->front <= RW_BASE_GAP) break;
            step = fmin(step, 0.5 * (known_pass - out->front));
        }
        step = fmax(step, 0.25 * RW_BASE_GAP);
    }
    out->pass = known_pass;
}

static ropewalk_status cover_item(void *ctx, int64_t i, int worker, ropewalk_error *err)
{
    (void)err;
    first_job *job = ctx;
    if (i > atomic_load(&job->earliest)) return ROPEWALK_OK;
    const double x = (double)i * job->width;
    cover(&job->worker[worker], x, fmin(x + job->width, job->x_end), &job->item[i]);
    int64_t earliest = atomic_load(&job->earliest);
    while (!isnan(job->item[i].pass) && i < earliest &&
           !atomic_compare_exchange_weak(&job->earliest, &earliest, i))
        continue;
    return ROPEWALK_OK;
}

ropewalk_status rw_base_search_check(const rw_base_search *s, ropewalk_error *err)
{
    if (s->n_pair == 0 || s->n_pair > 2048)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%u pairs: must be 1 to 2048",
                       (unsigned)s->n_pair);
    if (s->length < 0 || s->length >= INT64_C(1) << 31)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "length %lld: must be 0 to 2147483647", (long long)s->length);
    if (!(s->base_end > 1.0 && s->base_end <= 1e200))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "largest base %g: must be above 1 and at most 1e200", s->base_end);
    return ROPEWALK_OK;
}

static ropewalk_status first_workers(first_job *job, int n_thread, ropewalk_error *err)
{
    job->worker = rw_calloc((size_t)n_thread, sizeof *job->worker);
    if (!job->worker) return rw_fail_memory(err, "the search for a base");
    for (int i = 0; i < n_thread; i++) {
        const ropewalk_status status = rw_wheel_init(
            &job->worker[i].wheel, job->search->n_pair, job->search->length + 1, err);
        if (status) return status;
        job->worker[i].found = rw_array(FOUND, sizeof(witness));
        if (!job->worker[i].found) return rw_fail_memory(err, "the search for a base");
    }
    return ROPEWALK_OK;
}

/* A base from its logarithm, rounded down or up. */
double rw_base_of_log(double x, int up)
{
    const double b = rw_exp(x);
    if (!(x > 0.0)) return x < 0.0 ? 1.0 : b; /* e^0 is exact; NaN stays */
    return up ? b * (1.0 + 0x1p-51) : fmax(1.0, b * (1.0 - 0x1p-51));
}

static void gather(const first_job *job, int64_t n_item, double *pass, rw_base_first *out)
{
    const int64_t k = atomic_load(&job->earliest);
    double low = (double)NAN;
    for (int64_t i = 0; i < n_item && i <= k; i++) {
        out->n_proof += job->item[i].n_proof;
        out->gaps += job->item[i].gaps;
        if (job->item[i].gaps && isnan(low)) low = job->item[i].first_gap;
        if (job->item[i].witness) out->witness = job->item[i].witness;
    }
    if (k >= n_item) {
        out->state = out->gaps ? RW_ESTIMATE_UNABLE : RW_ESTIMATE_UNDEFINED;
        out->low = isnan(low) ? job->search->base_end : rw_base_of_log(low, 0);
        return;
    }
    *pass = job->item[k].pass;
    out->state = out->gaps ? RW_ESTIMATE_UNABLE : RW_ESTIMATE_KNOWN;
    out->low = rw_base_of_log(isnan(low) ? job->item[k].front : low, 0);
    out->high = rw_base_of_log(*pass, 1);
}

ropewalk_status rw_base_first_find(const rw_base_search *search, rw_base_first *out,
                                   ropewalk_error *err)
{
    const double nan = (double)NAN;
    const rw_base_first none = {.state = RW_ESTIMATE_UNABLE,
                                .low = nan,
                                .high = nan,
                                .window_begin = nan,
                                .window_end = nan,
                                .window_fail = nan};
    *out = none;
    ropewalk_status status = rw_base_search_check(search, err);
    if (status) return status;
    first_job job = {.search = search, .x_end = rw_log(search->base_end), .width = 0.03};
    atomic_init(&job.earliest, INT64_MAX);
    const int64_t n_item = (int64_t)ceil(job.x_end / job.width);
    const int n_thread = search->n_thread < 1 ? 1 : search->n_thread;
    job.item = rw_calloc((size_t)n_item, sizeof *job.item);
    if (!job.item) status = rw_fail_memory(err, "the search for a base");
    if (!status) status = first_workers(&job, n_thread, err);
    if (!status)
        status = rw_pool_run(n_thread, n_item, cover_item, &job, search->progress,
                             search->progress_ctx, err);
    double pass = nan;
    if (!status) gather(&job, n_item, &pass, out);
    for (int i = 0; job.worker && i < n_thread; i++) {
        rw_wheel_clear(&job.worker[i].wheel);
        rw_free(job.worker[i].found);
    }
    rw_free(job.worker);
    rw_free(job.item);
    if (!status && !isnan(pass)) status = rw_base_window(search, pass, out, err);
    if (status) *out = none;
    return status;
}

ropewalk_status rw_context_bound(const double *freq, uint32_t n_pair, int64_t limit,
                                 rw_pool_progress progress, void *progress_ctx,
                                 rw_estimate *out, ropewalk_error *err)
{
    *out = (rw_estimate){(double)NAN, RW_ESTIMATE_EXACT, RW_ESTIMATE_UNDEFINED};
    rw_wheel w;
    ropewalk_status status = rw_wheel_init(&w, n_pair, limit < 0 ? 0 : limit + 1, err);
    if (status) return status;
    rw_wheel_set_freq(&w, freq);
    for (int64_t m0 = 0; m0 < w.end && !status; m0 += BLOCK) {
        double sum[BLOCK], error;
        rw_wheel_block(&w, m0, sum);
        int j = 0;
        while (j < BLOCK && m0 + j < w.end && sum[j] > w.error)
            j++;
        for (; j < BLOCK && m0 + j < w.end; j++) {
            if (sum[j] > w.error) continue;
            const rw_dd exact = rw_wheel_sum(&w, m0 + j, &error);
            if (exact.hi > 2.0 * error) continue;
            out->state = exact.hi < -2.0 * error ? RW_ESTIMATE_KNOWN : RW_ESTIMATE_UNABLE;
            if (out->state == RW_ESTIMATE_KNOWN) out->value = (double)(m0 + j);
            rw_wheel_clear(&w);
            return ROPEWALK_OK;
        }
        if (progress && m0 % (BLOCK << 14) == 0 && progress(progress_ctx, m0, w.end))
            status = rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
    }
    rw_wheel_clear(&w);
    return status;
}
