/* test_tables.c - which tables a comparison has, under which conditions; failures anywhere. */
#include "unit/diff_fixture.h"

#include "model/model.h"

#define SHAPE                                                                            \
    "{\"model_type\":\"%s\",\"num_hidden_layers\":2,\"hidden_size\":64,"                 \
    "\"num_attention_heads\":4,\"num_key_value_heads\":4,\"intermediate_size\":64,"      \
    "\"vocab_size\":32,\"max_position_embeddings\":8192,\"rope_theta\":10000.0%s}"

static const char longrope[] =
    ",\"original_max_position_embeddings\":4096,\"rope_scaling\":{\"type\":\"longrope\","
    "\"short_factor\":[1,1,1,1,1,1,1,1],\"long_factor\":[1,1,2,2,4,4,8,8]}";

static rw_model_diff d;
static rw_hparams a, b;

static void read(rw_hparams *hp, const char *type, const char *more)
{
    char json[1024];
    ropewalk_error err = {0};
    (void)snprintf(json, sizeof json, SHAPE, type, more);
    if (rw_hparams_read_config(json, strlen(json), "config.json", hp, &err))
        fail_msg("%s", err.message);
}

static void finish(void)
{
    rw_hparams_clear(&a);
    rw_hparams_clear(&b);
    rw_model_diff_clear(&d);
    assert_int_equal(rw_alloc_live(), 0);
}

static ropewalk_status engines(int64_t target)
{
    const rw_engine *list[] = {rw_engine_find("transformers"), rw_engine_find("vllm"),
                               rw_engine_find("llama.cpp")};
    const rw_diff_use use = {.target_context = target};
    return rw_diff_engines(&a, list, 3, &use, &d, NULL);
}

static void two_configs(void **state)
{
    (void)state;
    const rw_diff_use use = {0};
    rw_model_diff_init(&d);
    read(&a, "llama", "");
    read(&b, "llama", ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":2.0}");
    assert_int_equal(rw_diff_descriptions(&a, &b, &use, &d, NULL), 0);
    assert_int_equal(d.n_table, 1);
    assert_int_equal(d.table[0].kind, RW_DIFF_DESCRIPTIONS);
    assert_int_equal(d.table[0].context, 8192);
    assert_true(d.table[0].list[0].cell[1].contrast.frequency_error == 0.5);
    assert_int_equal(d.findings.n, 1);
    finish();
}

/* The second file is a GGUF: what the converter makes of the first is a table of its own. */
static void config_and_gguf(void **state)
{
    (void)state;
    const rw_diff_use use = {0};
    ropewalk_error err = {0};
    for (int turned = 0; turned < 2; turned++) {
        rw_model_diff_init(&d);
        read(&a, "llama", "");
        read(&b, "llama", "");
        rw_hparams gguf;
        assert_int_equal(rw_model_convert(&b, &gguf, &err), 0);
        rw_hparams_clear(&b);
        b = gguf;
        assert_int_equal(turned ? rw_diff_descriptions(&b, &a, &use, &d, &err)
                                : rw_diff_descriptions(&a, &b, &use, &d, &err),
                         0);
        assert_int_equal(d.n_table, 2);
        assert_int_equal(d.table[1].kind, RW_DIFF_CONVERTED);
        assert_string_equal(d.table[1].side[0].label,
                            turned ? "B converted" : "A converted");
        assert_string_equal(d.table[1].side[1].label, turned ? "A" : "B");
        assert_int_equal(d.findings.n, 0);
        assert_non_null(strstr(d.verdict, turned ? "A is what" : "B is what"));
        finish();
    }
}

static void short_prompts(void **state)
{
    (void)state;
    rw_model_diff_init(&d);
    read(&a, "phi3", longrope);
    assert_int_equal(engines(0), 0);
    assert_int_equal(d.n_table, 2);
    assert_false(d.table[0].short_prompt);
    assert_true(d.table[1].short_prompt);
    assert_int_equal(d.table[1].length, 4096);
    assert_int_equal(d.table[1].context, 8192);
    const rw_diff_class *class = d.table[1].list;
    assert_true(class->cell[1].contrast.frequency_error > 0.8); /* 1/8 of it */
    assert_true(isnan(class->cell[1].phase_rad[d.n_position - 1]));
    assert_non_null(strstr(d.verdict, "With 4096 tokens so far"));
    finish();

    rw_model_diff_init(&d); /* served within the original context nothing changes */
    read(&a, "phi3", longrope);
    assert_int_equal(engines(4096), 0);
    assert_int_equal(d.n_table, 1);
    finish();

    rw_model_diff_init(&d); /* and of a model without such tables neither */
    read(&a, "llama", "");
    assert_int_equal(engines(16384), 0);
    assert_int_equal(d.n_table, 1);
    assert_int_equal(d.position[d.n_position - 1], 32768);
    finish();
}

static void failed_allocations(void **state)
{
    (void)state;
    int64_t n_failed = 0;
    read(&a, "phi3", longrope);
    const int64_t live = rw_alloc_live();
    for (int64_t at = 0;; at++) {
        rw_model_diff_init(&d);
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = engines(0);
        rw_alloc_fail_at(-1, 0);
        rw_model_diff_clear(&d);
        if (rw_alloc_live() != live) fail_msg("allocation %d: blocks are left", (int)at);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        n_failed++;
    }
    assert_true(n_failed > 50);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_configs),
        cmocka_unit_test(config_and_gguf),
        cmocka_unit_test(short_prompts),
        cmocka_unit_test(failed_allocations),
    };
    rw_hparams_init(&a);
    rw_hparams_init(&b);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
