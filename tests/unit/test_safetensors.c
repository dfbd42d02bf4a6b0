/* test_safetensors.c - the safetensors reader against good, bad and mutated files. */
#include "unit/format_fixture.h"

#include <math.h>

#include "format/safetensors.h"

static void use_all(const rw_safetensors *st)
{
    ropewalk_error err;
    for (uint32_t i = 0; i < rw_safetensors_n_tensor(st); i++) {
        const rw_st_tensor *t = rw_safetensors_tensor_at(st, i);
        double d[4];
        int64_t v[4];
        assert_ptr_equal(t, rw_safetensors_find(st, t->name));
        const uint64_t n = t->n_element < 4 ? t->n_element : 4;
        (void)rw_safetensors_read_f64(st, t, t->n_element - n, n, d, &err);
        (void)rw_safetensors_read_i64(st, t, t->n_element - n, n, v, &err);
    }
}

static ropewalk_status open_and_use(const unsigned char *bytes, size_t n,
                                    ropewalk_error *err)
{
    rw_safetensors *st = (rw_safetensors *)(uintptr_t)bytes;
    const ropewalk_status status =
        rw_safetensors_open_memory(bytes, n, 0, "test.safetensors", &st, err);
    if (status) {
        assert_null(st);
        return status;
    }
    use_all(st);
    rw_safetensors_close(st);
    return ROPEWALK_OK;
}

static void test_dtypes(void **state)
{
    (void)state;
    /* Each tensor holds one element of bytes 01 and one of bytes FF. */
    static const struct {
        const char *name;
        double first, second; /* NaN: not finite */
        bool integer;
    } rows[] = {
        {"F64", 0x1.1010101010101p-1007, NAN, false},
        {"F32", 0x1.020202p-125, NAN, false},
        {"F16", 0x101p-24, NAN, false},
        {"BF16", 0x1.02p-125, NAN, false},
        {"I32", 0x01010101, -1, true},
        {"I16", 0x0101, -1, true},
        {"I8", 1, -1, true},
        {"U32", 0x01010101, 4294967295.0, true},
        {"U16", 0x0101, 65535, true},
        {"U8", 1, 255, true},
        {"BOOL", 1, 255, true},
    };
    rw_safetensors *st;
    ropewalk_error err = {0};
    double d[2];
    int64_t v[2];
    assert_int_equal(
        rw_safetensors_open(fixture_path("st_dtypes.safetensors"), &st, &err), 0);
    assert_int_equal(rw_safetensors_n_tensor(st), 21);
    assert_string_equal(rw_safetensors_meta(st, "format"), "pt");
    assert_null(rw_safetensors_meta(st, "forma"));
    assert_null(rw_safetensors_find(st, "__metadata__"));
    assert_null(rw_safetensors_tensor_at(st, 21));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const rw_st_tensor *t = rw_safetensors_find(st, rows[i].name);
        assert_non_null(t);
        assert_string_equal(rw_st_dtype_name(t->dtype), rows[i].name);
        assert_int_equal(rw_st_dtype_is_float(t->dtype), !rows[i].integer);
        assert_int_equal(rw_safetensors_read_f64(st, t, 0, 2, d, &err), 0);
        if (d[0] != rows[i].first) fail_msg("%s: %a", rows[i].name, d[0]);
        if (!(d[1] == rows[i].second || (isnan(d[1]) && isnan(rows[i].second))))
            fail_msg("%s: %a", rows[i].name, d[1]);
        const ropewalk_status status = rw_safetensors_read_i64(st, t, 1, 1, v, &err);
        assert_int_equal(status, rows[i].integer ? ROPEWALK_OK : ROPEWALK_E_UNSUPPORTED);
        if (rows[i].integer) assert_true((double)v[0] == rows[i].second);
    }
    const rw_st_tensor *t = rw_safetensors_find(st, "I64");
    assert_int_equal(rw_safetensors_read_i64(st, t, 0, 2, v, &err), 0);
    assert_true(v[0] == INT64_C(0x0101010101010101) && v[1] == -1);
    assert_int_equal(rw_safetensors_read_f64(st, t, 0, 1, d, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "2^53"));
    assert_int_equal(rw_safetensors_read_f64(st, t, 1, 1, d, &err), 0);
    t = rw_safetensors_find(st, "U64");
    assert_int_equal(rw_safetensors_read_i64(st, t, 0, 2, v, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "element 1"));
    static const char *const opaque[] = {"C64",     "F8_E4M3", "F8_E5M2",
                                         "F8_E8M0", "F4",      "F6"};
    for (size_t i = 0; i < sizeof opaque / sizeof *opaque; i++) {
        t = rw_safetensors_find(st, opaque[i]);
        assert_non_null(t);
        assert_int_equal(rw_safetensors_read_f64(st, t, 0, 1, d, &err),
                         ROPEWALK_E_UNSUPPORTED);
    }
    t = rw_safetensors_find(st, "scalar");
    assert_int_equal(t->n_dim, 0);
    assert_int_equal(rw_safetensors_read_f64(st, t, 0, 1, d, &err), 0);
    assert_true(d[0] == 7);
    assert_int_equal(rw_safetensors_read_f64(st, t, 1, 1, d, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_safetensors_read_f64(st, t, 1, UINT64_MAX, d, &err),
                     ROPEWALK_E_ARGUMENT);
    t = rw_safetensors_find(st, "none");
    assert_int_equal(t->n_element, 0);
    assert_int_equal(rw_safetensors_read_f64(st, t, 0, 0, d, &err), 0);
    rw_safetensors_close(st);
}

