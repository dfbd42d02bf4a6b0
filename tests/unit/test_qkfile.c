/* test_qkfile.c - given vectors and captures: reading, refusing, writing. */
#define _POSIX_C_SOURCE 200809L
#include "unit/format_fixture.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/qkfile.h"

static void use_all(const rw_qkfile *f)
{
    ropewalk_error err;
    double v[16];
    for (uint32_t i = 0; i < rw_qkfile_n_row(f); i++) {
        assert_true(rw_qkfile_position(f, i) >= (int64_t)i);
        (void)rw_qkfile_token(f, i);
        (void)rw_qkfile_is_special(f, i);
    }
    for (uint32_t i = 0; i < rw_qkfile_n_layer(f); i++) {
        assert_true(rw_qkfile_layer(f, i)->head_dim <= 16);
        for (const char *which = "qkQK"; *which; which++)
            (void)rw_qkfile_read(f, *which, i, rw_qkfile_n_row(f) - 1, 0, v, &err);
    }
    uint32_t n_q, n_k, head_dim;
    if (rw_qkfile_given_shape(f, &n_q, &n_k, &head_dim, &err)) return;
    double *q = malloc(sizeof *q * n_q * head_dim),
           *k = malloc(sizeof *k * n_k * head_dim);
    (void)rw_qkfile_given_read(f, q, k, &err);
    free(q);
    free(k);
}

static ropewalk_status open_and_use(const unsigned char *bytes, size_t n,
                                    ropewalk_error *err)
{
    rw_qkfile *f = (rw_qkfile *)(uintptr_t)bytes;
    const ropewalk_status status =
        rw_qkfile_open_memory(bytes, n, "test.safetensors", &f, err);
    if (status) {
        assert_null(f);
        return status;
    }
    use_all(f);
    rw_qkfile_close(f);
    return ROPEWALK_OK;
}

static rw_qkfile *open_path(const char *path)
{
    rw_qkfile *f;
    ropewalk_error err = {0};
    if (rw_qkfile_open(path, &f, &err)) fail_msg("%s", err.message);
    return f;
}

static void test_given(void **state)
{
    (void)state;
    rw_qkfile *f = open_path(fixture_path("st_given.safetensors"));
    uint32_t n_q, n_k, head_dim, n;
    double q[24], k[32];
    ropewalk_error err = {0};
    assert_false(rw_qkfile_is_capture(f));
    assert_int_equal(rw_qkfile_given_shape(f, &n_q, &n_k, &head_dim, &err), 0);
    assert_int_equal(n_q, 3);
    assert_int_equal(n_k, 4);
    assert_int_equal(head_dim, 8);
    assert_int_equal(rw_qkfile_given_read(f, q, k, &err), 0);
    for (int i = 0; i < 24; i++)
        assert_true(q[i] == (i * 5 % 17 - 8) / 8.0);
    for (int i = 0; i < 32; i++)
        assert_true(k[i] == (i * 7 % 17 - 8) / 8.0);
    const double *w = rw_qkfile_given_inv_freq(f, &n);
    assert_int_equal(n, 4);
    assert_true(w[0] == 1 && w[1] == 0.1 && w[2] == 0.01 && w[3] == 0);
    assert_int_equal(rw_qkfile_n_layer(f), 0);
    assert_null(rw_qkfile_layer(f, 0));
    assert_int_equal(rw_qkfile_read(f, 'q', 0, 0, 0, q, &err), ROPEWALK_E_ARGUMENT);
    rw_qkfile_close(f);
    f = open_path(fixture_path("st_given_plain.safetensors"));
    assert_null(rw_qkfile_given_inv_freq(f, &n));
    assert_int_equal(n, 0);
    rw_qkfile_close(f);
}

