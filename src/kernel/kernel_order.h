/* kernel_order.h - lists of places sorted side by side, and counting along their order. */
#ifndef RW_KERNEL_KERNEL_ORDER_H
#define RW_KERNEL_KERNEL_ORDER_H
#include "kernel/kernel_loops.h"

/* A lane is a list, a column of vectors its places, so that all are sorted by one network without a
 * shuffle. Places have 31 bits at most: signed and unsigned comparisons are the same. */
typedef uint32_t lanes __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
enum {
    SIDE_BY_SIDE = WORDS,
    LABELS = 32, /* of a table that is looked up by the lowest bits of a place */
    FIELD = 16,  /* bits of a count in a lane: two windows are counted at once */
    FIELDS = 2,
    FIELD_MASK = (1 << FIELD) - 1,
    MOST_DUOS = (RW_MOST_WINDOWS + FIELDS - 1) / FIELDS,
    DUOS_AT_ONCE = 3,
    ROWS_A_FIELD = 64 /* before pairs are emptied out of their fields */
};
_Static_assert((int)ROWS_A_FIELD *(int)RW_MOST_SORTED <= (int)FIELD_MASK,
               "a field holds the pairs of its rows");
_Static_assert((int)RW_MOST_LABELS < (int)LABELS,
               "the last label is that of empty slots");

#if defined(__AVX512F__)
/* The other one: unlike a maximum it does not wait for the one port that has minima. */
static inline lanes other_of(lanes a, lanes b, lanes one)
{
    return (lanes)_mm512_ternarylogic_epi32((__m512i)a, (__m512i)b, (__m512i)one, 0x96);
}
/* row[i][j] = place[at[j] + i]. */
static inline void columns(const int32_t *place, lanes at, lanes *row)
{
    __m512i x[16], y[16];
    for (int j = 0; j < 16; j++)
        x[j] = _mm512_loadu_si512(place + at[j]);
    for (int j = 0; j < 16; j += 2) {
        y[j] = _mm512_unpacklo_epi32(x[j], x[j + 1]);
        y[j + 1] = _mm512_unpackhi_epi32(x[j], x[j + 1]);
    }
    for (int j = 0; j < 16; j += 4)
        for (int k = 0; k < 2; k++) {
            x[j + 2 * k] = _mm512_unpacklo_epi64(y[j + k], y[j + 2 + k]);
            x[j + 2 * k + 1] = _mm512_unpackhi_epi64(y[j + k], y[j + 2 + k]);
        }
    for (int j = 0; j < 16; j += 8)
        for (int k = 0; k < 4; k++) {
            y[j + k] = _mm512_shuffle_i32x4(x[j + k], x[j + 4 + k], 0x88);
            y[j + 4 + k] = _mm512_shuffle_i32x4(x[j + k], x[j + 4 + k], 0xdd);
        }
    for (int k = 0; k < 8; k++) {
        row[k] = (lanes)_mm512_shuffle_i32x4(y[k], y[8 + k], 0x88);
        row[8 + k] = (lanes)_mm512_shuffle_i32x4(y[k], y[8 + k], 0xdd);
    }
}
static inline lanes choose_below(lanes i, lanes n, lanes yes, lanes no)
{
    return (lanes)_mm512_mask_blend_epi32(_mm512_cmplt_epu32_mask((__m512i)i, (__m512i)n),
                                          (__m512i)no, (__m512i)yes);
}
/* table[lowest bits of each key]. */
static inline lanes look_up(const uint32_t *table, lanes key, int few)
{
    (void)few;
    return (lanes)_mm512_permutex2var_epi32(_mm512_loadu_si512(table), (__m512i)key,
                                            _mm512_loadu_si512(table + 16));
}
#elif defined(__AVX2__)
static inline lanes other_of(lanes a, lanes b, lanes one)
{
    (void)one;
    return (lanes)_mm256_max_epu32((__m256i)a, (__m256i)b);
}
/* row[i][j] = place[at[j] + i], i < 8. */
static inline void eight_columns(const int32_t *place, lanes at, lanes *row)
{
    __m256i x[8], y[8];
    for (int j = 0; j < 8; j++)
        x[j] = _mm256_loadu_si256((const __m256i *)(const void *)(place + at[j]));
    for (int j = 0; j < 8; j += 2) {
        y[j] = _mm256_unpacklo_epi32(x[j], x[j + 1]);
        y[j + 1] = _mm256_unpackhi_epi32(x[j], x[j + 1]);
    }
    for (int j = 0; j < 8; j += 4)
        for (int k = 0; k < 2; k++) {
            x[j + 2 * k] = _mm256_unpacklo_epi64(y[j + k], y[j + 2 + k]);
            x[j + 2 * k + 1] = _mm256_unpackhi_epi64(y[j + k], y[j + 2 + k]);
        }
    for (int k = 0; k < 4; k++) {
        row[k] = (lanes)_mm256_permute2x128_si256(x[k], x[4 + k], 0x20);
        row[4 + k] = (lanes)_mm256_permute2x128_si256(x[k], x[4 + k], 0x31);
    }
}
static inline void columns(const int32_t *place, lanes at, lanes *row)
{
    eight_columns(place, at, row);
    eight_columns(place + 8, at, row + 8);
}
static inline lanes choose_below(lanes i, lanes n, lanes yes, lanes no)
{
    return (lanes)_mm256_blendv_epi8((__m256i)no, (__m256i)yes,
                                     _mm256_cmpgt_epi32((__m256i)n, (__m256i)i));
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
static inline lanes look_up(const uint32_t *table, lanes key, int few)
{
    const __m256i k = (__m256i)key;
    if (few) return (lanes)eight(table, k);
    return (lanes)either(either(eight(table, k), eight(table + 8, k), k, 3),
                         either(eight(table + 16, k), eight(table + 24, k), k, 3), k, 4);
}
#else
static inline lanes other_of(lanes a, lanes b, lanes one)
{
    return a ^ b ^ one;
}
static inline void columns(const int32_t *place, lanes at, lanes *row)
{
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < SIDE_BY_SIDE; j++)
            row[i][j] = (uint32_t)place[at[j] + (uint32_t)i];
}
static inline lanes choose_below(lanes i, lanes n, lanes yes, lanes no)
{
    const lanes below = (lanes)((words)i < (words)n);
    return (yes & below) | (no & ~below);
}
static inline lanes look_up(const uint32_t *table, lanes key, int few)
{
    lanes out = key;
    (void)few;
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        out[j] = table[key[j] % LABELS];
    return out;
}
#endif

