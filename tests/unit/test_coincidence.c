/* test_coincidence.c - pairs of equal words in every prefix, against every pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/coincidence.h"
#include <cmocka.h>

enum { N = 3000, N_KIND = 6 };
static const int64_t context[] = {1, 2, 63, 64, 500, 501, 2999, N};
enum { N_CONTEXT = sizeof context / sizeof *context };

/* The word whose product with coincidence.c's factor is y: small y share the first bucket, so that its table
 * overflows and is counted in rounds. */
static uint64_t of_first_bucket(uint64_t y)
{
    const uint64_t factor = 0x9e3779b97f4a7c15u;
    uint64_t inverse = factor; /* right in 3 bits, each step doubles them */
    for (int i = 0; i < 5; i++)
        inverse *= 2 - factor * inverse;
    const uint64_t x = y * inverse;
    return x ^ x >> 32;
}

static uint64_t word_of(int kind, uint64_t i)
{
    switch (kind) {
    case 0: return i;                                      /* all different */
    case 1: return 7;                                      /* all alike */
    case 2: return rw_random_below(1, 1, i, 200);          /* many of each */
    case 3: return (i % 700) << 32 | (i * 7 & 0xff);       /* pairs of keys */
    case 4: return of_first_bucket(i / 2 << 4 | (i >> 9)); /* one bucket, different */
    default: return rw_random_u64(1, 2, i / 3);
    }
}

static void prefixes(void **state)
{
    (void)state;
    rw_coincidences c;
    assert_int_equal(rw_coincidences_init(&c, N, N_CONTEXT, NULL), ROPEWALK_OK);
    assert_true(rw_coincidences_bytes(N, N_CONTEXT) < 100 * N);
    for (int kind = 0; kind < N_KIND; kind++) {
        for (uint64_t i = 0; i < N; i++)
            c.word[i] = word_of(kind, i);
        rw_coincidences_count(&c, context);
        int64_t pairs = 0, at = 0;
        for (size_t i = 0; i < N_CONTEXT; i++) {
            for (; at < context[i]; at++)
                for (int64_t j = 0; j < at; j++)
                    pairs += c.word[j] == c.word[at];
            assert_int_equal(c.pairs[i], pairs);
        }
    }
    rw_coincidences_clear(&c);
    rw_coincidences_clear(&c); /* twice is once */
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_coincidences c;
    ropewalk_error err = {0};
    for (int at = 0; at < 7; at++) {
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_coincidences_init(&c, 100, 2, &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        rw_coincidences_clear(&c);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
