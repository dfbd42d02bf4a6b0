/* test_kernel_order.c - lists sorted side by side, and counts along their order, on every instruction set
 * against a plain sort and plain loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "kernel/kernel.h"

enum { MOST_LISTS = 40, TOP = 1 << RW_PLACE_BITS, CANARY = 4242 };

/* Lists in exact heap blocks, their chunks in no order; what is not theirs is garbage. */
typedef struct lists {
    int32_t *place;
    uint32_t *next, first[MOST_LISTS], n[MOST_LISTS];
    int32_t *plain; /* all places, list after list */
    size_t n_list, total;
    int label_bits;
} lists;

enum {
    WIDE,      /* anywhere */
    NARROW,    /* in a few cells */
    FEW_WIDE,  /* cells that are two apart or more */
    ONE_PLACE, /* all equal */
    RISING,
    FALLING,
    ENDS,       /* the least place and the highest */
    NEAR_FIRST, /* half of them of one label, then half of another */
    FAR_FIRST,
    ZERO_ONE, /* two values: what a network sorts it sorts all of */
    ORGAN,    /* up and down again */
    KINDS
};

static int32_t place_of(const lists *l, uint64_t cell, uint64_t label)
{
    return (int32_t)(cell << l->label_bits | label);
}

static int32_t draw(const lists *l, int kind, uint64_t seed, uint32_t i, uint32_t n)
{
    const uint64_t n_label =
                       ((uint64_t)1 << l->label_bits) - 1, /* the last is nobody's */
        n_cell = (uint64_t)TOP >> l->label_bits,
                   label = rw_random_below(seed, 1, i, n_label);
    const uint64_t far = n_label > 1 ? 1 : 0;
    switch (kind) {
    case NARROW: return place_of(l, 77 + rw_random_below(seed, 2, i, 40), label);
    case FEW_WIDE: return place_of(l, 3 * ((uint64_t)i * 389 % 1021), label);
    case ONE_PLACE: return place_of(l, seed % n_cell, seed % n_label);
    case RISING: return place_of(l, (uint64_t)i * 5, label);
    case FALLING: return place_of(l, (uint64_t)(n - i) * 2, label);
    case ENDS: return rw_random_below(seed, 3, i, 2) ? TOP - 2 : 0;
    case NEAR_FIRST: return place_of(l, UINT64_C(2) * i, i < n / 2 ? 0 : far);
    case FAR_FIRST: return place_of(l, UINT64_C(9) * i, i < n / 2 ? far : 0);
    case ZERO_ONE:
        return place_of(
            l, n_cell / 2 + (rw_random_below(seed, 4, i, n + 1) < seed % (n + 1)), 0);
    case ORGAN: return place_of(l, i < n / 2 ? 4 * i : 4 * (n - i) + 1, label);
    default: return place_of(l, rw_random_below(seed, 2, i, n_cell), label);
    }
}

/* List i is of n[i] places, drawn as kind[i] says. */
static void make(lists *l, size_t n_list, const uint32_t *n, const int *kind,
                 int label_bits, uint64_t seed)
{
    *l = (lists){.n_list = n_list, .label_bits = label_bits};
    size_t n_chunk = 0, used = 0, at = 0;
    for (size_t i = 0; i < n_list; i++) {
        n_chunk += n[i] ? (n[i] + RW_CHUNK - 1) / RW_CHUNK : 1;
        l->total += n[i];
    }
    uint32_t *order = rw_array(n_chunk + 1, sizeof *order);
    l->place = rw_array(n_chunk * RW_CHUNK, sizeof *l->place);
    l->next = rw_array(n_chunk, sizeof *l->next);
    l->plain = rw_array(l->total + 1, sizeof *l->plain);
    for (size_t c = 0; c < n_chunk; c++) {
        const size_t to = (size_t)rw_random_below(seed, 7, c, c + 1);
        order[c] = order[to];
        order[to] = (uint32_t)c;
        l->next[c] = UINT32_MAX;
    }
    for (size_t i = 0; i < n_chunk * RW_CHUNK; i++)
        l->place[i] = (int32_t)(uint32_t)rw_random_u64(seed, 8, i);
    for (size_t i = 0; i < n_list; i++) {
        uint32_t chunk = l->first[i] = order[used++];
        l->n[i] = n[i];
        for (uint32_t j = 0; j < n[i]; j++) {
            if (j && j % RW_CHUNK == 0) chunk = l->next[chunk] = order[used++];
            l->plain[at] = draw(l, kind[i], seed + i, j, n[i]);
            l->place[(size_t)chunk * RW_CHUNK + j % RW_CHUNK] = l->plain[at++];
        }
    }
    rw_free(order);
}