static void test_bad(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"length_wraps", "limit", ROPEWALK_E_FORMAT},
        {"length_billions", "3000000000", ROPEWALK_E_FORMAT},
        {"length_past", "ends after 8", ROPEWALK_E_FORMAT},
        {"length_0", "'{'", ROPEWALK_E_FORMAT},
        {"not_json", "malformed", ROPEWALK_E_FORMAT},
        {"not_object", "'{'", ROPEWALK_E_FORMAT},
        {"space_first", "'{'", ROPEWALK_E_FORMAT},
        {"twice", "duplicate", ROPEWALK_E_FORMAT},
        {"dtype", "unknown dtype \"F33\"", ROPEWALK_E_FORMAT},
        {"no_dtype", "\"dtype\"", ROPEWALK_E_FORMAT},
        {"no_shape", "\"shape\"", ROPEWALK_E_FORMAT},
        {"no_offsets", "\"data_offsets\"", ROPEWALK_E_FORMAT},
        {"entry", "JSON object", ROPEWALK_E_FORMAT},
        {"shape_negative", "integer >= 0", ROPEWALK_E_FORMAT},
        {"shape_real", "integer >= 0", ROPEWALK_E_FORMAT},
        {"shape_wraps", "64 bits", ROPEWALK_E_FORMAT},
        {"size_wraps", "64 bits", ROPEWALK_E_FORMAT},
        {"dims_9", "more than 8", ROPEWALK_E_FORMAT},
        {"offsets_swapped", "8 to 0", ROPEWALK_E_FORMAT},
        {"offsets_past", "8 to 16", ROPEWALK_E_FORMAT},
        {"offsets_huge", "outside the 8 data", ROPEWALK_E_FORMAT},
        {"size_small", "need 32 bits", ROPEWALK_E_FORMAT},
        {"overlap", "\"b\" overlaps", ROPEWALK_E_FORMAT},
        {"hole", "hole", ROPEWALK_E_FORMAT},
        {"tail", "4 bytes at the end", ROPEWALK_E_FORMAT},
        {"meta_number", "\"a\" is not a string", ROPEWALK_E_FORMAT},
        {"meta_list", "not a JSON object", ROPEWALK_E_FORMAT},
        {"deep", "deeper", ROPEWALK_E_FORMAT},
        {"f4_odd", "12 bits", ROPEWALK_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_bad(&cases[i], "st_bad_", ".safetensors", open_and_use);
}

static void test_mutations(void **state)
{
    (void)state;
    mutate_fixture("st_dtypes.safetensors", open_and_use);
    mutate_fixture("st_empty.safetensors", open_and_use);
    mutate_fixture("st_given.safetensors", open_and_use);
    mutate_fixture("st_capture.safetensors", open_and_use);
}

static void test_head_of_file(void **state)
{
    (void)state;
    size_t n;
    unsigned char *bytes = read_fixture("st_given.safetensors", &n);
    rw_safetensors *st;
    ropewalk_error err = {0};
    double v;
    assert_int_equal(rw_safetensors_open_memory(bytes, n - 8, 0, "head", &st, &err),
                     ROPEWALK_E_FORMAT);
    assert_int_equal(rw_safetensors_open_memory(bytes, n - 8, n, "head", &st, &err),
                     ROPEWALK_OK);
    const rw_st_tensor *t = rw_safetensors_find(st, "inv_freq");
    assert_int_equal(rw_safetensors_read_f64(st, t, 2, 1, &v, &err), 0);
    assert_int_equal(rw_safetensors_read_f64(st, t, 3, 1, &v, &err), ROPEWALK_E_IO);
    rw_safetensors_close(st);
    free(bytes);
}

static void test_no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    for (int64_t at = 0;; at++) {
        rw_safetensors *st = NULL;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status =
            rw_safetensors_open(fixture_path("st_dtypes.safetensors"), &st, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            assert_true(at == 4);
            rw_safetensors_close(st);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        check_outcome(status, &err);
        assert_null(st);
        assert_int_equal(rw_alloc_live(), live);
    }
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dtypes),    cmocka_unit_test(test_bad),
        cmocka_unit_test(test_mutations), cmocka_unit_test(test_head_of_file),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
