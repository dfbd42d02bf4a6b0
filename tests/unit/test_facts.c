/* test_facts.c - the shipped facts of public models: complete, sorted, found by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "model/facts.h"

/* Every row is complete and its description one JSON object; names rise. */
static void rows(void **state)
{
    (void)state;
    size_t n = 0;
    for (const rw_fact *fact = rw_fact_table; fact->name; fact++, n++) {
        if (n) assert_true(strcmp(fact[-1].name, fact->name) < 0);
        assert_true(fact->title[0] != '\0');
        assert_int_equal(strncmp(fact->source, "https://", 8), 0);
        assert_non_null(fact->unconfirmed);
        assert_non_null(fact->notes);
        json_t *doc;
        ropewalk_error err;
        if (rw_json_parse(fact->config, strlen(fact->config), fact->name, &doc, &err))
            fail_msg("%s: %s", fact->name, err.message);
        assert_true(json_is_object(doc));
        assert_true(json_is_string(json_object_get(doc, "model_type")));
        json_decref(doc);
    }
    assert_true(n >= 70);
}

static void found(void **state)
{
    (void)state;
    const rw_fact *fact = rw_fact_find("LLaMA-3.1-8b");
    assert_non_null(fact);
    assert_string_equal(fact->name, "llama-3.1-8b");
    assert_string_equal(fact->title, "Llama-3.1-8B");
    assert_ptr_equal(rw_fact_find("gpt-oss-20b"), rw_fact_find("GPT-OSS-20B"));
    assert_null(rw_fact_find(""));
    assert_null(rw_fact_find("llama-3.1-8"));
    assert_null(rw_fact_find("llama-3.1-8bb"));
}

/* Numbers arrive unrounded: the generator prints them anew. */
static void unrounded(void **state)
{
    (void)state;
    json_t *doc;
    ropewalk_error err;
    const char *config = rw_fact_find("olmo-3.1-32b")->config;
    assert_int_equal(rw_json_parse(config, strlen(config), "olmo", &doc, &err), 0);
    const json_t *block = json_object_get(doc, "rope_scaling");
    const double factor = json_real_value(json_object_get(block, "attention_factor"));
    assert_true(factor == 1.2079441541679836);
    json_decref(doc);
}

static void names_alike(void **state)
{
    (void)state;
    assert_string_equal(rw_fact_like("Kimi-K2")->name, "kimi-k2-instruct");
    assert_string_equal(rw_fact_like("llama-3.1-8x")->name, "llama-3.1-8b");
    assert_string_equal(rw_fact_like("llama3.1-8b")->name, "llama-3.1-8b");
    assert_null(rw_fact_like("nobody"));
    assert_null(rw_fact_like("ki"));
    assert_null(rw_fact_like(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(found),
        cmocka_unit_test(unrounded),
        cmocka_unit_test(names_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