static void clear(lists *l)
{
    rw_free(l->place);
    rw_free(l->next);
    rw_free(l->plain);
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* What one sorted list adds to a window. */
static void count(const lists *l, const int32_t *sorted, uint32_t n, rw_sides *w)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t label = (uint32_t)sorted[i] & ((1u << l->label_bits) - 1);
        w->above += w->far >> label & 1 ? w->seen : 0;
        w->seen += w->near >> label & 1;
    }
}

/* How far apart the two nearest cells of a sorted list are. */
static int32_t closest(const lists *l, const int32_t *sorted, uint32_t n)
{
    int32_t least = INT32_MAX;
    for (uint32_t i = 1; i < n; i++) {
        const int32_t d = (sorted[i] >> l->label_bits) - (sorted[i - 1] >> l->label_bits);
        least = d < least ? d : least;
    }
    return least;
}

/* Windows of any labels, but for the last; bits beyond are not looked at. Most have no label on both sides. */
static rw_sides window_of(const lists *l, uint64_t seed, size_t w)
{
    const uint32_t own = (1u << ((1u << l->label_bits) - 1)) - 1;
    rw_sides side = {.near = (uint32_t)rw_random_u64(seed, 21, w) & own,
                     .far = (uint32_t)rw_random_u64(seed, 22, w) & own,
                     .seen = w % 3 ? rw_random_below(seed, 23, w, 1u << 30) : 0,
                     .above = w % 4 ? rw_random_below(seed, 24, w, 1u << 30) : 0};
    if (w % 8 != 7) side.far &= ~side.near;
    if (w % 8 == 0) side = (rw_sides){.near = 1, .far = own & 2};
    if (w % 8 == 1) side = (rw_sides){.near = own & ~1u, .far = 1};
    return side;
}

static void check(const rw_kernels *k, const lists *l, size_t n_window, bool keep,
                  uint64_t seed)
{
    rw_sides got[RW_MOST_WINDOWS + 1], want[RW_MOST_WINDOWS];
    rw_ends ends[MOST_LISTS + 1];
    uint32_t close[MOST_LISTS + 1];
    int32_t *sorted = rw_array(l->total + 1, sizeof *sorted),
            *plain = rw_array(l->total + 1, sizeof *plain);
    for (size_t w = 0; w < n_window; w++)
        got[w] = want[w] = window_of(l, seed, w);
    got[n_window].above = CANARY;
    ends[l->n_list].lowest = CANARY;
    close[l->n_list] = CANARY;
    sorted[l->total] = CANARY;
    if (l->total) memcpy(plain, l->plain, l->total * sizeof *plain);
    const rw_lists in = {l->place, l->next, l->first, l->n};
    const size_t n_close = k->order(&in, l->n_list, l->label_bits, got, n_window,
                                    keep ? sorted : NULL, ends, close);
    size_t at = 0, listed = 0;
    for (size_t i = 0; i < l->n_list; at += l->n[i++]) {
        const uint32_t n = l->n[i];
        int32_t *list = plain + at;
        if (n) qsort(list, n, sizeof *list, ascending);
        assert_int_equal(ends[i].lowest, n ? list[0] : INT32_MAX);
        assert_int_equal(ends[i].highest, n ? list[n - 1] : -1);
        const int32_t apart = closest(l, list, n);
        const bool told = listed < n_close && close[listed] == i;
        listed += told;
        if (apart <= 1 && !told)
            fail_msg("%s: list %zu of %u places is close", k->name, i, n);
        if (told) assert_true(apart <= 2);
        for (size_t w = 0; w < n_window; w++)
            count(l, list, n, &want[w]);
    }
    assert_int_equal(listed, n_close);
    if (keep && l->total) assert_memory_equal(sorted, plain, l->total * sizeof *plain);
    for (size_t w = 0; w < n_window; w++)
        if (got[w].above != want[w].above || got[w].seen != want[w].seen)
            fail_msg("%s: %zu lists, window %zu of %zu: %llu instead of %llu", k->name,
                     l->n_list, w, n_window, (unsigned long long)got[w].above,
                     (unsigned long long)want[w].above);
    assert_true(got[n_window].above == CANARY && ends[l->n_list].lowest == CANARY);
    assert_true(close[l->n_list] == CANARY && sorted[l->total] == CANARY);
    rw_free(sorted);
    rw_free(plain);
}

