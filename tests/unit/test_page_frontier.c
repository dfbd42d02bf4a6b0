/* test_page_frontier.c - the frontier on the page of theory: its points, in order, each with its words. */
#include "unit/page_fixture.h"

#include "report/report.h"

static const char small[] =
    "{\"kind\":\"theory\",\"settings\":{\"source\":\"x\"},\"quantities\":{},\"tables\":[{"
    "\"name\":"
    "\"a\",\"values\":{},\"contexts\":[]},{\"name\":\"b\",\"values\":{},\"contexts\":[]}]"
    ","
    "\"frontiers\":[{\"table\":1,\"context\":4096,\"curves\":[{\"order\":\"position\","
    "\"points\":["
    "{\"p\":0.5,\"separation\":0,\"inversion_at_most\":1,\"bound\":0.75,\"attained\":0.7}"
    ","
    "{\"p\":0.01,\"separation\":2.3,\"inversion_at_most\":0.2,\"bound\":0.25,"
    "\"attained\":null}]},"
    "{\"order\":\"both\",\"points\":[{\"p\":0.1,\"bound\":null,\"attained\":null}]}],"
    "\"placed\":[{\"q\":0,\"k1\":3,\"k2\":null,\"separation\":1.25,\"step\":0.5}]}]}";

static void its_points_in_order(void **state)
{
    (void)state;
    json_t *doc = page_document(small);
    rw_text page;
    ropewalk_error err;
    assert_int_equal(page_of(rw_theory_html, doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "What no head can do, context 4,096");
    page_has(&page, "data-what=\"near before far\" data-colour=s1 data-xs=\"0.01 0.5\" "
                    "data-ys=\"0.25 0.75\"");
    page_has(&page, "data-what=\"near before far, a head that does\" data-colour=s1 "
                    "data-dashed=1 data-xs=\"0.01 0.5\" data-ys=\"- 0.7\"");
    assert_null(strstr(page.data, "data-what=\"both\"")); /* nothing is known */
    page_has(&page, "Where given vectors lie");
    assert_true(strstr(page.data, ">b</h2>") < strstr(page.data, "What no head can do"));
    rw_text_clear(&page);
    json_decref(doc);
}

static void survives(void **state)
{
    (void)state;
    json_t *doc = page_document(small);
    assert_true(page_survives_damage(rw_theory_html, doc) > 0);
    page_survives_failed_allocations(rw_theory_html, doc);
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_points_in_order),
        cmocka_unit_test(survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
