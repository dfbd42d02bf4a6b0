/* test_report_html.c - the report page: what it shows, what it escapes, and that no document,
 * however damaged, and no failed allocation breaks it. */
#include <stdlib.h>

#include "unit/page_fixture.h"

#include "report/report.h"

static json_t *fixture(void)
{
    return page_fixture("audit_small.json");
}

/* One script, and one element that it reads. */
static ropewalk_status render(const json_t *doc, rw_text *page, ropewalk_error *err)
{
    const ropewalk_status status = page_of(rw_report_html, doc, page, err);
    if (!status) {
        assert_int_equal(page_count(page->data, "<script"), 2);
        page_has(page, "<script type=\"application/json\" id=data>{");
    }
    return status;
}

static void shows_the_parts(void **state)
{
    (void)state;
    json_t *doc = fixture();
    rw_text page;
    ropewalk_error err;
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "<!doctype html>");
    page_has(&page, "content=\"default-src 'none'; script-src 'sha256-");
    assert_null(strstr(page.data, "unsafe-inline"));
    assert_null(strstr(page.data, "'unsafe-eval'")); /* of WebAssembly alone */
    page_has(&page,
             "Verdict of the fixture: near and far are told apart at 2,048 tokens.");
    page_has(&page, "Position horizon</h3><p class=big>not reached");
    page_has(&page, "Token horizon</h3><p class=big>4,096");
    page_has(&page, "layer 0, head 0: 0.241 [0.221, 0.261], predicted 0.251");
    page_has(&page,
             "layer 2, head 1: 0.391 [0.371, 0.411], predicted 0.401; window of 512");
    page_has(&page, "layer 1, head 0: not applicable (no RoPE)");
    page_has(&page, "Stay below 4,096 tokens.");
    page_has(&page, "77,565");
    page_has(&page, "Fused attention kernels do not round scores to bf16");
    page_has(&page,
             "1 of 4 pairs never complete a turn within the advertised 2,048 tokens");
    static const char *const sections[] = {"verdict", "limits",  "advice", "findings",
                                           "maps",    "curves",  "scores", "probe",
                                           "tables",  "glossary"};
    const char *from = page.data;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) { /* in this order */
        char tag[40];
        (void)snprintf(tag, sizeof tag, "<section id=%s ", sections[i]);
        from = strstr(from, tag);
        if (!from) fail_msg("section %s is missing or out of order", sections[i]);
    }
    assert_null(strstr(page.data, "far token above a near"));
    rw_text_clear(&page);
    json_decref(doc);
}

/* Beyond the trained context the first table judges nothing. */
static void no_word_beyond_training(void **state)
{
    (void)state;
    for (int beyond = 0; beyond < 2; beyond++) {
        json_t *doc = fixture();
        json_object_set_new(json_object_get(doc, "settings"), "trained_context",
                            json_integer(beyond ? 512 : 1 << 20));
        rw_text page;
        ropewalk_error err;
        assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
        const char *table = strstr(page.data, "<table class=glance>"),
                   *end = strstr(table, "</table>"),
                   *first = strstr(table, "class=\"badge");
        assert_true(beyond ? !first || first > end : first && first < end);
        rw_text_clear(&page);
        json_decref(doc);
    }
}

static void draws_the_rotation_check(void **state)
{
    (void)state;
    json_t *doc = fixture();
    json_object_set_new(doc, "rotation_check",
                        json_pack("[{s:i,s:f},{s:i,s:n},{s:i,s:f},i]", "layer", 0,
                                  "worst", 0.5, "layer", 1, "worst", "layer", 2, "worst",
                                  1.75, 7));
    rw_text page;
    ropewalk_error err;
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "data-what=\"largest deviation\" data-colour=s1 data-apart=1 "
                    "data-xs=\"0 1 2\" data-ys=\"0.5 - 1.75\"");
    rw_text_clear(&page);
    json_decref(doc);
}

