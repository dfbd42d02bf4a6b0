/* test_reproduction.c - the document: order, choice, what is said without an audit, and its forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "paper/reproduction.h"

static rw_paper quick_paper(void)
{
    return (rw_paper){
        .n_thread = 1, .seed = 1, .quick = 1, .kernels = rw_kernels_pick(NULL)};
}

static void registry(void **state)
{
    (void)state;
    for (size_t i = 0; rw_claim_table[i]; i++) {
        const rw_claim *a = rw_claim_table[i];
        assert_true(i < RW_MAX_CLAIM);
        assert_non_null(a->check);
        assert_true(a->title && a->source && a->statement && *a->name);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(a->order, rw_claim_table[k]->order);
            assert_string_not_equal(a->name, rw_claim_table[k]->name);
        }
    }
}

static void names(void **state)
{
    (void)state;
    rw_paper paper = quick_paper();
    rw_reproduction r;
    ropewalk_error err;
    static const char *const bad[] = {"escap", "escape,", "", "escape,nothing", "Escape"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rw_reproduce(&paper, bad[i], NULL, &r, &err),
                         ROPEWALK_E_ARGUMENT);
        assert_int_equal(r.n_claim, 0);
    }
}

static void forms(void **state)
{
    (void)state;
    rw_paper paper = quick_paper();
    rw_reproduction r;
    ropewalk_error err;
    const int64_t live = rw_alloc_live();
    assert_int_equal(rw_reproduce(&paper, "token-aliasing,escape", NULL, &r, &err),
                     ROPEWALK_OK);
    assert_int_equal(r.n_claim, 2);
    assert_string_equal(r.claim[0]->name, "escape"); /* the document's order */
    assert_false(r.whole);
    rw_text t;
    rw_text_init(&t);
    rw_reproduction_markdown(&r, &t);
    assert_false(t.failed);
    const char *summary = strstr(t.data, "## Summary"),
               *section = strstr(t.data, "<a id=\"escape\"></a>");
    assert_true(summary && section && summary < section);
    assert_non_null(strstr(t.data, "quick run"));
    for (uint32_t i = 0; i < r.n_claim; i++)
        for (uint32_t k = 0; k < r.section[i].n_picture; k++) {
            assert_non_null(strstr(t.data, r.section[i].picture[k].name));
            assert_true(r.section[i].picture[k].svg.len > 500);
        }
    rw_text_clear(&t);
    rw_reproduction_text(&r, &t);
    assert_non_null(strstr(t.data, "statements:"));
    rw_text_clear(&t);
    json_t *doc = rw_reproduction_json(&r);
    const json_t *claims = json_object_get(doc, "claims");
    assert_int_equal(json_array_size(claims), 2);
    const json_t *row =
        json_array_get(json_object_get(json_array_get(claims, 0), "verdicts"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "verdict")), "exactly");
    json_decref(doc);
    rw_reproduction_clear(&r);
    assert_int_equal(rw_alloc_live(), live);
}

static void short_of_memory(void **state)
{
    (void)state;
    rw_paper paper = quick_paper();
    rw_reproduction r;
    ropewalk_error err;
    const int64_t live = rw_alloc_live();
    for (int64_t i = 0; i < 2000; i += i < 60 ? 1 : 97) {
        rw_alloc_fail_at(i, 0);
        const ropewalk_status status = rw_reproduce(&paper, "escape", NULL, &r, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            rw_reproduction_clear(&r);
            assert_true(i > 60);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_int_equal(rw_alloc_live(), live);
    }
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(registry),
                                       cmocka_unit_test(names), cmocka_unit_test(forms),
                                       cmocka_unit_test(short_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
