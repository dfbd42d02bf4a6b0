/* test_record.c - heads and layers to bytes and back: every member, and bytes that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "audit/record.h"
#include "base/alloc.h"

enum { N_FREQ = 3 };
static const rw_record_shape shape = {.n_effective = 2,
                                      .n_freq = N_FREQ,
                                      .n_query = 4,
                                      .n_attended = 2,
                                      .n_random = 3,
                                      .n_row = 50};

/* Every number another one. */
static void fill(rw_head_text *h)
{
    double next = 0.5;
    *h = (rw_head_text){.n_sampled = 5, .skipped_identical = 6, .skipped_special = 7};
    h->context = rw_calloc(2, sizeof *h->context);
    for (int e = 0; e < 2; e++) {
        rw_head_text_context *c = &h->context[e];
        rw_rate_mean *rates[] = {&c->single[0][0], &c->twin[0][0]};
        const int n[] = {(int)RW_N_STRATUM * (int)RW_N_RATE,
                         (int)RW_N_TWIN_STRATUM * (int)RW_N_TWIN_RATE};
        for (int g = 0; g < 2; g++)
            for (int r = 0; r < n[g]; r++) {
                const int k = (int)next;
                rates[g][r] = (rw_rate_mean){
                    .mean = {next, next + 0.25, k, (size_t)k + 1, (size_t)k + 2},
                    .predicted = next + 0.125,
                    .unresolved = k + 3};
                next += 1.0;
            }
        for (double *d = c->alias_pairs; d != (double *)(c + 1); d++)
            *d = next += 1.0;
    }
    h->sampled = rw_calloc(6, sizeof *h->sampled);
    h->direction = rw_calloc(6 * 2 * N_FREQ, sizeof *h->direction);
    for (uint32_t i = 0; i < 5; i++)
        h->sampled[i] = (rw_sampled_pair){
            .query = i % 4, .key = 10 + i, .direction = h->direction + 2 * N_FREQ * i};
    for (size_t i = 0; i < 5 * 2 * N_FREQ; i++)
        h->direction[i] = next += 1.0;
    h->sample = (rw_head_sample){.n_random = 3, .n_query = 4, .n_attended = 2};
    h->sample.position = rw_calloc(12, sizeof(int64_t));
    for (int i = 0; i < 11; i++)
        h->sample.position[i] = i - 1;
    h->curve = rw_calloc(2 * N_FREQ + 1, sizeof *h->curve);
    for (size_t i = 0; i < 2 * N_FREQ + 1; i++)
        h->curve[i] = next += 1.0;
    h->curve_query_row = 49;
    h->curve_key_row = 48;
}

static void same_head(const rw_head_text *a, const rw_head_text *b)
{
    for (int e = 0; e < 2; e++)
        assert_memory_equal(&a->context[e].alias_pairs, &b->context[e].alias_pairs,
                            sizeof a->context[e] -
                                offsetof(rw_head_text_context, alias_pairs));
    for (int e = 0; e < 2; e++)
        for (int s = 0; s < RW_N_STRATUM; s++)
            for (int r = 0; r < RW_N_RATE; r++) {
                const rw_rate_mean *x = &a->context[e].single[s][r],
                                   *y = &b->context[e].single[s][r];
                assert_memory_equal(&x->mean.mean, &y->mean.mean, sizeof(double));
                assert_memory_equal(&x->mean.variance, &y->mean.variance, sizeof(double));
                assert_int_equal(x->mean.dof, y->mean.dof);
                assert_int_equal(x->mean.n_q, y->mean.n_q);
                assert_int_equal(x->mean.n_k, y->mean.n_k);
                assert_memory_equal(&x->predicted, &y->predicted, sizeof(double));
                assert_int_equal(x->unresolved, y->unresolved);
            }
    assert_int_equal(a->n_sampled, b->n_sampled);
    for (uint32_t i = 0; i < a->n_sampled; i++) {
        assert_int_equal(a->sampled[i].query, b->sampled[i].query);
        assert_int_equal(a->sampled[i].key, b->sampled[i].key);
        assert_memory_equal(a->sampled[i].direction, b->sampled[i].direction,
                            2 * N_FREQ * sizeof(double));
    }
    assert_int_equal(a->skipped_identical, b->skipped_identical);
    assert_int_equal(a->skipped_special, b->skipped_special);
    assert_int_equal(a->sample.n_random, b->sample.n_random);
    assert_memory_equal(a->sample.position, b->sample.position, 11 * sizeof(int64_t));
    assert_int_equal(!a->curve, !b->curve);
    if (a->curve)
        assert_memory_equal(a->curve, b->curve, (2 * N_FREQ + 1) * sizeof(double));
    assert_int_equal(a->curve_query_row, b->curve_query_row);
    assert_int_equal(a->curve_key_row, b->curve_key_row);
}

