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

enum { MAX_ROW = RW_ROWS, MAX_PAIR = 130 };

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
            key[N] = 4242;
            assert_int_equal(k->round_keys(&how, t, N, 0.0, 0.0, key, doubtful), 0);
            for (size_t i = 0; i < N; i++)
                if (key[i] != rw_round_key(d, t[i]))
                    fail_msg("%s, %s: %a became %d", k->name, rw_dtype_get(d)->name, t[i],
                             key[i]);
            assert_int_equal(key[N], 4242);
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
                key[n] = 4242;
                (void)k->round_keys(&how, t, n, 0.0, 0.0, key, doubtful);
                assert_int_equal(key[n], 4242);
                if (n) assert_int_equal(key[n - 1], rw_round_key(d, t[n - 1]));
            }
        }
    }
}

/* Cells by their definition, up to the rounding of (t - least) * scale + 2^52. */
static void cell_numbers(void **state)
{
    (void)state;
    enum { SIZE = 1027 };
    static double t[SIZE];
    static uint32_t bucket[SIZE + 1];
    static int32_t place[SIZE + 1];
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (int low_bits = 6; runs && low_bits <= RW_MOST_LOW_BITS; low_bits += 5) {
            const rw_cell_map by = {-3.0, ldexp(0.11, low_bits), low_bits};
            for (uint64_t i = 0; i < SIZE; i++)
                t[i] = -3.0 + 5000.0 * rw_random_unit(13, 1, i);
            t[0] = -3.0;
            bucket[SIZE] = 4242;
            place[SIZE] = 4242;
            int close = 0;
            const int said = k->cells(&by, t, SIZE, 19, bucket, place);
            for (size_t i = 0; i < SIZE; i++) {
                assert_int_equal(place[i] & 31, 19);
                place[i] >>= RW_LABEL_BITS;
                const double cell =
                    ldexp(bucket[i], low_bits) + place[i] - (double)RW_CELL_ORIGIN;
                assert_true(place[i] >= 0 && place[i] < (int64_t)1 << low_bits);
                assert_true(fabs(cell - (t[i] - by.least) * by.scale) <= 0.5 + 1e-3);
                close |= place[i] == 0 || place[i] == ((int64_t)1 << low_bits) - 1;
            }
            assert_int_equal(said != 0, close);
            assert_true(bucket[0] == 0 && place[0] == RW_CELL_ORIGIN);
            assert_true(bucket[SIZE] == 4242 && place[SIZE] == 4242);
        }
}

enum { BUCKETS = 300, LOW_BITS = 12, STRETCHES = 5, ROOM = BUCKETS * STRETCHES * 120 };

static int32_t place_of(int32_t labelled)
{
    return labelled >> RW_LABEL_BITS;
}

/* Buckets of very different sizes, the nearest stretch first in each; empty ones too. */
static size_t stack_up(int32_t *place, uint32_t edge[STRETCHES + 1][BUCKETS],
                       uint64_t seed, int apart)
{
    uint32_t n = 0;
    for (uint32_t b = 0; b < BUCKETS; b++) {
        for (int32_t label = 0; label < STRETCHES; label++) {
            edge[label][b] = n;
            const uint64_t most = b % 7 == 3 ? 120 : b % 7 == 4 ? 25 : b % 3 ? 8 : 1;
            const uint64_t more =
                rw_random_below(seed, 5 + (uint64_t)label, b, most + (b % 11 == 5));
            for (uint64_t i = more; i > 0; i--, n++) {
                const uint64_t which = rw_random_below(seed, 17, n, 4096);
                const int32_t here = (int32_t)(which / (uint64_t)apart) * apart;
                place[n] = (int32_t)((uint32_t)here << RW_LABEL_BITS) | label;
            }
        }
        edge[STRETCHES][b] = n;
    }
    return n;
}

/* Windows of stretches: near from the first to before the second, far likewise. */
static const int windows[][4] = {{0, 1, 1, 2}, {0, 2, 2, 4}, {1, 2, 3, 5}, {0, 4, 4, 5},
                                 {2, 3, 3, 4}, {1, 3, 3, 5}, {0, 3, 4, 5}};
