/* kernel_pairs.h - counting pairs of places bucket after bucket, a vector of them at a time. */
#ifndef RW_KERNEL_KERNEL_PAIRS_H
#define RW_KERNEL_KERNEL_PAIRS_H
#include "kernel/kernel_loops.h"
/* Pairs are compared a vector of places at a time. */
typedef int32_t places __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
enum { PLACES = VECTOR_BYTES / 4, CHUNK = 4 };

/* For each lane, how many comparisons held: of those that surely do, and of those that may. */
typedef struct tallies {
    places sure, maybe;
} tallies;

#ifdef __AVX512F__
static inline places plus_less(places sum, places a, places b)
{
    const __mmask16 less = _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b);
    return (places)_mm512_mask_sub_epi32((__m512i)sum, less, (__m512i)sum,
                                         _mm512_set1_epi32(-1));
}
#else
static inline places plus_less(places sum, places a, places b)
{
    return sum - (a < b);
}
#endif

static inline int any_differs(const tallies *s)
{
    const places d = s->sure ^ s->maybe;
    uint64_t w[VECTOR_BYTES / 8], any = 0;
    memcpy(w, &d, sizeof d);
    for (size_t i = 0; i < sizeof w / sizeof *w; i++)
        any |= w[i];
    return any != 0;
}

static inline uint64_t total_of(places s)
{
    uint64_t total = 0;
    for (size_t i = 0; i < PLACES; i++)
        total += (uint32_t)s[i];
    return total;
}

/* n_a places in n_vector vectors, n_vector and b_bits, of the labels below b's, constants at each
 * call. */
static inline __attribute__((always_inline)) tallies
compare_chunk(const int32_t *a, size_t n_a, size_t n_vector, const int32_t *b, size_t n_b,
              int b_bits, int32_t shift, tallies s)
{
    places sure[CHUNK], maybe[CHUNK], number;
    for (int32_t i = 0; i < PLACES; i++)
        number[i] = i;
    for (size_t k = 0; k < n_vector; k++) {
        const places x =
            (*(const places *)(const void *)(a + k * PLACES) >> RW_LABEL_BITS) - shift;
        sure[k] = x + 1;
        maybe[k] = x - 2;
    }
    const size_t last = n_vector - 1;
    const places in =
        number < (int32_t)(n_a - last * PLACES); /* what follows is not a's */
    sure[last] = (sure[last] & in) | (~in & INT32_MAX);
    maybe[last] = (maybe[last] & in) | (~in & INT32_MAX);
    for (size_t j = 0; j < n_b; j++) {
        const places y = (b[j] >> b_bits) - (places){0};
        for (size_t k = 0; k < n_vector; k++) {
            s.sure = plus_less(s.sure, sure[k], y);
            s.maybe = plus_less(s.maybe, maybe[k], y);
        }
    }
    return s;
}

/* Pairs with a < b + shift: surely, where a + 1 < b + shift; perhaps, where a - 2 < b + shift. */
static inline __attribute__((always_inline)) tallies compare(const int32_t *a, size_t n_a,
                                                             const int32_t *b, size_t n_b,
                                                             int b_bits, int32_t shift,
                                                             tallies s)
{
    const size_t whole = (size_t)CHUNK * PLACES;
    for (; n_a > whole; a += whole, n_a -= whole)
        s = compare_chunk(a, whole, CHUNK, b, n_b, b_bits, shift, s);
    if (n_a <= PLACES) return compare_chunk(a, n_a, 1, b, n_b, b_bits, shift, s);
    if (n_a <= (size_t)2 * PLACES)
        return compare_chunk(a, n_a, 2, b, n_b, b_bits, shift, s);
    if (n_a <= (size_t)3 * PLACES)
        return compare_chunk(a, n_a, 3, b, n_b, b_bits, shift, s);
    return compare_chunk(a, n_a, 4, b, n_b, b_bits, shift, s);
}

/* A running total of tallies, emptied before a lane can overflow. */
typedef struct running {
    tallies s;
    uint64_t total, added;
} running;

/* Add the pairs of one comparison, unless any is in doubt or there are too many. Returns whether
 * they were added. */
static inline __attribute__((always_inline)) int add_pairs(running *r, const int32_t *a,
                                                           size_t n_a, const int32_t *b,
                                                           size_t n_b, int b_bits,
                                                           int32_t shift)
{
    const tallies s = compare(a, n_a, b, n_b, b_bits, shift, r->s);
    if (any_differs(&s)) return 0;
    r->s = s;
    r->added += n_a * n_b;
    if (r->added > (uint64_t)1 << 30) {
        r->total += total_of(r->s.sure);
        *r = (running){.total = r->total};
    }
    return 1;
}

