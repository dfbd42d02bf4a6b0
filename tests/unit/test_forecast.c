/* test_forecast.c - seconds of plans whose tokens can be added up by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "task/forecast.h"

static rw_task_group group(const char *cell, int64_t gap, double n_token)
{
    return (rw_task_group){.task = "lookup",
                           .strategy = "direct",
                           .cell = cell,
                           .gap = gap,
                           .n_token = n_token,
                           .n_inquiry = 6};
}

static double seconds(const rw_forecast *f, rw_task_group *g, size_t n, int64_t written)
{
    const rw_task_result r = {.group = g, .n_group = n, .n_list = 2, .n_question = 3};
    return rw_forecast_seconds(f, &r, written);
}

static void is(double got, double want)
{
    if (!(fabs(got - want) < 1e-9 * want)) fail_msg("%.12g, not %.12g", got, want);
}

static void sums(void **state)
{
    (void)state;
    rw_forecast f = {.token_s = 0.5};
    rw_task_group g[] = {group("near", 0, 100.0),        group("distance", 256, 356.0),
                         group("both", 256, 356.0),      group("dilution", 256, 356.0),
                         group("both", 1200, 1300.0),    group("both", 3000, 3100.0),
                         group("dilution", 3000, 3100.0)};
    is(seconds(&f, g, 1, 0), 2.0 * 50.0);
    /* filler after the list is read once for both cells, and less than a piece is not shared */
    is(seconds(&f, g, 3, 0), 2.0 * 0.5 * (100.0 + 256.0));
    is(seconds(&f, g, 4, 0), 2.0 * 0.5 * (100.0 + 256.0 + 356.0));
    is(seconds(&f, g, 5, 0), 2.0 * 0.5 * (100.0 + 256.0 + 356.0 + 1200.0));
    /* 1,200 tokens leave two pieces of 512 behind; dilution has none of them */
    is(seconds(&f, g, 6, 0),
       2.0 * 0.5 * (100.0 + 256.0 + 356.0 + 1200.0 + 3000.0 - 1024.0));
    is(seconds(&f, g, 7, 0),
       2.0 * 0.5 * (100.0 + 256.0 + 356.0 + 1200.0 + 3000.0 - 1024.0 + 3100.0));
    /* a token is dearer the more stand before it */
    f = (rw_forecast){.token_s_a_depth = 0.02};
    is(seconds(&f, g, 1, 0), 2.0 * 0.01 * 100.0 * 100.0);
    /* questions, once with and once without the list, and what is written */
    f = (rw_forecast){.question_s = 3.0};
    is(seconds(&f, g, 1, 0), 6.0 * 3.0 * 2.0);
    is(seconds(&f, g, 2, 0), 6.0 * 3.0 * 3.0);
    is(seconds(&f, g, 1, 10), 6.0 * 3.0 * (2.0 + 5.0));
    /* windows are read for every question */
    f = (rw_forecast){.token_s = 0.5};
    g[0] = group("near", -1, 100.0);
    g[0].strategy = "chunked";
    is(seconds(&f, g, 1, 0), 6.0 * 50.0);
    g[0].n_token = (double)NAN;
    assert_true(isnan(seconds(&f, g, 1, 0)));
}

static ropewalk_status weigh(void *ctx, const rw_lm_prompt *prompt,
                             const char *const *option, uint32_t n_option, double *out,
                             double *attention, rw_lm_usage *usage, ropewalk_error *err)
{
    int64_t *longest = ctx;
    (void)option;
    (void)attention;
    for (uint32_t i = 0; i < n_option; i++)
        out[i] = -1.0;
    *usage = (rw_lm_usage){-1, -1, 0, false, -1};
    if (prompt->segment[0].n_token < 0)
        return rw_fail(err, ROPEWALK_E_IO, 0, "an empty prompt");
    if (prompt->segment[0].n_token > *longest) *longest = prompt->segment[0].n_token;
    return ROPEWALK_OK;
}

static void measured(void **state)
{
    (void)state;
    int64_t longest = 0;
    rw_forecast f;
    rw_lm lm = {.ctx = &longest, .can = RW_LM_WEIGHS, .context = 8192, .weigh = weigh};
    assert_int_equal(rw_forecast_measure(&lm, &f, NULL), ROPEWALK_OK);
    assert_true(f.token_s >= 0.0 && f.token_s_a_depth >= 0.0 && f.question_s >= 0.0);
    assert_int_equal(longest, 1536);
    longest = 0;
    lm.context = 256;
    assert_int_equal(rw_forecast_measure(&lm, &f, NULL), ROPEWALK_OK);
    assert_true(longest < 256);
    lm.can = 0;
    ropewalk_error err;
    assert_int_equal(rw_forecast_measure(&lm, &f, &err), ROPEWALK_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "not known"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums),
                                       cmocka_unit_test(measured)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
