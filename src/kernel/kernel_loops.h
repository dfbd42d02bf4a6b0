/* kernel_loops.h - the loops that compilers vectorise by themselves, included by each set so that
 * each compiles them with its own flags. */
#ifndef RW_KERNEL_KERNEL_LOOPS_H
#define RW_KERNEL_KERNEL_LOOPS_H
#include <string.h>

#include "kernel/kernel.h"
#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

/* The compiler's vectors, as wide as the including set's registers. Sums that are to be the same in every
 * set are taken in 16 interleaved parts, WIDE vectors of them. */
#ifndef VECTOR_BYTES
#define VECTOR_BYTES 16
#endif
typedef double vec __attribute__((vector_size(VECTOR_BYTES), aligned(8)));
typedef int64_t bitvec __attribute__((vector_size(VECTOR_BYTES), aligned(8)));
typedef int32_t words __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
enum { LANES = VECTOR_BYTES / 8, WORDS = 2 * LANES, PARTS = 16, WIDE = PARTS / LANES };

static inline vec load(const double *t)
{
    return *(const vec *)(const void *)t;
}

static inline void store(double *t, vec x)
{
    *(vec *)(void *)t = x;
}

static inline vec choose(bitvec where, vec yes, vec no)
{
    return (vec)((where & (bitvec)yes) | (~where & (bitvec)no));
}

#if VECTOR_BYTES == 64
static inline vec lesser(vec a, vec b)
{
    return (vec)_mm512_min_pd((__m512d)a, (__m512d)b);
}

static inline vec greater(vec a, vec b)
{
    return (vec)_mm512_max_pd((__m512d)a, (__m512d)b);
}

static inline words lesser_words(words a, words b)
{
    return (words)_mm512_min_epi32((__m512i)a, (__m512i)b);
}

/* Products, in 64 bits, of every other word, the first included. */
static inline bitvec even_products(words a, words b)
{
    return (bitvec)_mm512_mul_epu32((__m512i)a, (__m512i)b);
}
#elif VECTOR_BYTES == 32
static inline vec lesser(vec a, vec b)
{
    return (vec)_mm256_min_pd((__m256d)a, (__m256d)b);
}

static inline vec greater(vec a, vec b)
{
    return (vec)_mm256_max_pd((__m256d)a, (__m256d)b);
}

static inline words lesser_words(words a, words b)
{
    return (words)_mm256_min_epi32((__m256i)a, (__m256i)b);
}

static inline bitvec even_products(words a, words b)
{
    return (bitvec)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}
#else
static inline vec lesser(vec a, vec b)
{
    return choose(a < b, a, b);
}

static inline vec greater(vec a, vec b)
{
    return choose(a > b, a, b);
}

static inline words lesser_words(words a, words b)
{
    const words less = a < b;
    return (a & less) | (b & ~less);
}

static inline bitvec even_products(words a, words b)
{
    return ((bitvec)a & UINT32_MAX) * ((bitvec)b & UINT32_MAX);
}
#endif

static inline vec magnitude(vec x)
{
    return (vec)((bitvec)x & INT64_MAX);
}

static inline double lane(const vec *wide, size_t j)
{
    return wide[j / LANES][j % LANES];
}

static void turn(const double *anchor, const double *re, const double *im, size_t n_pair,
                 double *restrict out)
{
    for (size_t n = 0; n < n_pair;
         n++, anchor += (size_t)2 * RW_ROWS, out += (size_t)2 * RW_ROWS)
        for (size_t v = 0; v < RW_ROWS; v += LANES) {
            const vec c = load(anchor + v), s = load(anchor + RW_ROWS + v);
            store(out + v, re[n] * c - im[n] * s);
            store(out + RW_ROWS + v, re[n] * s + im[n] * c);
        }
}

/* Columns at a time such that their sums stay in registers and are enough not to wait for one another. */
enum { IN_ROW = RW_ROWS / LANES, COLUMNS = IN_ROW < 8 ? 8 / IN_ROW : 1 };

static void merge(const double *mix, const double *z, size_t n_pair, size_t n_merged,
                  double *out)
{
    for (size_t part = 0; part < 2; part++) /* even columns, odd columns */
        for (size_t k = 0; k < n_merged; k += COLUMNS) {
            const double *weight = mix + part * RW_MERGED + k, *at = z + part * RW_ROWS;
            vec sum[COLUMNS][IN_ROW] = {{{0}}};
            for (size_t n = 0; n < n_pair; n++) {
                for (size_t c = 0; c < COLUMNS; c++)
                    for (size_t v = 0; v < IN_ROW; v++)
                        sum[c][v] += weight[c] * load(at + v * LANES);
                weight += (size_t)2 * RW_MERGED;
                at += (size_t)2 * RW_ROWS;
            }
            for (size_t c = 0; c < COLUMNS && k + c < n_merged; c++)
                for (size_t v = 0; v < IN_ROW; v++)
                    store(out + ((k + c) * 2 + part) * RW_ROWS + v * LANES, sum[c][v]);
        }
}