/* Buckets side by side: a lane is a bucket, a column of vectors its places, so that all are sorted by
 * one network without a shuffle. */
typedef uint32_t lanes __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
enum {
    SIDE_BY_SIDE = VECTOR_BYTES / 4,
    MOST_SLOTS = 63, /* fuller buckets are compared one by one */
    LABELS = 1 << RW_LABEL_BITS,
    FIELD = 10, /* bits: no two numbers that add up to 63 have a product of 2^10 */
    FIELDS = 3,
    FIELD_MASK = (1 << FIELD) - 1,
    MOST_TRIOS = (RW_MOST_WINDOWS + FIELDS - 1) / FIELDS,
    MOST_COLUMNS = 1024 /* before lanes are emptied, which hold four million */
};
_Static_assert(MOST_COLUMNS *(uint64_t)(MOST_SLOTS / 2) * (MOST_SLOTS - MOST_SLOTS / 2) <=
                   UINT32_MAX,
               "a lane holds the pairs of as many buckets");

#if defined(__AVX512F__)
static inline lanes lower_of(lanes a, lanes b)
{
    return (lanes)_mm512_min_epu32((__m512i)a, (__m512i)b);
}
static inline lanes higher_of(lanes a, lanes b)
{
    return (lanes)_mm512_max_epu32((__m512i)a, (__m512i)b);
}
/* place[at[j]] where i < n[j], else `pad`. */
static inline lanes gather(const int32_t *place, lanes at, uint32_t i, lanes n, lanes pad)
{
    const __mmask16 in = _mm512_cmpgt_epu32_mask((__m512i)n, _mm512_set1_epi32((int)i));
    return (lanes)_mm512_mask_i32gather_epi32((__m512i)pad, in, (__m512i)at, place, 4);
}
/* table[label], the label being the lowest bits of each key. */
static inline lanes look_up(const uint32_t *table, lanes key)
{
    return (lanes)_mm512_permutex2var_epi32(_mm512_loadu_si512(table), (__m512i)key,
                                            _mm512_loadu_si512(table + 16));
}
#elif defined(__AVX2__)
static inline lanes lower_of(lanes a, lanes b)
{
    return (lanes)_mm256_min_epu32((__m256i)a, (__m256i)b);
}
static inline lanes higher_of(lanes a, lanes b)
{
    return (lanes)_mm256_max_epu32((__m256i)a, (__m256i)b);
}
static inline lanes gather(const int32_t *place, lanes at, uint32_t i, lanes n, lanes pad)
{
    const __m256i in = _mm256_cmpgt_epi32((__m256i)n, _mm256_set1_epi32((int)i));
    return (lanes)_mm256_mask_i32gather_epi32((__m256i)pad, place, (__m256i)at, in, 4);
}
static inline __m256i eight(const uint32_t *table, __m256i key)
{
    const __m256i *at = (const __m256i *)(const void *)table;
    return _mm256_permutevar8x32_epi32(_mm256_loadu_si256(at), key);
}
static inline __m256i either(__m256i low, __m256i high, __m256i key, int bit)
{
    const __m256i sign = _mm256_slli_epi32(key, 31 - bit);
    return (__m256i)_mm256_blendv_ps((__m256)low, (__m256)high, (__m256)sign);
}
static inline lanes look_up(const uint32_t *table, lanes key)
{
    const __m256i k = (__m256i)key;
    return (lanes)either(either(eight(table, k), eight(table + 8, k), k, 3),
                         either(eight(table + 16, k), eight(table + 24, k), k, 3), k, 4);
}
#else
static inline lanes lower_of(lanes a, lanes b)
{
    const lanes less = (lanes)(a < b);
    return (a & less) | (b & ~less);
}
static inline lanes higher_of(lanes a, lanes b)
{
    const lanes less = (lanes)(a < b);
    return (b & less) | (a & ~less);
}
static inline lanes gather(const int32_t *place, lanes at, uint32_t i, lanes n, lanes pad)
{
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        if (i < n[j]) pad[j] = (uint32_t)place[at[j]];
    return pad;
}
static inline lanes look_up(const uint32_t *table, lanes key)
{
    lanes out = key;
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        out[j] = table[key[j] % LABELS];
    return out;
}
#endif

static inline void exchange(lanes *a, lanes *b)
{
    const lanes x = *a, y = *b;
    *a = lower_of(x, y);
    *b = higher_of(x, y);
}

