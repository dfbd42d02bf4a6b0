/* test_group.c - every event against plain double loops in long double, for small windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "kolmogorov.h"
#include "measure/event.h"

enum { N_KEY = 4, MAX_PAIR = 24, MAX_M = 300, SPAN = 3 * MAX_M + 1 };

static const int64_t contexts[] = {1, 2, 3, 4, 77, 258, 300};
enum { N_CONTEXT = sizeof contexts / sizeof *contexts, N_TWIN = 6 };

typedef struct scene {
    const char *name;
    uint32_t n_pair;
    double freq[MAX_PAIR];
    double re[N_KEY][MAX_PAIR], im[N_KEY][MAX_PAIR], constant[N_KEY];
    rw_coefficient z[N_KEY];
    long double s[N_KEY][SPAN]; /* the scores */
} scene;

static scene sc;
static rw_single single[N_KEY * N_CONTEXT];
static rw_double twin[N_TWIN * N_CONTEXT];
static const rw_key_pair pairs[N_TWIN] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};

static void finish(void)
{
    for (int k = 0; k < N_KEY; k++) {
        rw_coefficient *z = &sc.z[k];
        *z = (rw_coefficient){.n_pair = sc.n_pair,
                              .constant = sc.constant[k],
                              .re = sc.re[k],
                              .im = sc.im[k]};
        double fourth = 0, most = 0;
        for (uint32_t n = 0; n < sc.n_pair; n++) {
            const double p = sc.re[k][n] * sc.re[k][n] + sc.im[k][n] * sc.im[k][n];
            z->amplitude_sum += sqrt(p) * (1 + 1e-14);
            z->energy += p;
            fourth += p * p;
            most = fmax(most, p);
        }
        z->n_eff = z->energy > 0 ? z->energy * z->energy / fourth : 0;
        z->max_share = z->energy > 0 ? most / z->energy : 0;
        for (int m = 0; m < SPAN; m++) {
            long double sum = 0;
            for (uint32_t n = 0; n < sc.n_pair; n++) {
                const long double a = (long double)m * (long double)sc.freq[n];
                sum += (long double)sc.re[k][n] * cosl(a) -
                       (long double)sc.im[k][n] * sinl(a);
            }
            sc.s[k][m] = sum + (long double)sc.constant[k];
        }
    }
}

static void random_scene(uint64_t seed, uint32_t n_pair, double scale)
{
    sc.name = "random";
    sc.n_pair = n_pair;
    for (uint32_t n = 0; n < n_pair; n++)
        sc.freq[n] = pow(seed % 2 ? 1e4 : 5e2, -(double)n / n_pair);
    for (uint64_t k = 0; k < N_KEY; k++) {
        sc.constant[k] = scale * rw_random_normal(seed, 9, k);
        for (uint64_t n = 0; n < n_pair; n++) {
            sc.re[k][n] = scale * rw_random_normal(seed, 2 * k, n);
            sc.im[k][n] = scale * rw_random_normal(seed, 2 * k + 1, n);
        }
    }
    finish();
}

static rw_count naive_inversion(const long double *s, int64_t n0, int64_t n1, int64_t f0,
                                int64_t f1)
{
    rw_count c = {0};
    for (int64_t a = n0; a < n1; a++)
        for (int64_t b = f0; b < f1; b++) {
            c.total++;
            c.count += s[b] > s[a];
            c.ties += !(s[b] > s[a]) && !(s[b] < s[a]);
        }
    return c;
}

static void same_count(const char *what, const rw_count *got, rw_count want)
{
    if (got->count != want.count || got->ties != want.ties || got->total != want.total ||
        got->unresolved != 0)
        fail_msg("%s, %s: %lld, %lld of %lld (%lld), expected %lld, %lld of %lld",
                 sc.name, what, (long long)got->count, (long long)got->ties,
                 (long long)got->total, (long long)got->unresolved, (long long)want.count,
                 (long long)want.ties, (long long)want.total);
}

static void same_alias(const char *what, rw_dtype d, const rw_alias_count *got,
                       rw_alias_count want)
{
    if (got->pairs != want.pairs || got->distances != want.distances ||
        got->overflow != want.overflow || got->total != want.total ||
        got->unresolved != 0)
        fail_msg("%s, %s %s: %lld %lld %lld %lld (%lld), expected %lld %lld %lld %lld",
                 sc.name, rw_dtype_get(d)->name, what, (long long)got->pairs,
                 (long long)got->distances, (long long)got->overflow,
                 (long long)got->total, (long long)got->unresolved, (long long)want.pairs,
                 (long long)want.distances, (long long)want.overflow,
                 (long long)want.total);
}