static void test_not_finite(void **state)
{
    (void)state;
    static const struct {
        const char *fixture, *words;
    } rows[] = {{"qk_bad_given_nan.safetensors", "\"q\" row 1 column 5 is not a number"},
                {"qk_bad_given_inf.safetensors", "\"q\" row 2 column 0 is infinite"}};
    for (int i = 0; i < 2; i++) {
        rw_qkfile *f = open_path(fixture_path(rows[i].fixture));
        double q[24], k[32];
        ropewalk_error err = {0};
        assert_int_equal(rw_qkfile_given_read(f, q, k, &err), ROPEWALK_E_FORMAT);
        if (!strstr(err.message, rows[i].words)) fail_msg("%s", err.message);
        assert_true(err.offset > 0);
        rw_qkfile_close(f);
    }
    /* In a capture: the last value of the last tensor before the positions. */
    size_t n;
    unsigned char *bytes = read_fixture("st_capture.safetensors", &n);
    memset(bytes + n - 3 * 8 - 4, 0xff, 4);
    rw_qkfile *f;
    ropewalk_error err = {0};
    double v[4];
    assert_int_equal(rw_qkfile_open_memory(bytes, n, "nan", &f, &err), 0);
    assert_int_equal(rw_qkfile_read(f, 'k', 1, 1, 0, v, &err), 0);
    assert_int_equal(rw_qkfile_read(f, 'k', 1, 2, 0, v, &err), ROPEWALK_E_FORMAT);
    if (!strstr(err.message, "row 2 head 0 column 3")) fail_msg("%s", err.message);
    rw_qkfile_close(f);
    free(bytes);
}