static void on_every_set(const lists *l, size_t n_window, bool keep, uint64_t seed)
{
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        if (runs) check(k, l, n_window, keep, seed);
}

/* Any number of lists, about the number of lanes, of lengths about those of networks and chunks. */
static void side_by_side(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0,  1,  15, 16,  17,  31,  32,  33,  63,  64,
                                     65, 80, 96, 127, 128, 129, 300, 448, 511, 512};
    enum { N_SIZE = sizeof sizes / sizeof *sizes };
    uint32_t n[MOST_LISTS];
    int kind[MOST_LISTS];
    lists l;
    for (size_t n_list = 0; n_list <= MOST_LISTS; n_list++)
        for (int label_bits = 1; label_bits <= 5; label_bits++) {
            const uint64_t seed = 100 * n_list + (uint64_t)label_bits;
            const uint64_t few = rw_random_below(seed, 3, 0, 4) ? N_SIZE : 6;
            for (size_t i = 0; i < n_list; i++) {
                n[i] = sizes[rw_random_below(seed, 1, i, few)];
                kind[i] = (int)rw_random_below(seed, 2, i, KINDS);
            }
            make(&l, n_list, n, kind, label_bits, seed);
            on_every_set(&l, (n_list * 5 + (size_t)label_bits * 7) % 33, n_list % 3 != 0,
                         seed);
            clear(&l);
        }
}

/* Every length, and every kind of order at lengths about the networks' own. */
static void lengths_and_kinds(void **state)
{
    (void)state;
    uint32_t n[MOST_LISTS];
    int kind[MOST_LISTS];
    lists l;
    for (uint32_t from = 0; from <= RW_MOST_SORTED; from += 19) {
        for (uint32_t i = 0; i < 19; i++) {
            n[i] = from + i < RW_MOST_SORTED ? from + i : RW_MOST_SORTED;
            kind[i] = from % 2 ? WIDE : NARROW;
        }
        make(&l, 19, n, kind, 1 + (int)from % 5, from);
        on_every_set(&l, 3, true, from);
        clear(&l);
    }
    for (int k = 0; k < KINDS; k++)
        for (int label_bits = 1; label_bits <= 5; label_bits++)
            for (uint32_t len = 16; len <= RW_MOST_SORTED; len += len < 64 ? 16 : 64) {
                for (uint32_t i = 0; i < 17; i++) {
                    n[i] = i % 4 == 3 ? len - i : len;
                    kind[i] = k;
                }
                make(&l, 17, n, kind, label_bits, 1000 + len);
                on_every_set(&l, label_bits == 1 ? 32 : 1 + (len / 16) % 9, k % 2 != 0,
                             len);
                clear(&l);
            }
}

/* Lists of zeros and ones, some at a time: a network that sorts all of those sorts everything. */
typedef struct zero_one {
    int32_t place[32 * RW_MOST_SORTED], sorted[32 * RW_MOST_SORTED];
    uint32_t next[32 * RW_MOST_SORTED / RW_CHUNK], first[32], n[32], zeros[32];
    size_t n_list;
} zero_one;