static void escapes_foreign_text(void **state)
{
    (void)state;
    json_t *doc = fixture();
    rw_text page;
    ropewalk_error err;
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "<h1><bdi>&lt;img src=x onerror=alert(1)&gt;</bdi></h1>");
    page_has(&page, "&lt;/script&gt;&lt;script&gt;alert(2)&lt;/script&gt;");
    page_has(&page, "tiny &amp; &quot;quoted&quot;.gguf");
    page_has(&page, "\\u003c/script>\\u003cscript>alert(2)\\u003c/script>");
    rw_text_clear(&page);
    json_decref(doc);

    doc = page_document(
        "{\"schema_version\":\"1.0\",\"kind\":\"audit\",\"model\":{\"name\":"
        "\"a\\u202eb\\u0001'c\"}}");
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "<bdi>a\xef\xbf\xbd"
                    "b\xef\xbf\xbd&#39;c</bdi>");
    rw_text_clear(&page);
    json_decref(doc);
}

static void survives_missing_keys(void **state)
{
    (void)state;
    json_t *doc = fixture();
    const char *key;
    json_t *value;
    json_object_foreach (doc, key, value) {
        json_t *less = json_copy(doc);
        assert_int_equal(json_object_del(less, key), 0);
        rw_text page;
        ropewalk_error err;
        const ropewalk_status status = render(less, &page, &err);
        const int required = !strcmp(key, "kind") || !strcmp(key, "schema_version");
        assert_int_equal(status, required ? ROPEWALK_E_FORMAT : ROPEWALK_OK);
        if (required) assert_non_null(strstr(err.message, key));
        rw_text_clear(&page);
        json_decref(less);
    }
    json_decref(doc);
    doc = page_document("{\"schema_version\":\"1.0\",\"kind\":\"audit\"}");
    rw_text page;
    ropewalk_error err;
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "Not in this file.");
    rw_text_clear(&page);
    json_decref(doc);
}

static void survives_wrong_kinds(void **state)
{
    (void)state;
    json_t *doc = fixture();
    const long long refused = page_survives_damage(render, doc);
    printf("%lld damaged documents refused\n", refused);
    assert_true(refused > 500);
    json_decref(doc);
}

static void names_the_key(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"schema_version\":\"1.0\",\"kind\":\"audit\",\"heads\":[{\"layer\":0,"
         "\"head\":0,"
         "\"contexts\":[{\"context\":1,\"preference\":\"x\"}]}]}",
         "key \"heads[0].contexts[0].preference\" must be a number"},
        {"{\"schema_version\":\"1.0\",\"kind\":\"audit\",\"summary\":{}}",
         "key \"summary\" must be an array"},
        {"{\"schema_version\":\"1.0\",\"kind\":\"measure\"}", "only \"audit\" is read"},
        {"{\"schema_version\":\"2.0\",\"kind\":\"audit\"}", "reads 1.x"},
        {"{\"schema_version\":\"1.0\",\"kind\":\"audit\",\"settings\":{\"contexts\":[0]}"
         "}",
         "not a positive whole number"},
        {"{\"schema_version\":\"1.0\",\"kind\":\"audit\",\"heads\":[{\"layer\":-1,"
         "\"head\":0}]}",
         "heads[0] must be 0..65535"},
        {"[1]", "an audit is a JSON object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *doc = page_document(cases[i][0]);
        rw_text page;
        ropewalk_error err;
        assert_int_equal(render(doc, &page, &err), ROPEWALK_E_FORMAT);
        if (!strstr(err.message, cases[i][1]))
            fail_msg("\"%s\" lacks \"%s\"", err.message, cases[i][1]);
        json_decref(doc);
    }
}

