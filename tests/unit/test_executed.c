/* test_executed.c - a model described from a capture, alone and against a declaration. */
#include "unit/capture_fixture.h"

#include "base/alloc.h"
#include "diff/diff.h"
#include "model/executed.h"

static capture c;

static void described_from_the_capture(void **state)
{
    (void)state;
    rw_model_info m;
    capture_fill(&c, 1);
    rw_qkfile *file = capture_open(&c);
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_model_from_capture(file, "x", &m, NULL);
        rw_alloc_fail_at(-1, 0);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        if (rw_alloc_live() != live) fail_msg("allocation %d: blocks are left", at);
    }
    assert_true(at > 5);
    assert_string_equal(m.name, "small");
    assert_int_equal(m.n_layer, CAP_LAYER);
    assert_int_equal(m.n_rotation, 1); /* shared by layers 0 and 2 */
    assert_int_equal(m.layers[0].rotation, 0);
    assert_int_equal(m.layers[1].rotation, -1);
    assert_int_equal(m.layers[2].rotation, 0);
    assert_int_equal(m.layers[2].window, 64);
    assert_int_equal(m.layers[2].attention, RW_ATTENTION_SLIDING);
    assert_int_equal(m.layers[0].n_head_kv, CAP_HK);
    rw_model_info_clear(&m);
    rw_qkfile_close(file);
}

/* Layers, windows and operator parameters against what a description says. */
static void against_a_declaration(void **state)
{
    (void)state;
    static rw_model_diff d;
    static const char json[] =
        "{\"model_type\":\"llama\",\"num_hidden_layers\":3,\"hidden_size\":64,"
        "\"num_attention_heads\":4,\"num_key_value_heads\":2,\"head_dim\":16,"
        "\"intermediate_size\":64,\"vocab_size\":32,"
        "\"max_position_embeddings\":4096,\"rope_theta\":20000.0}";
    const rw_diff_use use = {0};
    rw_hparams hp;
    rw_model_diff_init(&d);
    assert_int_equal(
        rw_hparams_read_config(json, sizeof json - 1, "config.json", &hp, NULL), 0);
    capture_fill(&c, 1);
    c.interleaved = 1;
    rw_qkfile *file = capture_open(&c);
    assert_int_equal(rw_diff_executed(&hp, file, "run.safetensors", &use, &d, NULL), 0);
    rw_qkfile_close(file);
    assert_int_equal(d.n_table, 1);
    assert_string_equal(d.table[0].side[1].label, "executed");
    assert_int_equal(d.table[0].context % 256, 0); /* what the runner allocates */
    assert_int_equal(d.findings.n, 3);
    assert_string_equal(d.findings.list[0].rule, "RWX06"); /* layer 2 has a window */
    assert_string_equal(d.findings.list[1].rule, "RWX02"); /* layer 1 does not rotate */
    assert_string_equal(d.findings.list[2].rule, "RWX01"); /* another base */
    rw_model_diff_clear(&d);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(described_from_the_capture),
        cmocka_unit_test(against_a_declaration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
