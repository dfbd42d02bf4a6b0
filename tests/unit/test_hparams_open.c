/* test_hparams_open.c - the reader is chosen by content, for paths and for sources of bytes. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_read.h"
#include "folder_build.h"
#include "format/limits.h"

static const char *const folder = "test_open.tmp";

static const char *in_fixtures(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/fixtures/%s", RW_TEST_DIR, name);
    return path;
}

static void by_content(void **state)
{
    (void)state;
    rw_hparams hp;
    ropewalk_error err = {0};
    assert_int_equal(rw_hparams_read_path(in_fixtures("gguf_llama.gguf"), &hp, &err),
                     ROPEWALK_OK);
    assert_int_equal(hp.kind, RW_FILE_GGUF);
    clear(&hp);
    start_folder(folder);
    put_text(folder, "model.gguf", "{\"rope_theta\":10000}"); /* the name says nothing */
    assert_int_equal(rw_hparams_read_path("test_open.tmp/model.gguf", &hp, &err),
                     ROPEWALK_OK);
    assert_int_equal(hp.kind, RW_FILE_CONFIG);
    expect(&hp, RW_HP_ROPE_THETA, 10000, "rope_theta");
    clear(&hp);
    end_folder(folder);
}

static void refused(const char *path, ropewalk_status status, const char *words)
{
    rw_hparams hp;
    ropewalk_error err = {0};
    assert_int_equal(rw_hparams_read_path(path, &hp, &err), status);
    if (!strstr(err.message, words)) fail_msg("%s: %s", path, err.message);
    assert_null(hp.file);
    assert_int_equal(rw_alloc_live(), 0);
}

static void what_is_none(void **state)
{
    (void)state;
    start_folder(folder);
    refused(folder, ROPEWALK_E_IO, "test_open.tmp/config.json");
    refused("test_open.tmp/missing", ROPEWALK_E_IO, "missing");
    put_weights(folder, "model.safetensors",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 8);
    refused("test_open.tmp/model.safetensors", ROPEWALK_E_FORMAT, "give its folder");
    put_text(folder, "page.json", "<html>");
    refused("test_open.tmp/page.json", ROPEWALK_E_FORMAT, "HTML");
    put_text(folder, "short.json", "{");
    refused("test_open.tmp/short.json", ROPEWALK_E_FORMAT, "malformed");
    put_text(folder, "config.json", "[]");
    refused(folder, ROPEWALK_E_FORMAT, "config.json");
    end_folder(folder);
}

/* A source in memory, which counts and can fail. */
typedef struct memory {
    const char *bytes;
    size_t n;
    int n_read, fail_at;
} memory;

static ropewalk_status read_memory(void *ctx, uint64_t offset, size_t n, void *out,
                                   ropewalk_error *err)
{
    memory *m = ctx;
    if (m->n_read++ == m->fail_at)
        return rw_fail(err, ROPEWALK_E_IO, 0, "the line is dead");
    assert_true(offset <= m->n && n <= m->n - offset);
    memcpy(out, m->bytes + offset, n);
    return ROPEWALK_OK;
}

static ropewalk_status read_source(memory *m, uint64_t size, rw_hparams *hp,
                                   ropewalk_error *err)
{
    const rw_source source = {"somewhere", size, read_memory, m};
    memset(err, 0, sizeof *err);
    return rw_hparams_read_source(&source, hp, err);
}

static void sources(void **state)
{
    (void)state;
    static const char json[] = "{\"rope_theta\":10000}";
    rw_hparams hp;
    ropewalk_error err;
    memory m = {json, sizeof json - 1, 0, -1};
    assert_int_equal(read_source(&m, m.n, &hp, &err), ROPEWALK_OK);
    expect(&hp, RW_HP_ROPE_THETA, 10000, "rope_theta");
    assert_string_equal(hp.file, "somewhere");
    clear(&hp);
    /* nothing is asked of what is too long to be a config.json */
    m.n_read = 0;
    assert_int_equal(read_source(&m, (uint64_t)RW_MAX_CONFIG + 1, &hp, &err),
                     ROPEWALK_E_FORMAT);
    assert_int_equal(m.n_read, 1);
    assert_non_null(strstr(err.message, "somewhere"));
    assert_int_equal(read_source(&m, 0, &hp, &err), ROPEWALK_E_FORMAT);
    for (m.fail_at = 0; m.fail_at < 2; m.fail_at++) {
        m.n_read = 0;
        assert_int_equal(read_source(&m, m.n, &hp, &err), ROPEWALK_E_IO);
        assert_null(hp.file);
    }
    memory st = {"\5\0\0\0\0\0\0\0{}   ", 13, 0, -1};
    assert_int_equal(read_source(&st, st.n, &hp, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "safetensors"));
    memory gguf = {"GGUF\3\0\0\0", 8, 0, -1};
    assert_int_equal(read_source(&gguf, gguf.n, &hp, &err), ROPEWALK_E_FORMAT);
    assert_null(hp.file);
    for (int at = 0; at < 4; at++) {
        m.fail_at = -1;
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = read_source(&m, m.n, &hp, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) rw_hparams_clear(&hp);
        assert_true(!status || status == ROPEWALK_E_MEMORY);
        assert_int_equal(rw_alloc_live(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_content),
        cmocka_unit_test(what_is_none),
        cmocka_unit_test(sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
