/* prop_frontier.c - the heads on the frontier, counted: what their separation means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "audit/given_run.h"
#include "theory/frontier.h"

enum { H = 64, DIM = 2 * H, N_P = 8 };
static const double rates[N_P] = {0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 1e-3};

typedef struct job {
    double freq[H], q[DIM], k[2 * DIM];
    rw_rotation rotation;
    int64_t context;
    rw_given_input in;
} job;

static void job_init(job *j, double base, int64_t M)
{
    rw_inv_freq_unscaled(base, DIM, j->freq);
    j->rotation =
        (rw_rotation){.rotary_dim = DIM, .attn_factor = 1.0, .inv_freq = j->freq};
    j->context = M;
    j->in = (rw_given_input){.q = j->q,
                             .k = j->k,
                             .n_q = 1,
                             .n_k = 2,
                             .head_dim = DIM,
                             .rotation = &j->rotation,
                             .score_scale = 1.0,
                             .context = &j->context,
                             .n_context = 1,
                             .events = RW_ALL_EVENTS,
                             .zeta = 0.01,
                             .n_thread = 1,
                             .kernels = &rw_kernels_ref};
    /* Keys (1.5, 0) and (0.5, 0): their difference turns the query into the head itself. */
    for (int i = 0; i < DIM; i++) {
        j->k[i] = i < H ? 1.5 : 0.0;
        j->k[DIM + i] = i < H ? 0.5 : 0.0;
    }
}

/* Counted and predicted rates of one head: of positions for the first key, of tokens for both. */
static void count(job *j, const double *head, rw_frontier_task task, double *counted,
                  double *predicted, double *certificate, double *insensitive)
{
    ropewalk_error err = {0};
    rw_given g;
    for (int i = 0; i < DIM; i++)
        j->q[i] = head[i];
    if (rw_given_run(&j->in, &g, &err)) fail_msg("%s", err.message);
    const rw_count *c =
        task == RW_FRONTIER_TOKEN ? &g.twin[0].inversion : &g.single[0].inversion;
    assert_int_equal(c->unresolved, 0);
    *counted = (double)c->count / (double)c->total;
    *predicted = task == RW_FRONTIER_TOKEN ? g.twin_prediction[0].inversion.value
                                           : g.single_prediction[0].inversion.value;
    *certificate = task == RW_FRONTIER_TOKEN ? g.twin[0].ks_difference
                                             : g.single[0].ks_near + g.single[0].ks_far;
    *insensitive =
        (double)g.single[0].insensitivity.count / (double)g.single[0].insensitivity.total;
    if (task == RW_FRONTIER_TOKEN &&
        g.twin[0].swapped) { /* the order at distance 0 is the other */
        *counted = 1.0 - *counted;
        *predicted = 1.0 - *predicted;
    }
    rw_given_clear(&g);
}

static void counted(void **state)
{
    (void)state;
    static const struct {
        double base;
        int64_t context;
        rw_frontier_task task;
        double
            off; /* counted rate against p: measured, rounded up. One pair that outweighs all others
                       makes an arcsine law of a margin, which the normal misses by 0.08 */
    } cases[] = {{1e4, 131072, RW_FRONTIER_POSITION, 0.03},
                 {5e5, 131072, RW_FRONTIER_POSITION, 0.03},
                 {1e4, 8192, RW_FRONTIER_POSITION, 0.03},
                 {1e4, 8192, RW_FRONTIER_TOKEN, 0.1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        job j;
        job_init(&j, cases[i].base, cases[i].context);
        rw_response r;
        rw_frontier f;
        assert_int_equal(rw_response_init(&r, j.freq, H, j.context, NULL), ROPEWALK_OK);
        assert_int_equal(rw_frontier_make(&r, cases[i].task, rates, N_P, &f, NULL),
                         ROPEWALK_OK);
        printf("base %g, M %lld, %s\n", cases[i].base, (long long)j.context,
               cases[i].task == RW_FRONTIER_TOKEN ? "token" : "position");
        for (size_t n = 0; n < N_P; n++) {
            const rw_frontier_point *p = &f.point[n];
            double rate, predicted, certificate, insensitive;
            assert_non_null(p->head);
            count(&j, p->head, cases[i].task, &rate, &predicted, &certificate,
                  &insensitive);
            printf("  p %-6g step %.4f  counted %.4f (certificate %.3f, at most %.3f)  "
                   "below 0.01 U: "
                   "%.3f\n",
                   p->p, p->attained, rate, certificate, p->cantelli, insensitive);
            assert_true(fabs(predicted - p->p) <
                        1e-6);                /* the head is where the frontier says */
            assert_true(rate <= p->cantelli); /* whatever the distribution */
            assert_true(fabs(rate - p->p) <= certificate + 1e-9);
            assert_true(fabs(rate - p->p) <= cases[i].off);
            /* An rms step below x leaves at most (step / x)^2 of the steps at x or above. */
            assert_true(1.0 - insensitive <= p->bound * p->bound / 1e-4 + 1e-9);
        }
        rw_frontier_clear(&f);
        rw_response_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