enum { N_WINDOW = sizeof windows / sizeof *windows };

static uint32_t labels(int first, int end)
{
    return (1u << end) - (1u << first);
}

/* The pairs of one bucket and window by their definition: how many, and the least that two of any
 * window's pairs differ by. */
static uint64_t pairs_inside(const int32_t *place, uint32_t edge[STRETCHES + 1][BUCKETS],
                             uint32_t b, const int *w, int32_t *closest)
{
    uint64_t sure = 0;
    for (uint32_t i = edge[w[0]][b]; i < edge[w[1]][b]; i++)
        for (uint32_t j = edge[w[2]][b]; j < edge[w[3]][b]; j++) {
            const int32_t up = place_of(place[j]) - place_of(place[i]);
            sure += up > 0;
            *closest = abs(up) < *closest ? abs(up) : *closest;
        }
    return sure;
}

static void comparisons(void **state)
{
    (void)state;
    static int32_t place[ROOM + RW_PLACE_PAD];
    static uint32_t edge[STRETCHES + 1][BUCKETS], listed[BUCKETS];
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (uint64_t seed = 1; runs && seed < 9; seed++) {
            const int apart = seed % 4 == 0 ? 1 : 8; /* 8: equal, or surely apart */
            const size_t n_window = seed < 5 ? N_WINDOW : seed - 4;
            const uint32_t from = seed == 7 ? 35 : 0; /* a part of the buckets */
            const size_t n_bucket = seed == 7 ? 21 : BUCKETS;
            stack_up(place, edge, seed, apart);
            rw_sides side[N_WINDOW];
            uint64_t got[N_WINDOW], want[N_WINDOW] = {0}, seen[N_WINDOW] = {0};
            for (size_t w = 0; w < n_window; w++)
                side[w] = (rw_sides){edge[windows[w][0]] + from,
                                     edge[windows[w][1]] + from,
                                     edge[windows[w][2]] + from,
                                     edge[windows[w][3]] + from,
                                     labels(windows[w][0], windows[w][1]),
                                     labels(windows[w][2], windows[w][3])};
            const size_t n =
                k->above(place, n_bucket, edge[0] + from, edge[STRETCHES] + from, side,
                         n_window, got, listed);
            size_t at = 0;
            for (uint32_t b = from; b < from + n_bucket; b++) {
                int32_t closest = INT32_MAX, any = INT32_MAX;
                uint64_t inside[N_WINDOW];
                for (size_t w = 0; w < n_window; w++)
                    inside[w] = pairs_inside(place, edge, b, windows[w], &closest);
                for (uint32_t i = edge[0][b]; i < edge[STRETCHES][b]; i++)
                    for (uint32_t j = edge[0][b]; j < i; j++) {
                        const int32_t d = abs(place_of(place[i]) - place_of(place[j]));
                        any = d < any ? d : any;
                    }
                const int doubt = at < n && listed[at] == b - from;
                if (closest <= 1) assert_true(doubt);
                if (doubt) assert_true(any <= 2);
                at += (size_t)doubt;
                for (size_t w = 0; w < n_window; w++) {
                    const int *x = windows[w];
                    want[w] += seen[w] * (edge[x[3]][b] - edge[x[2]][b]) +
                               (doubt ? 0 : inside[w]);
                    seen[w] += edge[x[1]][b] - edge[x[0]][b];
                }
            }
            assert_int_equal(at, n);
            assert_true(n > 0 && n < n_bucket);
            for (size_t w = 0; w < n_window; w++)
                assert_int_equal(got[w], want[w]);
        }
}

/* So many buckets of so many pairs, all with the same places, that counts of a column of buckets are put
 * away on the way. */
