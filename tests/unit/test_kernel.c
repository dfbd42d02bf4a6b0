/* test_kernel.c - every instruction set that runs here, against its contract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/random.h"
#include "kernel/kernel.h"

enum { MAX_ROW = RW_ROWS, MAX_PAIR = 130, CANARY = 4242 };

static void selection(void **state)
{
    (void)state;
    int runs, n = 0, best = -1;
    const rw_kernels *k;
    for (size_t i = 0; (k = rw_kernels_list(i, &runs)); i++, n++) {
        if (runs && best < 0) best = (int)i;
        assert_ptr_equal(rw_kernels_pick(k->name), runs ? k : NULL);
    }
    assert_true(n >= 1);
    assert_ptr_equal(rw_kernels_list((size_t)n - 1, &runs), &rw_kernels_ref);
    assert_true(runs);
    assert_ptr_equal(rw_kernels_pick(NULL), rw_kernels_list((size_t)best, &runs));
    assert_ptr_equal(rw_kernels_pick("auto"), rw_kernels_pick(NULL));
    assert_null(rw_kernels_pick("mmx"));
    assert_null(rw_kernels_pick(""));
}

/* Scores against sums in long double; the room is an exact heap block out of alignment. */
static double check_blocks(const rw_kernels *kernels, size_t n_column, size_t n_row,
                           uint64_t seed)
{
    const size_t n_z = n_column * 2 * RW_ROWS, n_room = n_row * RW_BLOCK + 2;
    double *table =
        rw_array((RW_BLOCK_HALF / RW_TILE) * n_column * 2 * RW_TILE, sizeof *table);
    double *z = rw_array(n_z, sizeof *z), *room = rw_array(n_room, sizeof *room),
           *out = room + 1;
    for (size_t j = 0; j < RW_BLOCK_HALF; j++)
        for (size_t n = 0; n < n_column; n++) {
            double *entry =
                table + ((j / RW_TILE) * n_column + n) * 2 * RW_TILE + j % RW_TILE;
            const double angle =
                ((double)j + 0.5) * pow(10000.0, -(double)n / (double)n_column);
            entry[0] = cos(angle);
            entry[RW_TILE] = sin(angle);
        }
    for (size_t i = 0; i < n_z; i++) {
        z[i] = rw_random_normal(seed, 1, i) * (i % 3 ? 1 : 1e-9);
        if (seed % 4 == 0 && i / RW_ROWS % 2)
            z[i] = -z[i - RW_ROWS]; /* cancels or adds up */
    }
    for (size_t i = 0; i < n_room; i++)
        room[i] = -77.0;
    kernels->score_blocks(table, n_column, z, n_row, out);
    assert_true(room[0] == -77.0 && room[n_room - 1] == -77.0);
    double worst = 0.0;
    for (size_t r = 0; r < n_row; r++, out += RW_BLOCK)
        for (size_t j = (r + seed) % 3; j < RW_BLOCK_HALF; j += 1 + j % 11) {
            long double up = 0.0L, down = 0.0L, size = 0.0L;
            for (size_t n = 0; n < n_column; n++) {
                const double *entry =
                    table + ((j / RW_TILE) * n_column + n) * 2 * RW_TILE + j % RW_TILE;
                const double *at = z + n * 2 * RW_ROWS + r;
                const long double a = (long double)at[0] * (long double)entry[0];
                const long double b =
                    (long double)at[RW_ROWS] * (long double)entry[RW_TILE];
                up += a - b;
                down += a + b;
                size += fabsl(a) + fabsl(b);
            }
            const double bound =
                (2.0 * (double)n_column + 2.0) * 0x1p-53 * (double)size + 1e-300;
            const double e1 = (double)fabsl((long double)out[RW_BLOCK_HALF + j] - up);
            const double e2 =
                (double)fabsl((long double)out[RW_BLOCK_HALF - 1 - j] - down);
            const double e = e1 > e2 ? e1 : e2;
            if (!(e <= bound))
                fail_msg("%s: %zu columns, row %zu, column %zu", kernels->name, n_column,
                         r, j);
            if (e / bound > worst) worst = e / bound;
        }
    rw_free(table);
    rw_free(z);
    rw_free(room);
    return worst;
}