static void near_to(double got, double want, double tolerance)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= tolerance))
        fail_msg("%s: %.17g, expected %.17g", sc.name, got, want);
}

static double naive_ks(const long double *s, int64_t from, int64_t to, double constant,
                       double least)
{
    double v[SPAN];
    for (int64_t m = from; m < to; m++)
        v[m - from] = (double)(s[m] - (long double)constant);
    return kolmogorov(v, to - from, least);
}

static void check_single(const rw_measure_plan *plan, int k, int i)
{
    const rw_single *g = &single[k * N_CONTEXT + i];
    const long double *s = sc.s[k];
    const int64_t M = contexts[i], half = M / 2;
    const int blind = rw_coefficient_is_constant(&sc.z[k]);
    assert_int_equal(g->blind, blind);
    same_count("halves", &g->inversion, naive_inversion(s, 0, half, half, M));
    const rw_count none = {0};
    same_count("local", &g->inversion_local,
               half >= 129 ? naive_inversion(s, 1, 129, half, M) : none);
    same_count("beyond", &g->inversion_beyond,
               3 * M + 1 <= plan->n_distance
                   ? naive_inversion(s, M + 1, 2 * M + 1, 2 * M + 1, 3 * M + 1)
                   : none);
    rw_count near = {0}, flat = {.total = M - 1};
    long double sum = 0, square = 0, steps = 0, most = 0;
    const long double norm = sqrtl((long double)sc.z[k].energy);
    for (int64_t a = 0; a < M; a++) {
        sum += s[a];
        for (int64_t b = 0; b < a; b++) {
            near.total++;
            near.count += fabsl(s[a] - s[b]) < (long double)plan->near_alias;
        }
        if (a + 1 == M || blind) continue;
        const long double step = fabsl(s[a + 1] - s[a]);
        flat.count += step < (long double)plan->zeta * norm;
        steps += step;
        most = step > most ? step : most;
    }
    same_count("near", &g->near_aliasing, near);
    same_count("insensitivity", &g->insensitivity, flat);
    const double scale = sc.z[k].amplitude_sum + fabs(sc.constant[k]);
    near_to(g->positional_score,
            flat.total && !blind ? (double)(steps / flat.total / norm) : (double)NAN,
            1e-12);
    near_to(g->positional_max, flat.total && !blind ? (double)(most / norm) : (double)NAN,
            1e-12);
    for (int64_t a = 0; a < M; a++)
        square += (s[a] - sum / M) * (s[a] - sum / M);
    near_to(g->mean, (double)(sum / M), 1e-13 * scale);
    near_to(g->variance, (double)(square / M), 1e-13 * scale * scale);
    near_to(g->n_eff, sc.z[k].n_eff, 0);
    near_to(g->max_share, sc.z[k].max_share, 0);
    const double least = 1e-12 * sc.z[k].amplitude_sum * sc.z[k].amplitude_sum;
    near_to(g->ks_near, blind ? (double)NAN : naive_ks(s, 0, half, sc.constant[k], least),
            1e-9);
    near_to(g->ks_far, blind ? (double)NAN : naive_ks(s, half, M, sc.constant[k], least),
            1e-9);
}

static int32_t key_of(rw_dtype d, long double s, int *overflow)
{
    int32_t key = 0;
    const double hi = (double)s;
    assert_true(
        rw_round_key_dd(d, (rw_dd){hi, (double)(s - (long double)hi)}, 0.0, &key));
    *overflow = abs(key) > rw_dtype_get(d)->max_key;
    return rw_key_stored(d, key);
}

