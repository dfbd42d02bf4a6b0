/* test_lint_converted.c - every shipped model, as its config.json and as the GGUF file it converts
 * to: rules that call a published model wrong are wrong themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "lint/lint.h"

static void no_errors(const rw_hparams *hp, const char *name)
{
    rw_findings findings;
    ropewalk_error err = {0};
    if (rw_lint_run(hp, NULL, 0, 0, &findings, &err))
        fail_msg("%s: %s", name, err.message);
    for (uint32_t i = 0; i < findings.n; i++)
        if (findings.list[i].severity == RW_ERROR)
            fail_msg("%s: %s %s", name, findings.list[i].rule, findings.list[i].message);
    rw_findings_clear(&findings);
}

static void published(void **state)
{
    (void)state;
    size_t n_converted = 0;
    for (const rw_fact *fact = rw_fact_table; fact->name; fact++) {
        rw_hparams hp, gguf;
        ropewalk_error err = {0};
        if (rw_fact_read(fact, &hp, &err)) fail_msg("%s: %s", fact->name, err.message);
        no_errors(&hp, fact->name);
        const ropewalk_status status = rw_model_convert(&hp, &gguf, &err);
        assert_true(status == ROPEWALK_OK || status == ROPEWALK_E_UNSUPPORTED);
        if (!status) {
            n_converted++;
            no_errors(&gguf, fact->name);
            rw_hparams_clear(&gguf);
        }
        rw_hparams_clear(&hp);
    }
    assert_true(n_converted >= 60);
    assert_int_equal(rw_alloc_live(), 0);
}

/* What the loader of llama.cpp passes over is found from the config.json already. */
static void loss_foreseen(void **state)
{
    (void)state;
    rw_hparams hp;
    rw_findings findings;
    ropewalk_error err = {0};
    assert_int_equal(rw_fact_read(rw_fact_find("kimi-k2-instruct"), &hp, &err), 0);
    assert_int_equal(rw_lint_run(&hp, NULL, 0, 0, &findings, &err), 0);
    bool lost = false;
    for (uint32_t i = 0; i < findings.n; i++) {
        const rw_finding *f = &findings.list[i];
        if (strcmp(f->rule, "RW022") != 0) continue;
        lost = true;
        assert_int_equal(f->severity, RW_WARN);
        assert_string_equal(f->key, "rope_scaling.beta_fast");
    }
    assert_true(lost);
    rw_findings_clear(&findings);
    rw_hparams_clear(&hp);
}

/* A missing tensor is an error of a whole file, and unknown of the first of a split set. */
static void tensors_elsewhere(void **state)
{
    (void)state;
    rw_hparams config, hp;
    ropewalk_error err = {0};
    assert_int_equal(rw_fact_read(rw_fact_find("llama-3.1-8b"), &config, &err), 0);
    assert_int_equal(rw_model_convert(&config, &hp, &err), 0);
    rw_hparams_clear(&config);
    rw_free(hp.divisor);
    hp.divisor = NULL;
    hp.n_divisor = 0;
    for (int partial = 0; partial < 2; partial++) {
        rw_findings findings;
        hp.tensors_partial = partial;
        assert_int_equal(rw_lint_run(&hp, NULL, 0, 0, &findings, &err), 0);
        uint32_t n_error = 0, n_skipped = 0;
        for (uint32_t i = 0; i < findings.n; i++)
            n_error += findings.list[i].severity == RW_ERROR;
        for (uint32_t i = 0; i < findings.n_skipped; i++)
            n_skipped += strcmp(findings.skipped[i].rule, "RW002") == 0;
        assert_int_equal(n_error, partial ? 0 : 1);
        assert_int_equal(n_skipped, partial ? 1 : 0);
        rw_findings_clear(&findings);
    }
    rw_hparams_clear(&hp);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),
        cmocka_unit_test(loss_foreseen),
        cmocka_unit_test(tensors_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
