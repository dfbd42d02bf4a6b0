/* test_engine.c - the engines: found by name, sourced, and deaf to what they are said to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "model/engine.h"

static void the_four(void **state)
{
    (void)state;
    static const char *const names[] = {"transformers", "llama.cpp", "vllm", "mlx-lm"};
    for (size_t i = 0; i < 4; i++) {
        const rw_engine *e = rw_engine_table[i];
        assert_ptr_equal(rw_engine_find(names[i]), e);
        assert_true(strlen(e->version) > 4);
        assert_true(e->n_note > 5);
        assert_true(e->reads_gguf == (strcmp(names[i], "llama.cpp") == 0));
        for (size_t k = 0; k < e->n_note; k++) {
            assert_true(strlen(e->notes[k].point) > 3 && strlen(e->notes[k].does) > 10);
            for (size_t j = 0; j < k; j++) /* one sentence a point */
                assert_string_not_equal(e->notes[k].point, e->notes[j].point);
        }
    }
    assert_null(rw_engine_table[4]);
    assert_null(rw_engine_find("wombat"));
    assert_null(rw_engine_find(""));
}

static void words(void **state)
{
    (void)state;
    const rw_engine *transformers = rw_engine_find("transformers"),
                    *vllm = rw_engine_find("vllm"), *mlx = rw_engine_find("mlx-lm");
    assert_true(rw_engine_reads(transformers, "yarn", "truncate", false, false));
    assert_false(rw_engine_reads(transformers, "yarn", "truncate", false, true));
    assert_true(rw_engine_reads(transformers, "yarn", "attention_factor", true, true));
    assert_true(rw_engine_reads(vllm, "yarn", "truncate", false, true));
    assert_false(rw_engine_reads(vllm, "yarn", "truncate", true, false));
    assert_true(rw_engine_reads(vllm, "yarn", "attention_factor", false, false));
    assert_false(rw_engine_reads(vllm, "yarn", "attention_factor", true, false));
    assert_false(rw_engine_reads(vllm, "longrope", "attention_factor", false, false));
    assert_false(rw_engine_reads(mlx, "yarn", "truncate", false, false));
    assert_false(rw_engine_reads(mlx, "yarn", "attention_factor", false, false));
    assert_true(rw_engine_reads(mlx, "yarn", "factor", false, false));
    assert_true(
        rw_engine_reads(mlx, "llama3", "truncate", false, false)); /* not yarn's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_four),
                                       cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
