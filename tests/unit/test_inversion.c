/* test_inversion.c - position inversions and near aliasing against all scores sorted in
 * double-double: scores made to tie, to crowd, to repeat, to be huge or tiny. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/event.h"

enum { MAX_PAIR = 64, N = 1100 };

static const int64_t contexts[] = {1, 2, 3, 64, 258, 366, 700, N};
enum { N_CONTEXT = sizeof contexts / sizeof *contexts };

typedef struct exact {
    rw_dd t;
    double error;
    uint32_t m;
} exact;

typedef struct fixture {
    double freq[MAX_PAIR], re[MAX_PAIR], im[MAX_PAIR];
    uint32_t n_pair;
    rw_rotation rot;
    rw_coefficient z;
    rw_scoretable table;
    rw_workspace ws;
    rw_measure_plan plan;
    exact order[N];
    rw_single row[N_CONTEXT];
} fixture;

static fixture f;

static int by_exact(const void *a, const void *b)
{
    const exact *x = a, *y = b;
    const double d = rw_dd_sub(x->t, y->t).hi;
    return d < 0.0 ? -1 : d > 0.0 ? 1 : x->m < y->m ? -1 : x->m > y->m;
}

static void open_fixture(const rw_kernels *kernels, double near_alias)
{
    ropewalk_error err = {0};
    f.rot =
        (rw_rotation){.rotary_dim = 2 * f.n_pair, .attn_factor = 1, .inv_freq = f.freq};
    f.z = (rw_coefficient){.n_pair = f.n_pair, .constant = 1, .re = f.re, .im = f.im};
    for (uint32_t n = 0; n < f.n_pair; n++)
        f.z.amplitude_sum += hypot(f.re[n], f.im[n]) * (1 + 1e-14);
    f.plan = (rw_measure_plan){.context = contexts,
                               .n_context = N_CONTEXT,
                               .n_distance = N,
                               .events = 1u << RW_EVENT_POSITION_INVERSION,
                               .near_alias = near_alias,
                               .certificates = 1};
    assert_int_equal(rw_scoretable_init(&f.table, kernels, &f.rot, N, &err), 0);
    assert_int_equal(rw_workspace_init(&f.ws, &f.table, &f.plan, 1, &err), 0);
    rw_group_fill(&f.ws, &f.z, 1);
    memset(f.row, 0, sizeof f.row);
}

static void close_fixture(void)
{
    rw_workspace_clear(&f.ws);
    rw_scoretable_clear(&f.table);
    assert_int_equal(rw_alloc_live(), 0);
}

static bool in(int64_t m, int64_t first, int64_t end)
{
    return m >= first && m < end;
}

/* Pairs with the far score above, and pairs in one run of scores not known to differ. */
static rw_count pairs_of(const rw_window *w)
{
    rw_count c = {.total = (w->near_end - w->near_first) * (w->far_end - w->far_first)};
    int64_t near = 0, run_near = 0, run_far = 0;
    for (int64_t i = 0; i < N; i++) {
        const exact *x = &f.order[i];
        if (i && rw_dd_sub(x->t, x[-1].t).hi > 2 * x->error) {
            c.unresolved += run_near * run_far;
            run_near = run_far = 0;
        }
        const bool is_near = in(x->m, w->near_first, w->near_end),
                   is_far = in(x->m, w->far_first, w->far_end);
        near += is_near;
        run_near += is_near;
        run_far += is_far;
        c.count += is_far ? near : 0;
    }
    c.unresolved += run_near * run_far;
    return c;
}

static rw_count near_of(int64_t M)
{
    rw_count c = {.total = M * (M - 1) / 2};
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = i + 1; f.order[i].m < M && j < N; j++) {
            if (f.order[j].m >= M) continue;
            const rw_dd d = rw_dd_sub(f.order[j].t, f.order[i].t);
            const double beyond = rw_dd_add_d(d, -f.plan.near_alias).hi;
            if (beyond > 2 * f.order[i].error) break;
            c.count += beyond < -2 * f.order[i].error;
            c.unresolved += fabs(beyond) <= 2 * f.order[i].error;
        }
    return c;
}

static void same(const char *what, const rw_count *got, rw_count want)
{
    if (got->count != want.count || got->unresolved != want.unresolved ||
        got->total != want.total || got->ties != want.ties)
        fail_msg("%s, %s, near %g: %lld of %lld (%lld unresolved), expected %lld of %lld "
                 "(%lld)",
                 what, f.table.kernels->name, f.plan.near_alias, (long long)got->count,
                 (long long)got->total, (long long)got->unresolved, (long long)want.count,
                 (long long)want.total, (long long)want.unresolved);
}