/* Turned by exact factors, and merged: sums in long double. */
static void coefficients(void **state)
{
    (void)state;
    enum {
        PAIRS = 37,
        LANE = 2 * RW_ROWS,
        N_Z = PAIRS * LANE,
        N_MIX = 2 * PAIRS * RW_MERGED,
        N_OUT = (RW_MERGED + 1) * LANE
    };
    static double anchor[N_Z], re[PAIRS], im[PAIRS], mix[N_MIX];
    static double turned[N_Z], merged[N_OUT];
    for (uint64_t i = 0; i < N_Z; i++)
        anchor[i] = rw_random_normal(21, 1, i);
    for (uint64_t i = 0; i < N_MIX; i++)
        mix[i] = rw_random_normal(21, 2, i);
    for (uint64_t n = 0; n < PAIRS; n++) {
        re[n] = rw_random_normal(21, 3, n);
        im[n] = rw_random_normal(21, 4, n);
    }
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (size_t n_merged = 1; runs && n_merged <= RW_MERGED; n_merged++) {
            k->turn(anchor, re, im, PAIRS, turned);
            for (size_t i = 0; i < N_Z; i++) {
                const size_t n = i / LANE, at = n * LANE + i % RW_ROWS;
                const long double c = anchor[at], s = anchor[at + RW_ROWS];
                const long double want =
                    i % LANE < RW_ROWS ? re[n] * c - im[n] * s : re[n] * s + im[n] * c;
                assert_true(fabsl(turned[i] - want) <=
                            2.24L * 0x1p-53L * hypotl(re[n], im[n]) * hypotl(c, s));
            }
            for (size_t i = 0; i < N_OUT; i++)
                merged[i] = -77.0;
            k->merge(mix, turned, PAIRS, n_merged, merged);
            for (size_t i = 0; i < n_merged * LANE; i++) {
                const double *weight = mix + i % LANE / RW_ROWS * RW_MERGED + i / LANE;
                long double want = 0, size = 0;
                for (size_t n = 0; n < PAIRS; n++) {
                    const long double term = (long double)weight[n * 2 * RW_MERGED] *
                                             turned[n * LANE + i % LANE];
                    want += term;
                    size += fabsl(term);
                }
                assert_true(fabsl(merged[i] - want) <= PAIRS * 0x1p-53L * size);
            }
            assert_true(merged[n_merged * LANE] == -77.0);
        }
}

static void scores(void **state)
{
    (void)state;
    const rw_kernels *k;
    int runs;
    for (size_t i = 0; (k = rw_kernels_list(i, &runs)); i++) {
        if (!runs) continue;
        double worst = 0.0;
        for (size_t n_pair = 1; n_pair <= MAX_PAIR; n_pair += 1 + n_pair / 40) {
            const size_t n_row = 1 + (n_pair * 7 + i) % MAX_ROW;
            worst = fmax(worst, check_blocks(k, n_pair, n_row, n_pair));
        }
        for (size_t n_row = 1; n_row <= MAX_ROW; n_row++)
            worst = fmax(worst, check_blocks(k, 3, n_row, 1000 + n_row));
        printf("worst %s score_blocks: %.3f of the bound\n", k->name, worst);
        assert_true(worst > 1e-4); /* the comparison sees rounding at all */
    }
}

static rw_rounding rounding_of(rw_dtype dtype)
{
    const rw_dtype_info *t = rw_dtype_get(dtype);
    const int p = t->significand_bits;
    return (rw_rounding){.drop = 53 - p,
                         .bias = (uint64_t)(1023 + t->min_exponent - 1) << (p - 1),
                         .top = (uint64_t)t->max_key + 1,
                         .min_normal = ldexp(1.0, t->min_exponent),
                         .quantum_2_52 = ldexp(1.0, 52 + t->min_exponent - p + 1)};
}