static void check_rounded(const rw_measure_plan *plan, rw_dtype d)
{
    static int32_t key[N_KEY][SPAN];
    static int over[N_KEY][SPAN];
    for (int k = 0; k < N_KEY; k++)
        for (int m = 0; m < MAX_M; m++)
            key[k][m] = key_of(d, sc.s[k][m], &over[k][m]);
    for (int i = 0; i < N_CONTEXT; i++) {
        const int64_t M = contexts[i];
        for (int k = 0; k < N_KEY; k++) {
            rw_alias_count c = {.total = M * (M - 1) / 2};
            for (int64_t a = 0; a < M; a++) {
                int has = 0;
                for (int64_t b = 0; b < M; b++) {
                    const int alias = a != b && key[k][a] == key[k][b];
                    c.pairs += alias && b < a;
                    has |= alias;
                }
                c.distances += has;
                c.overflow += over[k][a];
            }
            same_alias("aliasing", d, &single[k * N_CONTEXT + i].aliasing[d], c);
        }
        for (int p = 0; p < N_TWIN; p++) {
            const int32_t *k1 = key[pairs[p].k1], *k2 = key[pairs[p].k2];
            rw_alias_count same = {.total = M}, invariant = {.total = M * (M - 1) / 2},
                           cross = {.total = M * (M - 1)};
            for (int64_t a = 0; a < M; a++) {
                same.distances += k1[a] == k2[a];
                for (int64_t b = 0; b < M; b++) {
                    invariant.pairs += b < a && k1[a] == k1[b] && k2[a] == k2[b];
                    cross.pairs += a != b && k1[a] == k2[b];
                }
            }
            const rw_double *g = &twin[p * N_CONTEXT + i];
            same_alias("token aliasing", d, &g->aliasing[d], same);
            same_alias("invariance", d, &g->invariance[d], invariant);
            same_alias("cross", d, &g->cross[d], cross);
        }
    }
    (void)plan;
}

static void check_tokens(int p, int i)
{
    const rw_double *g = &twin[p * N_CONTEXT + i];
    const size_t k1 = pairs[p].k1, k2 = pairs[p].k2;
    const long double start = sc.s[k1][0] - sc.s[k2][0];
    const int swapped = start < 0, tie = !(start < 0) && !(start > 0);
    const long double *a = sc.s[swapped ? k2 : k1], *b = sc.s[swapped ? k1 : k2];
    rw_count c = {.total = contexts[i]};
    double d[SPAN];
    for (int64_t m = 0; m < contexts[i]; m++) {
        c.count += a[m] < b[m];
        d[m] = (double)(a[m] - b[m]);
    }
    assert_int_equal(g->reference_tie, tie);
    assert_int_equal(g->swapped, swapped);
    same_count("token inversion", &g->inversion, c);
    const double amplitude = sc.z[k1].amplitude_sum + sc.z[k2].amplitude_sum;
    near_to(g->ks_difference, kolmogorov(d, contexts[i], 1e-12 * amplitude * amplitude),
            1e-9);
}

static rw_measure_plan plan_of(uint32_t events, int64_t n_distance)
{
    return (rw_measure_plan){.context = contexts,
                             .n_context = N_CONTEXT,
                             .n_distance = n_distance,
                             .dtypes = (1u << RW_N_DTYPE) - 1,
                             .events = events,
                             .zeta = 0.3,
                             .near_alias = 0.1,
                             .certificates = 1};
}

static ropewalk_status measure(const rw_kernels *kernels, const rw_measure_plan *plan)
{
    rw_rotation rot = {
        .rotary_dim = 2 * sc.n_pair, .attn_factor = 1, .inv_freq = sc.freq};
    rw_scoretable table;
    rw_workspace ws;
    ropewalk_error err = {0};
    ropewalk_status status =
        rw_scoretable_init(&table, kernels, &rot, plan->n_distance, &err);
    if (status) return status;
    status = rw_workspace_init(&ws, &table, plan, N_KEY, &err);
    if (!status) {
        status = rw_group_measure(&ws, sc.z, N_KEY, single, pairs, N_TWIN, twin, &err);
        rw_workspace_clear(&ws);
    }
    rw_scoretable_clear(&table);
    return status;
}

static void check_scene(void)
{
    for (int beyond = 0; beyond < 2; beyond++) {
        const rw_measure_plan plan = plan_of(RW_ALL_EVENTS, beyond ? SPAN : MAX_M);
        const rw_kernels *kernels;
        int runs;
        for (size_t set = 0; (kernels = rw_kernels_list(set, &runs)); set++) {
            if (!runs || (set > 0 && beyond)) continue;
            memset(single, 0x55, sizeof single);
            memset(twin, 0x55, sizeof twin);
            assert_int_equal(measure(kernels, &plan), ROPEWALK_OK);
            for (int i = 0; i < N_CONTEXT; i++) {
                for (int k = 0; k < N_KEY; k++)
                    check_single(&plan, k, i);
                for (int p = 0; p < N_TWIN; p++)
                    check_tokens(p, i);
            }
            for (rw_dtype d = RW_BF16; d < RW_N_DTYPE; d++)
                check_rounded(&plan, d);
        }
    }
}

static void random_keys(void **state)
{
    (void)state;
    random_scene(1, 8, 1.0);
    check_scene();
    random_scene(2, 1, 3.0);
    check_scene();
    random_scene(3, MAX_PAIR, 0.01); /* subnormal in the smallest types */
    check_scene();
}

