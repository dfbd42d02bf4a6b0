/* test_experiment.c - experiments on models whose abilities are known: what passes the gate, what
 * hurts, how long they last, and that an interrupted one asks nothing twice. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/random.h"
#include "task/experiment.h"

/* Reads "NAME: d" and nothing else; how sure it is falls with what stands in between. */
typedef struct reader {
    double fall_distance, fall_dilution, fall_length; /* nats a token, a token, a byte */
    uint64_t n_asked, stop_after;
} reader;

static ropewalk_status weigh(void *ctx, const rw_lm_prompt *prompt,
                             const char *const *option, uint32_t n_option, double *out,
                             double *attention, rw_lm_usage *usage, ropewalk_error *err)
{
    reader *r = ctx;
    const char *question = prompt->segment[prompt->n_segment - 1].text, *text = NULL;
    double sure = 4.0, n_byte = 0.0;
    char key[32] = "";
    (void)attention;
    if (r->stop_after && r->n_asked == r->stop_after)
        return rw_fail(err, ROPEWALK_E_IO, 0, "the model is gone");
    r->n_asked++;
    for (uint32_t i = 0; i + 1 < prompt->n_segment; i++) {
        const rw_lm_segment *s = &prompt->segment[i];
        if (s->n_token > 0 && s->drop) sure -= r->fall_distance * (double)s->n_token;
        if (s->n_token > 0 && !s->drop) sure -= r->fall_dilution * (double)s->n_token;
        if (s->n_token < 0) n_byte += (double)strlen(s->text);
        if (strchr(s->text, ':')) text = s->text;
    }
    sure -= r->fall_length * n_byte;
    if (strlen(question) == 8 && strcmp(question + 6, ": ") == 0)
        (void)snprintf(key, sizeof key, "%.6s: ", question);
    const char *at = text && key[0] ? strstr(text, key) : NULL;
    for (uint32_t i = 0; i < n_option; i++) {
        /* a guess that is the same for the same question, and a little of it always */
        const double noise =
            rw_random_normal(5, (uint64_t)question[0] * 31 + i, n_option);
        out[i] = at && at[8] == option[i][0] ? sure : 0.5 * noise;
    }
    *usage = (rw_lm_usage){(int64_t)(n_byte / 4.0), -1, 0, false, -1};
    return ROPEWALK_OK;
}

static ropewalk_status count(void *ctx, const rw_lm_prompt *prompt, int64_t *n,
                             ropewalk_error *err)
{
    (void)ctx;
    (void)err;
    *n = 0;
    for (uint32_t i = 0; i < prompt->n_segment; i++)
        *n += (int64_t)strlen(prompt->segment[i].text) / 4;
    return ROPEWALK_OK;
}

static rw_lm model(reader *r)
{
    return (rw_lm){.ctx = r,
                   .can = RW_LM_WEIGHS | RW_LM_COUNTS | RW_LM_DROPS,
                   .context = 4096,
                   .model = "reader",
                   .runtime = "test",
                   .count = count,
                   .weigh = weigh};
}

static rw_experiment_plan plan_of(const char *task)
{
    return (rw_experiment_plan){.task = {rw_task_find(task)},
                                .n_task = 1,
                                .n_list = 8,
                                .n_question = 4,
                                .seed = 1};
}

static const rw_task_group *group_of(const rw_task_result *r, const char *cell,
                                     int64_t gap)
{
    for (size_t i = 0; i < r->n_group; i++)
        if (!r->group[i].gate && strcmp(r->group[i].cell, cell) == 0 &&
            r->group[i].gap == gap)
            return &r->group[i];
    fail_msg("no group %s %d", cell, (int)gap);
    return r->group;
}

static void gate(void **state)
{
    (void)state;
    reader r = {0};
    const rw_lm lm = model(&r);
    rw_experiment_plan p = plan_of("lookup");
    rw_task_result result;
    p.task[p.n_task++] = rw_task_find("kth");
    rw_experiment_defaults(&p, &lm);
    assert_int_equal(
        rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, NULL),
        ROPEWALK_OK);
    assert_int_equal(result.n_summary, 2);
    assert_true(result.summary[0].passed && result.summary[0].gate_acc > 0.99);
    assert_false(result.summary[1].passed); /* it cannot count: never "RoPE fails" */
    assert_int_equal(result.summary[1].outcome, RW_TASK_NOT_EVALUABLE);
    assert_true(isnan(result.summary[1].ruler));
    assert_int_equal(result.summary[0].outcome, RW_TASK_NOT_TESTED);
    size_t lengths = 0;
    for (size_t i = 0; i < result.n_group; i++) {
        const rw_task_group *g = &result.group[i];
        assert_int_equal(g->n_refused, 0);
        assert_int_equal(g->acc.n, 32);
        assert_int_equal(g->acc.n_list, 8);
        assert_true(fabs(g->chance - 0.25) < 1e-12);
        if (g->gate) continue;
        assert_string_equal(g->task, "lookup");
        assert_true(g->n_token <= (double)g->length &&
                    g->n_token > 0.9 * (double)g->length);
        lengths++;
    }
    assert_int_equal(lengths, 4);
    assert_true(result.summary[0].ruler > 3500.0); /* the longest that was run */
    rw_experiment_clear(&result);
}

