/* base_window.c - stretches of bases proven to pass: a window's far end, and base_safe (T19).
 *
 * Halving towards the side looked at: a stretch passes when at its middle every B_m is above what
 * the derivative can take away. Blocks of m where that is not so are looked at again in the halves,
 * and no others. A proven failure in the middle ends the search beyond it. */
#include <math.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "theory/base_bound.h"
#include "theory/base_search.h"
#include "theory/wheel.h"

enum { BLOCK = RW_WHEEL_BLOCK };

typedef struct walk {
    rw_wheel *wheel;
    int up;       /* from the low end upwards, or from the high end down */
    double front; /* everything from the start to here passes */
    double fail;  /* the nearest point proven to fail; NaN when none is */
    ropewalk_error *err;
} walk;

/* sum (n/h) w_n at the point looked at. */
static double rate(const rw_wheel *w)
{
    double sum = 0.0;
    for (uint32_t n = 0; n < w->h; n++)
        sum += n * w->freq[n];
    return sum / w->h;
}

/* Look at all blocks, or at those listed, at the middle of a stretch of half-width r. Writes the
 * blocks that are undecided; returns how many, or -1 when the middle is proven to fail. */
static int64_t undecided(rw_wheel *w, double r, const uint32_t *block, int64_t n_block,
                         uint32_t *out)
{
    /* |dB_m / d ln base| <= m sum (n/h) w_n, largest at the low end: w grows by e^r */
    const double slope = rate(w) * exp(r) * (1.0 + 1e-12) * r;
    int64_t n = 0;
    for (int64_t i = 0; i < n_block; i++) {
        const int64_t m0 = (block ? (int64_t)block[i] : i) * BLOCK;
        double sum[BLOCK], error;
        rw_wheel_block(w, m0, sum);
        int doubtful = 0;
        for (int j = 0; j < BLOCK && m0 + j < w->end; j++) {
            if (sum[j] - w->error - (double)(m0 + j) * slope > 0.0) continue;
            doubtful = 1;
            if (sum[j] > w->error) continue;
            const rw_dd exact = rw_wheel_sum(w, m0 + j, &error);
            if (exact.hi < -2.0 * error) return -1;
        }
        if (doubtful) out[n++] = (uint32_t)(m0 / BLOCK);
    }
    return n;
}

/* 1: all of [low, high] passes; 0: front and fail say how far; -1: no memory. */
static int prove(walk *k, double low, double high, const uint32_t *block, int64_t n_block)
{
    const double middle = 0.5 * (low + high), near = k->up ? low : high;
    const double far = k->up ? high : low;
    const double r = 1.0000001 * fmax(middle - low, high - middle);
    if (high - low <= RW_BASE_GAP) {
        k->front = near;
        return 0;
    }
    uint32_t *list = rw_array((size_t)n_block + 1, sizeof *list);
    if (!list) {
        (void)rw_fail_memory(k->err, "the search for a base");
        return -1;
    }
    rw_wheel_set_base(k->wheel, middle);
    const int64_t n = undecided(k->wheel, r, block, n_block, list);
    int done = n == 0;
    if (n < 0) { /* only the near half is left, with the list it came with */
        k->fail = middle;
        rw_free(list);
        return prove(k, fmin(near, middle), fmax(near, middle), block, n_block);
    }
    if (n > 0) {
        done = prove(k, fmin(near, middle), fmax(near, middle), list, n);
        if (done == 1) done = prove(k, fmin(middle, far), fmax(middle, far), list, n);
    } else {
        k->front = far;
    }
    rw_free(list);
    return done;
}

static int64_t blocks(const rw_wheel *w)
{
    return (w->end + BLOCK - 1) / BLOCK;
}