static void overflowing(void **state)
{
    (void)state;
    random_scene(5, 6, 30000.0); /* beyond f16, e5m2 and e4m3 */
    check_scene();
    int64_t n = 0;
    for (int k = 0; k < N_KEY; k++) {
        n += single[k * N_CONTEXT + 6].aliasing[RW_F16].overflow;
        assert_true(single[k * N_CONTEXT + 6].aliasing[RW_E4M3].overflow > 100);
    }
    assert_true(n > 10);
}

static void special_keys(void **state)
{
    (void)state;
    random_scene(6, 5, 1.0);
    sc.name = "special";
    memset(sc.re[1], 0, sizeof sc.re[1]); /* the zero vector */
    memset(sc.im[1], 0, sizeof sc.im[1]);
    sc.constant[1] = 0;
    memcpy(sc.re[2], sc.re[0], sizeof sc.re[0]); /* identical */
    memcpy(sc.im[2], sc.im[0], sizeof sc.im[0]);
    sc.constant[2] = sc.constant[0];
    memcpy(sc.re[3], sc.re[0], sizeof sc.re[0]); /* mirrored: a tie at distance 0 alone */
    for (uint32_t n = 0; n < sc.n_pair; n++)
        sc.im[3][n] = -sc.im[0][n];
    sc.constant[3] = sc.constant[0];
    finish();
    check_scene();
    assert_true(twin[1 * N_CONTEXT].reference_tie && twin[2 * N_CONTEXT].reference_tie);
    assert_int_equal(twin[1 * N_CONTEXT + 6].inversion.count, 0);
    assert_true(twin[2 * N_CONTEXT + 6].inversion.count > 10);
}

static void without_rotation(void **state)
{
    (void)state;
    random_scene(7, 0, 1.0);
    sc.name = "no pairs";
    sc.constant[2] = sc.constant[0];
    finish();
    check_scene();
    assert_int_equal(single[6].inversion.ties, 150 * 150);
}

static void one_slow_pair(void **state)
{
    (void)state;
    random_scene(8, 1, 1.0);
    sc.name = "slow";
    sc.freq[0] = 1e-3; /* within a quarter turn: nothing far rises above anything near */
    for (int k = 0; k < N_KEY; k++) {
        sc.re[k][0] = 1 + k;
        sc.im[k][0] = 0.1 * k;
    }
    finish();
    check_scene();
    for (int k = 0; k < N_KEY; k++)
        assert_int_equal(single[k * N_CONTEXT + 6].inversion.count, 0);
}

/* Equal frequencies that cancel: the loops see noise, the library must say it does not know. */
static void what_cannot_be_decided(void **state)
{
    (void)state;
    random_scene(9, 3, 1.0);
    sc.freq[0] = sc.freq[1] = sc.freq[2] = 0.7;
    for (int n = 0; n < 3; n++) {
        sc.re[0][n] = (double[]){1, 2, -3}[n];
        sc.im[0][n] = (double[]){-2, -4, 6}[n];
    }
    sc.constant[0] = 0;
    finish();
    const rw_measure_plan plan = plan_of(RW_ALL_EVENTS, SPAN);
    assert_int_equal(measure(&rw_kernels_ref, &plan), ROPEWALK_OK);
    for (int i = 0; i < N_CONTEXT; i++) {
        const int64_t M = contexts[i];
        assert_int_equal(single[i].inversion.unresolved, (M / 2) * (M - M / 2));
        assert_int_equal(single[i].inversion_beyond.unresolved, M * M);
        assert_int_equal(single[i].near_aliasing.count,
                         M * (M - 1) / 2); /* surely near */
        assert_int_equal(single[i].near_aliasing.unresolved, 0);
        assert_int_equal(single[i].aliasing[RW_BF16].unresolved,
                         M - 1); /* m = 0 is exact */
        assert_int_equal(single[i].aliasing[RW_F16].unresolved, 0);
        assert_int_equal(single[i].aliasing[RW_F16].pairs, M * (M - 1) / 2);
        assert_int_equal(single[N_CONTEXT + i].inversion.unresolved, 0);
    }
}

