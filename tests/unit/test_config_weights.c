/* test_config_weights.c - what safetensors headers add: the type of weights, rows of layer 0. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_read.h"
#include "folder_build.h"

static const char *const folder = "test_weights.tmp";

static const char config[] = "{\"model_type\":\"m\",\"torch_dtype\":\"bfloat16\"}";
static const char lfs[] =
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";

static void read_folder(rw_hparams *hp)
{
    ropewalk_error err = {0};
    if (rw_hparams_read_path(folder, hp, &err)) fail_msg("%s", err.message);
}

static void types_and_rows(void **state)
{
    (void)state;
    rw_hparams hp;
    start_folder(folder);
    put_text(folder, "config.json", config);
    read_folder(&hp); /* nothing beside it */
    assert_string_equal(hp.dtype, "BF16");
    assert_string_equal(hp.note_dtype, "");
    assert_int_equal(hp.rows_q, 0);
    clear(&hp);
    put_weights(
        folder, "model-00001-of-00002.safetensors",
        "{\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"BF16\",\"shape\":["
        "8,4],\"data_offsets\":[0,64]},"
        "\"vision.layers.0.self_attn.k_proj.weight\":{\"dtype\":\"BF16\",\"shape\":["
        "6,2],\"data_offsets\":[64,88]}}",
        88);
    put_weights(
        folder, "model-00002-of-00002.safetensors",
        "{\"model.layers.0.self_attn.k_proj.weight\":{\"dtype\":\"BF16\",\"shape\":["
        "2,4],\"data_offsets\":[0,16]},\"norm\":{\"dtype\":\"F32\",\"shape\":[64],"
        "\"data_offsets\":[16,272]}}",
        272);
    read_folder(&hp);
    assert_string_equal(hp.dtype, "BF16");
    assert_string_equal(hp.note_dtype, "the type of most weights");
    assert_int_equal(hp.rows_q, 8);
    assert_int_equal(hp.rows_k, 2);
    assert_string_equal(hp.file, "test_weights.tmp/config.json");
    clear(&hp);
    /* the weights win, and the contradiction is told; other files than model* do not count */
    put_weights(folder, "model-00002-of-00002.safetensors",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[64,1],\"data_offsets\":[0,256]}}",
                256);
    put_weights(folder, "consolidated.safetensors",
                "{\"w\":{\"dtype\":\"F64\",\"shape\":[64,4],\"data_offsets\":[0,2048]}}",
                2048);
    read_folder(&hp);
    assert_string_equal(hp.dtype, "F32");
    assert_string_equal(hp.note_dtype, "of most weights; torch_dtype says BF16");
    clear(&hp);
    end_folder(folder);
}

static void pointers(void **state)
{
    (void)state;
    rw_hparams hp;
    start_folder(folder);
    put_text(folder, "config.json", config);
    put_text(folder, "model.safetensors", lfs);
    read_folder(&hp);
    assert_string_equal(hp.dtype, "BF16");
    assert_non_null(strstr(hp.note_dtype, "1 files are Git LFS pointers"));
    clear(&hp);
    end_folder(folder);
}

static void broken(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_error err = {0};
    start_folder(folder);
    put_text(folder, "config.json", config);
    put_text(folder, "model.safetensors", "garbage, and more of it");
    assert_int_equal(rw_hparams_read_path(folder, &hp, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "model.safetensors"));
    assert_null(hp.file);
    assert_int_equal(rw_alloc_live(), 0);
    end_folder(folder);
}

static void no_memory(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_error err = {0};
    start_folder(folder);
    put_text(folder, "config.json", config);
    put_weights(folder, "model.safetensors",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 8);
    for (int at = 0;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_hparams_read_path(folder, &hp, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            assert_true(at > 6);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_int_equal(rw_alloc_live(), 0);
    }
    clear(&hp);
    end_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_rows),
        cmocka_unit_test(pointers),
        cmocka_unit_test(broken),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