/* Networks for eight and for sixteen slots held in registers; clang-format would tear them apart. */
/* clang-format off */
#define X(i, j) exchange(&x[i], &x[j]);
static inline void sort_eight(lanes *v)
{
    lanes x[8];
    memcpy(x, v, sizeof x);
    X(0, 2) X(1, 3) X(4, 6) X(5, 7) X(0, 4) X(1, 5) X(2, 6) X(3, 7)
    X(0, 1) X(2, 3) X(4, 5) X(6, 7)
    X(2, 4) X(3, 5) X(1, 4) X(3, 6)
    X(1, 2) X(3, 4) X(5, 6)
    memcpy(v, x, sizeof x);
}

static inline void sort_sixteen(lanes *v)
{
    lanes x[16];
    memcpy(x, v, sizeof x);
    X(0, 5) X(1, 4) X(2, 12) X(3, 13) X(6, 7) X(8, 9) X(10, 15) X(11, 14)
    X(0, 2) X(1, 10) X(3, 6) X(4, 7) X(5, 14) X(8, 11) X(9, 12) X(13, 15)
    X(0, 8) X(1, 3) X(2, 11) X(4, 13) X(5, 9) X(6, 10) X(7, 15) X(12, 14)
    X(0, 1) X(2, 4) X(3, 8) X(5, 6) X(7, 12) X(9, 10) X(11, 13) X(14, 15)
    X(1, 3) X(2, 5) X(4, 8) X(6, 9) X(7, 11) X(10, 13) X(12, 14)
    X(1, 2) X(3, 5) X(4, 11) X(6, 8) X(7, 9) X(10, 12) X(13, 14)
    X(2, 3) X(4, 5) X(6, 7) X(8, 9) X(10, 11) X(12, 13)
    X(4, 6) X(5, 7) X(8, 10) X(9, 11)
    X(3, 4) X(5, 6) X(7, 8) X(9, 10) X(11, 12)
    X(6, 7) X(8, 9)
    memcpy(v, x, sizeof x);
}

/* What is left of merging two sorted halves: distances 8, 4, 2, 1. */
static inline void merge_eight(lanes *v)
{
    lanes x[8];
    memcpy(x, v, sizeof x);
    X(0, 4) X(1, 5) X(2, 6) X(3, 7)
    X(0, 2) X(1, 3) X(4, 6) X(5, 7)
    X(0, 1) X(2, 3) X(4, 5) X(6, 7)
    memcpy(v, x, sizeof x);
}

static inline void merge_sixteen(lanes *v)
{
    lanes x[16];
    memcpy(x, v, sizeof x);
    X(0, 8) X(1, 9) X(2, 10) X(3, 11) X(4, 12) X(5, 13) X(6, 14) X(7, 15)
    X(0, 4) X(1, 5) X(2, 6) X(3, 7) X(8, 12) X(9, 13) X(10, 14) X(11, 15)
    X(0, 2) X(1, 3) X(4, 6) X(5, 7) X(8, 10) X(9, 11) X(12, 14) X(13, 15)
    X(0, 1) X(2, 3) X(4, 5) X(6, 7) X(8, 9) X(10, 11) X(12, 13) X(14, 15)
    memcpy(v, x, sizeof x);
}
#undef X
/* clang-format on */

/* n slots of all lanes, ascending; n is a multiple of eight. Every exchange leaves the lower one in the
 * lower slot, so what would reach beyond n is left out, as if the largest numbers stood there. */
static inline void sort_columns(lanes *v, size_t n)
{
    for (size_t at = 0; at < n; at += 16)
        if (at + 16 <= n)
            sort_sixteen(v + at);
        else
            sort_eight(v + at);
    for (size_t size = 32; size / 2 < n; size *= 2) {
        for (size_t at = 0; at < n; at += size)
            for (size_t i = 0, j = at + size - 1; i < size / 2; i++, j--)
                if (j < n) exchange(&v[at + i], &v[j]);
        for (size_t d = size / 4; d >= 16; d /= 2)
            for (size_t at = 0; at < n; at += 2 * d)
                for (size_t i = at; i < at + d && i + d < n; i++)
                    exchange(&v[i], &v[i + d]);
        for (size_t at = 0; at < n; at += 16)
            if (at + 16 <= n)
                merge_sixteen(v + at);
            else
                merge_eight(v + at);
    }
}

/* What a label adds to how many near scores have been seen, and which counts it draws them into: fields
 * of three windows. */
