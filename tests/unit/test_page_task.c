/* test_page_task.c - a task and a benchmark as pages, alone and beside an audit: what they say, and
 * that neither foreign strings nor damage nor a failed allocation breaks the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "report/report.h"

static json_t *fixture(const char *path)
{
    json_t *doc = json_load_file(path, 0, NULL);
    assert_non_null(doc);
    return doc;
}

static json_t *task_document(void)
{
    return fixture(RW_TEST_DIR "/fixtures/task_small.json");
}

static ropewalk_status render(const json_t *doc, rw_text *page, ropewalk_error *err)
{
    rw_text_init(page);
    const ropewalk_status status = rw_report_documents(&doc, NULL, 1, page, err);
    assert_true(status ? page->data == NULL && err->status == status : page->len > 1000);
    return status;
}

static size_t count(const rw_text *page, const char *what)
{
    size_t n = 0;
    for (const char *at = page->data; (at = strstr(at, what)); at++)
        n++;
    return n;
}

static json_t *conditions_of(json_t *doc)
{
    json_t *task = json_object_get(json_object_get(doc, "results"), "kth");
    return json_object_get(task, "conditions");
}

static void what_is_said(void **state)
{
    (void)state;
    rw_text page;
    ropewalk_error err = {0};
    json_t *doc = task_document();
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    static const char *const said[] = {
        "Task kth",          "Accuracy over length<", "Margin over length<",
        "over the gap",      "place, list of 12",     "Accuracy over length: indexed",
        ">chance<",          "No gate was asked",     "What the tasks do not say",
        "default-src 'none'"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!strstr(page.data, said[i])) fail_msg("the page does not say %s", said[i]);
    assert_int_equal(count(&page, "<svg class=chart"), 6);
    assert_null(strstr(page.data, "class=heat")); /* no depths were run */
    rw_text_clear(&page);

    /* S(m) against the loss */
    json_t *tried = json_object_get(json_object_get(doc, "results"), "kth");
    json_object_set_new(
        tried, "attention_test",
        json_pack("{s:s,s:n,s:i,s:i,s:i,s:f,s:f,s:f,s:i,s:f,s:f,s:[{s:i,s:f,s:f,s:f}]}",
                  "audit", "a <model>", "missing", "heads", 9, "fitted_lists", 4,
                  "held_out_lists", 5, "slope", 2.0, "r2", .42, "p", .031, "shuffles",
                  999, "shuffled_r2_median", .07, "shuffled_r2_p95", .38, "gaps", "gap",
                  256, "score_change", -.5, "predicted", -1.0, "observed", -1.25));
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    assert_non_null(strstr(page.data, "Does S(m) foretell the loss?"));
    assert_non_null(strstr(page.data, "S(m) of a &lt;model&gt; says"));
    assert_non_null(strstr(page.data, "this removes 42\xc2\xa0% of the squared"));
    assert_non_null(strstr(page.data, "with probability 0.031"));
    assert_non_null(strstr(page.data, "What does not follow: from a small"));
    rw_text_clear(&page);
    json_object_set_new(json_object_get(tried, "attention_test"), "missing",
                        json_string("no list was moved away"));
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    assert_non_null(strstr(page.data, "Not tested: no list was moved away."));
    rw_text_clear(&page);
    json_object_set_new(json_object_get(tried, "attention_test"), "gaps",
                        json_integer(1));
    assert_int_equal(render(doc, &page, &err), ROPEWALK_E_FORMAT);
    json_object_del(tried, "attention_test");

    /* with depths: a map, a field each, and no curve over length */
    size_t i;
    json_t *c;
    json_array_foreach (conditions_of(doc), i, c)
        if (json_is_null(json_object_get(c, "gap")))
            json_object_set_new(c, "depth", json_real(.5));
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    assert_non_null(strstr(page.data, "Accuracy over length and depth"));
    assert_int_equal(count(&page, " items, depth 0.5: "), 2);
    assert_null(strstr(page.data, "Accuracy over length<"));
    rw_text_clear(&page);

    /* a gate not passed is not a failure of positions */
    json_t *task = json_object_get(json_object_get(doc, "results"), "kth");
    json_object_set_new(task, "outcome", json_string("not_evaluable"));
    json_object_set_new(task, "gate",
                        json_pack("{s:f,s:f,s:f,s:b}", "acc", .3, "wilson95_low", .2,
                                  "needed", .4, "passed", 0));
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    assert_non_null(strstr(page.data, "Nothing follows about positions."));
    assert_non_null(strstr(page.data, "needed 40\xc2\xa0%: not passed"));
    assert_null(strstr(page.data, "No gate was asked"));
    rw_text_clear(&page);
    json_decref(doc);
}

