/* test_digest.c - XXH64 against its reference implementation (xxhash 4.1.0 for Python). */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"

static uint8_t bytes[1000];

static void known_values(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        uint64_t seed, digest;
    } known[] = {{0, 0u, 0xef46db3751d8e999u},
                 {0, 1u, 0xd5afba1336a3be4bu},
                 {1, 0u, 0xf592c0c7639c4cb6u},
                 {3, 7u, 0x4faf03743c92a0cdu},
                 {4, 0u, 0xfb1e5cf2f1ae4d95u},
                 {8, 0u, 0x57cb2b7521f3e21au},
                 {31, 0u, 0xe4a0e629e519a4aeu},
                 {32, 0u, 0xcc6b8aaada790b2du},
                 {100, 0u, 0x4826e367566ea023u},
                 {33, 9223372036854775813u, 0x40a532219d23926cu},
                 {1000, 123456789u, 0x098ffd197e30b881u}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_true(rw_digest(known[i].seed, bytes, known[i].n) == known[i].digest);
}

static void files(void **state)
{
    (void)state;
    char path[] = "/tmp/digest.XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, bytes, sizeof bytes) == sizeof bytes);
    (void)close(fd);
    uint64_t digest;
    assert_int_equal(rw_digest_file(path, &digest, NULL), 0);
    assert_true(digest == rw_digest(0, bytes, sizeof bytes));
    rw_alloc_fail_at(0, 0);
    assert_int_equal(rw_digest_file(path, &digest, NULL), ROPEWALK_E_MEMORY);
    rw_alloc_fail_at(-1, 0);
    (void)unlink(path);
    ropewalk_error err = {0};
    assert_int_equal(rw_digest_file(path, &digest, &err), ROPEWALK_E_IO);
    assert_non_null(strstr(err.message, path));
    assert_int_equal(rw_digest_file("/tmp", &digest, &err), ROPEWALK_E_IO);
}

int main(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_values),
                                       cmocka_unit_test(files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