static inline lanes lower_of(lanes a, lanes b)
{
    return (lanes)lesser_words((words)a, (words)b);
}

static inline void exchange(lanes *a, lanes *b)
{
    const lanes x = *a, y = *b;
    *a = lower_of(x, y);
    *b = other_of(x, y, *a);
}

/* Networks for sixteen rows held in registers; clang-format would tear them apart. */
/* clang-format off */
#define X(i, j) exchange(&x[i], &x[j]);
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
    memcpy(v, x, sizeof x);
}

/* What is left of merging two sorted halves: distances 8, 4, 2, 1. */
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

/* Two steps of a merge for four rows, loaded and stored once: opposite ones first, then neighbours. */
static inline void exchange_four(lanes *a, lanes *b, lanes *opposite_b, lanes *opposite_a)
{
    lanes x = *a, y = *b, z = *opposite_b, w = *opposite_a;
    exchange(&x, &w);
    exchange(&y, &z);
    exchange(&x, &y);
    exchange(&z, &w);
    *a = x;
    *b = y;
    *opposite_b = z;
    *opposite_a = w;
}

/* Rows i and i + d of each 2 d rows. */
static inline void halve(lanes *v, size_t n, size_t d)
{
    for (size_t i = 0; i < d && i + d < n; i++)
        exchange(&v[i], &v[i + d]);
}