typedef struct trio {
    uint32_t near[LABELS], far[LABELS];
} trio;

static size_t trios_of(const rw_sides *window, size_t n_window, trio *t)
{
    const size_t n_trio = (n_window + FIELDS - 1) / FIELDS;
    memset(t, 0, n_trio * sizeof *t);
    for (size_t w = 0; w < n_window; w++)
        for (uint32_t label = 0; label < LABELS; label++) {
            const int shift = (int)(w % FIELDS) * FIELD;
            t[w / FIELDS].near[label] |= (window[w].near >> label & 1) << shift;
            t[w / FIELDS].far[label] |=
                (window[w].far >> label & 1) * (uint32_t)FIELD_MASK << shift;
        }
    return n_trio;
}

/* Buckets b, b + 1, ... of one count. */
typedef struct side_by_side {
    lanes at, n; /* where each lane's places begin, and how many there are */
    uint32_t most;
    uint32_t crowded; /* bit a lane: more than MOST_SLOTS, n is 0 */
} side_by_side;

static inline side_by_side stand(const uint32_t *first, const uint32_t *end, size_t width)
{
    side_by_side s = {.most = 0};
    for (size_t i = 0; i < width; i++) {
        const uint32_t n = end[i] - first[i], crowded = n > MOST_SLOTS;
        s.crowded |= crowded << i;
        s.at[i] = first[i];
        s.n[i] = crowded ? 0 : n;
        s.most = !crowded && n > s.most ? n : s.most;
    }
    return s;
}

/* Sorted columns; bits of the lanes in which two cells are next to one another. */
static inline uint32_t sorted(const int32_t *place, const side_by_side *s, lanes *v)
{
    const lanes pad0 = (lanes){0} + ((uint32_t)1 << 31 | (LABELS - 1));
    lanes closest = ~(lanes){0};
    const uint32_t n_slot = (s->most + 7) / 8 * 8;
    for (uint32_t i = 0; i < n_slot; i++)
        v[i] = gather(place, s->at + i, i, s->n, pad0 + i * 2 * LABELS);
    sort_columns(v, n_slot);
    for (uint32_t i = 1; i < s->most; i++)
        closest = lower_of(closest, v[i] - v[i - 1]);
    uint32_t close = 0;
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        close |= (uint32_t)(closest[j] < 2 * LABELS) << j;
    return close;
}

/* The pairs of one crowded bucket, for each window; 0: some are in doubt. */
static int compare_crowded(const int32_t *place, size_t b, const rw_sides *window,
                           size_t n_window, uint64_t *count)
{
    for (size_t w = 0; w < n_window; w++) {
        const rw_sides *s = &window[w];
        const size_t near = s->near_end[b] - s->near_first[b],
                     far = s->far_end[b] - s->far_first[b];
        running r = {.total = 0};
        if (near && far &&
            (near * far > RW_MOST_COMPARED ||
             !add_pairs(&r, place + s->near_first[b], near, place + s->far_first[b], far,
                        RW_LABEL_BITS, 0)))
            return 0;
        count[w] = r.total + total_of(r.s.sure);
    }
    return 1;
}

/* Pairs in different buckets. */
static uint64_t pairs_between(const rw_sides *s, size_t n_bucket)
{
    uint64_t seen = 0, sum = 0;
    for (size_t b = 0; b < n_bucket; b++) {
        sum += seen * (s->far_end[b] - s->far_first[b]);
        seen += s->near_end[b] - s->near_first[b];
    }
    return sum;
}

static void empty_lanes(lanes *inside, size_t n_window, uint64_t *count)
{
    for (size_t w = 0; w < n_window; w++) {
        for (int j = 0; j < SIDE_BY_SIDE; j++)
            count[w] += inside[w][j];
        inside[w] = (lanes){0};
    }
}