static void heads(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    for (int drawn = 0; drawn < 2; drawn++) {
        rw_head_text h, back;
        rw_packer p = {0}, again = {0};
        fill(&h);
        if (!drawn) {
            rw_free(h.curve);
            h.curve = NULL;
            h.curve_query_row = h.curve_key_row = 0;
        }
        rw_head_pack(&h, &shape, &p);
        rw_unpacker u = {.bytes = p.bytes, .n = p.n};
        assert_int_equal(rw_head_unpack(&u, &shape, &back, NULL), 0);
        same_head(&h, &back);
        rw_head_pack(&back, &shape, &again);
        assert_int_equal(again.n, p.n);
        assert_memory_equal(again.bytes, p.bytes, p.n);
        rw_head_text_clear(&back);
        for (size_t cut = 0; cut < p.n; cut += cut < p.n - 600 ? 13 : 1) {
            u = (rw_unpacker){.bytes = p.bytes, .n = cut};
            assert_int_equal(rw_head_unpack(&u, &shape, &back, NULL), ROPEWALK_E_FORMAT);
        }
        for (int64_t at = 0; at < 5 + drawn; at++) {
            rw_alloc_fail_at(at, 0);
            u = (rw_unpacker){.bytes = p.bytes, .n = p.n};
            assert_int_equal(rw_head_unpack(&u, &shape, &back, NULL),
                             at < 4 + drawn ? ROPEWALK_E_MEMORY : 0);
            rw_alloc_fail_at(-1, 0);
            rw_head_text_clear(&back);
        }
        rw_head_text_clear(&h);
        rw_packer_clear(&p);
        rw_packer_clear(&again);
    }
    assert_int_equal(rw_alloc_live(), live);
}

static void outside_the_shape(void **state)
{
    (void)state;
    rw_head_text h, back;
    rw_packer p = {0};
    fill(&h);
    rw_head_pack(&h, &shape, &p);
    rw_record_shape other[] = {shape, shape, shape, shape, shape, shape};
    other[0].n_query = 3;
    other[1].n_random = 2;
    other[2].n_attended = 1;
    other[3].n_row = 49;
    other[4].n_freq = 4;
    other[5].n_effective = 0;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        rw_unpacker u = {.bytes = p.bytes, .n = p.n};
        assert_int_equal(rw_head_unpack(&u, &other[i], &back, NULL), ROPEWALK_E_FORMAT);
        assert_null(back.context);
    }
    rw_unpacker empty = {0}; /* a head without RoPE */
    assert_int_equal(rw_head_unpack(&empty, &other[5], &back, NULL), 0);
    rw_head_text_clear(&h);
    rw_packer_clear(&p);
}

static void layers(void **state)
{
    (void)state;
    const rw_layer_text l = {.pairs_sum = {1, 2, 3, 4, 5.5},
                             .pairs_min = {6, 7, 8, 9, 10},
                             .pairs_max = {11, 12, 13, 14, 15},
                             .n_set = {4, 4, 4, 0, 1},
                             .size = {1, 2, 3, 8, 40},
                             .context = 4096,
                             .readout = {0.5, 0.25}};
    rw_layer_text back;
    rw_packer p = {0};
    rw_layer_pack(&l, &p);
    rw_unpacker u = {.bytes = p.bytes, .n = p.n};
    assert_int_equal(rw_layer_unpack(&u, &back, NULL), 0);
    assert_memory_equal(&back, &l, sizeof l);
    for (size_t cut = 0; cut < p.n; cut++) {
        u = (rw_unpacker){.bytes = p.bytes, .n = cut};
        assert_int_equal(rw_layer_unpack(&u, &back, NULL), ROPEWALK_E_FORMAT);
    }
    p.bytes[24] = 5; /* more sets than are ever drawn */
    u = (rw_unpacker){.bytes = p.bytes, .n = p.n};
    assert_int_equal(rw_layer_unpack(&u, &back, NULL), ROPEWALK_E_FORMAT);
    rw_packer_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(heads),
                                       cmocka_unit_test(outside_the_shape),
                                       cmocka_unit_test(layers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