static void check_zero_one(zero_one *z)
{
    const rw_kernels *k;
    int runs;
    const rw_lists in = {z->place, z->next, z->first, z->n};
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++) {
        rw_ends ends[32];
        uint32_t close[32];
        const int32_t *at = z->sorted;
        if (!runs) continue;
        (void)k->order(&in, z->n_list, 1, NULL, 0, z->sorted, ends, close);
        for (size_t i = 0; i < z->n_list; at += z->n[i++])
            for (uint32_t j = 0; j < z->n[i]; j++)
                if (at[j] != 2 * (j >= z->zeros[i]))
                    fail_msg("%s: %u of %u are zeros", k->name, z->zeros[i], z->n[i]);
    }
    z->n_list = 0;
}

/* One list more: bit(0) .. bit(n - 1). */
static void add_zero_one(zero_one *z, uint32_t n, bool (*bit)(uint64_t of, uint32_t i),
                         uint64_t of)
{
    const size_t chunk = z->n_list * RW_MOST_SORTED / RW_CHUNK;
    z->first[z->n_list] = (uint32_t)chunk;
    z->n[z->n_list] = n;
    z->zeros[z->n_list] = 0;
    for (uint32_t i = 0; i < n; i++) {
        z->place[chunk * RW_CHUNK + i] = bit(of, i) ? 2 : 0;
        z->zeros[z->n_list] += !bit(of, i);
        z->next[chunk + i / RW_CHUNK] = (uint32_t)chunk + i / RW_CHUNK + 1;
    }
    if (++z->n_list == 32) check_zero_one(z);
}

static bool any_bit(uint64_t of, uint32_t i)
{
    return of >> i & 1;
}

/* Zeros, then ones, up to a middle, and again beyond it. */
static bool two_runs(uint64_t of, uint32_t i)
{
    const uint32_t middle = of & 0xffff, a = of >> 16 & 0xffff, b = of >> 32 & 0xffff;
    return i < middle ? i >= a : i - middle >= b;
}

/* All lists of sixteen, and all that the merge of two halves can be given: by induction all lists. */
static void zeros_and_ones(void **state)
{
    (void)state;
    static zero_one z;
    for (uint64_t of = 0; of < 1 << 16; of++)
        add_zero_one(&z, 16, any_bit, of);
    for (uint32_t n = 32; n <= RW_MOST_SORTED; n += 16) {
        uint64_t middle = 16;
        while (2 * middle < n)
            middle *= 2;
        const uint64_t step = 2 * middle == n && n <= 128 ? 1 : n < 100 ? 2 : 5;
        for (uint64_t a = n % step; a <= middle; a += step)
            for (uint64_t b = n / 16 % step; b <= n - middle; b += step)
                add_zero_one(&z, n, two_runs, middle | a << 16 | b << 32);
    }
    check_zero_one(&z);
}

/* As many pairs as a list can have: half of it near, then half of it far, in all lanes and windows. */
static void full_fields(void **state)
{
    (void)state;
    uint32_t n[MOST_LISTS];
    int kind[MOST_LISTS];
    lists l;
    for (size_t i = 0; i < MOST_LISTS; i++) {
        n[i] = RW_MOST_SORTED;
        kind[i] = NEAR_FIRST;
    }
    const rw_kernels *k;
    int runs;
    make(&l, 33, n, kind, 2, 1);
    on_every_set(&l, RW_MOST_WINDOWS, true, 1);
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++) {
        rw_sides w[RW_MOST_WINDOWS];
        rw_ends ends[MOST_LISTS];
        uint32_t close[MOST_LISTS];
        if (!runs) continue;
        for (size_t i = 0; i < RW_MOST_WINDOWS; i++)
            w[i] = (rw_sides){.near = 1, .far = 2};
        const rw_lists in = {l.place, l.next, l.first, l.n};
        (void)k->order(&in, 33, 2, w, RW_MOST_WINDOWS, NULL, ends, close);
        for (size_t i = 0; i < RW_MOST_WINDOWS; i++) {
            assert_int_equal(w[i].seen, 33 * 256);
            assert_int_equal(w[i].above, 256 * 256 * 33 * 34 / 2);
        }
        for (size_t i = 0; i < RW_MOST_WINDOWS; i++)
            w[i] = (rw_sides){.near = 2, .far = 1, .seen = UINT64_C(1) << 33};
        (void)k->order(&in, 33, 2, w, RW_MOST_WINDOWS, NULL, ends, close);
        for (size_t i = 0; i < RW_MOST_WINDOWS; i++)
            assert_true(w[i].above == ((UINT64_C(1) << 33) * 256 * 33 +
                                       UINT64_C(256) * 256 * (33 * 32 / 2)));
    }
    clear(&l);
}