/* Values on, beside and between the edges of a type, tiny, huge and plain. */
static double adversarial(rw_dtype d, uint64_t i)
{
    const int32_t max = rw_dtype_get(d)->max_key;
    const int32_t key =
        (int32_t)((int64_t)rw_random_below(11, 1, i, 2 * (uint64_t)max + 1) - max);
    const double edge = rw_key_upper_edge(d, key < max ? key : max - 1);
    switch (i % 9) {
    case 0: return edge;
    case 1: return nextafter(edge, 1e300);
    case 2: return nextafter(edge, -1e300);
    case 3: return rw_key_value(d, key);
    case 4: return rw_key_upper_edge(d, (int32_t)(i % 40) - 20);
    case 5: return i % 2 ? 1e300 : -1e300;
    case 6: return i % 4 ? 0.0 : -5e-324;
    case 7: return rw_key_upper_edge(d, max) * (i % 2 ? 1 : -1);
    default: return rw_random_normal(11, 2, i) * 100;
    }
}

static void keys(void **state)
{
    (void)state;
    enum { N = 3001 };
    static double t[N];
    static int32_t key[N + 1];
    static uint32_t doubtful[N];
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++) {
        if (!runs) continue;
        for (rw_dtype d = RW_BF16; d < RW_N_DTYPE; d++) {
            const rw_rounding how = rounding_of(d);
            /* exact values: keys are rw_round_key's, nothing is in doubt */
            for (uint64_t i = 0; i < N; i++)
                t[i] = adversarial(d, i);
            key[N] = CANARY;
            assert_int_equal(k->round_keys(&how, t, N, 0.0, 0.0, key, doubtful), 0);
            for (size_t i = 0; i < N; i++)
                if (key[i] != rw_round_key(d, t[i]))
                    fail_msg("%s, %s: %a became %d", k->name, rw_dtype_get(d)->name, t[i],
                             key[i]);
            assert_int_equal(key[N], CANARY);
            /* with errors: every straddling value is listed, ascending, and the others are sure */
            static const double errors[] = {1e-14, 1e-9, 1e-3, 1.0};
            for (int e = 0; e < 4; e++) {
                const double offset = e % 2 ? 3.25 : 0.0, error = errors[e];
                size_t at = 0;
                const size_t n = k->round_keys(&how, t, N, offset, error, key, doubtful);
                assert_true(n > 0 && n <= N);
                for (uint32_t i = 0; i < N; i++) {
                    const double s = offset + t[i];
                    const int32_t lo = rw_round_key(d, s - error),
                                  hi = rw_round_key(d, s + error);
                    const int listed = at < n && doubtful[at] == i;
                    assert_int_equal(listed, lo != hi);
                    if (!listed) assert_int_equal(key[i], lo);
                    at += (size_t)listed;
                }
                assert_int_equal(at, n);
            }
            for (size_t n = 0; n < 70; n++) { /* short and odd lengths */
                key[n] = CANARY;
                (void)k->round_keys(&how, t, n, 0.0, 0.0, key, doubtful);
                assert_int_equal(key[n], CANARY);
                if (n) assert_int_equal(key[n - 1], rw_round_key(d, t[n - 1]));
            }
        }
    }
}

/* Cells by their definition, up to the rounding of (t - least) * scale + 2^52; the same scores again have the
 * same ones. */
static void check_cells(const rw_kernels *k, int label_bits, int low_bits, size_t n)
{
    enum { SIZE = 1027 };
    static double t[SIZE];
    static uint32_t bucket[SIZE + 1], again[SIZE + 1];
    static int32_t place[SIZE + 1], again_place[SIZE + 1];
    const rw_cell_map by = {-3.0, ldexp(0.11, low_bits), low_bits, label_bits};
    const int32_t own = (1 << label_bits) - 1,
                  label = label_bits ? own - (int32_t)(n % 2) : 0;
    for (uint64_t i = 0; i < n; i++)
        t[i] = -3.0 + 5000.0 * rw_random_unit(13, 1, i);
    t[0] = -3.0;
    bucket[n] = again[n] = CANARY;
    place[n] = again_place[n] = CANARY;
    k->cells(&by, t, n, label, bucket, place);
    k->cells(&by, t, n, label, again, again_place);
    assert_memory_equal(again, bucket, (n + 1) * sizeof *bucket);
    assert_memory_equal(again_place, place, (n + 1) * sizeof *place);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(place[i] & own, label);
        const uint32_t at = (uint32_t)place[i] >> label_bits;
        const double cell = ldexp(bucket[i], low_bits) + at - (double)RW_CELL_ORIGIN;
        assert_true(at < (uint64_t)1 << low_bits);
        assert_true(fabs(cell - (t[i] - by.least) * by.scale) <= 0.5 + 1e-3);
    }
    assert_true(bucket[0] == 0 && place[0] >> label_bits == RW_CELL_ORIGIN);
    assert_true(bucket[n] == CANARY && place[n] == CANARY);
}