static void outcomes(void **state)
{
    (void)state;
    static const struct {
        double distance, dilution;
        rw_task_outcome want;
    } row[] = {{0.01, 0.01, RW_TASK_DISTANCE_HURTS},
               {0.0, 0.01, RW_TASK_ONLY_DILUTION_HURTS},
               {0.0, 0.0, RW_TASK_NEITHER_HURTS}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        reader r = {.fall_distance = row[i].distance, .fall_dilution = row[i].dilution};
        const rw_lm lm = model(&r);
        rw_experiment_plan p = plan_of("lookup");
        rw_task_result result;
        p.gap[p.n_gap++] = 0;
        p.gap[p.n_gap++] = 64;
        p.gap[p.n_gap++] = 256;
        rw_experiment_defaults(&p, &lm);
        assert_int_equal(
            rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, NULL),
            ROPEWALK_OK);
        assert_int_equal(result.summary[0].outcome, row[i].want);
        assert_int_equal(result.n_contrast, 6);
        for (size_t k = 0; k < result.n_contrast; k++) {
            const rw_task_contrast *c = &result.contrast[k];
            const rw_task_group *g = &result.group[c->of];
            const double fall =
                strcmp(g->cell, "distance") == 0 ? row[i].distance : row[i].dilution;
            assert_true(fabs(c->margin.mean + fall * (double)g->gap) < 1e-9);
            assert_true(c->p_holm >= c->p);
            if (fall > 0.0)
                assert_true(fabs(c->p - 2.0 / 256.0) <
                            1e-12); /* 8 lists, all the same way */
            else
                assert_true(c->p > 0.999);
        }
        assert_true(group_of(&result, "near", 0)->acc.mean > 0.99);
        rw_experiment_clear(&result);
    }
}

/* Without a gate, what cannot be done near cannot be hurt by moving it. */
static void unable(void **state)
{
    (void)state;
    reader r = {0};
    const rw_lm lm = model(&r);
    rw_experiment_plan p = plan_of("kth");
    rw_task_result result;
    p.no_gate = true;
    p.gap[p.n_gap++] = 64;
    rw_experiment_defaults(&p, &lm);
    assert_int_equal(
        rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, NULL),
        ROPEWALK_OK);
    assert_false(result.summary[0].gated);
    assert_int_equal(result.summary[0].outcome, RW_TASK_NOT_EVALUABLE);
    rw_experiment_clear(&result);
}

static void effective_length(void **state)
{
    (void)state;
    reader r = {.fall_length = 4.0 / 5000.0}; /* sure of nothing beyond 5,000 bytes */
    const rw_lm lm = model(&r);
    rw_experiment_plan p = plan_of("lookup");
    rw_task_result result;
    rw_experiment_defaults(&p, &lm);
    assert_int_equal(
        rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, NULL),
        ROPEWALK_OK);
    /* 512 tokens are 2,048 bytes: 2.4 nats; 1,024 are 4,096: 0.7; then none */
    assert_true(result.summary[0].ruler >= 500.0 && result.summary[0].ruler < 1100.0);
    rw_experiment_clear(&result);
}

static void strategies(void **state)
{
    (void)state;
    reader r = {.fall_length = 4.0 / 5000.0};
    const rw_lm lm = model(&r);
    rw_experiment_plan p = plan_of("lookup");
    rw_task_result result;
    p.item[p.n_item++] = 800;
    p.strategy[p.n_strategy++] = RW_STRATEGY_DIRECT;
    p.strategy[p.n_strategy++] = RW_STRATEGY_CHUNKED;
    rw_experiment_defaults(&p, &lm);
    assert_int_equal(
        rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, NULL),
        ROPEWALK_OK);
    assert_int_equal(result.n_contrast, 1);
    const rw_task_contrast *c = &result.contrast[0];
    assert_string_equal(result.group[c->of].strategy, "chunked");
    assert_true(c->acc.mean > 0.3); /* windows of 64 are short enough for it */
    rw_experiment_clear(&result);
}