/* Which distances between cells are told as close: at most one always, three and more never. */
static void told_close(void **state)
{
    (void)state;
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (int label_bits = 1; runs && label_bits <= 5; label_bits++)
            for (int32_t apart = 0; apart < 5; apart++)
                for (uint32_t at = 0; at + 1 < 96; at += 5) {
                    int32_t place[128], own = (1 << label_bits) - 1;
                    uint32_t next[2] = {1, 9}, first[5] = {0, 0, 0, 0, 0}, n[5], close[5];
                    rw_ends ends[5];
                    const uint32_t which = at % 5;
                    int32_t cell = 0;
                    for (uint32_t i = 0; i < 96; i++) { /* labels that make it hardest */
                        const int32_t label = i % 2 ? own - 1 : 0;
                        place[95 - i] =
                            (int32_t)((uint32_t)cell << label_bits) | (apart ? label : 0);
                        cell += i == at ? apart : 1000;
                    }
                    for (uint32_t i = 0; i < 5; i++)
                        n[i] = i == which ? 96 : 0;
                    const rw_lists in = {place, next, first, n};
                    const size_t told =
                        k->order(&in, 5, label_bits, NULL, 0, NULL, ends, close);
                    if (apart < 2) assert_int_equal(told, 1);
                    if (apart > 2) assert_int_equal(told, 0);
                    if (told) assert_int_equal(close[0], which);
                }
}

/* Labels from one to another, without as many bits as are asked for; the room for them may be the places' own. */
static void check_selection(const rw_kernels *k, size_t n, int label_bits, int32_t first,
                            int32_t end, int drop)
{
    const int32_t own = (1 << label_bits) - 1;
    int32_t *place = rw_array(n + RW_READ_BEYOND, sizeof *place),
            *exact = rw_array(n + 1, sizeof *exact),
            *out = rw_array(n + RW_READ_BEYOND, sizeof *out);
    size_t want = 0;
    for (size_t i = 0; i < n + RW_READ_BEYOND; i++)
        place[i] = (int32_t)rw_random_below(n, 1, i, TOP);
    if (n) memcpy(exact, place, n * sizeof *exact);
    const size_t got = k->select(exact, n, label_bits, first, end, drop, out);
    for (size_t i = 0; i < n; i++) {
        const int32_t label = exact[i] & own;
        if (label < first || label >= end) continue;
        assert_true(want < got);
        assert_int_equal(out[want++], exact[i] >> drop);
    }
    assert_int_equal(got, want);
    assert_int_equal(k->select(place, n, label_bits, first, end, drop, place), want);
    if (want) assert_memory_equal(place, out, want * sizeof *out);
    rw_free(place);
    rw_free(exact);
    rw_free(out);
}

static void selection(void **state)
{
    (void)state;
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (size_t n = 0; runs && n < 300; n += n < 70 ? 1 : 37)
            for (int label_bits = 1; label_bits <= 5; label_bits++) {
                const int32_t n_label = 1 << label_bits;
                for (int32_t first = 0; first < n_label; first += 1 + n_label / 9)
                    for (int32_t end = first; end <= n_label; end += 1 + n_label / 7)
                        check_selection(k, n, label_bits, first, end,
                                        n % 2 ? label_bits : 0);
            }
}

/* n ascending numbers, steps of 0 .. most; garbage beyond. */
static int32_t *numbers(uint64_t seed, size_t n, int32_t first, uint64_t most,
                        int32_t unit)
{
    int32_t *x = rw_array(n + RW_READ_BEYOND, sizeof *x);
    for (size_t i = 0; i < n + RW_READ_BEYOND; i++) {
        first += unit * (int32_t)rw_random_below(seed, 1, i, most + 1);
        x[i] = i < n ? first : (int32_t)(uint32_t)rw_random_u64(seed, 2, i);
        if (i >= n && i % 5 == 0) x[i] = i % 2 ? INT32_MAX : INT32_MIN;
        if (i >= n && i % 5 == 1 && n) x[i] = x[n - 1];
    }
    return x;
}