static inline int64_t round_key(const rw_rounding *how, double x)
{
    const double ax = __builtin_fabs(x), shifted = ax + how->quantum_2_52;
    uint64_t bits, sub, one;
    memcpy(&bits, &ax, sizeof bits);
    memcpy(&sub, &shifted, sizeof sub);
    memcpy(&one, &how->quantum_2_52, sizeof one);
    const uint64_t half = (uint64_t)1 << (how->drop - 1), lsb = (bits >> how->drop) & 1;
    const uint64_t normal = ((bits + half - 1 + lsb) >> how->drop) - how->bias;
    int64_t key = (int64_t)(ax < how->min_normal ? sub - one : normal);
    key = key > (int64_t)how->top ? (int64_t)how->top : key;
    return x < 0 ? -key : key;
}

/* Keys of STRETCH or fewer values with both ends of each rounded in full. */
static size_t round_carefully(const rw_rounding *how, const double *t, size_t from,
                              size_t len, double offset, double error, int32_t *key,
                              uint32_t *doubtful)
{
    size_t n_doubtful = 0;
    for (size_t i = from; i < from + len; i++) {
        const double s = offset + t[i];
        const int64_t lo = round_key(how, s - error), hi = round_key(how, s + error);
        key[i] = (int32_t)hi;
        if (lo != hi) doubtful[n_doubtful++] = (uint32_t)i;
    }
    return n_doubtful;
}

enum { STRETCH = 128 };

