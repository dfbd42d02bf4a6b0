/* test_gguf.c - the GGUF reader against good, bad and mutated files. */
#define _POSIX_C_SOURCE 200809L
#include "unit/format_fixture.h"

#include <math.h>
#include <unistd.h>

#include "format/gguf.h"

static const char *const good[] = {
    "gguf_llama3.gguf",
    "gguf_llama.gguf",
    "gguf_qwen3.gguf",
    "gguf_gemma3.gguf",
    "gguf_yarn.gguf",
    "gguf_linear.gguf",
    "gguf_kinds.gguf",
    "gguf_split-00001-of-00003.gguf",
    "gguf_split-00002-of-00003.gguf",
};
enum { N_GOOD = sizeof good / sizeof *good };

/* Every accessor on everything the file holds; no messages, their making would take the time. */
static void use_all(const rw_gguf *g)
{
    double values[4];
    for (uint32_t i = 0; i < rw_gguf_n_key(g); i++) {
        const rw_gguf_kv *kv = rw_gguf_key(g, i);
        assert_ptr_equal(kv, rw_gguf_find_key(g, kv->name));
        uint64_t u;
        int64_t s;
        double d;
        bool b;
        const char *text;
        size_t n;
        char copy[16];
        (void)rw_gguf_get_u64(g, kv->name, &u, NULL);
        (void)rw_gguf_get_i64(g, kv->name, &s, NULL);
        (void)rw_gguf_get_f64(g, kv->name, &d, NULL);
        (void)rw_gguf_get_bool(g, kv->name, &b, NULL);
        (void)rw_gguf_get_text(g, kv->name, copy, sizeof copy, NULL);
        if (!rw_gguf_get_str(g, kv->name, &text, &n, NULL)) (void)memchr(text, 255, n);
        for (uint64_t j = 0; j <= kv->count && j < 4; j++) {
            (void)rw_gguf_array_u64(g, kv->name, j, &u, NULL);
            (void)rw_gguf_array_i64(g, kv->name, j, &s, NULL);
            (void)rw_gguf_array_f64(g, kv->name, j, &d, NULL);
            (void)rw_gguf_array_bool(g, kv->name, j, &b, NULL);
            if (!rw_gguf_array_str(g, kv->name, j, &text, &n, NULL))
                (void)memchr(text, 255, n);
        }
        rw_gguf_strings it;
        if (!rw_gguf_strings_init(&it, g, kv->name, NULL))
            while (rw_gguf_strings_next(&it, &text, &n))
                (void)memchr(text, 255, n);
    }
    for (uint32_t i = 0; i < rw_gguf_n_tensor(g); i++) {
        const rw_gguf_tensor *t = rw_gguf_tensor_at(g, i);
        assert_ptr_equal(t, rw_gguf_find_tensor(g, t->name));
        const uint64_t n = t->n_element < 4 ? t->n_element : 4;
        (void)rw_gguf_tensor_read(g, t, t->n_element - n, n, values, NULL);
    }
}

static ropewalk_status open_and_use(const unsigned char *bytes, size_t n,
                                    ropewalk_error *err)
{
    rw_gguf *g = (rw_gguf *)(uintptr_t)bytes;
    const ropewalk_status status = rw_gguf_open_memory(bytes, n, 0, "test.gguf", &g, err);
    if (status) {
        assert_null(g);
        return status;
    }
    use_all(g);
    rw_gguf_close(g);
    return ROPEWALK_OK;
}

static rw_gguf *open_fixture(const char *name)
{
    rw_gguf *g;
    ropewalk_error err = {0};
    if (rw_gguf_open(fixture_path(name), &g, &err)) fail_msg("%s", err.message);
    return g;
}