/* Just below and just above each limit. */
static void bounds_sizes(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        json_t *doc = page_document("{\"schema_version\":\"1.0\",\"kind\":\"audit\"}");
        json_t *heads = json_array();
        for (int i = 0; i < RW_REPORT_MAX_HEADS + more; i++)
            (void)json_array_append_new(
                heads, json_pack("{s:i,s:i,s:[{s:i,s:f}]}", "layer", i / 100, "head",
                                 i % 100, "contexts", "context", 8, "preference", .5));
        (void)json_object_set_new(doc, "heads", heads);
        rw_text page;
        ropewalk_error err;
        assert_int_equal(render(doc, &page, &err),
                         more ? ROPEWALK_E_FORMAT : ROPEWALK_OK);
        if (more) assert_non_null(strstr(err.message, "20001 items"));
        rw_text_clear(&page);
        json_decref(doc);

        doc = page_document("{\"schema_version\":\"1.0\",\"kind\":\"audit\"}");
        json_t *contexts = json_array();
        for (int i = 0; i < RW_REPORT_MAX_CONTEXTS + more; i++)
            (void)json_array_append_new(contexts, json_integer(i + 1));
        (void)json_object_set_new(doc, "settings",
                                  json_pack("{s:o}", "contexts", contexts));
        assert_int_equal(render(doc, &page, &err),
                         more ? ROPEWALK_E_FORMAT : ROPEWALK_OK);
        rw_text_clear(&page);
        json_decref(doc);
    }
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    json_t *doc = fixture();
    page_survives_failed_allocations(render, doc);
    json_decref(doc);
}

/* Lint, a sweep and another audit beside an audit; without one they are refused. */
static void several_documents(void **state)
{
    (void)state;
    json_t *audit = fixture(),
           *lint = page_document("{\"kind\":\"lint\",\"files\":[],\"not_evaluated\":[],"
                                 "\"findings\":[{\"rule\":\"RW001\","
                                 "\"severity\":\"warn\",\"message\":\"<b>base</b>\"}]}"),
           *sweep = page_document("{\"kind\":\"sweep\",\"tradeoff\":[]}"),
           *measure = page_document("{\"kind\":\"measure\"}");
    const json_t *four[] = {lint, audit, sweep, audit}, *none[] = {lint, sweep},
                 *wrong[] = {audit, measure};
    rw_text page;
    ropewalk_error err = {0};
    rw_text_init(&page);
    assert_int_equal(rw_report_documents(four, NULL, 4, &page, &err), ROPEWALK_OK);
    page_has(&page, "Findings of lint");
    page_has(&page, "&lt;b&gt;base&lt;/b&gt;");
    page_has(&page, "there is no trade-off to draw");
    page_has(&page, "</bdi>: what moved</h2>");
    page_has(&page, "<h2 id=h-models>Models side by side</h2>");
    assert_int_equal(page_count(page.data, "<tr><th scope=row class=l><bdi>"), 2);
    assert_int_equal(page_count(page.data, "</html>"), 1);
    assert_int_equal(page_count(page.data, " id=limits "), 1);
    assert_true(strstr(page.data, "Findings of lint") <
                strstr(page.data, "<section id=maps"));
    assert_int_equal(rw_report_documents(none, NULL, 2, &page, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "need an audit"));
    assert_int_equal(rw_report_documents(wrong, NULL, 2, &page, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "\"measure\""));
    assert_int_equal(page.len, 0);
    const int64_t live = rw_alloc_live();
    bool finished = false;
    for (int64_t n = 0; !finished && n < 200000; n += 1 + n / 30) {
        rw_alloc_fail_at(n, 1);
        const ropewalk_status status = rw_report_documents(four, NULL, 4, &page, &err);
        finished = rw_alloc_count() <= n;
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(status, finished ? ROPEWALK_OK : ROPEWALK_E_MEMORY);
        rw_text_clear(&page);
        assert_int_equal(rw_alloc_live(), live);
    }
    assert_true(finished);
    json_decref(audit);
    json_decref(lint);
    json_decref(sweep);
    json_decref(measure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_parts),
        cmocka_unit_test(no_word_beyond_training),
        cmocka_unit_test(draws_the_rotation_check),
        cmocka_unit_test(escapes_foreign_text),
        cmocka_unit_test(survives_missing_keys),
        cmocka_unit_test(survives_wrong_kinds),
        cmocka_unit_test(names_the_key),
        cmocka_unit_test(bounds_sizes),
        cmocka_unit_test(survives_failed_allocations),
        cmocka_unit_test(several_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