/* The upper halves of a's numbers, then of b's. */
static inline words upper_halves(bitvec a, bitvec b)
{
#if VECTOR_BYTES == 64
    return __builtin_shufflevector((words)a, (words)b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19,
                                   21, 23, 25, 27, 29, 31);
#elif VECTOR_BYTES == 32
    return __builtin_shufflevector((words)a, (words)b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
    return __builtin_shufflevector((words)a, (words)b, 1, 3, 5, 7);
#endif
}

/* Keys of STRETCH values s of types with few bits, which are read off the upper halves of doubles. `margin` bits of a
 * double on either side of |s| are more than the error where |s| is at least `least`; where no number between is a
 * boundary of rounding, all has one key. Returns whether it was so of every value. */
static inline int round_coarsely(const rw_rounding *how, const double *t, double offset,
                                 int64_t margin, double least, int32_t *key)
{
    const int64_t shift = ((int64_t)1 << (how->drop - 1)) + margin;
    const int32_t drop = how->drop - 32, bias = (int32_t)how->bias;
    const words top = (words){0} + (int32_t)how->top;
    int64_t least_bits;
    memcpy(&least_bits, &least, sizeof least_bits);
    const int32_t least_half = (int32_t)((least_bits + shift) >> 32) + 1;
    bitvec carried = {0};
    words small = {0};
    for (size_t i = 0; i < STRETCH; i += WORDS) {
        const bitvec a = (bitvec)(load(t + i) + offset) + shift,
                     b = (bitvec)(load(t + i + LANES) + offset) + shift;
        const words both = upper_halves(a, b), size = both & INT32_MAX, sign = both < 0,
                    k = lesser_words((size >> drop) - bias, top);
        carried |= (a ^ (a - 2 * margin)) | (b ^ (b - 2 * margin));
        small |= size - least_half; /* negative */
        *(words *)(void *)(key + i) = (k ^ sign) - sign;
    }
    const bitvec cares = carried >> how->drop | (bitvec)(small < 0);
    int64_t any = 0;
    for (size_t j = 0; j < LANES; j++)
        any |= cares[j];
    return any != 0;
}

/* Where a = |s| is normal, rounding is one addition to its bits and a shift. The ends a - error and
 * a + error are rounded with ties downwards and upwards: one key for both is the key of all that lies
 * between, whatever ties do. */
static inline int round_finely(const rw_rounding *how, const double *t, size_t len,
                               double offset, double error, double most, int32_t *key)
{
    const uint64_t half = (uint64_t)1 << (how->drop - 1);
    uint64_t any = 0;
    for (size_t i = 0; i < len; i++) {
        const double s = offset + t[i], a = __builtin_fabs(s);
        const double low = a - error, high = a + error;
        const double lo = low < most ? low : most, hi = high < most ? high : most;
        uint64_t lower, upper;
        memcpy(&lower, &lo, sizeof lower);
        memcpy(&upper, &hi, sizeof upper);
        lower = (lower + half - 1) >> how->drop;
        upper = (upper + half) >> how->drop;
        any |= (lower ^ upper) | (uint64_t)(low < how->min_normal);
        const int32_t size = (int32_t)(uint32_t)(upper - how->bias);
        key[i] = s < 0 ? -size : size;
    }
    return any != 0;
}

/* Stretches with a value near zero, or near a boundary of rounding, are looked at with care. */
static size_t round_keys(const rw_rounding *how_in, const double *t, size_t n,
                         double offset, double error, int32_t *key, uint32_t *doubtful)
{
    const rw_rounding how = *how_in;
    const uint64_t most_bits = (how.top + how.bias) << how.drop;
    double most;
    memcpy(&most, &most_bits,
           sizeof most); /* rounds to the largest key, as all above do */
    /* Doubles within `error` of a, none below a / 2, are at most error 2^54 / a + 2: below the margin from
     * error 2^55 / margin on. One value in 2^15 is then nearer to a boundary than that. */
    const int coarse = how.drop >= 40;
    const int64_t margin = coarse ? (int64_t)1 << (how.drop - 16) : 0;
    const double near_zero = coarse ? error * 0x1p55 / (double)margin : 0.0,
                 subnormal = 2.0 * (how.min_normal + error),
                 least = near_zero > subnormal ? near_zero : subnormal;
    size_t n_doubtful = 0;
    for (size_t from = 0; from < n; from += STRETCH) {
        const size_t len = n - from < STRETCH ? n - from : STRETCH;
        const int care =
            coarse ? len < STRETCH ||
                         round_coarsely(&how, t + from, offset, margin, least, key + from)
                   : round_finely(&how, t + from, len, offset, error, most, key + from);
        if (care)
            n_doubtful += round_carefully(&how, t, from, len, offset, error, key,
                                          doubtful + n_doubtful);
    }
    return n_doubtful;
}

static void key_range(const int32_t *key, size_t n, int32_t *least, int32_t *most,
                      int32_t *nearest)
{
    int32_t lo = key[0], hi = key[0], near = INT32_MAX;
    for (size_t i = 0; i < n; i++) {
        const int32_t size = key[i] < 0 ? -key[i] : key[i];
        lo = key[i] < lo ? key[i] : lo;
        hi = key[i] > hi ? key[i] : hi;
        near = size < near ? size : near;
    }
    *least = lo;
    *most = hi;
    *nearest = near;
}

static inline int32_t clipped(int32_t key, int32_t clip)
{
    const int32_t low = key < clip ? key : clip;
    return low > -clip ? low : -clip;
}

static uint64_t alike(const int32_t *a, const int32_t *b, size_t n, int32_t clip)
{
    uint64_t sum = 0;
    for (size_t from = 0; from < n; from += 1 << 20) {
        const size_t end = n - from < 1 << 20 ? n : from + (1 << 20);
        uint32_t some = 0;
        for (size_t i = from; i < end; i++)
            some += clipped(a[i], clip) == clipped(b[i], clip);
        sum += some;
    }
    return sum;
}

static inline uint32_t in_tables(const uint32_t *count, size_t stride, size_t i)
{
    return count[i] + count[stride + i];
}

static inline words load_words(const uint32_t *count)
{
    return *(const words *)(const void *)count;
}

static inline words words_in_tables(const uint32_t *count, size_t stride, size_t i)
{
    count += i;
    return (load_words(count) + load_words(count + stride));
}

/* Sums of products of words two by two, in 64 bits. */
static inline bitvec word_products(words a, words b)
{
    return even_products(a, b) +
           even_products((words)((bitvec)a >> 32), (words)((bitvec)b >> 32));
}

static inline uint64_t sum_of(bitvec x)
{
    uint64_t sum = 0;
    for (size_t j = 0; j < LANES; j++)
        sum += (uint64_t)x[j];
    return sum;
}

static void repeats(const uint32_t *count, size_t stride, size_t n, uint64_t *pairs,
                    uint64_t *several)
{
    bitvec sum = {0};
    words more = {0};
    size_t i = 0;
    for (; i + WORDS <= n; i += WORDS) {
        const words c = words_in_tables(count, stride, i);
        sum +=
            word_products(c, c - 1); /* twice the pairs, below 2^62 for 2^31 distances */
        more += c & (c > 1);
    }
    uint64_t twice = sum_of(sum), repeated = 0;
    for (size_t j = 0; j < WORDS; j++)
        repeated += (uint32_t)more[j];
    for (; i < n; i++) {
        const uint64_t c = in_tables(count, stride, i);
        twice += c * c - c;
        repeated += c > 1 ? c : 0;
    }
    *pairs = twice / 2;
    *several = repeated;
}

static uint64_t products(const uint32_t *a, const uint32_t *b, size_t stride, size_t n)
{
    bitvec sum = {0};
    size_t i = 0;
    for (; i + WORDS <= n; i += WORDS)
        sum +=
            word_products(words_in_tables(a, stride, i), words_in_tables(b, stride, i));
    uint64_t all = sum_of(sum);
    for (; i < n; i++)
        all += (uint64_t)in_tables(a, stride, i) * in_tables(b, stride, i);
    return all;
}

static void range(const double *t, size_t n, double *least, double *most)
{
    vec lo[WIDE], hi[WIDE];
    for (size_t v = 0; v < WIDE; v++)
        lo[v] = hi[v] = (vec){0} + t[0];
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t v = 0; v < WIDE; v++) {
            const vec x = load(t + i + v * LANES);
            lo[v] = lesser(x, lo[v]);
            hi[v] = greater(x, hi[v]);
        }
    *least = *most = t[0];
    for (size_t j = 0; j < PARTS; j++) {
        *least = lane(lo, j) < *least ? lane(lo, j) : *least;
        *most = lane(hi, j) > *most ? lane(hi, j) : *most;
    }
    for (; i < n; i++) {
        *least = t[i] < *least ? t[i] : *least;
        *most = t[i] > *most ? t[i] : *most;
    }
}