static void test_model_keys(void **state)
{
    (void)state;
    rw_gguf *g = open_fixture("gguf_llama3.gguf");
    uint64_t u;
    double d, factors[32];
    char text[64];
    assert_int_equal(rw_gguf_version(g), 3);
    assert_int_equal(rw_gguf_n_file(g), 1);
    assert_int_equal(rw_gguf_get_text(g, "general.architecture", text, sizeof text, NULL),
                     0);
    assert_string_equal(text, "llama");
    assert_int_equal(rw_gguf_get_u64(g, "llama.context_length", &u, NULL), 0);
    assert_int_equal(u, 131072);
    assert_int_equal(rw_gguf_get_f64(g, "llama.rope.freq_base", &d, NULL), 0);
    assert_true(d == 500000);
    assert_null(rw_gguf_find_key(g, "llama.rope.freq_bas"));
    const rw_gguf_tensor *t = rw_gguf_find_tensor(g, "rope_freqs.weight");
    assert_non_null(t);
    assert_int_equal(t->n_element, 32);
    assert_string_equal(rw_ggml_type_name(t->type), "F32");
    assert_int_equal(rw_gguf_tensor_read(g, t, 0, 32, factors, NULL), 0);
    assert_true(factors[0] == 1 && factors[31] == 32);
    for (int i = 1; i < 32; i++)
        assert_true(factors[i] >= factors[i - 1]);
    t = rw_gguf_find_tensor(g, "blk.0.attn_q.weight");
    assert_int_equal(t->size_bytes, 34);
    assert_int_equal(rw_gguf_tensor_read(g, t, 0, 1, &d, NULL), ROPEWALK_E_UNSUPPORTED);
    rw_gguf_close(g);
}

static void check_error(const ropewalk_error *err, ropewalk_status status,
                        const char *words)
{
    if (err->status != status || !strstr(err->message, words) || !err->offset)
        fail_msg("status %d at byte %llu: \"%s\" lacks \"%s\"", (int)err->status,
                 (unsigned long long)err->offset, err->message, words);
}