static size_t above(const int32_t *place, size_t n_bucket, const uint32_t *first,
                    const uint32_t *end, const rw_sides *window, size_t n_window,
                    uint64_t *count, uint32_t *doubtful)
{
    trio of[MOST_TRIOS];
    lanes inside[RW_MOST_WINDOWS], v[MOST_SLOTS + 1];
    const size_t n_trio = trios_of(window, n_window, of);
    size_t n_doubtful = 0;
    for (size_t w = 0; w < n_window; w++) {
        inside[w] = (lanes){0};
        count[w] = pairs_between(&window[w], n_bucket);
    }
    for (size_t b = 0; b < n_bucket; b += SIDE_BY_SIDE) {
        if (b / SIDE_BY_SIDE % MOST_COLUMNS == 0) empty_lanes(inside, n_window, count);
        const size_t left = n_bucket - b,
                     width = left < SIDE_BY_SIDE ? left : SIDE_BY_SIDE;
        const side_by_side s = stand(first + b, end + b, width);
        if (s.most < 2 && !s.crowded) continue;
        uint32_t close = sorted(place, &s, v);
        lanes sure;
        for (int j = 0; j < SIDE_BY_SIDE; j++)
            sure[j] = (close >> j & 1) - 1;
        for (size_t k = 0; k < n_trio; k++) {
            lanes seen = {0}, pairs = {0};
            for (uint32_t i = 0; i < s.most; i++) {
                pairs += seen & look_up(of[k].far, v[i]);
                seen += look_up(of[k].near, v[i]);
            }
            pairs &= sure;
            for (size_t f = 0; f < FIELDS && k * FIELDS + f < n_window; f++)
                inside[k * FIELDS + f] += pairs >> (int)(f * FIELD) & FIELD_MASK;
        }
        for (uint32_t left_ones = s.crowded; left_ones; left_ones &= left_ones - 1) {
            const int which = __builtin_ctz(left_ones);
            uint64_t more[RW_MOST_WINDOWS];
            if (compare_crowded(place, b + (size_t)which, window, n_window, more))
                for (size_t w = 0; w < n_window; w++)
                    count[w] += more[w];
            else
                close |= (uint32_t)1 << which;
        }
        for (; close; close &= close - 1)
            doubtful[n_doubtful++] = (uint32_t)(b + (size_t)__builtin_ctz(close));
    }
    empty_lanes(inside, n_window, count);
    return n_doubtful;
}

enum { SPLIT = 256 };

/* Places up to three below `at`, and the others, without labels. Returns how many are low. */
static inline size_t split(const int32_t *place, size_t n, int32_t at, int32_t *low,
                           int32_t *high)
{
    size_t n_low = 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t here = place[i] >> RW_LABEL_BITS;
        low[n_low] = high[i - n_low] = here;
        n_low += here <= at - 3;
    }
    return n_low;
}

static size_t within(const int32_t *place, size_t n_bucket, const uint32_t *first,
                     const uint32_t *end, int low_bits, uint64_t across, int32_t rest,
                     uint64_t *count, uint32_t *doubtful)
{
    const int32_t bucket = (int32_t)1 << low_bits;
    size_t n_doubtful = 0;
    uint64_t sum = 0, between = 0; /* scores of the buckets b + 1 .. b + across - 1 */
    running r = {.total = 0};
    for (uint64_t k = 1; k < across && k < n_bucket; k++)
        between += end[k] - first[k];
    for (size_t b = 0; b < n_bucket; b++) {
        const uint64_t n = end[b] - first[b], all = n * (n - (n > 0)) / 2,
                       far = b + across;
        if (across) sum += n * between + all;
        if (b + 1 < n_bucket && across > 1) between -= end[b + 1] - first[b + 1];
        if (far < n_bucket && across > 1) between += end[far] - first[far];
        if (!n || far >= n_bucket) continue;
        const size_t n1 = end[far] - first[far],
                     n2 = far + 1 < n_bucket ? end[far + 1] - first[far + 1] : 0;
        const running was = r;
        const int32_t *lower = place + first[b], *t1 = place + first[far],
                      *t2 = n2 ? place + first[far + 1] : NULL;
        int sure = n * (n1 + n2) <= RW_MOST_COMPARED;
        uint64_t beyond = 0;
        for (size_t from = 0; from < n && sure; from += SPLIT) {
            int32_t low[SPLIT], high[SPLIT];
            const size_t len = n - from < SPLIT ? n - from : SPLIT;
            const size_t n_low = split(lower + from, len, bucket - rest, low, high);
            const size_t n_high = len - n_low;
            for (size_t i = 0; i < n_high; i++)
                sure &= high[i] >= bucket - rest + 2;
            beyond += n_high * n1;
            sure =
                sure && (!n1 || !n_low || add_pairs(&r, t1, n1, low, n_low, 0, rest)) &&
                (!n2 || !n_high || add_pairs(&r, t2, n2, high, n_high, 0, rest - bucket));
        }
        if (!sure) {
            r = was;
            doubtful[n_doubtful++] = (uint32_t)b;
            continue;
        }
        sum += beyond;
        if (!across)
            sum -= n + all; /* each with itself, and each pair the other way round */
    }
    *count += sum + r.total + total_of(r.s.sure);
    return n_doubtful;
}
#endif
