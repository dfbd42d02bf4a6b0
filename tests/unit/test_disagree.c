/* test_disagree.c - the worst heads, in order, each once an event, with what explains them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "audit/disagree.h"
#include "base/alloc.h"

enum { N_HEAD = 14, N_CONTEXT = 2 };

/* Head h is off by h / 100 at the first context and by a little less at the second. */
static void fill(rw_audit *a)
{
    rw_audit_init(a);
    a->context[0] = 1024;
    a->context[1] = 2048;
    a->n_context = N_CONTEXT;
    a->first_dtype = RW_BF16;
    a->n_head = N_HEAD;
    a->head = rw_calloc(N_HEAD, sizeof *a->head);
    for (uint32_t h = 0; h < N_HEAD; h++) {
        a->head[h].layer = h / 4;
        a->head[h].head = h % 4;
        if (h == 13) continue; /* without RoPE */
        a->head[h].context = rw_calloc(N_CONTEXT, sizeof *a->head[h].context);
        for (uint32_t c = 0; c < N_CONTEXT; c++) {
            rw_head_context *x = &a->head[h].context[c];
            x->context = x->effective = a->context[c];
            x->ks_near = 0.125;
            x->ks_far = 0.25;
            x->ks_difference = 0.5;
            x->max_share = 0.1;
            x->n_eff = 20;
            x->turning_share = 0.9;
            x->single[RW_RANDOM][RW_RATE_INVERSION] =
                (rw_cell){.measured = 0.5 + (c ? -0.5 : 1) * h / 100.0, .predicted = 0.5};
            x->twin[RW_RANDOM_RANDOM][RW_TWIN_INVERSION] =
                (rw_cell){.measured = (double)NAN, .predicted = 0.5};
            x->single[RW_RANDOM][(int)RW_RATE_ALIASING + (int)RW_BF16] =
                (rw_cell){.measured = c ? 0.002 : 0.001, .predicted = 0.001};
        }
    }
}

static void worst_first(void **state)
{
    (void)state;
    rw_audit a;
    ropewalk_error err;
    fill(&a);
    a.head[12].context[0].max_share = 0.6;
    assert_int_equal(rw_disagree_find(&a, &err), ROPEWALK_OK);
    /* ten of position inversion, none of token inversion, ten of aliasing */
    assert_int_equal(a.n_disagreement, 20);
    for (uint32_t i = 0; i < 10; i++) {
        const rw_disagreement *d = &a.disagreement[i];
        assert_string_equal(d->event, "position_inversion");
        assert_int_equal(d->layer * 4 + d->head, 12 - i);
        assert_int_equal(d->context, 1024);
        assert_true(fabs(d->error - (12 - i) / 100.0) < 1e-12);
        assert_true(d->certificate == 0.375);
        assert_int_equal(d->cause, i ? RW_CAUSE_NONE : RW_CAUSE_DOMINANT_PAIR);
    }
    for (uint32_t i = 10; i < 20; i++) { /* all equal: in the order of the heads */
        const rw_disagreement *d = &a.disagreement[i];
        assert_string_equal(d->event, "position_aliasing");
        assert_int_equal(d->layer * 4 + d->head, i - 10);
        assert_int_equal(d->context, 2048);
        assert_true(fabs(d->error - log(2)) < 1e-12);
        assert_true(isnan(d->certificate));
    }
    assert_int_equal(rw_disagree_find(&a, &err), ROPEWALK_OK); /* again: replaced */
    assert_int_equal(a.n_disagreement, 20);
    rw_audit_clear(&a);
}

static void causes(void **state)
{
    (void)state;
    assert_int_equal(rw_disagree_cause(0.5, 0.1, 2), RW_CAUSE_DOMINANT_PAIR);
    assert_int_equal(rw_disagree_cause(0.49, 0.49, 2), RW_CAUSE_SHORT_WINDOW);
    assert_int_equal(rw_disagree_cause(0.49, 0.5, 7.9), RW_CAUSE_FEW_PAIRS);
    assert_int_equal(rw_disagree_cause(0.49, 0.5, 8), RW_CAUSE_NONE);
    assert_int_equal(rw_disagree_cause((double)NAN, (double)NAN, (double)NAN),
                     RW_CAUSE_NONE);
    for (int i = 0; i < RW_N_CAUSE; i++)
        assert_true(strlen(rw_disagreement_cause_name((rw_disagreement_cause)i)) > 3);
}

static void no_memory(void **state)
{
    (void)state;
    rw_audit a;
    ropewalk_error err;
    fill(&a);
    rw_alloc_fail_at(0, 0);
    assert_int_equal(rw_disagree_find(&a, &err), ROPEWALK_E_MEMORY);
    rw_alloc_fail_at(-1, 0);
    assert_int_equal(a.n_disagreement, 0);
    rw_audit_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(worst_first),
                                       cmocka_unit_test(causes),
                                       cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