/* The first two steps of merging two sorted halves of `size` rows, n of them there. */
static inline void fold(lanes *v, size_t n, size_t size)
{
    const size_t d = size / 4;
    if (n >= size) {
        for (size_t i = 0; i < d; i++)
            exchange_four(&v[i], &v[i + d], &v[size - 1 - i - d], &v[size - 1 - i]);
        return;
    }
    for (size_t i = 0, j = size - 1; i < size / 2; i++, j--)
        if (j < n) exchange(&v[i], &v[j]);
    halve(v, n, d);
    if (n > 2 * d) halve(v + 2 * d, n - 2 * d, d);
}

/* Two later steps: distances d and d / 2, in 2 d rows, n of them there. */
static inline void quarter(lanes *v, size_t n, size_t d)
{
    const size_t half = d / 2;
    if (n >= 2 * d) {
        for (size_t i = 0; i < half; i++) {
            lanes x = v[i], y = v[i + half], z = v[i + d], w = v[i + d + half];
            exchange(&x, &z);
            exchange(&y, &w);
            exchange(&x, &y);
            exchange(&z, &w);
            v[i] = x;
            v[i + half] = y;
            v[i + d] = z;
            v[i + d + half] = w;
        }
        return;
    }
    halve(v, n, d);
    halve(v, n, half);
    if (n > d) halve(v + d, n - d, half);
}

/* n rows of all lanes, ascending; n is a multiple of sixteen. Every exchange leaves the lower one in the
 * lower row, so what would reach beyond n is left out, as if the largest numbers stood there. */
static inline void sort_columns(lanes *v, size_t n)
{
    for (size_t at = 0; at < n; at += 16)
        sort_sixteen(v + at);
    for (size_t size = 32; size / 2 < n; size *= 2) {
        size_t d = size / 8;
        if (size == 32) {
            for (size_t at = 0; at + 16 < n; at += 32)
                for (size_t i = 0; i < 16; i++)
                    exchange(&v[at + i], &v[at + 31 - i]);
        } else {
            for (size_t at = 0; at < n; at += size)
                fold(v + at, n - at, size);
        }
        for (; d >= 32; d /= 4)
            for (size_t at = 0; at < n; at += 2 * d)
                quarter(v + at, n - at, d);
        for (size_t at = 0; d == 16 && at < n; at += 32)
            halve(v + at, n - at, 16);
        for (size_t at = 0; at < n; at += 16)
            merge_sixteen(v + at);
    }
}

/* What a label adds to how many near places have been seen, and whose counts it draws them into: fields of
 * two windows. */
typedef struct duo {
    uint32_t near[LABELS], far[LABELS];
} duo;

static size_t duos_of(const rw_sides *window, size_t n_window, int label_bits, duo *d)
{
    const size_t n_duo = (n_window + FIELDS - 1) / FIELDS;
    const uint32_t own = ((uint32_t)1 << label_bits) - 1; /* other bits are the cell's */
    memset(d, 0, n_duo * sizeof *d);
    for (size_t w = 0; w < n_window; w++)
        for (uint32_t i = 0; i < LABELS; i++) {
            const uint32_t shift = (uint32_t)(w % FIELDS) * FIELD, label = i & own;
            d[w / FIELDS].near[i] |= (window[w].near >> label & 1) << shift;
            d[w / FIELDS].far[i] |= (window[w].far >> label & 1) * (uint32_t)FIELD_MASK
                                    << shift;
        }
    return n_duo;
}

/* How many places each lane has, and the least and the most of them. */
typedef struct side_by_side {
    lanes n;
    uint32_t least, most;
} side_by_side;

/* Columns of all places, empty slots above them and two cells apart. A chunk has sixteen places for every sixteen
 * rows, whether they are the list's or not. */
