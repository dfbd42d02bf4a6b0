/* test_fact_match.c - which names are those of a shipped model, and which only sound like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lint/fact_match.h"

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *file, *fact;
    } cases[] = {
        {"Llama 3.1 8B", "x.gguf", "llama-3.1-8b"},
        {"Meta Llama 3.1 8B Instruct", "x.gguf", "llama-3.1-8b"},
        {"meta-llama/Llama-3.1-8B", NULL, "llama-3.1-8b"},
        {NULL, "a/Llama-3.1-8B/config.json", "llama-3.1-8b"},
        {NULL, "meta-llama__Meta-Llama-3.1-8B.json", "llama-3.1-8b"},
        {NULL, "models--meta-llama--Llama-3.1-8B/snapshots/0e9e/config.json",
         "llama-3.1-8b"},
        {NULL, "https://h.example/meta-llama/Llama-3.1-8B/resolve/main/config.json",
         "llama-3.1-8b"},
        {NULL, "/m/Qwen2.5-7B-Instruct-Q4_K_M-00001-of-00003.gguf",
         "qwen2.5-7b-instruct"},
        {NULL, "Qwen2.5-7B.IQ2_XXS.gguf", "qwen2.5-7b"},
        {"Qwen2.5 7B Instruct 1M", "x", "qwen2.5-7b-instruct-1m"},
        {NULL, "gpt-oss-20b-mxfp4.gguf", "gpt-oss-20b"},
        /* not theirs */
        {"Llama-3.1-8B-Gradient-1048k", "x.gguf", NULL},
        {"Hermes 3 Llama 3.1 8B", "x.gguf", NULL},
        {NULL, "yarn-llama-2-7b-128k/config.json", NULL},
        {"Llama 3.1", "8B.gguf", NULL},
        {"Llama 3.1 80B", "x.gguf", NULL},
        {"", "", NULL},
        {NULL, NULL, NULL},
        {"....----____", "///", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const rw_fact *fact = rw_fact_match(cases[i].name, cases[i].file);
        if (!cases[i].fact != !fact || (fact && strcmp(fact->name, cases[i].fact) != 0))
            fail_msg("%s, %s: %s instead of %s", cases[i].name ? cases[i].name : "-",
                     cases[i].file ? cases[i].file : "-", fact ? fact->name : "none",
                     cases[i].fact ? cases[i].fact : "none");
    }
}

static void shapes(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    rw_hparams a, b;
    assert_int_equal(rw_fact_read(rw_fact_find("llama-3.1-8b"), &a, &err), ROPEWALK_OK);
    assert_int_equal(rw_fact_read(rw_fact_find("qwen3-8b"), &b, &err), ROPEWALK_OK);
    assert_true(rw_fact_fits(&a, &a));
    assert_false(rw_fact_fits(&a, &b)); /* 32 layers and 36 */
    rw_hparams_clear(&b);
    assert_int_equal(rw_fact_read(rw_fact_find("llama-3.1-8b"), &b, &err), ROPEWALK_OK);
    b.n_head_q[3]++;
    assert_false(rw_fact_fits(&a, &b));
    rw_hparams_clear(&a);
    rw_hparams_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
