/* test_audit_doc.c - numbers out of a document in which anything may be missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "paper/audit_doc.h"
#include "paper/reproduction.h"

static json_t *parse(const char *text)
{
    json_t *doc = NULL;
    ropewalk_error err;
    assert_int_equal(rw_json_parse(text, strlen(text), "a document", &doc, &err),
                     ROPEWALK_OK);
    return doc;
}

static void reading(void **state)
{
    (void)state;
    json_t *doc = parse(
        "{\"settings\":{\"advertised_context\":8192,\"contexts\":[1024,8192,\"x\"]},"
        "\"heads\":[{\"contexts\":[{\"context\":1024,\"a\":{\"b\":0.25}},{\"context\":"
        "8192}]},"
        "{\"contexts\":null},{\"contexts\":[{\"context\":1024,\"a\":{\"b\":0.75}}]},"
        "{\"contexts\":[{\"context\":1024,\"a\":{\"b\":\"no\"}}]},7]}");
    assert_int_equal(rw_doc_advertised(doc), 8192);
    assert_int_equal(rw_doc_largest(doc), 8192);
    assert_true(rw_doc_number(doc, "settings.advertised_context") == 8192);
    assert_true(isnan(rw_doc_number(doc, "settings.nothing.deeper")));
    assert_true(isnan(rw_doc_number(doc, "settings")));
    assert_string_equal(rw_doc_string(doc, "settings.contexts"), "");
    size_t n;
    assert_true(rw_doc_median(doc, 1024, "a.b", &n) == 0.5);
    assert_int_equal(n, 2);
    assert_true(isnan(rw_doc_median(doc, 8192, "a.b", &n)));
    assert_int_equal(n, 0);
    json_decref(doc);
}

/* Documents without what a claim looks for are survived by every claim about a model. */
static void hostile(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}", "[]", "{\"heads\":7,\"probe\":[],\"by_text\":{},\"joint_aliasing\":[1,{}]}",
        "{\"settings\":{\"contexts\":[1024],\"advertised_context\":1024},\"heads\":[{"
        "\"layer\":-1,"
        "\"head\":1e300},{\"layer\":9999999,\"head\":0},{\"layer\":0,\"head\":0,"
        "\"contexts\":[{"
        "\"context\":1024,\"random\":{\"position_inversion\":{\"measured\":1e308}}}]}],"
        "\"model\":{\"name\":\"<img onerror=x>|](http://a)\"},"
        "\"disagreements\":[{\"event\":3},null,{\"cause\":\"few pairs\"}],"
        "\"probe\":{\"contexts\":[{\"keys\":[{}],\"pairs\":[1]}]}}"};
    static const char names[] = "content,layers,model,disagreements,frontier-heads";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const int64_t live = rw_alloc_live();
        json_t *doc = parse(bad[i]);
        rw_paper paper = {.n_thread = 1, .seed = 1, .quick = 1, .audit = doc};
        rw_reproduction r;
        rw_text t;
        ropewalk_error err;
        rw_text_init(&t);
        assert_int_equal(rw_reproduce(&paper, names, NULL, &r, &err), ROPEWALK_OK);
        rw_reproduction_markdown(&r, &t);
        assert_null(strstr(t.data, "<img"));
        rw_text_clear(&t);
        rw_reproduction_clear(&r);
        json_decref(doc);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reading),
                                       cmocka_unit_test(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