static void moments(const double *t, size_t n, double shift, double *sum, double *square)
{
    vec one[WIDE], two[WIDE];
    for (size_t v = 0; v < WIDE; v++)
        one[v] = two[v] = (vec){0};
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t v = 0; v < WIDE; v++) {
            const vec d = load(t + i + v * LANES) - shift;
            one[v] += d;
            two[v] += d * d;
        }
    *sum = *square = 0.0;
    for (size_t j = 0; j < PARTS; j++) {
        *sum += lane(one, j);
        *square += lane(two, j);
    }
    for (; i < n; i++) {
        const double d = t[i] - shift;
        *sum += d;
        *square += d * d;
    }
}

static int differences(const double *a, const double *b, size_t n, double constant,
                       double doubt, double *out, int64_t *below)
{
    bitvec count = {0}, near = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const vec d = (load(a + i) - load(b + i)) + constant;
        store(out + i, d);
        near |= magnitude(d) <= doubt;
        count += d < 0.0; /* -1 where it is */
    }
    int doubtful = 0;
    *below = 0;
    for (size_t j = 0; j < LANES; j++) {
        doubtful |= near[j] != 0;
        *below -= count[j];
    }
    for (; i < n; i++) {
        out[i] = (a[i] - b[i]) + constant;
        doubtful |= __builtin_fabs(out[i]) <= doubt;
        *below += out[i] < 0.0;
    }
    return doubtful;
}

static int steps(const double *t, size_t n, double limit, double doubt, int64_t *below,
                 double *sum, double *most)
{
    vec total[WIDE], top[WIDE];
    bitvec count[WIDE], near = {0};
    for (size_t v = 0; v < WIDE; v++) {
        total[v] = top[v] = (vec){0};
        count[v] = (bitvec){0};
    }
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t v = 0; v < WIDE; v++) {
            const double *at = t + i + v * LANES;
            const vec step = magnitude(load(at + 1) - load(at));
            near |= magnitude(step - limit) <= doubt;
            count[v] += step < limit; /* -1 where it is */
            total[v] += step;
            top[v] = greater(step, top[v]);
        }
    int doubtful = 0;
    for (size_t j = 0; j < LANES; j++)
        doubtful |= near[j] != 0;
    *below = 0;
    *sum = *most = 0.0;
    for (size_t j = 0; j < PARTS; j++) {
        *below -= count[j / LANES][j % LANES];
        *sum += lane(total, j);
        *most = lane(top, j) > *most ? lane(top, j) : *most;
    }
    for (; i < n; i++) {
        const double step = __builtin_fabs(t[i + 1] - t[i]);
        doubtful |= __builtin_fabs(step - limit) <= doubt;
        *below += step < limit;
        *sum += step;
        *most = step > *most ? step : *most;
    }
    return doubtful;
}

