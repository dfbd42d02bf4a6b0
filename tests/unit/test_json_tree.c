/* test_json_tree.c - what is written where there is no jansson: this program's functions take jansson's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
/* before libjansson's, for base/json.c too */
#include "live/json_tree.c" // NOLINT(bugprone-suspicious-include)

static json_t *document(void)
{
    json_t *list = json_array(), *flags = json_object();
    rw_json_add(&list, json_null());
    rw_json_add(&list, json_integer(INT64_C(9007199254740993)));
    rw_json_add(&list, json_string("a \"quoted\" \\ word"));
    rw_json_set(&flags, "yes", json_true());
    rw_json_set(&flags, "no", json_false());
    rw_json_add(&list, flags);
    return json_pack("{s:I, s:i, s:s, s:f, s:b, s:o}", "I", (json_int_t)-1, "i", 2, "s",
                     "", "f", 0.1, "b", 1, "list", list);
}

static void written(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_text t;
    rw_text_init(&t);
    json_t *doc = document();
    rw_json_write(doc, 0, &t);
    assert_string_equal(
        t.data, "{\"I\":-1,\"i\":2,\"s\":\"\",\"f\":0.1,\"b\":true,\"list\":[null,"
                "9007199254740993,\"a \\\"quoted\\\" \\\\ word\","
                "{\"yes\":true,\"no\":false}]}");
    json_t *list = json_object_get(doc, "list");
    assert_int_equal(json_array_size(list), 4);
    assert_null(json_array_get(list, 4));
    assert_null(json_object_get(doc, "none"));
    assert_null(json_object_get(list, "I"));
    json_incref(list); /* it outlives what held it */
    json_decref(doc);
    assert_int_equal(json_object_size(json_array_get(list, 3)), 2);
    json_decref(list);
    rw_text_clear(&t);
    assert_int_equal(rw_alloc_live(), live);
}

/* A value that is not there fails what it was meant for, and nothing is lost. */
static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_alloc_fail_at(at, 0);
        json_t *doc = document();
        rw_alloc_fail_at(-1, 0);
        const bool whole = doc != NULL;
        json_decref(doc);
        assert_int_equal(rw_alloc_live(), live);
        if (whole) break;
    }
    assert_true(at > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(written),
                                       cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
