/* test_live.c - flat requests: the same answers as the calls they stand for, a sentence for all else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "live/live.h"
#include "position/synthetic.h"

enum { DIM = 8, HALF = DIM / 2 };

static const double freq[HALF] = {1.0, 0.1, 0.01, 0.001}, contexts[2] = {64, 16};
static double q[DIM], k[2 * DIM];

static rw_live_request request(void)
{
    rw_synthetic_vectors(RW_FAMILY_GAUSSIAN, DIM, DIM, RW_PAIRS_HALF_SPLIT, 7, 0, q, k,
                         2);
    return (rw_live_request){.head_dim = DIM,
                             .rotary_dim = DIM,
                             .attn_factor = 1.0,
                             .score_scale = (double)NAN,
                             .zeta = (double)NAN,
                             .near_alias = (double)NAN,
                             .n_q = 1,
                             .n_k = 2,
                             .n_context = 2,
                             .n_score = 4,
                             .q = q,
                             .k = k,
                             .inv_freq = freq,
                             .context = contexts,
                             .dtypes = "bf16,f16",
                             .events = "all"};
}

static json_t *read(rw_live_reply *reply)
{
    json_t *doc;
    ropewalk_error err = {0};
    assert_non_null(reply->text);
    assert_int_equal(
        rw_json_parse(reply->text, strlen(reply->text), "a reply", &doc, &err),
        ROPEWALK_OK);
    rw_live_release(reply->text);
    return doc;
}

static void about(void **state)
{
    (void)state;
    rw_live_reply reply;
    assert_int_equal(rw_live_about(&reply), ROPEWALK_OK);
    json_t *doc = read(&reply);
    const json_t *first = json_array_get(json_object_get(doc, "mechanisms"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "name")), "dynamic");
    assert_int_equal(json_array_size(json_object_get(doc, "events")), 7);
    assert_int_equal(json_array_size(json_object_get(doc, "families")), RW_N_FAMILY);
    json_decref(doc);
}

static void documents(void **state)
{
    (void)state;
    rw_live_reply reply;
    const rw_live_request r = request();
    assert_int_equal(rw_live_measure(&r, &reply), ROPEWALK_OK);
    json_t *doc = read(&reply);
    assert_int_equal(json_array_size(doc), 4); /* ascending contexts, each in two types */
    const json_t *first = json_array_get(doc, 0);
    assert_int_equal(json_integer_value(json_object_get(first, "context")), 16);
    assert_int_equal(json_array_size(json_object_get(first, "single")), 2);
    assert_int_equal(json_array_size(json_object_get(first, "double")), 1);
    json_decref(doc);
}

/* Against the sum itself. */
static void scores(void **state)
{
    (void)state;
    rw_live_reply reply;
    rw_live_request r = request();
    double out[4];
    r.from = 700;
    r.score_scale = 0.5;
    assert_int_equal(rw_live_scores(&r, out, &reply), ROPEWALK_OK);
    for (int i = 0; i < 4; i++) {
        double s = 0.0;
        for (int n = 0; n < HALF; n++) {
            const double re = q[n] * k[n] + q[n + HALF] * k[n + HALF],
                         im = q[n + HALF] * k[n] - q[n] * k[n + HALF],
                         angle = (700 + i) * freq[n];
            s += 0.5 * (re * cos(angle) - im * sin(angle));
        }
        assert_true(fabs(out[i] - s) < 1e-12);
    }
}

static void tables(void **state)
{
    (void)state;
    rw_live_reply reply;
    double out[HALF + 1];
    const double n_values[2] = {0, 0}, values[2] = {4.0, 2048.0};
    rw_live_table_request r = {.head_dim = DIM,
                               .rotary_dim = DIM,
                               .rope_theta = 1e4,
                               .n_setting = 1,
                               .mechanism = "linear",
                               .names = "factor\0original_context_length",
                               .n_values = n_values,
                               .values = values};
    assert_int_equal(rw_live_table(&r, out, &reply), ROPEWALK_OK);
    assert_true(fabs(out[0] - 0.25) < 1e-15 && fabs(out[HALF] - 1.0) < 1e-15);
    r.mechanism = "yarn";
    r.n_setting = 2;
    assert_int_equal(rw_live_table(&r, out, &reply), ROPEWALK_OK);
    assert_true(out[HALF] > 1.1);
    r.mechanism = "linear";
    assert_int_equal(rw_live_table(&r, out, &reply), ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(reply.error.message, "original_context_length"));
    r.mechanism = "rope2";
    assert_int_equal(rw_live_table(&r, out, &reply), ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(reply.error.message, "rope2"));
    r.mechanism = "freq_factors";
    r.n_setting = 1;
    r.names = "divisor";
    const double n_pair[1] = {HALF}, divisors[HALF] = {1, 2, 4, 8};
    r.n_values = n_pair;
    r.values = divisors;
    assert_int_equal(rw_live_table(&r, out, &reply), ROPEWALK_OK);
    assert_true(fabs(out[3] - 0.001 / 8) < 1e-18);
}

