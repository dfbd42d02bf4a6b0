/* test_pack.c - numbers to bytes and back, bit for bit; reading too far; no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pack.h"

static void there_and_back(void **state)
{
    (void)state;
    static const double values[] = {0.0,    -0.0,        1.0 / 3.0,       -1e308,
                                    5e-324, (double)NAN, (double)INFINITY};
    enum { N = sizeof values / sizeof *values };
    rw_packer p = {0};
    rw_pack_u32(&p, 0x01020304u);
    rw_pack_u64(&p, UINT64_MAX - 1);
    for (int i = 0; i < N; i++)
        rw_pack_f64(&p, values[i]);
    assert_false(p.failed);
    assert_int_equal(p.n, 12 + 8 * N);
    assert_memory_equal(p.bytes, "\4\3\2\1\xfe\xff", 6); /* little-endian everywhere */
    rw_unpacker u = {.bytes = p.bytes, .n = p.n};
    assert_int_equal(rw_unpack_u32(&u), 0x01020304u);
    assert_true(rw_unpack_u64(&u) == UINT64_MAX - 1);
    for (int i = 0; i < N; i++) {
        assert_false(rw_unpack_complete(&u));
        const double value = rw_unpack_f64(&u);
        assert_memory_equal(&value, &values[i], sizeof value);
    }
    assert_true(rw_unpack_complete(&u));
    assert_int_equal(rw_unpack_u32(&u), 0);
    assert_false(rw_unpack_complete(&u));
    rw_packer_clear(&p);
}

static void counts(void **state)
{
    (void)state;
    rw_packer p = {0};
    rw_pack_u64(&p, 7);
    rw_pack_u64(&p, (uint64_t)-1);
    rw_unpacker u = {.bytes = p.bytes, .n = p.n};
    assert_int_equal(rw_unpack_count(&u, 7), 7);
    assert_false(u.failed);
    assert_int_equal(rw_unpack_count(&u, INT64_MAX), 0);
    assert_true(u.failed);
    u = (rw_unpacker){.bytes = p.bytes, .n = p.n};
    assert_int_equal(rw_unpack_count(&u, 6), 0);
    assert_true(u.failed);
    rw_packer_clear(&p);
}

static void no_memory(void **state)
{
    (void)state;
    rw_packer p = {0};
    rw_alloc_fail_at(1, 0);
    for (int i = 0; i < 100; i++)
        rw_pack_u64(&p, 1);
    rw_alloc_fail_at(-1, 0);
    assert_true(p.failed);
    rw_packer_clear(&p);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back),
                                       cmocka_unit_test(counts),
                                       cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