/* Scores whose cells are in a map are found, and none whose cells are farther than one from any in it. */
static void in_a_map(void **state)
{
    (void)state;
    enum { MOST = 300, BITS = 6 };
    static double t[MOST + 1];
    static uint32_t bucket[MOST], which[MOST + RW_READ_BEYOND];
    static int32_t place[MOST];
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (int shift = 0; runs && shift <= 17; shift += shift < 15 ? 5 : 2)
            for (size_t n = 0; n <= MOST; n += n < 40 ? 1 : 37) {
                const int low_bits = 10 + shift;
                const rw_cell_map by = {-3.0, ldexp(1.0, low_bits), low_bits, 3};
                uint32_t map[1 << (10 + BITS - 5)] = {0}, next = 0;
                for (uint64_t i = 0; i <= MOST; i++)
                    t[i] = -3.0 + 62.0 * rw_random_unit(17, (uint64_t)shift, i);
                for (uint64_t i = 0; i < sizeof map / sizeof *map; i++)
                    map[i] = (uint32_t)(rw_random_unit(19, n, i) * 0x1p32);
                k->cells(&by, t, n, 0, bucket, place);
                const size_t found = k->mapped(&by, t, n, map, shift, which);
                for (uint32_t i = 0; i < n; i++) {
                    const uint64_t cell =
                        ((uint64_t)bucket[i] << low_bits) + (uint64_t)(place[i] >> 3);
                    bool in = false, near = false;
                    for (int d = -1; d <= 1; d++) {
                        const uint64_t at = (cell + (uint64_t)(int64_t)d) >> shift;
                        const bool set_there = map[at / 32] >> at % 32 & 1;
                        in |= d == 0 && set_there;
                        near |= set_there;
                    }
                    const bool got = next < found && which[next] == i;
                    next += got;
                    assert_true(got ? near : !in);
                }
                assert_int_equal(next, found);
            }
}

static void cell_numbers(void **state)
{
    (void)state;
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (int label_bits = 1; runs && label_bits <= 5; label_bits++) {
            for (int low_bits = 6; low_bits <= RW_PLACE_BITS - label_bits; low_bits++)
                check_cells(k, label_bits, low_bits, 1027);
            for (size_t n = 1; n < 40; n++)
                check_cells(k, label_bits, 12, n);
            for (int low_bits = 6; low_bits <= RW_WIDE_BITS; low_bits++)
                check_cells(k, 0, low_bits, 1020 + (size_t)label_bits);
        }
}

/* Lists and what remains of places: against their definition, whatever lies behind them. */
static void splits(void **state)
{
    (void)state;
    enum { MOST = 130 };
    static int32_t place[MOST], remains[MOST + 1];
    static uint32_t next[MOST + 1];
    const rw_kernels *k;
    int runs;
    for (uint64_t i = 0; i < MOST; i++)
        place[i] = (int32_t)(uint32_t)(rw_random_unit(23, 1, i) * 0x1p32);
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (int below = 0; runs && below < 32; below++)
            for (size_t n = 0; n <= MOST; n += n < 35 ? 1 : 19) {
                const int label_bits = (int)n % 6;
                const uint32_t label = ((uint32_t)1 << label_bits) / 2;
                const rw_split by = {below, ((uint32_t)1 << n % 11) - 1,
                                     below % 2 ? ((uint32_t)1 << below) - 1 : UINT32_MAX,
                                     label_bits};
                next[n] = CANARY;
                remains[n] = CANARY;
                k->split(&by, place, n, label, next, remains);
                for (size_t i = 0; i < n; i++) {
                    const uint64_t bits = (uint32_t)place[i];
                    assert_int_equal(next[i], bits / ((uint64_t)1 << below) %
                                                  (by.lists + UINT64_C(1)));
                    assert_int_equal(
                        (uint32_t)remains[i],
                        (uint32_t)((bits & by.kept) * ((uint64_t)1 << label_bits)) +
                            label);
                }
                assert_true(next[n] == CANARY && remains[n] == CANARY);
            }
}