static inline uint32_t stand(const rw_lists *l, size_t first, size_t width,
                             int label_bits, side_by_side *s, lanes *v)
{
    uint32_t chunk[SIDE_BY_SIDE];
    *s = (side_by_side){.least = width < SIDE_BY_SIDE ? 0 : RW_MOST_SORTED};
    for (size_t j = 0; j < SIDE_BY_SIDE; j++) {
        const size_t list = first + (j < width ? j : 0);
        const uint32_t n = j < width ? l->n[list] : 0;
        chunk[j] = l->first[list];
        s->n[j] = n;
        s->most = n > s->most ? n : s->most;
        s->least = n < s->least ? n : s->least;
    }
    const uint32_t n_row = (s->most + 15) / 16 * 16, apart = (uint32_t)2 << label_bits,
                   empty = ((uint32_t)1 << RW_PLACE_BITS) + apart / 2 - 1;
    lanes at = {0};
    for (uint32_t from = 0; from < n_row; from += 16) {
        if (from % RW_CHUNK == 0)
            for (int j = 0; j < SIDE_BY_SIDE; j++) {
                at[j] = chunk[j] * RW_CHUNK;
                if (s->n[j] > from + RW_CHUNK) chunk[j] = l->next[chunk[j]];
            }
        columns(l->place, at, v + from);
        at += 16;
        for (uint32_t i = from; from + 16 > s->least && i < from + 16; i++) {
            const lanes row = i + (lanes){0}, none = empty + i * apart + (lanes){0};
            v[i] = choose_below(row, s->n, v[i], none);
        }
    }
    return n_row;
}

/* Bits of the lanes in which two neighbours' cells are next to one another, or the same. */
static inline uint32_t close_lanes(const lanes *v, uint32_t n_row, int label_bits)
{
    lanes closest = ~(lanes){0} >> 1;
    for (uint32_t i = 1; i < n_row; i++)
        closest = lower_of(closest, v[i] - v[i - 1]);
    uint32_t close = 0;
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        close |= (uint32_t)(closest[j] < (uint32_t)2 << label_bits) << j;
    return close;
}

/* Along the order of all lanes at once: pairs inside each list, and its near and far places. */
typedef struct along {
    lanes pairs[FIELDS], near, far;
} along;

/* n_duo and few are constants at each call. */
static inline __attribute__((always_inline)) void
walk(const lanes *v, uint32_t n_row, const duo *d, size_t n_duo, int few, along *out)
{
    const lanes one = (lanes){0} + (1 << FIELD | 1);
    lanes near[DUOS_AT_ONCE], far[DUOS_AT_ONCE], pairs[DUOS_AT_ONCE];
    for (size_t k = 0; k < n_duo; k++) {
        near[k] = far[k] = (lanes){0};
        out[k].pairs[0] = out[k].pairs[1] = (lanes){0};
    }
    for (uint32_t from = 0; from < n_row; from += ROWS_A_FIELD) {
        const uint32_t end = n_row - from < ROWS_A_FIELD ? n_row : from + ROWS_A_FIELD;
        for (size_t k = 0; k < n_duo; k++)
            pairs[k] = (lanes){0};
        for (uint32_t i = from; i < end; i++)
            for (size_t k = 0; k < n_duo; k++) {
                const lanes drawn = look_up(d[k].far, v[i], few);
                pairs[k] += near[k] & drawn;
                far[k] += drawn & one;
                near[k] += look_up(d[k].near, v[i], few);
            }
        for (size_t k = 0; k < n_duo; k++) {
            out[k].pairs[0] += pairs[k] & FIELD_MASK;
            out[k].pairs[1] += pairs[k] >> FIELD;
        }
    }
    for (size_t k = 0; k < n_duo; k++) {
        out[k].near = near[k];
        out[k].far = far[k];
    }
}

static inline __attribute__((always_inline)) void
walk_some(const lanes *v, uint32_t n_row, const duo *d, size_t n_duo, int few, along *out)
{
    switch (n_duo) {
    case 1: walk(v, n_row, d, 1, few, out); break;
    case 2: walk(v, n_row, d, 2, few, out); break;
    default: walk(v, n_row, d, 3, few, out); break;
    }
}

