/* test_side.c - one description for a table: under which rules, from what, or why not. */
#include "unit/diff_fixture.h"

static const char config[] =
    "{\"model_type\":\"llama\",\"num_hidden_layers\":2,\"hidden_size\":64,"
    "\"num_attention_heads\":4,\"num_key_value_heads\":2,\"head_dim\":16,"
    "\"max_position_embeddings\":4096,\"rope_theta\":10000.0}";

static rw_model_diff d;
static rw_hparams hp;

static rw_diff_table *start(const char *json)
{
    rw_model_diff_init(&d);
    assert_int_equal(rw_hparams_read_config(json, strlen(json), "config.json", &hp, NULL),
                     0);
    return rw_diff_add_table(&d, RW_DIFF_ENGINES);
}

static void finish(void)
{
    rw_hparams_clear(&hp);
    rw_model_diff_clear(&d);
    assert_int_equal(rw_alloc_live(), 0);
}

static void whose_rules(void **state)
{
    (void)state;
    rw_diff_table *t = start(config);
    rw_diff_subject own = {.label = "A", .hp = &hp};
    rw_diff_subject other = {
        .hp = &hp, .engine = rw_engine_find("llama.cpp"), .changed = true};
    assert_int_equal(rw_diff_add_side(t, &own, NULL), 0);
    assert_int_equal(rw_diff_add_side(t, &other, NULL), 0);
    const rw_diff_side *a = &t->side[0], *b = &t->side[1];
    assert_string_equal(a->label, "A");
    assert_string_equal(a->engine, "transformers");
    assert_string_equal(a->what, "config.json");
    assert_false(a->gguf);
    assert_true(a->n_note > 0 && a->note[0].does);
    assert_non_null(a->profile);
    assert_int_equal(a->info.n_layer, 2);
    assert_string_equal(b->label, "llama.cpp");
    assert_true(b->gguf);
    assert_non_null(strstr(b->what, "converter writes it, changed as asked"));
    assert_int_equal(b->info.rotations[0].interleaved, 1);
    assert_int_equal(a->info.rotations[0].interleaved, 0);
    finish();
}

static void why_not(void **state)
{
    (void)state;
    rw_diff_table *t = start("{\"model_type\":\"wombat\",\"num_hidden_layers\":2,"
                             "\"hidden_size\":64,\"num_attention_heads\":4}");
    ropewalk_error err = {0};
    rw_diff_subject s = {.hp = &hp, .engine = rw_engine_find("llama.cpp")};
    assert_int_equal(rw_diff_add_side(t, &s, NULL), 0); /* no converter knows it */
    assert_non_null(t->side[0].absent);
    assert_non_null(strstr(t->side[0].absent, "wombat"));
    s.required = true;
    assert_int_not_equal(rw_diff_add_side(t, &s, &err), 0);
    assert_non_null(strstr(err.message, "wombat"));
    hp.kind = RW_FILE_GGUF; /* engines whose rules are for config.json say so */
    s.engine = rw_engine_find("vllm");
    s.required = false;
    assert_int_equal(rw_diff_add_side(t, &s, NULL), 0);
    assert_non_null(strstr(t->side[2].absent, "the rules of vllm"));
    finish();
}

static void too_many(void **state)
{
    (void)state;
    rw_diff_table *t = start(config);
    const rw_diff_subject s = {.hp = &hp};
    for (int i = 0; i < RW_MAX_DIFF_SIDE; i++)
        assert_int_equal(rw_diff_add_side(t, &s, NULL), 0);
    assert_int_equal(rw_diff_add_side(t, &s, NULL), ROPEWALK_E_ARGUMENT);
    finish();
}

static void failed_allocations(void **state)
{
    (void)state;
    rw_diff_table *t = start(config);
    const rw_diff_subject s = {.hp = &hp, .engine = rw_engine_find("llama.cpp")};
    const int64_t live = rw_alloc_live();
    for (int64_t at = 0;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_diff_add_side(t, &s, NULL);
        rw_alloc_fail_at(-1, 0);
        rw_diff_table_clear(t);
        if (rw_alloc_live() != live) fail_msg("allocation %d: blocks are left", (int)at);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whose_rules),
        cmocka_unit_test(why_not),
        cmocka_unit_test(too_many),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