/* All scores in exact order, which no set of kernels has a part in. */
static void refer(void)
{
    open_fixture(rw_kernels_pick(NULL), 0.0);
    for (uint32_t m = 0; m < N; m++) {
        f.order[m].m = m;
        f.order[m].t = rw_series_exact(&f.ws.series[0], m, &f.order[m].error);
    }
    qsort(f.order, N, sizeof *f.order, by_exact);
    close_fixture();
}

/* Every window of every context. */
static void check(const rw_kernels *kernels, double near_alias)
{
    ropewalk_error err = {0};
    open_fixture(kernels, near_alias);
    const rw_series *s = &f.ws.series[0];
    assert_int_equal(rw_group_invert(&f.ws, s, f.row, &err), ROPEWALK_OK);
    for (size_t i = 0; i < f.ws.windows.n_window; i++) {
        const rw_window *w = &f.ws.windows.window[i];
        const rw_single *row = &f.row[w->context];
        if (w->kind == RW_HALVES) same("halves", &row->inversion, pairs_of(w));
        if (w->kind == RW_LOCAL) same("local", &row->inversion_local, pairs_of(w));
        if (w->kind == RW_BEYOND) same("beyond", &row->inversion_beyond, pairs_of(w));
        if (w->kind == RW_WHOLE) same("near", &row->near_aliasing, near_of(w->near_end));
    }
    close_fixture();
}

static void on_every_set(const double *near_alias, size_t n)
{
    const rw_kernels *k;
    int runs;
    refer();
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (size_t i = set; runs && i < n; i += set ? n : 1) /* all on the first */
            check(k, near_alias[i]);
}

static void draw(uint32_t n_pair, uint64_t seed, double slowest, double size)
{
    memset(&f, 0, sizeof f);
    f.n_pair = n_pair;
    for (uint32_t n = 0; n < n_pair; n++) {
        f.freq[n] = pow(slowest, (double)n / n_pair);
        f.re[n] = size * rw_random_normal(seed, 1, n);
        f.im[n] = size * rw_random_normal(seed, 2, n);
    }
}

static void random_keys(void **state)
{
    (void)state;
    static const double near[] = {0.1, 1e-13, 0.7, 3e-3, 1e9};
    for (uint64_t seed = 1; seed < 5; seed++) {
        draw((uint32_t)(seed * seed * 2), seed, 1e-5, 1.0);
        on_every_set(near, seed < 3 ? 5 : 2);
    }
}

/* Slow pairs alone, and one that outweighs the others: scores crowd at the ends of their range. */
static void crowded(void **state)
{
    (void)state;
    static const double near[] = {1e-4, 0.1, 10};
    draw(8, 7, 1e-3, 1e-6);
    f.freq[0] = 0.003;
    f.re[0] = 1;
    on_every_set(near, 3);
    for (uint32_t n = 0; n < 64; n++) { /* one high score, the others close together */
        f.freq[n] = pow(1e4, -(double)n / 64);
        f.re[n] = n < 40 ? 1 : 1e-9;
        f.im[n] = 0;
    }
    f.n_pair = 64;
    on_every_set(near, 3);
    draw(3, 8, 0.5, 1e-12); /* two clusters of scores that agree to 12 digits */
    f.freq[0] = 3.141592653589793;
    f.re[0] = 1;
    f.im[0] = 0;
    static const double small[] = {1e-13, 1e-12, 2.0};
    on_every_set(small, 3);
}

/* One pair that turns in 2, 7, 64, 1000 distances, as nearly as a double can: scores repeat. */
static void repeating(void **state)
{
    (void)state;
    static const double period[] = {2, 7, 64, 1000}, near[] = {0.1, 1e-20, 0.0};
    for (size_t p = 0; p < sizeof period / sizeof *period; p++) {
        memset(&f, 0, sizeof f);
        f.n_pair = 1;
        f.freq[0] = 6.283185307179586 / period[p];
        f.re[0] = 1.5;
        f.im[0] = p % 2 ? 0.25 : 0.0;
        on_every_set(near, p == 2 ? 3 : 1);
    }
}

/* Scores of few values that lie exactly, or within the errors of doubles, as far apart as near aliasing
 * asks: every pair of two values is open. Across buckets, and inside one. */