/* Lists lie above one another: far places of each are above all near ones of those before. */
static inline void add_lists(const along *a, size_t width, rw_sides *window,
                             size_t n_window)
{
    for (size_t f = 0; f < FIELDS && f < n_window; f++) {
        rw_sides *w = &window[f];
        for (size_t j = 0; j < width; j++) {
            const uint32_t near = a->near[j] >> (f * FIELD) & FIELD_MASK,
                           far = a->far[j] >> (f * FIELD) & FIELD_MASK;
            w->above += w->seen * far + a->pairs[f][j];
            w->seen += near;
        }
    }
}

static int32_t *write_out(const lanes *v, const side_by_side *s, size_t width,
                          int32_t *sorted)
{
    for (size_t j = 0; j < width; j++) {
        for (uint32_t i = 0; i < s->n[j]; i++)
            sorted[i] = (int32_t)v[i][j];
        sorted += s->n[j];
    }
    return sorted;
}

static size_t order(const rw_lists *l, size_t n_list, int label_bits, rw_sides *window,
                    size_t n_window, int32_t *sorted, rw_ends *ends, uint32_t *close)
{
    duo of[MOST_DUOS];
    _Alignas(VECTOR_BYTES) lanes
        v[RW_MOST_SORTED]; /* across two lines of the cache each takes twice as long */
    const size_t n_duo = duos_of(window, n_window, label_bits, of);
    size_t n_close = 0;
    for (size_t b = 0; b < n_list; b += SIDE_BY_SIDE) {
        const size_t left = n_list - b, width = left < SIDE_BY_SIDE ? left : SIDE_BY_SIDE;
        side_by_side s;
        const uint32_t n_row = stand(l, b, width, label_bits, &s, v);
        sort_columns(v, n_row);
        for (uint32_t found = close_lanes(v, n_row, label_bits); found;
             found &= found - 1)
            close[n_close++] = (uint32_t)b + (uint32_t)__builtin_ctz(found);
        for (size_t k = 0; k < n_duo; k += DUOS_AT_ONCE) {
            along a[DUOS_AT_ONCE];
            const size_t n = n_duo - k < DUOS_AT_ONCE ? n_duo - k : DUOS_AT_ONCE;
            if (label_bits <= 3)
                walk_some(v, n_row, of + k, n, 1, a);
            else
                walk_some(v, n_row, of + k, n, 0, a);
            for (size_t i = 0; i < n; i++)
                add_lists(&a[i], width, window + (k + i) * FIELDS,
                          n_window - (k + i) * FIELDS);
        }
        for (size_t j = 0; j < width; j++)
            ends[b + j] = s.n[j] ? (rw_ends){(int32_t)v[0][j], (int32_t)v[s.n[j] - 1][j]}
                                 : (rw_ends){INT32_MAX, -1};
        if (sorted) sorted = write_out(v, &s, width, sorted);
    }
    return n_close;
}

static size_t select(const int32_t *place, size_t n, int label_bits, int32_t first,
                     int32_t end, int drop, int32_t *out)
{
    const uint32_t own = ((uint32_t)1 << label_bits) - 1,
                   n_label = (uint32_t)(end - first);
    size_t n_out = 0, i = 0;
#ifdef __AVX512F__
    for (; i + 16 <= n; i += 16) {
        const __m512i x = _mm512_loadu_si512(place + i);
        const __m512i label = _mm512_and_epi32(x, _mm512_set1_epi32((int)own));
        const __mmask16 in =
            _mm512_cmplt_epu32_mask(_mm512_sub_epi32(label, _mm512_set1_epi32(first)),
                                    _mm512_set1_epi32((int)n_label));
        _mm512_storeu_si512(out + n_out, _mm512_maskz_compress_epi32(
                                             in, _mm512_srli_epi32(x, (unsigned)drop)));
        n_out += (size_t)__builtin_popcount(in);
    }
#endif
    for (; i < n; i++) {
        const int32_t x = place[i];
        out[n_out] = x >> drop;
        n_out += ((uint32_t)x & own) - (uint32_t)first < n_label;
    }
    return n_out;
}