static void test_kinds(void **state)
{
    (void)state;
    rw_gguf *g = open_fixture("gguf_kinds.gguf");
    static const struct {
        const char *name;
        int64_t value;
    } whole[] = {{"u8", 200},       {"i8", -100},        {"u16", 60000},
                 {"i16", -30000},   {"u32", 4000000000}, {"i32", -2000000000},
                 {"i64", INT64_MIN}};
    ropewalk_error err = {0};
    uint64_t u;
    int64_t s;
    double d;
    bool b;
    const char *text;
    size_t n;
    char copy[8];
    assert_int_equal(rw_gguf_version(g), 2);
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        assert_int_equal(rw_gguf_get_i64(g, whole[i].name, &s, &err), 0);
        assert_true(s == whole[i].value);
        const bool negative = whole[i].value < 0;
        assert_int_equal(rw_gguf_get_u64(g, whole[i].name, &u, &err),
                         negative ? ROPEWALK_E_FORMAT : ROPEWALK_OK);
        assert_true(u == (negative ? 0 : (uint64_t)whole[i].value));
        if (negative) check_error(&err, ROPEWALK_E_FORMAT, "below 0");
        if (s != INT64_MIN) {
            assert_int_equal(rw_gguf_get_f64(g, whole[i].name, &d, &err), 0);
            assert_true(d == (double)whole[i].value);
        }
    }
    assert_int_equal(rw_gguf_get_u64(g, "u64", &u, &err), 0);
    assert_true(u == UINT64_MAX);
    assert_int_equal(rw_gguf_get_i64(g, "u64", &s, &err), ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "signed range");
    assert_int_equal(rw_gguf_get_f64(g, "u64", &d, &err), ROPEWALK_E_FORMAT);
    assert_true(isnan(d));
    assert_int_equal(rw_gguf_get_f64(g, "f32", &d, &err), 0);
    assert_true(d == (double)0.1f);
    assert_int_equal(rw_gguf_get_f64(g, "f64", &d, &err), 0);
    assert_true(d == 0.1);
    assert_int_equal(rw_gguf_get_f64(g, "nan", &d, &err), ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "not a number");
    assert_int_equal(rw_gguf_get_f64(g, "inf", &d, &err), ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "infinite");
    assert_int_equal(rw_gguf_get_bool(g, "true", &b, &err), 0);
    assert_true(b);
    assert_int_equal(rw_gguf_get_bool(g, "u8", &b, &err), ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "\"u8\"");
    assert_int_equal(rw_gguf_get_u64(g, "string", &u, &err), ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "must be an integer, not of type string");
    assert_int_equal(rw_gguf_get_u64(g, "numbers", &u, &err), ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "single value");
    assert_int_equal(rw_gguf_get_u64(g, "absent", &u, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "missing"));

    assert_int_equal(rw_gguf_get_str(g, "nul", &text, &n, &err), 0);
    assert_int_equal(n, 3);
    assert_memory_equal(text, "a\0b", 3);
    assert_int_equal(rw_gguf_get_text(g, "nul", copy, sizeof copy, &err),
                     ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "NUL");
    assert_int_equal(rw_gguf_get_text(g, "string", copy, 4, &err), ROPEWALK_E_FORMAT);
    assert_int_equal(rw_gguf_get_text(g, "string", copy, 5, &err), 0);
    assert_string_equal(copy, "text");
    assert_int_equal(rw_gguf_get_text(g, "empty", copy, 1, &err), 0);
    assert_string_equal(copy, "");

    assert_int_equal(rw_gguf_array_i64(g, "numbers", 1, &s, &err), 0);
    assert_int_equal(s, -2);
    assert_int_equal(rw_gguf_array_u64(g, "numbers", 1, &u, &err), ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "-2");
    assert_int_equal(rw_gguf_array_i64(g, "numbers", 3, &s, &err), ROPEWALK_E_ARGUMENT);
    check_error(&err, ROPEWALK_E_ARGUMENT, "3 elements");
    assert_int_equal(rw_gguf_array_i64(g, "none", 0, &s, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_gguf_array_f64(g, "floats", 1, &d, &err), 0);
    assert_true(d == 2);
    assert_int_equal(rw_gguf_array_bool(g, "bools", 1, &b, &err), 0);
    assert_false(b);
    assert_int_equal(rw_gguf_array_str(g, "strings", 2, &text, &n, &err), 0);
    assert_int_equal(n, 3);
    assert_memory_equal(text, "ccc", 3);
    assert_int_equal(rw_gguf_array_str(g, "numbers", 0, &text, &n, &err),
                     ROPEWALK_E_FORMAT);
    assert_int_equal(rw_gguf_array_u64(g, "nested", 0, &u, &err), ROPEWALK_E_FORMAT);
    assert_int_equal(rw_gguf_array_u64(g, "u8", 0, &u, &err), ROPEWALK_E_FORMAT);
    rw_gguf_strings it;
    size_t total = 0, count = 0;
    assert_int_equal(rw_gguf_strings_init(&it, g, "strings", &err), 0);
    for (; rw_gguf_strings_next(&it, &text, &n); count++)
        total += n;
    assert_int_equal(count, 3);
    assert_int_equal(total, 4);
    assert_int_equal(rw_gguf_strings_init(&it, g, "numbers", &err), ROPEWALK_E_FORMAT);
    rw_gguf_close(g);
}

static void test_bool_of_two(void **state)
{
    (void)state;
    size_t n;
    unsigned char *bytes = read_fixture("gguf_kinds.gguf", &n);
    rw_gguf *g;
    ropewalk_error err = {0};
    bool b = true;
    assert_int_equal(rw_gguf_open_memory(bytes, n, 0, "bool", &g, &err), 0);
    bytes[rw_gguf_find_key(g, "true")->offset] = 2;
    assert_int_equal(rw_gguf_get_bool(g, "true", &b, &err), ROPEWALK_E_FORMAT);
    check_error(&err, ROPEWALK_E_FORMAT, "value 2");
    assert_false(b);
    rw_gguf_close(g);
    free(bytes);
}