static void beside_an_audit(void **state)
{
    (void)state;
    rw_text page;
    ropewalk_error err = {0};
    rw_text_init(&page);
    json_t *audit = fixture(RW_TEST_DIR "/fixtures/audit_small.json"),
           *task = task_document(),
           *bench = json_pack("{s:s,s:{s:i,s:[{s:s}]},s:[],s:[]}", "kind", "bench",
                              "machine", "processors", 2, "peaks", "what", "<i>fma",
                              "stages", "geometries");
    const json_t *all[] = {task, audit, bench};
    assert_int_equal(rw_report_documents(all, NULL, 3, &page, &err), ROPEWALK_OK);
    assert_non_null(strstr(page.data, "The audit on the same axis"));
    assert_non_null(strstr(page.data, "nobody compared their weights"));
    assert_non_null(strstr(page.data, "How fast this machine counts"));
    assert_non_null(strstr(page.data, "&lt;i&gt;fma"));
    rw_text_clear(&page);
    assert_int_equal(render(bench, &page, &err), ROPEWALK_OK);
    assert_non_null(strstr(page.data, "Yardsticks"));
    rw_text_clear(&page);
    json_object_set_new(bench, "stages", json_integer(1));
    assert_int_equal(render(bench, &page, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "stages"));
    assert_int_equal(rw_report_documents(all, NULL, 3, &page, &err), ROPEWALK_E_FORMAT);
    assert_null(page.data);
    json_decref(audit);
    json_decref(task);
    json_decref(bench);
}

/* Every string, then every number, replaced by what is not one. */
static void poison(json_t *value)
{
    size_t i;
    json_t *item;
    const char *key;
    void *next;
    json_array_foreach (value, i, item)
        if (json_is_object(item) || json_is_array(item))
            poison(item);
        else
            json_array_set_new(value, i, json_string("</svg><img onerror=x>"));
    json_object_foreach_safe (value, next, key, item)
        if (json_is_object(item) || json_is_array(item))
            poison(item);
        else if (strcmp(key, "kind") != 0)
            json_object_set_new(value, key, json_string("</script><i>\x1b\xe2\x80\xae"));
}

static void damaged(void **state)
{
    (void)state;
    rw_text page;
    ropewalk_error err = {0};
    json_t *doc = task_document(), *task;
    static const char *const lists[] = {"conditions", "contrasts"};
    for (size_t i = 0; i < 2; i++) {
        task = json_object_get(json_object_get(doc, "results"), "kth");
        json_t *kept = json_incref(json_object_get(task, lists[i]));
        json_t *const wrong[] = {json_null(), json_string("x"), json_pack("[i]", 1)};
        for (size_t w = 0; w < 3; w++) {
            json_object_set_new(task, lists[i], wrong[w]);
            assert_int_equal(render(doc, &page, &err), ROPEWALK_E_FORMAT);
            assert_non_null(strstr(err.message, lists[i]));
        }
        json_object_set_new(task, lists[i], kept);
    }
    /* numbers beyond all reason draw something or nothing */
    static const double absurd[] = {-1e308, 1e308, 1e-308, 0, -3, 1e18};
    static const char *const keys[] = {"n_token", "n_item", "gap",   "acc",
                                       "margin",  "depth",  "chance"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (size_t v = 0; v < sizeof absurd / sizeof *absurd; v++) {
            json_t *copy = json_deep_copy(doc), *c;
            size_t i;
            json_array_foreach (conditions_of(copy), i, c)
                json_object_set_new(c, keys[k], json_real(absurd[v]));
            assert_int_equal(render(copy, &page, &err), ROPEWALK_OK);
            assert_null(strstr(page.data, "nan"));
            rw_text_clear(&page);
            json_decref(copy);
        }
    poison(doc);
    task = json_object_get(json_object_get(doc, "results"), "kth");
    json_object_set(json_object_get(doc, "results"), "<i>\"</h2>", task);
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    assert_null(strstr(page.data, "<i>\x1b"));
    assert_null(strstr(page.data, "<img"));
    assert_null(strstr(page.data, "Task <i>"));
    assert_non_null(strstr(page.data, "Task &lt;i&gt;"));
    assert_null(strstr(strstr(page.data, "<script") + 1, "<script")); /* ours alone */
    rw_text_clear(&page);
    json_object_del(doc, "results");
    assert_int_equal(render(doc, &page, &err), ROPEWALK_E_FORMAT);
    json_decref(doc);
}

static void every_failing_allocation(void **state)
{
    (void)state;
    json_t *doc = task_document();
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_text page;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 1);
        const ropewalk_status status = render(doc, &page, &err);
        rw_alloc_fail_at(-1, 0);
        assert_true(!status || status == ROPEWALK_E_MEMORY);
        rw_text_clear(&page);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) break;
    }
    assert_true(at > 5);
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said),
        cmocka_unit_test(beside_an_audit),
        cmocka_unit_test(damaged),
        cmocka_unit_test(every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