enum { RANKED = 2, RANKED_AT_ONCE = RANKED * SIDE_BY_SIDE };
_Static_assert((int)RANKED_AT_ONCE <= (int)RW_READ_BEYOND, "whole vectors are read");

/* One more for each lane that is less. */
static inline words plus_less(words sum, words a, words b)
{
#ifdef __AVX512F__
    const __mmask16 less = _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b);
    return (words)_mm512_mask_sub_epi32((__m512i)sum, less, (__m512i)sum,
                                        _mm512_set1_epi32(-1));
#else
    return sum - (a < b);
#endif
}

/* place[at[j]] of each lane. */
static inline words fetch(const int32_t *place, words at)
{
#if defined(__AVX512F__)
    return (words)_mm512_i32gather_epi32((__m512i)at, place, 4);
#elif defined(__AVX2__)
    return (words)_mm256_i32gather_epi32(place, (__m256i)at, 4);
#else
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        at[j] = place[at[j]];
    return at;
#endif
}

/* The sum, of whatever numbers stand beyond a list, too. */
static inline words raised(words x, int32_t by)
{
    return (words)((lanes)x + (uint32_t)by);
}

static inline uint64_t total_of(words s)
{
    uint64_t total = 0;
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        total += (uint32_t)s[j];
    return total;
}

/* Some a at a time, each compared with those b that are not on one side of all of them. The b's below
 * a + apart - 1 are the first ones, so that the one after them says whether any is in doubt. */
static int within(const int32_t *a, size_t n_a, const int32_t *b, size_t n_b,
                  int32_t apart, uint64_t *count)
{
    words number, doubtful = {0}, sum = {0};
    uint64_t held = 0; /* at most, in any lane of the sum */
    size_t i = 0;
    for (int32_t j = 0; j < SIDE_BY_SIDE; j++)
        number[j] = j;
    while (i + RANKED_AT_ONCE <= n_a && n_b &&
           a[i + RANKED_AT_ONCE - 1] + apart + 1 < b[0])
        i += RANKED_AT_ONCE;
    for (; i < n_a && n_b; i += RANKED_AT_ONCE) {
        const size_t n = n_a - i < RANKED_AT_ONCE ? n_a - i : RANKED_AT_ONCE;
        words sure[RANKED], at[RANKED];
        memcpy(at, a + i, sizeof at);
        for (size_t k = 0; k < RANKED; k++) {
            at[k] = raised(at[k], apart - 1);
            sure[k] = (words){0};
        }
        const int32_t end = a[i + n - 1] + apart - 1;
        size_t j =
            0; /* beyond `end` nothing is less, so that eight may be taken at once */
        for (; j + 8 <= n_b && b[j] < end; j += 8)
            for (size_t u = j; u < j + 8; u++)
                for (size_t k = 0; k < RANKED; k++)
                    sure[k] = plus_less(sure[k], b[u] - (words){0}, at[k]);
        for (; j < n_b && b[j] < end; j++)
            for (size_t k = 0; k < RANKED; k++)
                sure[k] = plus_less(sure[k], b[j] - (words){0}, at[k]);
        held += j;
        const size_t passed = (size_t)sure[0][0]; /* below all that follow, too */
        for (size_t k = 0; k < RANKED; k++) {
            const words in = number + (int32_t)(k * SIDE_BY_SIDE) <
                             (int32_t)n; /* what follows is not a's */
            const words more = sure[k] < (int32_t)n_b;
            doubtful |= in & more & (fetch(b, sure[k]) < raised(at[k], 3));
            sum += sure[k] & in;
        }
        if (held > (uint64_t)1 << 30) {
            *count += total_of(sum);
            sum = (words){0};
            held = 0;
        }
        *count += (n_a - i - n) * passed;
        b += passed;
        n_b -= passed;
    }
    *count += total_of(sum);
    int any = 0;
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        any |= doubtful[j];
    return any != 0;
}
#endif