static void test_tensors(void **state)
{
    (void)state;
    rw_gguf *g = open_fixture("gguf_kinds.gguf");
    ropewalk_error err = {0};
    double v[6];
    const rw_gguf_tensor *t = rw_gguf_find_tensor(g, "f16");
    assert_int_equal(rw_gguf_tensor_read(g, t, 0, 6, v, &err), 0);
    assert_true(v[0] == 1 && v[1] == -0x1p-24 && v[2] == 65504 && isinf(v[3]) &&
                isnan(v[4]));
    assert_true(v[5] == 0 && signbit(v[5]));
    assert_int_equal(rw_gguf_tensor_read(g, t, 2, 1, v, &err), 0);
    assert_true(v[0] == 65504);
    assert_int_equal(rw_gguf_tensor_read(g, t, 6, 0, v, &err), 0);
    assert_int_equal(rw_gguf_tensor_read(g, t, 6, 1, v, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_gguf_tensor_read(g, t, 1, UINT64_MAX, v, &err),
                     ROPEWALK_E_ARGUMENT);
    t = rw_gguf_find_tensor(g, "bf16");
    assert_int_equal(rw_gguf_tensor_read(g, t, 0, 4, v, &err), 0);
    assert_true(v[0] == 1 && v[1] == -2 && v[2] == 0.5 && v[3] == 384);
    t = rw_gguf_find_tensor(g, "f64");
    assert_int_equal(rw_gguf_tensor_read(g, t, 0, 2, v, &err), 0);
    assert_true(v[0] == 1.5 && isinf(v[1]));
    t = rw_gguf_find_tensor(g, "scalar");
    assert_int_equal(t->n_dim, 0);
    assert_int_equal(t->n_element, 1);
    assert_int_equal(rw_gguf_tensor_read(g, t, 0, 1, v, &err), 0);
    assert_true(v[0] == 7);
    t = rw_gguf_find_tensor(g, "empty");
    assert_int_equal(t->n_element, 0);
    t = rw_gguf_find_tensor(g, "new_type");
    assert_false(t->size_known);
    assert_int_equal(rw_gguf_tensor_read(g, t, 0, 1, v, &err), ROPEWALK_E_UNSUPPORTED);
    check_error(&err, ROPEWALK_E_UNSUPPORTED, "unknown (99)");
    assert_null(rw_gguf_tensor_at(g, rw_gguf_n_tensor(g)));
    assert_null(rw_gguf_find_tensor(g, "zzz"));
    rw_gguf_close(g);
}

static void test_block_layouts(void **state)
{
    (void)state;
    static const uint32_t removed[] = {4, 5, 31, 32, 33, 36, 37, 38, 43, 99, UINT32_MAX};
    static const struct {
        const char *name;
        uint32_t type, n_element, n_byte;
    } rows[] = {{"F32", 0, 1, 4},       {"Q8_1", 9, 32, 36},    {"Q2_K", 10, 256, 84},
                {"IQ1_S", 19, 256, 50}, {"IQ4_NL", 20, 32, 18}, {"TQ1_0", 34, 256, 54},
                {"MXFP4", 39, 32, 17},  {"NVFP4", 40, 64, 36},  {"Q2_0", 42, 64, 18}};
    uint32_t n_element, n_byte;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(rw_ggml_type_block(rows[i].type, &n_element, &n_byte));
        assert_int_equal(n_element, rows[i].n_element);
        assert_int_equal(n_byte, rows[i].n_byte);
        assert_string_equal(rw_ggml_type_name(rows[i].type), rows[i].name);
    }
    for (size_t i = 0; i < sizeof removed / sizeof *removed; i++) {
        assert_false(rw_ggml_type_block(removed[i], &n_element, &n_byte));
        assert_int_equal(n_byte, 0);
        assert_string_equal(rw_ggml_type_name(removed[i]), "unknown");
    }
}