/* Those from the lower end to below the upper one, in order, whatever lies behind them, and those below: against a
 * plain loop. */
static void in_between(void **state)
{
    (void)state;
    enum { MOST = 270 };
    static const double value[] = {1.0, 2.0, 0.5, 1.5, -0.0, 0.0, -1e300, INFINITY, NAN};
    static const double ends[][2] = {
        {1.0, 2.0}, {2.0, 1.0},      {1.0, 1.0}, {0.0, 0x1p-1074}, {-INFINITY, INFINITY},
        {3.0, 4.0}, {-INFINITY, 1.0}};
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (size_t n = 0; runs && n <= MOST; n += n < 70 ? 1 : 50)
            for (uint64_t way = 0; way < 6; way++) {
                double *t = rw_array(n + 1, sizeof *t),
                       *out = rw_array(n + RW_READ_BEYOND, sizeof *out);
                const uint64_t n_value = way < 3 ? 2 + way : 9; /* all in, most, some */
                for (uint64_t i = 0; i < n + 1; i++)
                    t[i] = i < n ? value[rw_random_below(way, n, i, n_value)] : 1.0;
                if (way == 5) /* one alone, at each end and anywhere */
                    for (size_t i = 0; i < n; i++)
                        t[i] = i == n * 31 % (n + 1) ? 1.0 : i % 2 ? 7.0 : -7.0;
                for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
                    const double low = ends[e][0], high = ends[e][1];
                    size_t below = CANARY, want = 0, want_below = 0;
                    const size_t got = k->inside(t, n, low, high, out, &below);
                    for (size_t i = 0; i < n; i++) {
                        want_below += t[i] < low;
                        if (!(t[i] >= low && t[i] < high)) continue;
                        assert_true(want < got);
                        assert_memory_equal(&out[want++], &t[i], sizeof *t);
                    }
                    assert_int_equal(got, want);
                    assert_int_equal(below, want_below);
                }
                rw_free(t);
                rw_free(out);
            }
}

/* Sums, ends and steps of every length about a vector's, against plain loops; NaN lies behind. */
static void reductions(void **state)
{
    (void)state;
    enum { MOST = 531 };
    static double t[MOST + 2];
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (size_t n = 1; runs && n <= MOST; n += n < 70 ? 1 : 23) {
            long double sum = 0.0L, square = 0.0L, total = 0.0L;
            double least, most, one, two, far = 0.0, longest = 0.0;
            for (size_t i = 0; i <= n; i++)
                t[i] = rw_random_normal(13, n, i) * (i % 5 ? 1.0 : 1e-3);
            t[n + 1] = NAN;
            const double limit = n % 3 ? 0.7 : fabs(t[n / 2 + 1] - t[n / 2]);
            double lo = t[0], hi = t[0], nearest = INFINITY;
            int64_t below = 0, count;
            for (size_t i = 0; i < n; i++) {
                const double step = fabs(t[i + 1] - t[i]);
                sum += (long double)t[i] - 0.25L;
                square += ((long double)t[i] - 0.25L) * ((long double)t[i] - 0.25L);
                total += (long double)step;
                lo = fmin(lo, t[i]);
                hi = fmax(hi, t[i]);
                below += step < limit;
                longest = fmax(longest, step);
                nearest = fmin(nearest, fabs(step - limit));
            }
            const int near = k->steps(t, n, limit, nearest, &count, &far, &one);
            assert_int_equal(near, 1);
            assert_int_equal(count, below);
            assert_true(!(one < longest) && !(one > longest));
            assert_true(fabsl((long double)far - total) <= 1e-14L * total);
            assert_int_equal(
                k->steps(t, n, limit, nearest / 2 - 1e-9, &count, &far, &one),
                nearest / 2 - 1e-9 >= nearest);
            t[n] = NAN;
            k->moments(t, n, 0.25, &one, &two);
            assert_true(fabsl((long double)one - sum) <= 1e-13L * (long double)n);
            assert_true(fabsl((long double)two - square) <= 1e-14L * square);
            k->range(t, n, &least, &most);
            assert_true(!(least < lo) && !(least > lo) && !(most < hi) && !(most > hi));
        }
}