static void test_capture(void **state)
{
    (void)state;
    rw_qkfile *f = open_path(fixture_path("st_capture.safetensors"));
    static const int64_t positions[3] = {0, 1, 5}, tokens[3] = {1, 20, 300};
    uint32_t n_q, n_k, head_dim;
    double v[4];
    ropewalk_error err = {0};
    assert_true(rw_qkfile_is_capture(f));
    assert_int_equal(rw_qkfile_given_shape(f, &n_q, &n_k, &head_dim, &err),
                     ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkfile_given_read(f, v, v, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkfile_n_row(f), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(rw_qkfile_position(f, i), positions[i]);
        assert_int_equal(rw_qkfile_token(f, i), tokens[i]);
        assert_int_equal(rw_qkfile_is_special(f, i), i == 0);
    }
    assert_int_equal(rw_qkfile_position(f, 3), -1);
    assert_int_equal(rw_qkfile_token(f, 3), -1);
    assert_false(rw_qkfile_is_special(f, 3));
    assert_string_equal(rw_qkfile_meta(f, "model"), "tiny");
    assert_null(rw_qkfile_meta(f, "absent"));

    assert_int_equal(rw_qkfile_n_layer(f), 2);
    const rw_qk_layer *l = rw_qkfile_layer(f, 0);
    assert_int_equal(l->layer, 0);
    assert_int_equal(l->n_head_q, 2);
    assert_int_equal(l->n_head_kv, 1);
    assert_int_equal(l->head_dim, 4);
    assert_int_equal(l->rotary_dim, 4);
    assert_false(l->interleaved);
    assert_true(l->attn_factor == 1 && l->softmax_scale == 0.5 && l->rope_theta == 10000);
    assert_int_equal(l->window, 0);
    assert_true(l->inv_freq[0] == 1 && l->inv_freq[1] == 0.01);
    l = rw_qkfile_layer(f, 1);
    assert_int_equal(l->layer, 3);
    assert_int_equal(l->rotary_dim, 0);
    assert_int_equal(l->window, 128);

    for (int row = 0; row < 3; row++)
        for (int head = 0; head < 2; head++) {
            assert_int_equal(
                rw_qkfile_read(f, 'q', 0, (uint32_t)row, (uint32_t)head, v, &err), 0);
            for (int i = 0; i < 4; i++)
                assert_true(v[i] == (((row * 2 + head) * 4 + i) * 5 % 17 - 8) / 8.0);
        }
    assert_int_equal(rw_qkfile_read(f, 'k', 1, 2, 0, v, &err), 0);
    for (int i = 0; i < 4; i++)
        assert_true(v[i] == ((8 + i) * 10 % 17 - 8) / 8.0);
    assert_int_equal(rw_qkfile_read(f, 'Q', 0, 0, 1, v, &err), 0);
    assert_int_equal(rw_qkfile_read(f, 'Q', 1, 0, 1, v, &err), ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(err.message, "blocks.3.attn.hook_rot_q"));
    assert_int_equal(rw_qkfile_read(f, 'K', 0, 0, 0, v, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkfile_read(f, 'k', 0, 0, 1, v, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkfile_read(f, 'q', 0, 3, 0, v, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkfile_read(f, 'q', 2, 0, 0, v, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkfile_read(f, 'x', 0, 0, 0, v, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkfile_read(f, '\0', 0, 0, 0, v, &err), ROPEWALK_E_ARGUMENT);
    rw_qkfile_close(f);

    f = open_path(fixture_path("st_capture_bare.safetensors"));
    assert_int_equal(rw_qkfile_position(f, 2), 2);
    assert_int_equal(rw_qkfile_token(f, 2), -1);
    assert_false(rw_qkfile_is_special(f, 0));
    rw_qkfile_close(f);
}

static void test_bad(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"given_freq_nan", "element 0 is", ROPEWALK_E_FORMAT},
        {"given_freq_big", "1025", ROPEWALK_E_FORMAT},
        {"given_freq_negative", "-0.5", ROPEWALK_E_FORMAT},
        {"given_freq_long", "inv_freq", ROPEWALK_E_FORMAT},
        {"given_no_k", "no \"k\"", ROPEWALK_E_FORMAT},
        {"given_no_q", "no \"q\"", ROPEWALK_E_FORMAT},
        {"given_odd", "head_dim 1;", ROPEWALK_E_FORMAT},
        {"given_zero", "head_dim 0;", ROPEWALK_E_FORMAT},
        {"given_rows_0", "rows", ROPEWALK_E_FORMAT},
        {"given_dims", "2 dimensions", ROPEWALK_E_FORMAT},
        {"given_differ", "2 and 4", ROPEWALK_E_FORMAT},
        {"given_int", "BF16", ROPEWALK_E_FORMAT},
        {"nothing", "neither", ROPEWALK_E_FORMAT},
        {"no_rotations", "\"rotations\" is missing", ROPEWALK_E_FORMAT},
        {"rotations_object", "\"rotations\" must be a JSON array", ROPEWALK_E_FORMAT},
        {"rotations_json", "\"rotations\": JSON is malformed", ROPEWALK_E_FORMAT},
        {"rotations_numbers", "\"rotations\", element 0", ROPEWALK_E_FORMAT},
        {"rotation_missing", "layer 3: it is not described", ROPEWALK_E_FORMAT},
        {"rotation_twice", "layer 0: it is described twice", ROPEWALK_E_FORMAT},
        {"rotation_extra", "layer 7: the file has no tensors", ROPEWALK_E_FORMAT},
        {"rotation_layer", "\"layer\" is -1", ROPEWALK_E_FORMAT},
        {"rotary_odd", "odd", ROPEWALK_E_FORMAT},
        {"rotary_wide", "\"rotary_dim\" is 6", ROPEWALK_E_FORMAT},
        {"rotary_none", "\"rotary_dim\"", ROPEWALK_E_FORMAT},
        {"freq_short", "rotary_dim/2 = 2", ROPEWALK_E_FORMAT},
        {"freq_negative", "\"inv_freq\" element 1", ROPEWALK_E_FORMAT},
        {"freq_big", "\"inv_freq\" element 1", ROPEWALK_E_FORMAT},
        {"freq_null", "\"inv_freq\" element 1", ROPEWALK_E_FORMAT},
        {"freq_none", "\"inv_freq\"", ROPEWALK_E_FORMAT},
        {"attn_0", "above 0", ROPEWALK_E_FORMAT},
        {"attn_none", "\"attn_factor\"", ROPEWALK_E_FORMAT},
        {"scale_0", "\"softmax_scale\" is 0", ROPEWALK_E_FORMAT},
        {"scale_text", "\"softmax_scale\"", ROPEWALK_E_FORMAT},
        {"window_negative", "\"window\" is -1", ROPEWALK_E_FORMAT},
        {"window_real", "\"window\"", ROPEWALK_E_FORMAT},
        {"pairs", "neox", ROPEWALK_E_FORMAT},
        {"pairs_none", "\"pairs\"", ROPEWALK_E_FORMAT},
        {"no_hook_k", "blocks.3.attn.hook_k", ROPEWALK_E_FORMAT},
        {"head_dim_odd", "head_dim 1;", ROPEWALK_E_FORMAT},
        {"heads", "does not fit", ROPEWALK_E_FORMAT},
        {"positions_fall", "element 2 is 1", ROPEWALK_E_FORMAT},
        {"positions_equal", "element 2 is 1", ROPEWALK_E_FORMAT},
        {"positions_negative", "element 0 is -1", ROPEWALK_E_FORMAT},
        {"positions_big", "2147483648", ROPEWALK_E_FORMAT},
        {"positions_few", "I64 [3]", ROPEWALK_E_FORMAT},
        {"tokens_few", "2 elements", ROPEWALK_E_FORMAT},
        {"tokens_text", "element 2", ROPEWALK_E_FORMAT},
        {"tokens_negative", "element 1", ROPEWALK_E_FORMAT},
        {"texts", "element 2", ROPEWALK_E_FORMAT},
        {"special_row", "row number", ROPEWALK_E_FORMAT},
        {"special_real", "row number", ROPEWALK_E_FORMAT},
        {"gqa", "3 query heads, not a multiple of its 2", ROPEWALK_E_FORMAT},
        {"positions_q", "not supported", ROPEWALK_E_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_bad(&cases[i], "qk_bad_", ".safetensors", open_and_use);
}

static void test_mutations(void **state)
{
    (void)state;
    mutate_fixture("st_given.safetensors", open_and_use);
    mutate_fixture("st_capture.safetensors", open_and_use);
}

static void fail_each_allocation(const char *name)
{
    const int64_t live = rw_alloc_live();
    for (int64_t at = 0;; at++) {
        rw_qkfile *f = NULL;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_qkfile_open(fixture_path(name), &f, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            assert_true(at >= 6);
            rw_qkfile_close(f);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        check_outcome(status, &err);
        assert_null(f);
        assert_int_equal(rw_alloc_live(), live);
    }
    assert_int_equal(rw_alloc_live(), live);
}

/* --- the writer ---------------------------------------------------------------------------- */

static const rw_qk_tensor layout[] = {
    {"blocks.2.attn.hook_q", "F32", 3, {2, 2, 2}},
    {"positions", "I64", 1, {2}},
    {"blocks.2.attn.hook_k", "F64", 3, {2, 1, 2}},
};
static const char *const metadata[] = {
    "model",
    "a \"name\" \xc3\xa9",
    "rotations",
    "[{\"layer\":2,\"rotary_dim\":2,\"pairs\":\"interleaved\",\"inv_freq\":[1],\"attn_"
    "factor\":1}]",
};
static const float q_data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const double k_data[4] = {-1, 0.5, 0.1, 1e300};
static const int64_t position_data[2] = {7, 2147483647};

static char folder[] = "/tmp/rw_qkfile_XXXXXX";

static const char *output_path(const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static ropewalk_status write_capture(const char *path, bool all, ropewalk_error *err)
{
    rw_qkwriter *w = (rw_qkwriter *)(uintptr_t)path;
    ropewalk_status status = rw_qkwriter_open(path, layout, 3, metadata, 4, &w, err);
    if (status) {
        assert_null(w);
        return status;
    }
    /* Out of order and in pieces. */
    status = rw_qkwriter_write(w, 2, 16, k_data + 2, 16, err);
    if (!status) status = rw_qkwriter_write(w, 0, 0, q_data, 32, err);
    if (!status) status = rw_qkwriter_write(w, 1, 0, position_data, 16, err);
    if (!status && all) status = rw_qkwriter_write(w, 2, 0, k_data, 16, err);
    if (!status) return rw_qkwriter_commit(w, err);
    rw_qkwriter_abort(w);
    return status;
}

static void test_writer(void **state)
{
    (void)state;
    const char *path = output_path("capture.safetensors");
    ropewalk_error err = {0};
    const int64_t live = rw_alloc_live();
    assert_int_equal(write_capture(path, false, &err), ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(err.message, "16 of 32 bytes"));
    assert_int_not_equal(access(path, F_OK), 0);
    if (write_capture(path, true, &err)) fail_msg("%s", err.message);
    assert_int_equal(rw_alloc_live(), live);

    rw_qkfile *f = open_path(path);
    double v[2];
    assert_string_equal(rw_qkfile_meta(f, "model"), metadata[1]);
    assert_int_equal(rw_qkfile_n_layer(f), 1);
    const rw_qk_layer *l = rw_qkfile_layer(f, 0);
    assert_int_equal(l->layer, 2);
    assert_int_equal(l->rotary_dim, 2);
    assert_true(l->interleaved && l->inv_freq[0] == 1);
    assert_true(isnan(l->softmax_scale) && isnan(l->rope_theta));
    assert_int_equal(rw_qkfile_position(f, 0), 7);
    assert_int_equal(rw_qkfile_position(f, 1), 2147483647);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(rw_qkfile_read(f, 'q', 0, i / 2, i % 2, v, &err), 0);
        assert_true(v[0] == 2 * i + 1 && v[1] == 2 * i + 2);
    }
    assert_int_equal(rw_qkfile_read(f, 'k', 0, 1, 0, v, &err), 0);
    assert_true(v[0] == 0.1 && v[1] == 1e300);
    rw_qkfile_close(f);
    (void)unlink(path);
}

static void test_writer_refuses(void **state)
{
    (void)state;
    static const rw_qk_tensor bad[][2] = {
        {{"a", "F32", 1, {1}}, {"a", "F32", 1, {1}}},
        {{"a", "F16", 1, {1}}, {"b", "F32", 1, {1}}},
        {{"", "F32", 1, {1}}, {"b", "F32", 1, {1}}},
        {{"__metadata__", "F32", 1, {1}}, {"b", "F32", 1, {1}}},
        {{"a", "F32", 5, {1}}, {"b", "F32", 1, {1}}},
        {{"a", "F32", 2, {UINT64_MAX, 2}}, {"b", "F32", 1, {1}}},
        {{"a", "F64", 1, {UINT64_C(1) << 59}}, {"b", "F64", 1, {UINT64_C(1) << 59}}},
    };
    const char *path = output_path("refused.safetensors");
    rw_qkwriter *w;
    ropewalk_error err = {0};
    const int64_t live = rw_alloc_live();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rw_qkwriter_open(path, bad[i], 2, NULL, 0, &w, &err),
                         ROPEWALK_E_ARGUMENT);
        assert_null(w);
    }
    static const char *const bad_metadata[] = {"\xff", "v"};
    assert_int_equal(rw_qkwriter_open(path, layout, 3, metadata, 3, &w, &err),
                     ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkwriter_open(path, layout, 3, bad_metadata, 2, &w, &err),
                     ROPEWALK_E_ARGUMENT);
    assert_int_equal(
        rw_qkwriter_open(output_path("no/such"), layout, 3, metadata, 4, &w, &err),
        ROPEWALK_E_IO);
    assert_int_equal(rw_qkwriter_open(path, layout, 3, metadata, 4, &w, &err),
                     ROPEWALK_OK);
    assert_int_equal(rw_qkwriter_write(w, 3, 0, q_data, 1, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkwriter_write(w, 0, 0, q_data, 33, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkwriter_write(w, 0, 33, q_data, 0, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_qkwriter_write(w, 0, 1, q_data, UINT64_MAX, &err),
                     ROPEWALK_E_ARGUMENT);
    rw_qkwriter_abort(w);
    rw_qkwriter_abort(NULL);
    assert_int_equal(rw_alloc_live(), live);
    assert_int_not_equal(access(path, F_OK), 0);

    /* A device: in order works, out of order is refused. */
    assert_int_equal(write_capture("/dev/null", true, &err), ROPEWALK_E_IO);
    assert_non_null(strstr(err.message, "in file order"));
    assert_int_equal(rw_qkwriter_open("/dev/null", layout, 3, metadata, 4, &w, &err), 0);
    assert_int_equal(rw_qkwriter_write(w, 0, 0, q_data, 32, &err), 0);
    assert_int_equal(rw_qkwriter_write(w, 1, 0, position_data, 16, &err), 0);
    assert_int_equal(rw_qkwriter_write(w, 2, 0, k_data, 32, &err), 0);
    assert_int_equal(rw_qkwriter_commit(w, &err), 0);
    assert_int_equal(rw_alloc_live(), live);
}

static void test_no_memory(void **state)
{
    (void)state;
    fail_each_allocation("st_given.safetensors");
    fail_each_allocation("st_capture.safetensors");
    const int64_t live = rw_alloc_live();
    const char *path = output_path("memory.safetensors");
    for (int64_t at = 0;; at++) {
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = write_capture(path, true, &err);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) {
            assert_true(at >= 4);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_int_not_equal(access(path, F_OK), 0);
    }
    (void)unlink(path);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails when anything was left behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given),          cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_capture),        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_mutations),      cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_refuses), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