ropewalk_status rw_base_window(const rw_base_search *search, double pass,
                               rw_base_first *out, ropewalk_error *err)
{
    rw_wheel w;
    const ropewalk_status status =
        rw_wheel_init(&w, search->n_pair, search->length + 1, err);
    if (status) return status;
    walk k = {.wheel = &w, .up = 1, .front = pass, .fail = (double)NAN, .err = err};
    const double end = rw_log(search->base_end);
    /* At the passing point itself some B_m is hardly above 0: the proof begins a little later. */
    double begin = pass, width = 4.0 * RW_BASE_GAP;
    int done = 0;
    for (; done == 0 && width < 1e-4 && begin < end; width *= 2.0) {
        begin = fmin(pass + width, end);
        done = prove(&k, begin, fmin(begin + width, end), NULL, blocks(&w));
    }
    const int begun = done == 1;
    for (; done == 1 && k.front < end; width *= 2.0)
        done = prove(&k, k.front, fmin(k.front + width, end), NULL, blocks(&w));
    rw_wheel_clear(&w);
    if (done < 0) return ROPEWALK_E_MEMORY;
    if (!begun) return ROPEWALK_OK;
    out->window_begin = rw_base_of_log(begin, 1);
    out->window_end = rw_base_of_log(k.front, 0);
    if (done == 0) out->window_fail = rw_base_of_log(k.fail, 1); /* NaN stays */
    return ROPEWALK_OK;
}

typedef struct safe_job {
    const rw_base_search *search;
    double x_end, width;
    rw_wheel *wheel;
    double *front, *fail;
    _Atomic int64_t nearest; /* first item, from above, that is not proven */
} safe_job;

static ropewalk_status safe_item(void *ctx, int64_t i, int worker, ropewalk_error *err)
{
    safe_job *job = ctx;
    if (i > atomic_load(&job->nearest)) return ROPEWALK_OK;
    const double high = job->x_end - (double)i * job->width;
    walk k = {
        .wheel = &job->wheel[worker], .front = high, .fail = (double)NAN, .err = err};
    const int done = prove(&k, fmax(0.0, high - job->width), high, NULL, blocks(k.wheel));
    if (done < 0) return ROPEWALK_E_MEMORY;
    job->front[i] = k.front;
    job->fail[i] = k.fail;
    int64_t nearest = atomic_load(&job->nearest);
    while (!done && i < nearest &&
           !atomic_compare_exchange_weak(&job->nearest, &nearest, i))
        continue;
    return ROPEWALK_OK;
}

ropewalk_status rw_base_safe_find(const rw_base_search *search, rw_base_safe *out,
                                  ropewalk_error *err)
{
    *out = (rw_base_safe){RW_ESTIMATE_UNDEFINED, (double)NAN, (double)NAN};
    ropewalk_status status = rw_base_search_check(search, err);
    if (status) return status;
    safe_job job = {.search = search, .x_end = rw_log(search->base_end), .width = 0.01};
    atomic_init(&job.nearest, INT64_MAX);
    const int64_t n_item = (int64_t)ceil(job.x_end / job.width);
    const int n_thread = search->n_thread < 1 ? 1 : search->n_thread;
    job.wheel = rw_calloc((size_t)n_thread, sizeof *job.wheel);
    job.front = rw_calloc((size_t)n_item, sizeof *job.front);
    job.fail = rw_calloc((size_t)n_item, sizeof *job.fail);
    if (!job.wheel || !job.front || !job.fail)
        status = rw_fail_memory(err, "the search for a base");
    for (int i = 0; i < n_thread && !status; i++)
        status = rw_wheel_init(&job.wheel[i], search->n_pair, search->length + 1, err);
    if (!status) { /* most lengths that are too long are found here */
        rw_wheel_set_base(&job.wheel[0], job.x_end);
        if (!rw_base_passes(&job.wheel[0]))
            atomic_store(&job.nearest, -1);
        else
            status = rw_pool_run(n_thread, n_item, safe_item, &job, search->progress,
                                 search->progress_ctx, err);
    }
    const int64_t k = atomic_load(&job.nearest);
    if (!status && k >= 0) {
        out->state = RW_ESTIMATE_KNOWN;
        out->high = rw_base_of_log(k < n_item ? job.front[k] : 0.0, 1);
        if (k < n_item) out->low = rw_base_of_log(job.fail[k], 0);
    }
    for (int i = 0; job.wheel && i < n_thread; i++)
        rw_wheel_clear(&job.wheel[i]);
    rw_free(job.wheel);
    rw_free(job.front);
    rw_free(job.fail);
    return status;
}
