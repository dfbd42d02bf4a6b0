/* test_lint.c - every rule over a file: engines, a shipped model of its name, failing allocations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lint/lint.h"
#include "report/lint_report.h"

static void read_fixture_model(const char *name, rw_hparams *hp)
{
    char path[512];
    ropewalk_error err = {0};
    (void)snprintf(path, sizeof path, "%s/fixtures/lint/%s", RW_TEST_DIR, name);
    if (rw_hparams_read_path(path, hp, &err)) fail_msg("%s", err.message);
}

static bool has(const rw_findings *f, const char *rule)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (strcmp(f->list[i].rule, rule) == 0) return true;
    return false;
}

static void rules_are_found_by_id(void **state)
{
    (void)state;
    assert_non_null(rw_rule_find("RW004"));
    assert_ptr_equal(rw_rule_find("rw004"), rw_rule_find("RW004"));
    assert_null(rw_rule_find("RW0041"));
    assert_null(rw_rule_find("RW00"));
    assert_null(rw_rule_find(""));
    assert_int_equal(strncmp(rw_rule_page(rw_rule_find("RW004")), "# RW004: ", 9), 0);
    for (size_t i = 0; rw_rule_table[i]; i++) {
        assert_ptr_equal(rw_rule_find(rw_rule_table[i]->id), rw_rule_table[i]);
        assert_true(rw_rule_page(rw_rule_table[i])[0]);
    }
}

static void engines_narrow(void **state)
{
    (void)state;
    const rw_engine *const reads = rw_engine_find("transformers");
    ropewalk_error err = {0};
    rw_hparams hp;
    rw_findings f;
    read_fixture_model("RW008_truncate.json", &hp);
    assert_int_equal(rw_lint_run(&hp, NULL, 0, 0, &f, &err), ROPEWALK_OK);
    assert_true(has(&f, "RW008"));
    rw_findings_clear(&f);
    assert_int_equal(rw_lint_run(&hp, &reads, 1, 0, &f, &err), ROPEWALK_OK);
    assert_false(has(&f, "RW008"));
    rw_findings_clear(&f);
    const rw_engine *many[RW_MAX_ENGINE + 1];
    for (size_t i = 0; i <= RW_MAX_ENGINE; i++)
        many[i] = reads;
    assert_int_equal(rw_lint_run(&hp, many, RW_MAX_ENGINE + 1, 0, &f, &err),
                     ROPEWALK_E_ARGUMENT);
    assert_int_equal(f.n, 0);
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

/* One lint and its three outputs; E_MEMORY wherever an allocation fails. */
static ropewalk_status whole(const rw_hparams *hp, ropewalk_error *err)
{
    static char path[] = "a.json";
    rw_lint_file file = {.path = path};
    ropewalk_status status = rw_lint_run(hp, NULL, 0, 200000, &file.findings, err);
    if (status) return status;
    const rw_rule *rule = rw_rule_find("RW008");
    const rw_rule_text text = {rule->id, rule->title, rw_rule_page(rule), rule->severity};
    const rw_lint_report report = {
        .file = &file, .n_file = 1, .rule = &text, .n_rule = 1};
    rw_text out;
    rw_text_init(&out);
    rw_lint_text(&report, &out);
    json_t *json = rw_lint_json(&report), *sarif = rw_lint_sarif(&report, "0");
    if (out.failed || !json || !sarif) status = ROPEWALK_E_MEMORY;
    json_decref(json);
    json_decref(sarif);
    rw_text_clear(&out);
    rw_findings_clear(&file.findings);
    return status;
}

static void every_allocation_can_fail(void **state)
{
    (void)state;
    static const char *const fixtures[] = {"RW008_truncate.json", "RW010_crosses.json",
                                           "RW002__Llama-3.1-8B.json",
                                           "RW002_formula.gguf", "RW001_known.gguf"};
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        rw_hparams hp;
        read_fixture_model(fixtures[i], &hp);
        const int64_t before = rw_alloc_live();
        for (int64_t n = 0;; n++) {
            ropewalk_error err = {0};
            rw_alloc_fail_at(n, 0);
            const ropewalk_status status = whole(&hp, &err);
            rw_alloc_fail_at(-1, 0);
            assert_int_equal(rw_alloc_live(), before);
            if (!status) break;
            assert_int_equal(status, ROPEWALK_E_MEMORY);
        }
        rw_hparams_clear(&hp);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_found_by_id),
        cmocka_unit_test(engines_narrow),
        cmocka_unit_test(every_allocation_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