static void test_bad(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"magic", "not a GGUF file", ROPEWALK_E_FORMAT},
        {"nothing", "ends after", ROPEWALK_E_FORMAT},
        {"v0", "version 0", ROPEWALK_E_FORMAT},
        {"v1", "version 1", ROPEWALK_E_UNSUPPORTED},
        {"v4", "version 4", ROPEWALK_E_UNSUPPORTED},
        {"big_endian", "big-endian", ROPEWALK_E_UNSUPPORTED},
        {"many_keys", "4000000000 keys", ROPEWALK_E_FORMAT},
        {"many_tensors", "9223372036854775808 tensors", ROPEWALK_E_FORMAT},
        {"key_wraps", "byte 24", ROPEWALK_E_FORMAT},
        {"string_wraps", "limit", ROPEWALK_E_FORMAT},
        {"string_long", "limit", ROPEWALK_E_FORMAT},
        {"array_wraps", "2305843009213693953 elements", ROPEWALK_E_FORMAT},
        {"array_billions", "3000000000 elements", ROPEWALK_E_FORMAT},
        {"array_type", "unknown value type 13", ROPEWALK_E_FORMAT},
        {"array_deep", "deeper than 4", ROPEWALK_E_FORMAT},
        {"kind", "unknown value type 13", ROPEWALK_E_FORMAT},
        {"key_empty", "is empty", ROPEWALK_E_FORMAT},
        {"key_nul", "NUL", ROPEWALK_E_FORMAT},
        {"key_twice", "key \"a\" stands twice", ROPEWALK_E_FORMAT},
        {"tensor_twice", "tensor \"t\" stands twice", ROPEWALK_E_FORMAT},
        {"alignment_0", "power of two", ROPEWALK_E_FORMAT},
        {"alignment_48", "power of two", ROPEWALK_E_FORMAT},
        {"alignment_u64", "power of two", ROPEWALK_E_FORMAT},
        {"alignment_huge", "power of two", ROPEWALK_E_FORMAT},
        {"dims_9", "9 dimensions", ROPEWALK_E_FORMAT},
        {"dims_wrap", "2^63 elements", ROPEWALK_E_FORMAT},
        {"size_wraps", "2^64 bytes", ROPEWALK_E_FORMAT},
        {"past_end", "truncated", ROPEWALK_E_FORMAT},
        {"offset_wraps", "truncated", ROPEWALK_E_FORMAT},
        {"offset_odd", "alignment 32", ROPEWALK_E_FORMAT},
        {"offset_end", "truncated", ROPEWALK_E_FORMAT},
        {"rows_cut", "multiple of the 32 of a Q8_0 block", ROPEWALK_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_bad(&cases[i], "gguf_bad_", ".gguf", open_and_use);
}

static void test_mutations(void **state)
{
    (void)state;
    for (int i = 0; i < N_GOOD; i++)
        mutate_fixture(good[i], open_and_use);
}

static void test_head_of_file(void **state)
{
    (void)state;
    size_t n;
    unsigned char *bytes = read_fixture("gguf_llama3.gguf", &n);
    rw_gguf *g;
    ropewalk_error err = {0};
    double v;
    /* The directory without the data: readable once told how long the file is. */
    assert_int_equal(rw_gguf_open_memory(bytes, n - 128, 0, "head", &g, &err),
                     ROPEWALK_E_FORMAT);
    assert_int_equal(rw_gguf_open_memory(bytes, n - 128, n, "head", &g, &err),
                     ROPEWALK_OK);
    const rw_gguf_tensor *t = rw_gguf_find_tensor(g, "rope_freqs.weight");
    assert_int_equal(rw_gguf_tensor_read(g, t, 0, 1, &v, &err), ROPEWALK_E_IO);
    check_error(&err, ROPEWALK_E_IO, "beyond the part");
    rw_gguf_close(g);
    free(bytes);
}

