/* test_page_diff.c - the page of a diff: what it draws is what the document holds, and it survives any
 * document. */
#include <math.h>
#include <stdlib.h>

#include "unit/page_fixture.h"

#include "report/report.h"

/* The largest value of the series `what` after `from`. */
static double largest(const char *from, const char *what, const char *key)
{
    char tag[80];
    (void)snprintf(tag, sizeof tag, "data-what=\"%s\"", what);
    const char *at = strstr(from, tag);
    assert_non_null(at);
    at = strstr(at, key);
    assert_non_null(at);
    double most = -1;
    for (at += strlen(key); *at != '"';) {
        char *end;
        const double v = strtod(at, &end);
        if (end > at) most = fmax(most, v);
        at = end > at ? end : at + 1; /* "-": no answer */
    }
    return most;
}

static void draws_what_the_document_holds(void **state)
{
    (void)state;
    json_t *doc = page_fixture("report_diff.json");
    rw_text page;
    ropewalk_error err;
    size_t i;
    const json_t *row;
    assert_int_equal(page_of(rw_diff_page, doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "Do all run the same positions?");
    const char *from = page.data;
    json_array_foreach (json_object_get(doc, "rotations"), i, row) {
        const char *name =
            json_string_value(json_object_get(json_object_get(row, "b"), "label"));
        const double error =
            json_number_value(json_object_get(row, "max_relative_frequency_error"));
        if (!(error > 0)) continue; /* equal to the last bit: no line */
        from = strstr(from, "Frequencies, pair by pair");
        assert_non_null(from);
        assert_true(fabs(largest(from, name, "data-ys=\"") / error - 1) < 1e-10);
        const json_t *phase = json_object_get(row, "phase_error_rad");
        const char *phases = strstr(from, "Phases over position");
        assert_non_null(phases);
        assert_true(fabs(largest(phases, name, "data-ys=\"") /
                             json_number_value(json_object_get(phase, "131072")) -
                         1) < 1e-10);
        while (i + 1 < json_array_size(json_object_get(doc, "rotations")) &&
               json_equal(json_object_get(
                              json_array_get(json_object_get(doc, "rotations"), i + 1),
                              "layers"),
                          json_object_get(row, "layers")))
            i++; /* one side of each class is enough */
    }
    page_has(&page, "half a turn");
    page_has(&page, "RW008");
    rw_text_clear(&page);
    json_decref(doc);
}

static void survives(void **state)
{
    (void)state;
    json_t *doc = page_fixture("report_diff.json");
    assert_true(page_survives_damage(rw_diff_page, doc) > 5);
    page_survives_failed_allocations(rw_diff_page, doc);
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_what_the_document_holds),
        cmocka_unit_test(survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