static void check_within(const rw_kernels *k, const int32_t *a, size_t n_a,
                         const int32_t *b, size_t n_b, int32_t apart)
{
    uint64_t want = 17, got = 17;
    bool open = false, near = false;
    for (size_t i = 0; i < n_a; i++)
        for (size_t j = 0; j < n_b; j++) {
            const int64_t off = (int64_t)b[j] - a[i] - apart;
            want += off < -1;
            open = open || (off >= -1 && off <= 1);
            near = near || (off >= -4 && off <= 4);
        }
    const int told = k->within(a, n_a, b, n_b, apart, &got);
    if (got != want)
        fail_msg("%s: %zu and %zu numbers %d apart: %llu instead of %llu", k->name, n_a,
                 n_b, apart, (unsigned long long)got, (unsigned long long)want);
    if (open) assert_true(told);
    if (!near) assert_false(told);
}

static void distances(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,  1,  2,  7,  8,  15,  16, 17,
                                   31, 32, 33, 64, 65, 130, 700};
    enum { N_SIZE = sizeof sizes / sizeof *sizes };
    const rw_kernels *k;
    int runs;
    for (size_t s = 0; s < (size_t)N_SIZE * N_SIZE; s++) {
        const size_t n_a = sizes[s / N_SIZE], n_b = sizes[s % N_SIZE];
        /* the same cells often; any; multiples of 16, of which 8 more are sure to be in no doubt; far up */
        static const struct {
            uint64_t most;
            int32_t unit, first, apart[5];
        } way[] = {{2, 1, 0, {2, 7, 30, -5, -200}},
                   {900000, 1, 0, {2, 1 << 20, 450000, -(1 << 20), 1 << 29}},
                   {3, 16, 16, {8, 104, 1000, -8, -1000}},
                   {50, 1, (1 << 29) - 40000, {2, 100, 3000, -100, -(1 << 29)}}};
        for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
            if (i == 1 && n_a > 500) continue; /* beyond what cells reach */
            int32_t *a = numbers(s, n_a, way[i].first, way[i].most, way[i].unit),
                    *b = numbers(s + 500, n_b, way[i].first, way[i].most, way[i].unit);
            for (int j = 0; j < 5; j++)
                for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++) {
                    if (!runs) continue;
                    check_within(k, a, n_a, b, n_b, way[i].apart[j]);
                    check_within(k, a, n_a, a, n_a, way[i].apart[j]);
                }
            rw_free(a);
            rw_free(b);
        }
    }
}

/* One pair about the distance, wherever it stands: told if, and only if, it is in doubt. */
static void doubtful_distances(void **state)
{
    (void)state;
    enum { N = 70 };
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (int32_t i = 0; runs && i < N; i++)
            for (int32_t off = -6; off <= 6; off++) {
                int32_t a[N + RW_READ_BEYOND], b[1 + RW_READ_BEYOND];
                for (int32_t j = 0; j < N + RW_READ_BEYOND; j++)
                    a[j] =
                        j < N ? 1000 * j : 1000 * i; /* beyond the end the same again */
                for (int32_t j = 0; j < 1 + RW_READ_BEYOND; j++)
                    b[j] = 1000 * i + 300 + off;
                uint64_t got = 0;
                assert_int_equal(k->within(a, N, b, 1, 300, &got) != 0, abs(off) <= 1);
                assert_int_equal(got, N - 1 - i + (off < -1));
            }
}

static void all_freed(void **state)
{
    (void)state;
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(side_by_side), cmocka_unit_test(lengths_and_kinds),
        cmocka_unit_test(full_fields),  cmocka_unit_test(zeros_and_ones),
        cmocka_unit_test(told_close),   cmocka_unit_test(selection),
        cmocka_unit_test(distances),    cmocka_unit_test(doubtful_distances),
        cmocka_unit_test(all_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