static void test_splits(void **state)
{
    (void)state;
    rw_gguf *g = open_fixture("gguf_split-00001-of-00003.gguf");
    double v[2];
    assert_int_equal(rw_gguf_n_file(g), 3);
    assert_int_equal(rw_gguf_n_tensor(g), 4);
    assert_int_equal(rw_gguf_n_key(g), 4);
    assert_null(rw_gguf_path(g, 3));
    for (int i = 0; i < 4; i++) {
        const char name[2] = {(char)('a' + i), 0};
        const rw_gguf_tensor *t = rw_gguf_find_tensor(g, name);
        assert_non_null(t);
        assert_ptr_equal(t, rw_gguf_tensor_at(g, (uint32_t)i));
        assert_int_equal(rw_gguf_tensor_read(g, t, 0, 2, v, NULL), 0);
        assert_true(v[0] == i + 1 && v[1] == -i - 1);
    }
    assert_non_null(
        strstr(rw_gguf_path(g, rw_gguf_find_tensor(g, "d")->file), "-00003-of-"));
    use_all(g);
    rw_gguf_close(g);

    static const struct {
        const char *name, *words;
        ropewalk_status status;
    } bad[] = {
        {"gguf_split-00002-of-00003.gguf", "gguf_split-00001-of-00003.gguf",
         ROPEWALK_E_UNSUPPORTED},
        {"gguf_lost-00001-of-00002.gguf", "gguf_lost-00002-of-00002.gguf", ROPEWALK_E_IO},
        {"gguf_short-00001-of-00002.gguf", "should hold 9 tensors", ROPEWALK_E_FORMAT},
        {"gguf_liar-00001-of-00002.gguf", "do not say member 2 of 2", ROPEWALK_E_FORMAT},
        {"gguf_twice-00001-of-00002.gguf", "tensor \"a\" stands twice",
         ROPEWALK_E_FORMAT},
        {"gguf_absent.gguf", "No such file", ROPEWALK_E_IO},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const int64_t live = rw_alloc_live();
        ropewalk_error err = {0};
        const ropewalk_status status = rw_gguf_open(fixture_path(bad[i].name), &g, &err);
        if (status != bad[i].status || !strstr(err.message, bad[i].words))
            fail_msg("%s: %d \"%s\"", bad[i].name, (int)status, err.message);
        assert_null(g);
        assert_int_equal(rw_alloc_live(), live);
    }

    /* Renamed, the first member can no longer find the others. */
    char path[] = "/tmp/rw_gguf_XXXXXX";
    const int fd = mkstemp(path);
    size_t n;
    unsigned char *bytes = read_fixture("gguf_split-00001-of-00003.gguf", &n);
    assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    (void)close(fd);
    ropewalk_error err = {0};
    assert_int_equal(rw_gguf_open(path, &g, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "-00001-of-00003.gguf"));
    (void)unlink(path);
    free(bytes);
}

static void fail_each_allocation(const char *name)
{
    const int64_t live = rw_alloc_live();
    for (int sticky = 0; sticky < 2; sticky++) {
        for (int64_t at = 0;; at++) {
            rw_gguf *g = NULL;
            ropewalk_error err = {0};
            rw_alloc_fail_at(at, sticky);
            const ropewalk_status status = rw_gguf_open(fixture_path(name), &g, &err);
            rw_alloc_fail_at(-1, 0);
            if (!status) {
                assert_true(at > 3);
                rw_gguf_close(g);
                break;
            }
            assert_int_equal(status, ROPEWALK_E_MEMORY);
            check_outcome(status, &err);
            assert_null(g);
            assert_int_equal(rw_alloc_live(), live);
        }
    }
    assert_int_equal(rw_alloc_live(), live);
}

static void test_no_memory(void **state)
{
    (void)state;
    fail_each_allocation("gguf_llama3.gguf");
    fail_each_allocation("gguf_split-00001-of-00003.gguf");
}