static size_t inside(const double *t, size_t n, double low, double high, double *out,
                     size_t *below)
{
    size_t n_below = 0, n_out = 0, i = 0;
#ifdef __AVX512F__
    for (; i + 8 <= n; i += 8) {
        const __m512d x = _mm512_loadu_pd(t + i);
        const __mmask8 less = _mm512_cmp_pd_mask(x, _mm512_set1_pd(low), _CMP_LT_OQ),
                       upto = _mm512_cmp_pd_mask(x, _mm512_set1_pd(high), _CMP_LT_OQ);
        const __mmask8 in = upto & (__mmask8)~less;
        n_below += (size_t)__builtin_popcount(less);
        if (!in) continue;
        _mm512_storeu_pd(out + n_out, _mm512_maskz_compress_pd(in, x));
        n_out += (size_t)__builtin_popcount(in);
    }
#endif
    for (; i < n; i++) {
        const int less = t[i] < low;
        n_below += (size_t)less;
        out[n_out] = t[i];
        n_out += t[i] < high && !less;
    }
    *below = n_below;
    return n_out;
}

static void cells(const rw_cell_map *by_in, const double *t, size_t n, int32_t label,
                  uint32_t *bucket, int32_t *place)
{
    const rw_cell_map by = *by_in;
    const double whole =
        0x1p52 + (double)RW_CELL_ORIGIN; /* one unit in the last place is 1 */
    const uint64_t number = ((uint64_t)1 << 52) - 1,
                   low = ((uint64_t)1 << by.low_bits) - 1;
    for (size_t i = 0; i < n; i++) {
        const double v = (t[i] - by.least) * by.scale + whole;
        uint64_t bits;
        memcpy(&bits, &v, sizeof bits);
        bucket[i] = (uint32_t)((bits & number) >> by.low_bits);
        place[i] = (int32_t)((uint32_t)(bits & low) << by.label_bits) | label;
    }
}
static size_t mapped(const rw_cell_map *by_in, const double *t, size_t n,
                     const uint32_t *map, int shift, uint32_t *which)
{
    const rw_cell_map by = *by_in;
    const double whole = 0x1p52 + (double)RW_CELL_ORIGIN;
    const uint64_t number = ((uint64_t)1 << 52) - 1;
    size_t n_out = 0, i = 0;
#ifdef __AVX512F__
    __m256i at[2];
    const __m512i own =
        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (; i + 16 <= n; i += 16) {
        for (size_t j = 0; j < 2; j++) {
            const __m512d v = _mm512_fmadd_pd(
                _mm512_sub_pd(_mm512_loadu_pd(t + i + 8 * j), _mm512_set1_pd(by.least)),
                _mm512_set1_pd(by.scale), _mm512_set1_pd(whole));
            at[j] = _mm512_cvtepi64_epi32(
                _mm512_srl_epi64(_mm512_and_epi64(_mm512_castpd_si512(v),
                                                  _mm512_set1_epi64((int64_t)number)),
                                 _mm_cvtsi32_si128(shift)));
        }
        const __m512i slot = _mm512_inserti64x4(_mm512_castsi256_si512(at[0]), at[1], 1);
        const __m512i word =
            _mm512_i32gather_epi32(_mm512_srli_epi32(slot, 5), (const int *)map, 4);
        const __m512i bit =
            _mm512_srlv_epi32(word, _mm512_and_epi32(slot, _mm512_set1_epi32(31)));
        const __mmask16 in = _mm512_test_epi32_mask(bit, _mm512_set1_epi32(1));
        if (!in) continue;
        _mm512_storeu_si512(which + n_out,
                            _mm512_maskz_compress_epi32(
                                in, _mm512_add_epi32(own, _mm512_set1_epi32((int)i))));
        n_out += (size_t)__builtin_popcount(in);
    }
#endif
    for (; i < n; i++) {
        const double v = (t[i] - by.least) * by.scale + whole;
        uint64_t bits;
        memcpy(&bits, &v, sizeof bits);
        const uint32_t slot = (uint32_t)((bits & number) >> shift);
        which[n_out] = (uint32_t)i;
        n_out += map[slot / 32] >> slot % 32 & 1;
    }
    return n_out;
}

static void split(const rw_split *by_in, const int32_t *place, size_t n, uint32_t label,
                  uint32_t *list, int32_t *remains)
{
    const rw_split by = *by_in;
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)place[i];
        list[i] = bits >> by.below & by.lists;
        remains[i] = (int32_t)((bits & by.kept) << by.label_bits | label);
    }
}
#endif
