/* test_finding.c - findings with everything on them, and every allocation failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "result/finding.h"

static ropewalk_status make(rw_findings *f, ropewalk_error *err)
{
    rw_finding *finding;
    ropewalk_status status =
        rw_finding_add(f, "RW004", RW_WARN, "a.json", "rope_scaling.factor", &finding,
                       err, "factor %g", 4.0);
    if (!status) status = rw_finding_number(finding, "factor", 4, err);
    if (!status) status = rw_finding_text(finding, "engine", "llama.cpp", err);
    if (!status) status = rw_finding_fix(finding, err, "first");
    if (!status) status = rw_finding_fix(finding, err, "\"factor\": %d", 2);
    if (!status)
        status = rw_finding_add(f, "RW001", RW_ERROR, NULL, NULL, &finding, err, "bare");
    if (!status) status = rw_finding_skip(f, "RW020", "a.json", err, "no %s", "audit");
    return status;
}

static void holds_what_it_was_given(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    rw_findings f;
    rw_findings_init(&f);
    assert_int_equal(make(&f, &err), ROPEWALK_OK);
    assert_int_equal(f.n, 2);
    assert_string_equal(f.list[0].message, "factor 4");
    assert_string_equal(f.list[0].key, "rope_scaling.factor");
    assert_string_equal(f.list[0].fix, "\"factor\": 2");
    assert_int_equal(f.list[0].n_evidence, 2);
    assert_null(f.list[0].evidence[0].text);
    assert_true(f.list[0].evidence[0].num == 4);
    assert_string_equal(f.list[0].evidence[1].text, "llama.cpp");
    assert_null(f.list[1].file);
    assert_int_equal(f.n_skipped, 1);
    assert_string_equal(f.skipped[0].why, "no audit");
    assert_int_equal(rw_findings_worst_first(&f, &err), ROPEWALK_OK);
    assert_string_equal(f.list[0].rule, "RW001"); /* the error, though it came last */
    assert_string_equal(f.list[1].message, "factor 4");
    rw_findings_clear(&f);
    rw_findings_clear(&f);
    assert_int_equal(rw_alloc_live(), 0);
}

static void every_allocation_can_fail(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        ropewalk_error err = {0};
        rw_findings f;
        rw_findings_init(&f);
        rw_alloc_fail_at(n, 0);
        const ropewalk_status status = make(&f, &err);
        rw_alloc_fail_at(-1, 0);
        rw_findings_clear(&f);
        assert_int_equal(rw_alloc_live(), 0);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_non_null(strstr(err.message, "findings"));
    }
}

static void severities_have_names(void **state)
{
    (void)state;
    assert_string_equal(rw_severity_name(RW_INFO), "info");
    assert_string_equal(rw_severity_name(RW_WARN), "warn");
    assert_string_equal(rw_severity_name(RW_ERROR), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_it_was_given),
        cmocka_unit_test(every_allocation_can_fail),
        cmocka_unit_test(severities_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