static void exactly_apart(void **state)
{
    (void)state;
    static const double apart[] = {3.0, 0x1p-10};
    for (int inside = 0; inside < 2; inside++) {
        memset(&f, 0, sizeof f);
        f.n_pair = 1;
        f.freq[0] = inside ? 0x1.921fb54442d18p0 : 0x1.921fb54442d18p1;
        f.re[0] = 1.5;
        f.im[0] = inside ? 1.5 - apart[1] : 0.0;
        on_every_set(&apart[inside], 1);
        open_fixture(rw_kernels_pick(NULL), apart[inside]);
        const atomic_int stop = 1;
        ropewalk_error err;
        f.ws.stop = &stop; /* heard in the midst of a count */
        assert_int_equal(rw_group_invert(&f.ws, &f.ws.series[0], f.row, &err),
                         ROPEWALK_E_INTERRUPTED);
        close_fixture();
    }
}

static void huge_and_tiny(void **state)
{
    (void)state;
    static const double sizes[] = {1e-305, 1e-200, 1e-20, 1e20, 1e60};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        draw(12, 20 + i, 1e-4, sizes[i]);
        refer();
        check(rw_kernels_pick(NULL), sizes[i]);
        check(rw_kernels_pick("ref"), sizes[i] * 1e-3);
    }
}

/* Terms that cancel, or too slow even for double-double: nothing, or half, is known. */
static void undecided(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    f.n_pair = 2;
    f.freq[0] = f.freq[1] = 0.3;
    f.re[0] = 0.7, f.im[0] = -0.2;
    f.re[1] = -0.7, f.im[1] = 0.2;
    refer();
    check(rw_kernels_pick(NULL), 0.1);
    assert_int_equal(f.row[N_CONTEXT - 1].inversion.unresolved, N / 2 * (N / 2));
    f.n_pair = 3; /* with a third term they are apart again */
    f.freq[2] = 0.1;
    f.re[2] = f.im[2] = 1e-9;
    refer();
    check(rw_kernels_pick(NULL), 1e-10);
    assert_int_equal(f.row[N_CONTEXT - 1].inversion.unresolved, 0);
    memset(&f, 0, sizeof f);
    f.n_pair = 2;
    f.freq[0] = 0x1.921fb54442d18p1;
    f.freq[1] = 1e-40;
    f.re[0] = 1e-3;
    f.re[1] = 1e10;
    refer();
    check(rw_kernels_pick(NULL), 1e-3);
    assert_true(f.row[N_CONTEXT - 1].inversion.unresolved > 0);
}

/* Two scores nearer than their errors on either side of an edge between buckets: whichever of them
 * the loops put above, the exact scores decide. */
static void across_an_edge(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    draw(4, 31, 1e-3, 1.0);
    open_fixture(rw_kernels_pick(NULL), 0.0);
    const rw_series *s = &f.ws.series[0];
    rw_batch batch;
    double least, most;
    rw_windows_batch(&f.ws.windows, 0, &batch);
    f.table.kernels->range(s->t, N, &least, &most);
    assert_int_equal(rw_buckets_fill(&f.ws.buckets, f.table.kernels, s->t, &batch.edges,
                                     s->t_error, least, most, &err),
                     ROPEWALK_OK);
    const rw_cell_map *by = &f.ws.buckets.by;
    const double cell = 7.0 * ldexp(1.0, by->low_bits) - (double)RW_CELL_ORIGIN - 0.5,
                 edge = by->least + cell / by->scale;
    int64_t count[2], unresolved = 0;
    for (int far_above = 0; far_above < 2; far_above++) {
        const double aside = far_above ? s->t_error / 2 : -s->t_error / 2;
        s->t[17] = edge - aside;
        s->t[N - 17] = edge + aside;
        assert_int_equal(rw_group_invert(&f.ws, s, f.row, &err), ROPEWALK_OK);
        count[far_above] = f.row[N_CONTEXT - 1].inversion.count;
        unresolved += f.row[N_CONTEXT - 1].inversion.unresolved;
    }
    assert_int_equal(count[0], count[1]);
    assert_int_equal(unresolved, 0);
    close_fixture();
}

static void no_memory(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    f.n_pair = 1;
    f.freq[0] = 1e-20; /* everything is in doubt */
    f.re[0] = 1;
    open_fixture(rw_kernels_pick(NULL), 1e-30);
    ropewalk_error err = {0};
    int failures = 0;
    for (int64_t at = 0;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status =
            rw_group_invert(&f.ws, &f.ws.series[0], f.row, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        failures++;
    }
    assert_true(failures > 5);
    assert_int_equal(f.row[N_CONTEXT - 1].inversion.unresolved, N / 2 * (N / 2));
    close_fixture();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_keys), cmocka_unit_test(crowded),
        cmocka_unit_test(repeating),   cmocka_unit_test(huge_and_tiny),
        cmocka_unit_test(undecided),   cmocka_unit_test(across_an_edge),
        cmocka_unit_test(no_memory),   cmocka_unit_test(exactly_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