/* At each limit, and just above. */
static void test_name_limit(void **state)
{
    (void)state;
    const size_t n = 24 + 8 + 65536 + 5;
    unsigned char *b = calloc(1, n);
    assert_non_null(b);
    rw_gguf *g;
    ropewalk_error err = {0};
    memcpy(b, "GGUF\3", 5);
    b[16] = 1;
    for (int above = 0; above < 2; above++) {
        const size_t len = 65535 + (size_t)above;
        for (int i = 0; i < 4; i++)
            b[24 + i] = (unsigned char)(len >> (8 * i));
        memset(b + 32, 'a', len);
        memset(b + 32 + len, 0, n - 32 - len); /* type u8, value 0 */
        const ropewalk_status status = rw_gguf_open_memory(b, n, 0, "limit", &g, &err);
        assert_int_equal(status, above ? ROPEWALK_E_FORMAT : ROPEWALK_OK);
        rw_gguf_close(g);
    }
    free(b);
}

static void put_u64(unsigned char *b, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        b[i] = (unsigned char)(v >> (8 * i));
}

static void check_limit(const unsigned char *b, size_t n, bool above, const char *words)
{
    rw_gguf *g;
    ropewalk_error err = {0};
    const ropewalk_status status = rw_gguf_open_memory(b, n, 0, "limit", &g, &err);
    if (status != (above ? ROPEWALK_E_FORMAT : ROPEWALK_OK) ||
        (above && !strstr(err.message, words)))
        fail_msg("%s, above %d: %d \"%s\"", words, above, (int)status, err.message);
    rw_gguf_close(g);
}

static void test_other_limits(void **state)
{
    (void)state;
    const size_t string = 16u << 20, n = 24 + 9 + 4 + 8 + string + 1;
    unsigned char *b = calloc(1, n);
    assert_non_null(b);
    memcpy(b, "GGUF\3", 5);
    for (int above = 0; above < 2; above++) { /* one string value */
        put_u64(b + 16, 1);
        put_u64(b + 24, 1);
        b[32] = 'k';
        b[33] = RW_GGUF_STRING;
        put_u64(b + 37, string + (size_t)above);
        check_limit(b, n, above, "16777216");
    }
    for (int above = 0; above < 2; above++) { /* arrays in arrays: depth 4, then 5 */
        memset(b + 33, 0, 256);
        unsigned char *p = b + 33;
        *p = RW_GGUF_ARRAY;
        p += 4;
        for (int depth = 1; depth < 4 + above; depth++, p += 12) {
            p[0] = RW_GGUF_ARRAY;
            p[4] = 1; /* element */
        }
        p += 12; /* u8, no elements */
        check_limit(b, (size_t)(p - b), above, "deeper");
    }
    for (int above = 0; above < 2; above++) { /* dimensions of a tensor */
        memset(b + 5, 0, 256);
        put_u64(b + 8, 1);
        put_u64(b + 24, 1);
        b[32] = 't';
        b[33] = (unsigned char)(8 + above);
        for (int d = 0; d < 8 + above; d++)
            put_u64(b + 37 + 8 * d, 1);
        check_limit(b, 1024, above, "9 dimensions");
    }
    for (int above = 0; above < 2; above++) { /* alignment */
        static const char name[] = "general.alignment";
        memset(b + 5, 0, 256);
        put_u64(b + 16, 1);
        put_u64(b + 24, sizeof name - 1);
        memcpy(b + 32, name, sizeof name - 1);
        b[49] = RW_GGUF_U32;
        b[55] = (unsigned char)(16 << above); /* 2^20, 2^21 */
        check_limit(b, 57, above, "power of two");
    }
    /* Counts: files that could hold them, so that only the limit speaks. */
    memset(b + 5, 0, 256);
    put_u64(b + 16, 1000001);
    check_limit(b, n, true, "1000001 keys: more than the limit");
    put_u64(b + 16, 1000000);
    check_limit(b, 1000000 * 13, true, "1000000 keys: more than the file can hold");
    put_u64(b + 16, 0);
    put_u64(b + 8, 600000);
    check_limit(b, 600000 * 24, true, "can hold");
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model_keys),    cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_bool_of_two),   cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_block_layouts), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_mutations),     cmocka_unit_test(test_head_of_file),
        cmocka_unit_test(test_splits),        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_name_limit),    cmocka_unit_test(test_other_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
