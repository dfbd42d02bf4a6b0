/* test_given_record.c - a query's measurement to bytes and back: every member, and bytes that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "audit/given_record.h"

enum { N_Q = 2, N_K = 3, N_TWIN = 3, N_CONTEXT = 2 };
enum { SINGLES = N_Q * N_K * N_CONTEXT, TWINS = N_Q * N_TWIN * N_CONTEXT };

typedef struct rows {
    rw_single single[SINGLES];
    rw_single_prediction single_prediction[SINGLES];
    rw_double twin[TWINS];
    rw_double_prediction twin_prediction[TWINS];
} rows;

static double next;

/* Every eight bytes another number, a double and a positive integer alike. */
static void number(void *to, size_t size)
{
    for (size_t at = 0; at + sizeof next <= size; at += sizeof next) {
        next += 0.5;
        memcpy((char *)to + at, &next, sizeof next);
    }
}

static void estimate(rw_estimate *e)
{
    next += 0.5;
    *e = (rw_estimate){next, (rw_estimate_kind)((int)next % 4),
                       (rw_estimate_state)((int)next % 3)};
}

static void fill(rows *r)
{
    next = 1.0;
    memset(r, 0, sizeof *r);
    for (int i = 0; i < SINGLES; i++) {
        rw_single *s = &r->single[i];
        rw_single_prediction *p = &r->single_prediction[i];
        number(&s->inversion, sizeof *s - offsetof(rw_single, inversion));
        s->blind = i % 2;
        number(&p->mean, 6 * sizeof p->mean);
        estimate(&p->inversion);
        estimate(&p->inversion_local);
        estimate(&p->inversion_beyond);
        estimate(&p->near_aliasing);
        for (int d = 0; d < RW_N_DTYPE; d++) {
            estimate(&p->alias_pairs[d]);
            estimate(&p->alias_distances[d]);
        }
    }
    for (int i = 0; i < TWINS; i++) {
        rw_double *t = &r->twin[i];
        number(&t->inversion, sizeof *t - offsetof(rw_double, inversion));
        t->reference_tie = i % 2;
        t->swapped = i % 3 == 0;
        r->twin_prediction[i].swapped = i % 2;
        estimate(&r->twin_prediction[i].inversion);
        for (int d = 0; d < RW_N_DTYPE; d++)
            estimate(&r->twin_prediction[i].aliasing[d]);
    }
}

static rw_given of(rows *r)
{
    return (rw_given){.n_q = N_Q,
                      .n_k = N_K,
                      .n_pair_of_keys = N_TWIN,
                      .n_context = N_CONTEXT,
                      .single = r->single,
                      .single_prediction = r->single_prediction,
                      .twin = r->twin,
                      .twin_prediction = r->twin_prediction};
}

static rows from, to;

static void there_and_back(void **state)
{
    (void)state;
    fill(&from);
    memset(&to, 0, sizeof to);
    const rw_given a = of(&from);
    rw_given b = of(&to);
    for (uint32_t query = 0; query < N_Q; query++) {
        rw_packer p = {0};
        rw_given_pack(&a, query, &p);
        assert_false(p.failed);
        rw_unpacker in = {.bytes = p.bytes, .n = p.n};
        assert_int_equal(rw_given_unpack(&in, query, &b, NULL), ROPEWALK_OK);
        assert_int_equal(memcmp(&from, &to, sizeof to) == 0, query == N_Q - 1);
        rw_packer_clear(&p);
    }
}

static void what_does_not_fit(void **state)
{
    (void)state;
    fill(&from);
    const rw_given a = of(&from);
    rw_given b = of(&to);
    rw_packer p = {0};
    rw_given_pack(&a, 1, &p);
    ropewalk_error err = {0};
    for (size_t n = 0; n < p.n; n += n < p.n - 9 ? 7 : 1) {
        rw_unpacker in = {.bytes = p.bytes, .n = n};
        assert_int_equal(rw_given_unpack(&in, 1, &b, &err), ROPEWALK_E_FORMAT);
    }
    assert_string_equal(err.message,
                        "the result of query 1 does not fit this measurement");
    rw_pack_u32(&p, 0); /* one too many */
    rw_unpacker in = {.bytes = p.bytes, .n = p.n};
    assert_int_equal(rw_given_unpack(&in, 1, &b, &err), ROPEWALK_E_FORMAT);
    p.bytes[0] = 2; /* neither blind nor not */
    in = (rw_unpacker){.bytes = p.bytes, .n = p.n - 4};
    assert_int_equal(rw_given_unpack(&in, 1, &b, &err), ROPEWALK_E_FORMAT);
    p.bytes[0] = 1;
    in = (rw_unpacker){.bytes = p.bytes, .n = p.n - 4};
    assert_int_equal(rw_given_unpack(&in, 1, &b, &err), ROPEWALK_OK);
    p.bytes[11] = 0x80; /* a count below zero */
    in = (rw_unpacker){.bytes = p.bytes, .n = p.n - 4};
    assert_int_equal(rw_given_unpack(&in, 1, &b, &err), ROPEWALK_E_FORMAT);
    rw_packer_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back),
                                       cmocka_unit_test(what_does_not_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