/* Differences of odd lengths, some of them 0 or as far from it as the doubt. */
static void two_series(void **state)
{
    (void)state;
    enum { MOST = 301 };
    static double a[MOST], b[MOST], d[MOST + 1];
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (size_t n = 1; runs && n <= MOST; n += n < 70 ? 1 : 23) {
            int64_t below = 0, count;
            double nearest = INFINITY;
            for (size_t i = 0; i < n; i++) {
                a[i] = rw_random_normal(15, n, i);
                b[i] = i % 9 == 8 ? a[i] + 0.25 : rw_random_normal(16, n, i);
                const double want = (a[i] - b[i]) + 0.25;
                below += want < 0.0;
                nearest = fmin(nearest, fabs(want));
            }
            d[n] = -77.0;
            assert_int_equal(k->differences(a, b, n, 0.25, nearest, d, &count), 1);
            assert_int_equal(count, below);
            for (size_t i = 0; i < n; i++) {
                const double want = (a[i] - b[i]) + 0.25;
                assert_true(!(d[i] < want) && !(d[i] > want));
            }
            assert_true(d[n] == -77.0);
            assert_int_equal(
                k->differences(a, b, n, 0.25, nearest / 2 - 1e-300, d, &count), 0);
        }
}

/* Keys and their tallies, odd lengths. */
static void tallies(void **state)
{
    (void)state;
    enum { MOST = 301, STRIDE = 310, BOTH = 2 * STRIDE };
    static int32_t a[MOST], b[MOST];
    static uint32_t count[2][BOTH];
    const rw_kernels *k;
    int runs;
    for (size_t i = 0; i < 2 * (size_t)BOTH; i++)
        count[i / BOTH][i % BOTH] =
            (uint32_t)rw_random_below(14, 3, i, i % 7 ? 2 : 10000000);
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (size_t n = 1; runs && n <= MOST; n += n < 70 ? 1 : 23) {
            int32_t lo = INT32_MAX, hi = INT32_MIN, near = INT32_MAX, least, most,
                    nearest;
            uint64_t same = 0, pairs = 0, several = 0, product = 0, p, q;
            for (size_t i = 0; i < n; i++) {
                a[i] = (int32_t)rw_random_below(14, 1, i + n, 21) - (int32_t)(n % 30);
                b[i] = (int32_t)rw_random_below(14, 2, i + n, 21) - (int32_t)(n % 30);
                lo = a[i] < lo ? a[i] : lo;
                hi = a[i] > hi ? a[i] : hi;
                near = abs(a[i]) < near ? abs(a[i]) : near;
                same += a[i] == b[i] || (a[i] >= 6 && b[i] >= 6) ||
                        (a[i] <= -6 && b[i] <= -6);
                uint64_t c[2] = {0, 0};
                for (size_t t = 0; t < 4; t++)
                    c[t / 2] += count[t / 2][t % 2 * STRIDE + i];
                pairs += c[0] * (c[0] - 1) / 2;
                several += c[0] > 1 ? c[0] : 0;
                product += c[0] * c[1];
            }
            k->key_range(a, n, &least, &most, &nearest);
            assert_true(least == lo && most == hi && nearest == near);
            assert_true(k->alike(a, b, n, 6) == same);
            k->repeats(count[0], STRIDE, n, &p, &q);
            assert_true(p == pairs && q == several);
            assert_true(k->products(count[0], count[1], STRIDE, n) == product);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selection),    cmocka_unit_test(scores),
        cmocka_unit_test(keys),         cmocka_unit_test(coefficients),
        cmocka_unit_test(two_series),   cmocka_unit_test(tallies),
        cmocka_unit_test(reductions),   cmocka_unit_test(in_between),
        cmocka_unit_test(cell_numbers), cmocka_unit_test(splits),
        cmocka_unit_test(in_a_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
