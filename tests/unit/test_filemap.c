/* test_filemap.c - what may be mapped, and what is refused with one sentence. */
#define _POSIX_C_SOURCE 200809L
#include "unit/format_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "format/cursor.h"
#include "format/filemap.h"
#include "format/number_le.h"

static void check_refused(const char *path, const char *words)
{
    rw_filemap map = {.bytes = (const unsigned char *)"", .size = 9};
    ropewalk_error err = {0};
    assert_int_equal(rw_filemap_open(&map, path, &err), ROPEWALK_E_IO);
    check_outcome(ROPEWALK_E_IO, &err);
    assert_null(map.bytes);
    assert_int_equal(map.size, 0);
    if (!strstr(err.message, words)) fail_msg("\"%s\" lacks \"%s\"", err.message, words);
    rw_filemap_close(&map);
}

static void test_regular_file(void **state)
{
    (void)state;
    rw_filemap map;
    assert_int_equal(rw_filemap_open(&map, fixture_path("gguf_bad_nothing.gguf"), NULL),
                     ROPEWALK_OK);
    assert_int_equal(map.size, 4);
    assert_memory_equal(map.bytes, "GGUF", 4);
    rw_filemap_close(&map);
    assert_null(map.bytes);
    rw_filemap_close(&map);
}

static void test_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/rw_filemap_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    check_refused(folder, "folder");
    (void)snprintf(path, sizeof path, "%s/missing", folder);
    check_refused(path, "No such file");
    (void)snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused(path, "pipe"); /* and returns: nobody will ever write to it */
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/empty", folder);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    (void)fclose(f);
    check_refused(path, "empty");
    (void)unlink(path);
    (void)rmdir(folder);
    check_refused("/dev/null", "device");
    check_refused("", "No such file");
}

static void test_cursor(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    rw_cursor c = rw_cursor_make(bytes, sizeof bytes, "a test");
    uint32_t a;
    uint64_t b;
    const unsigned char *p = NULL;
    assert_true(rw_cursor_u32(&c, &a));
    assert_int_equal(a, 0x04030201);
    assert_true(rw_cursor_u64(&c, &b));
    assert_true(b == UINT64_C(0x0c0b0a0908070605));
    assert_false(rw_cursor_take(&c, UINT64_MAX, &p)); /* pos + n would wrap */
    assert_int_equal(c.error.status, ROPEWALK_E_FORMAT);
    assert_int_equal(c.error.offset, 12);
    assert_non_null(strstr(c.error.message, "a test"));
    assert_false(
        rw_cursor_take(&c, 1, &p)); /* there is a byte, but the error is latched */
    assert_false(rw_cursor_u64(&c, &b));
    assert_int_equal(b, 0);
    assert_int_equal(c.pos, 12);
    assert_null(p);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        double f16, bf16;
    } rows[] = {
        {0x0000, 0, 0},
        {0x0001, 0x1p-24, 0x1p-133},
        {0x007f, 127 * 0x1p-24, 0x7fp-133},
        {0x0400, 0x1p-14, 0x1p-119},
        {0x3c00, 1, 0x1p-7},
        {0xc000, -2, -2},
        {0x7bff, 65504, 0x1.fep+120},
        {0x3555, 0x1.554p-2, 0x1.aap-21},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const unsigned char b[2] = {rows[i].bits & 255,
                                    (unsigned char)(rows[i].bits >> 8)};
        assert_true(rw_load_f16(b) == rows[i].f16);
        assert_true(rw_load_bf16(b) == rows[i].bf16);
    }
    assert_true(1 / rw_load_f16((const unsigned char *)"\x00\x80") < 0); /* -0 */
    assert_true(rw_load_f16((const unsigned char *)"\x00\xfc") < -1e300);
    const double nan = rw_load_f16((const unsigned char *)"\x01\x7c");
    assert_true(nan != nan);
    uint64_t product;
    assert_true(rw_mul_u64(UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1, &product));
    assert_false(rw_mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &product));
    assert_int_equal(product, 0);
    assert_true(rw_mul_u64(0, UINT64_MAX, &product));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regular_file),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