static void vectors(void **state)
{
    (void)state;
    rw_live_reply reply;
    double out[3 * DIM];
    rw_live_vector_request r = {
        .head_dim = DIM, .rotary_dim = DIM, .seed = 7, .n_k = 2, .family = "gaussian"};
    (void)request();
    assert_int_equal(rw_live_vectors(&r, out, &reply), ROPEWALK_OK);
    assert_memory_equal(out, q, sizeof q);
    assert_memory_equal(out + DIM, k, sizeof k);
    r.family = "none";
    assert_int_equal(rw_live_vectors(&r, out, &reply), ROPEWALK_E_ARGUMENT);
    r.seed = -1;
    assert_int_equal(rw_live_vectors(&r, out, &reply), ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(reply.error.message, "seed"));
}

/* Each number of a request, one after the other, as what it can never be. */
static void refused(void **state)
{
    (void)state;
    const double bad[] = {(double)NAN, (double)INFINITY, -3.0, 1e300};
    enum { N_NUMBER = offsetof(rw_live_request, q) / sizeof(double) };
    for (size_t i = 0; i < N_NUMBER; i++)
        for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
            rw_live_request r = request();
            rw_live_reply reply;
            double out[4];
            memcpy((char *)&r + i * sizeof(double), &bad[b], sizeof(double));
            const size_t at = i * sizeof(double);
            const int optional = at == offsetof(rw_live_request, score_scale) ||
                                 at == offsetof(rw_live_request, zeta) ||
                                 at == offsetof(rw_live_request, near_alias);
            if (optional && b != 1 && b != 2)
                continue; /* NaN: not given; else a number */
            const int of_scores = at >= offsetof(rw_live_request, from);
            if (!of_scores && at == offsetof(rw_live_request, attn_factor) && b == 3)
                continue; /* too large for the products, which have their own sentence */
            const ropewalk_status status =
                of_scores ? rw_live_scores(&r, out, &reply) : rw_live_measure(&r, &reply);
            assert_int_equal(status, ROPEWALK_E_ARGUMENT);
            assert_true(reply.error.message[0]);
            assert_null(reply.text);
        }
    rw_live_request r = request();
    rw_live_reply reply;
    const double too_long[2] = {1, RW_LIVE_MOST_CONTEXT + 1};
    r.context = too_long;
    assert_int_equal(rw_live_measure(&r, &reply), ROPEWALK_E_ARGUMENT);
    r = request();
    r.dtypes = "f8";
    assert_int_equal(rw_live_measure(&r, &reply), ROPEWALK_E_ARGUMENT);
    r = request();
    k[3] = (double)NAN;
    assert_int_equal(rw_live_measure(&r, &reply), ROPEWALK_E_ARGUMENT);
    assert_string_equal(reply.error.message, "k row 0 column 3 is not a number");
}

static void too_much(void **state)
{
    (void)state;
    enum { MANY = 64 };
    static double room[MANY * DIM];
    rw_live_request r = request();
    rw_live_reply reply;
    const double long_context[1] = {RW_LIVE_MOST_CONTEXT};
    r.q = r.k = room;
    r.n_q = r.n_k = MANY;
    r.context = long_context;
    r.n_context = 1;
    assert_int_equal(rw_live_measure(&r, &reply), ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(reply.error.message, "ropewalk measure"));
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    double out[4];
    int at = 0, n_failed = 0;
    for (ropewalk_status status = ROPEWALK_E_MEMORY; status; at++) {
        rw_live_reply reply;
        const rw_live_request r = request();
        rw_alloc_fail_at(at, 0);
        status = rw_live_measure(&r, &reply);
        rw_alloc_fail_at(-1, 0);
        assert_true(!status || status == ROPEWALK_E_MEMORY);
        n_failed += status != ROPEWALK_OK;
        rw_live_release(reply.text);
        assert_int_equal(rw_alloc_live(), live);
    }
    assert_true(n_failed > 20);
    for (at = 0;; at++) {
        rw_live_reply reply;
        const rw_live_request r = request();
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_live_scores(&r, out, &reply);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
    assert_true(at > 3);
    void *block = rw_live_take(100);
    assert_non_null(block);
    rw_live_release(block);
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(about),    cmocka_unit_test(documents),
        cmocka_unit_test(scores),   cmocka_unit_test(tables),
        cmocka_unit_test(vectors),  cmocka_unit_test(refused),
        cmocka_unit_test(too_much), cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