static void many_buckets(void **state)
{
    (void)state;
    enum { EACH = 63, NEAR = 31, MANY = 70001 };
    int32_t place[EACH + RW_PLACE_PAD] = {0};
    for (int32_t i = 0; i < EACH; i++)
        place[i] = (int32_t)((uint32_t)(i * 8) << RW_LABEL_BITS) | (i < NEAR ? 0 : 1);
    uint32_t *edge[3], *listed = rw_array(MANY, sizeof *listed);
    for (uint32_t e = 0; e < 3; e++) {
        edge[e] = rw_array(MANY, sizeof **edge);
        for (size_t b = 0; b < MANY; b++)
            edge[e][b] = e == 0 ? 0 : e == 1 ? NEAR : EACH;
    }
    const rw_sides side = {edge[0], edge[1], edge[1], edge[2], 1, 2};
    const uint64_t a_bucket = (uint64_t)NEAR * (EACH - NEAR);
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++) {
        uint64_t got;
        if (!runs) continue;
        assert_int_equal(k->above(place, MANY, edge[0], edge[2], &side, 1, &got, listed),
                         0);
        assert_int_equal(got, a_bucket * ((uint64_t)MANY * (MANY + 1) / 2));
    }
    for (int e = 0; e < 3; e++)
        rw_free(edge[e]);
    rw_free(listed);
}

static void distances(void **state)
{
    (void)state;
    static int32_t place[ROOM + RW_PLACE_PAD];
    static uint32_t edge[STRETCHES + 1][BUCKETS], listed[BUCKETS];
    static const uint64_t acrosses[] = {0, 1, 2, 5, 298, 299, 301};
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (uint64_t a = 0; runs && a < 7; a++) {
            const uint64_t across = acrosses[a];
            const int64_t rest = a == 0 ? 1004 : 2044,
                          whole = (int64_t)across << LOW_BITS;
            (void)stack_up(place, edge, 30 + a, 8);
            uint64_t got = 0, want = 0;
            const size_t n = k->within(place, BUCKETS, edge[0], edge[STRETCHES], LOW_BITS,
                                       across, (int32_t)rest, &got, listed);
            for (int64_t b = 0; b < BUCKETS; b++)
                for (int64_t c = b; c < BUCKETS && c <= b + (int64_t)across + 1; c++)
                    for (uint32_t i = edge[0][b]; i < edge[STRETCHES][b]; i++)
                        for (uint32_t j = c == b ? i + 1 : edge[0][c];
                             j < edge[STRETCHES][c]; j++) {
                            const int64_t d =
                                llabs(place_of(place[j]) - place_of(place[i]) +
                                      ((c - b) << LOW_BITS));
                            want += d < whole + rest;
                        }
            assert_int_equal(n,
                             0); /* places are multiples of 8, both distances are not */
            assert_int_equal(got, want);
        }
}

/* What is in doubt is left out, and named. */
static void doubtful_distances(void **state)
{
    (void)state;
    int32_t place[6 + RW_PLACE_PAD] = {100, 2000, 140, 3000, 150, 1000};
    for (int32_t i = 0; i < 6; i++)
        place[i] = (int32_t)((uint32_t)place[i] << RW_LABEL_BITS) | i;
    static const uint32_t first[3] = {0, 2, 4}, end[3] = {2, 4, 6};
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (int32_t rest = 35; runs && rest < 45; rest++) {
            uint32_t listed[3];
            uint64_t got = 0;
            /* 140 lies a bucket and 40 above 100: near from 42 on, apart up to 38 */
            const size_t n =
                k->within(place, 3, first, end, LOW_BITS, 1, rest, &got, listed);
            const int doubt = abs(rest - 40) <= 1;
            assert_int_equal(n, doubt);
            if (doubt) assert_int_equal(listed[0], 0);
            /* inside the three buckets 3; 2000-140, 2000-3000; 140-150, 3000-150, 3000-1000 */
            const uint64_t from_first = 1 + (rest > 40);
            assert_int_equal(got, 3 + (doubt ? 0 : from_first) + 3);
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
        cmocka_unit_test(selection),          cmocka_unit_test(scores),
        cmocka_unit_test(coefficients),       cmocka_unit_test(keys),
        cmocka_unit_test(reductions),         cmocka_unit_test(tallies),
        cmocka_unit_test(cell_numbers),       cmocka_unit_test(comparisons),
        cmocka_unit_test(many_buckets),       cmocka_unit_test(distances),
        cmocka_unit_test(doubtful_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
