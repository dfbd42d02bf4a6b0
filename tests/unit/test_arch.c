/* test_arch.c - the tables of architectures: found by name, without contradictions in a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "model/arch.h"

static void found_by_name(void **state)
{
    (void)state;
    assert_non_null(rw_arch_find(RW_FILE_GGUF, "qwen3moe"));
    assert_null(rw_arch_find(RW_FILE_GGUF, "qwen3_moe"));
    assert_non_null(rw_arch_find(RW_FILE_CONFIG, "qwen3_moe"));
    assert_null(rw_arch_find(RW_FILE_CONFIG, "qwen3moe"));
    assert_null(rw_arch_find(RW_FILE_CONFIG, "wombat"));
    assert_null(rw_arch_find(RW_FILE_CONFIG, ""));
    assert_null(rw_arch_find(RW_FILE_CONFIG, "_text"));
    assert_null(rw_arch_find(RW_FILE_CONFIG, "qwen"
                                             "3_vl_textual"));
    /* the language part of a multimodal model */
    assert_ptr_equal(rw_arch_find(RW_FILE_CONFIG, "qwen3_vl_text"),
                     rw_arch_find(RW_FILE_CONFIG, "qwen3_vl"));
    assert_null(rw_arch_find(RW_FILE_GGUF, "llama_text"));
}

static void of_a_description(void **state)
{
    (void)state;
    rw_hparams hp;
    rw_hparams_init(&hp);
    hp.kind = RW_FILE_CONFIG;
    memcpy(hp.architecture, "gemma4_text", sizeof "gemma4_text");
    memcpy(hp.outer_architecture, "gemma4", sizeof "gemma4");
    assert_string_equal(rw_arch_of(&hp)->name, "gemma4");
    memcpy(hp.architecture, "nobody", sizeof "nobody"); /* the outer one then */
    assert_string_equal(rw_arch_of(&hp)->name, "gemma4");
    hp.outer_architecture[0] = '\0';
    assert_null(rw_arch_of(&hp));
    assert_int_equal(rw_arch_generic()->pairs, RW_PAIRS_HALF_SPLIT);
    rw_hparams_clear(&hp);
}

static void check_table(const rw_arch *table, rw_file_kind kind)
{
    for (const rw_arch *row = table; row->name; row++) {
        for (const rw_arch *other = table; other != row; other++)
            assert_string_not_equal(row->name, other->name);
        /* a pattern needs to know what the other layers do */
        assert_true(!(row->full_period || row->all_slide) ||
                    row->window_kind == RW_ATTENTION_SLIDING ||
                    row->window_kind == RW_ATTENTION_CHUNKED);
        assert_true(!row->window_fixed || row->window_default > 0);
        assert_true(!row->full_is_nope || row->full_period > 0);
        assert_true(!(row->mla && row->tail));
        assert_true(row->partial_default >= 0 && row->partial_default < 1);
        if (kind == RW_FILE_GGUF) assert_null(row->gguf);
        if (row->gguf && !rw_arch_find(RW_FILE_GGUF, row->gguf))
            fail_msg("%s converts to %s, which is not in the table", row->name,
                     row->gguf);
    }
}

static void rows(void **state)
{
    (void)state;
    check_table(rw_arch_gguf, RW_FILE_GGUF);
    check_table(rw_arch_config, RW_FILE_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_by_name),
        cmocka_unit_test(of_a_description),
        cmocka_unit_test(rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