static void only_what_is_asked(void **state)
{
    (void)state;
    random_scene(10, 4, 1.0);
    for (int event = 0; event < RW_N_EVENT; event++) {
        const rw_measure_plan plan = plan_of(1u << event, MAX_M);
        assert_int_equal(measure(&rw_kernels_ref, &plan), ROPEWALK_OK);
        const rw_single *s = &single[6];
        const rw_double *t = &twin[6];
        const int asked[RW_N_EVENT] = {
            s->inversion.total > 0,         s->aliasing[RW_BF16].total > 0,
            s->insensitivity.total > 0,     t->inversion.total > 0,
            t->aliasing[RW_BF16].total > 0, t->invariance[RW_BF16].total > 0,
            t->cross[RW_BF16].total > 0};
        for (int e = 0; e < RW_N_EVENT; e++)
            assert_int_equal(asked[e], e == event);
        assert_true(s->variance > 0);
        rw_measure_plan plain = plan;
        plain.certificates = 0;
        assert_int_equal(measure(&rw_kernels_ref, &plain), ROPEWALK_OK);
        assert_true(isnan(s->mean) && isnan(s->variance) && s->n_eff > 0);
    }
}

static void no_memory(void **state)
{
    (void)state;
    random_scene(11, 3, 1.0);
    sc.freq[2] = 1e-9; /* so that exact runs are allocated too */
    finish();
    const rw_measure_plan plan = plan_of(RW_ALL_EVENTS, MAX_M);
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = measure(&rw_kernels_ref, &plan);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
    assert_true(at > 15);
}

#ifdef __GLIBC__
static uint64_t allocated(void)
{
    const struct mallinfo2 now = mallinfo2();
    return (uint64_t)now.uordblks + (uint64_t)now.hblkhd;
}

/* Whatever the list of contexts, no more than was stated is held after a count. */
static void as_many_bytes_as_stated(void **state)
{
    (void)state;
    enum { LIST = 100, LONGEST = 60000 };
    static rw_single one[N_KEY * LIST];
    static rw_double two[N_TWIN * LIST];
    static int64_t list[4][LIST];
    static const size_t n_list[4] = {7, LIST, 1, LIST};
    for (int64_t i = 0; i < LIST; i++) {
        list[0][i] = (LONGEST >> 6) << (i < 7 ? i : 0);
        list[1][i] = 600 * (i + 1);
        list[3][i] = LONGEST - LIST + i + 1;
    }
    list[2][0] = LONGEST;
    random_scene(11, 12, 1.0);
    finish();
    for (int i = 0; i < 16; i++) {
        const rw_rotation rot = {
            .rotary_dim = 2 * sc.n_pair, .attn_factor = 1, .inv_freq = sc.freq};
        const int64_t *context = list[i % 4];
        const size_t n = n_list[i % 4];
        const rw_measure_plan plan = {
            .context = context,
            .n_context = n,
            .n_distance = i / 4 == 3 ? rw_measure_span_beyond(context, n) : LONGEST,
            .dtypes = 1u << (i / 4 == 1 ? RW_F32 : RW_BF16),
            .events = i / 4 == 2 ? 1u << RW_EVENT_POSITION_INVERSION : RW_ALL_EVENTS,
            .near_alias = 0.1,
            .certificates = 1};
        rw_scoretable table;
        rw_workspace ws;
        ropewalk_error err = {0};
        assert_int_equal(rw_scoretable_init(&table, rw_kernels_pick(NULL), &rot,
                                            plan.n_distance, &err),
                         ROPEWALK_OK);
        const uint64_t stated = rw_workspace_bytes(&table, &plan, N_KEY),
                       before = allocated();
        assert_int_equal(rw_workspace_init(&ws, &table, &plan, N_KEY, &err), ROPEWALK_OK);
        const uint64_t begun = allocated() - before;
        assert_int_equal(
            rw_group_measure(&ws, sc.z, N_KEY, one, pairs, N_TWIN, two, &err),
            ROPEWALK_OK);
        const uint64_t held = allocated() - before;
        if (held > stated || begun > stated || (begun > 0 && 3 * begun < 2 * stated))
            fail_msg("%d: %llu bytes stated, %llu at first, %llu at last", i,
                     (unsigned long long)stated, (unsigned long long)begun,
                     (unsigned long long)held);
        rw_measure_plan any = plan;
        any.context = NULL; /* what holds for every list */
        assert_true(rw_workspace_bytes(&table, &any, N_KEY) >= stated);
        rw_workspace_clear(&ws);
        rw_scoretable_clear(&table);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_keys),
        cmocka_unit_test(overflowing),
        cmocka_unit_test(special_keys),
        cmocka_unit_test(without_rotation),
        cmocka_unit_test(one_slow_pair),
        cmocka_unit_test(what_cannot_be_decided),
        cmocka_unit_test(only_what_is_asked),
        cmocka_unit_test(no_memory),
#ifdef __GLIBC__
        cmocka_unit_test(as_many_bytes_as_stated),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