static void resumed(void **state)
{
    (void)state;
    char path[] = "experiment_XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)unlink(path);
    reader r = {0};
    rw_lm lm = model(&r);
    rw_experiment_plan p = plan_of("lookup");
    rw_task_result whole, again;
    ropewalk_error err;
    rw_experiment_defaults(&p, &lm);
    assert_int_equal(rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &whole, NULL),
                     ROPEWALK_OK);
    const uint64_t n_all = r.n_asked;
    uint64_t n_asked = 0;
    for (uint64_t stop = 37;; stop = 150) {
        rw_journal *journal;
        r = (reader){.stop_after = stop};
        assert_int_equal(
            rw_journal_open(path, rw_experiment_key(&p, lm.model), &journal, &err),
            ROPEWALK_OK);
        const ropewalk_status status =
            rw_experiment_run(&p, &lm, journal, 1, false, NULL, NULL, &again, &err);
        rw_journal_close(journal);
        n_asked += r.n_asked;
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_IO);
        assert_int_equal(again.n_group, 0);
    }
    /* each question takes two requests, prior and prompt: at most one is asked twice a stop */
    assert_true(n_asked >= n_all && n_asked < n_all + 16);
    assert_int_equal(again.n_group, whole.n_group);
    for (size_t i = 0; i < whole.n_inquiry; i++) {
        assert_true(whole.inquiry[i].digest == again.inquiry[i].digest);
        assert_memory_equal(&whole.inquiry[i].margin, &again.inquiry[i].margin,
                            sizeof(double));
    }
    /* more lists: those that are there are kept; fewer: nothing is asked */
    const uint32_t n_list = p.n_list;
    for (int more = 1; more >= -1; more -= 2) {
        rw_journal *journal;
        rw_task_result other;
        r = (reader){0};
        p.n_list = (uint32_t)((int)n_list + 2 * more);
        assert_int_equal(
            rw_journal_open(path, rw_experiment_key(&p, lm.model), &journal, &err),
            ROPEWALK_OK);
        assert_int_equal(
            rw_experiment_run(&p, &lm, journal, 1, false, NULL, NULL, &other, &err),
            ROPEWALK_OK);
        rw_journal_close(journal);
        const uint64_t n_new = more > 0 ? n_all / n_list * 2 : 0;
        /* questions that are alike without their lists are asked once */
        assert_true(r.n_asked + 16 >= n_new && r.n_asked < n_new + 16);
        const size_t n_question = p.n_question;
        for (size_t g = 0; g < whole.n_group; g++)
            for (size_t i = 0; i < n_question * (more > 0 ? n_list : p.n_list); i++)
                assert_true(whole.inquiry[whole.group[g].first + i].digest ==
                            other.inquiry[other.group[g].first + i].digest);
        rw_experiment_clear(&other);
    }
    rw_experiment_clear(&whole);
    rw_experiment_clear(&again);
    (void)unlink(path);
    p.n_list = n_list;
    p.seed = 2;
    assert_true(rw_experiment_key(&p, "m") != rw_experiment_key(&p, "n"));
}

static void refused(void **state)
{
    (void)state;
    reader r = {0};
    const rw_lm lm = model(&r);
    rw_task_result result;
    ropewalk_error err;
    rw_experiment_plan p = plan_of("lookup");
    rw_experiment_defaults(&p, &lm);
    p.n_length = 1;
    p.length[0] = 5;
    assert_int_equal(
        rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, &err),
        ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(err.message, "too few"));
    p.n_list = 1;
    assert_int_equal(
        rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, &err),
        ROPEWALK_E_ARGUMENT);
    p.n_task = 0;
    p.n_list = 8;
    assert_int_equal(
        rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, &err),
        ROPEWALK_E_ARGUMENT);
    p = plan_of("lookup");
    rw_experiment_defaults(&p, &lm);
    r.n_asked = 0;
    assert_int_equal(rw_experiment_run(&p, &lm, NULL, 1, true, NULL, NULL, &result, &err),
                     ROPEWALK_OK);
    assert_int_equal(r.n_asked, 0); /* a dry run asks nothing */
    assert_int_equal(result.n_group, 7);
    assert_true(result.group[6].n_token > 3000.0);
    rw_experiment_clear(&result);
}

static void memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    reader r = {0};
    const rw_lm lm = model(&r);
    rw_experiment_plan p = plan_of("lookup");
    p.n_list = 2;
    p.n_question = 1;
    p.n_item = 1;
    p.item[0] = 20;
    p.gap[p.n_gap++] = 8;
    rw_experiment_defaults(&p, &lm);
    ropewalk_status status = ROPEWALK_E_MEMORY;
    int64_t most = 0;
    rw_task_result result;
    rw_alloc_fail_at(-1, 0);
    assert_int_equal(
        rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, NULL),
        ROPEWALK_OK);
    most = rw_alloc_count();
    rw_experiment_clear(&result);
    for (int64_t n = 0; status; n += 1 + most / 400) {
        rw_alloc_fail_at(n, 0);
        status = rw_experiment_run(&p, &lm, NULL, 1, false, NULL, NULL, &result, NULL);
        rw_alloc_fail_at(-1, 0);
        if (status) assert_int_equal(status, ROPEWALK_E_MEMORY);
        if (!status) rw_experiment_clear(&result);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate),       cmocka_unit_test(outcomes),
        cmocka_unit_test(unable),     cmocka_unit_test(effective_length),
        cmocka_unit_test(strategies), cmocka_unit_test(resumed),
        cmocka_unit_test(refused),    cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
