/* test_layer_contrast.c - every fact that may differ, and what rounding explains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "model/layer_contrast.h"

enum { N_PAIR = 8 };

typedef struct side {
    double freq[N_PAIR];
    rw_rotation_info rot;
    rw_layer_info layer;
} side;

static void fill(side *s, double base)
{
    for (uint32_t n = 0; n < N_PAIR; n++)
        s->freq[n] = pow(base, -2.0 * n / (2 * N_PAIR));
    s->rot = (rw_rotation_info){.mechanism = "none",
                                .rotary_dim = 2 * N_PAIR,
                                .rope_theta = base,
                                .attn_factor = 1.0,
                                .softmax_scale = 0.25,
                                .inv_freq = s->freq};
    s->layer = (rw_layer_info){
        .attention = RW_ATTENTION_FULL, .head_dim = 16, .n_head_q = 4, .n_head_kv = 2};
}

static rw_contrast against(const side *a, const side *b, rw_storage storage)
{
    return rw_contrast_layers(&a->layer, &a->rot, &b->layer, &b->rot, storage);
}

static void equal_is_nothing(void **state)
{
    (void)state;
    side a, b;
    fill(&a, 1e4);
    fill(&b, 1e4);
    rw_contrast c = against(&a, &b, RW_STORED_DOUBLE);
    assert_int_equal(c.differs, 0);
    assert_true(c.frequencies && !c.rounded && c.n_pair == 0);
    assert_true(c.frequency_error == 0.0 && c.phase_rate == 0.0);
    c = rw_contrast_layers(&a.layer, NULL, &b.layer, NULL, RW_STORED_DOUBLE);
    assert_int_equal(c.differs, 0);
    assert_false(c.frequencies);
}

/* A base that a GGUF keeps as float32: equal there, another number between two JSON files. */
static void rounding_of_a_base(void **state)
{
    (void)state;
    side a, b;
    const double base = 1000000.4;
    fill(&a, base);
    fill(&b, (double)(float)base);
    assert_true(b.rot.rope_theta != base);
    rw_contrast c = against(&a, &b, RW_STORED_FLOAT);
    assert_int_equal(c.differs, 0);
    assert_true(c.rounded && c.frequency_error > 0.0);
    assert_true(c.frequency_error < c.tolerance);
    assert_int_equal(c.worst_pair, N_PAIR - 1);
    c = against(&a, &b, RW_STORED_DOUBLE);
    assert_int_equal(c.differs, 1u << RW_DIFFERS_FREQUENCY);
    assert_false(c.rounded);
    fill(&b, base * (1 + 1e-5)); /* no rounding */
    c = against(&a, &b, RW_STORED_FLOAT);
    assert_true(rw_contrast_has(&c, RW_DIFFERS_FREQUENCY));
}

static void frequencies_and_phases(void **state)
{
    (void)state;
    side a, b;
    fill(&a, 1e4);
    fill(&b, 1e4);
    b.freq[3] *= 0.5; /* the largest relative difference */
    b.freq[1] *= 0.9; /* the largest in radian */
    const rw_contrast c = against(&a, &b, RW_STORED_FLOAT);
    assert_int_equal(c.n_pair, 2);
    assert_int_equal(c.worst_pair, 3);
    assert_true(c.frequency_error == 0.5);
    assert_int_equal(c.phase_pair, 1);
    assert_true(c.phase_rate == a.freq[1] - b.freq[1]);
    const int64_t turn = (int64_t)ceil(3.14159265358979323846 / c.phase_rate);
    assert_int_equal(rw_contrast_beyond_half_turn(&a.rot, &b.rot, turn - 1), 0);
    assert_int_equal(rw_contrast_beyond_half_turn(&a.rot, &b.rot, turn), 1);
    a.freq[7] = 0.0; /* a pair that stands still has no relative error */
    const rw_contrast still = against(&a, &b, RW_STORED_FLOAT);
    assert_true(isinf(still.frequency_error));
    assert_int_equal(still.worst_pair, 7);
}

/* Gemma 4 stops pairs: frequency 0 in one kind of file, a divisor of 1e30 in the other. */
static void pairs_that_stand_still(void **state)
{
    (void)state;
    side a, b;
    rw_parameter p = {"divisor_max", 1e30};
    fill(&a, 1e6);
    fill(&b, 1e6);
    a.freq[7] = 0.0;
    b.freq[7] /= 1e30;
    (void)snprintf(b.rot.mechanism, sizeof b.rot.mechanism, "freq_factors");
    b.rot.parameters = &p;
    b.rot.n_parameter = 1;
    rw_contrast c = against(&a, &b, RW_STORED_FLOAT);
    assert_int_equal(c.differs, 0);
    assert_true(c.rounded && c.frequency_error == 0.0);
    b.freq[3] *= 1 + 1e-6; /* and that divisor excuses nothing else */
    c = against(&a, &b, RW_STORED_FLOAT);
    assert_int_equal(c.n_pair, 1);
    assert_int_equal(c.worst_pair, 3);
}

static void each_fact(void **state)
{
    (void)state;
    side a, b;
    fill(&a, 1e4);
#define ONLY(change, bits)                                                               \
    do {                                                                                 \
        fill(&b, 1e4);                                                                   \
        change;                                                                          \
        assert_int_equal(against(&a, &b, RW_STORED_FLOAT).differs, bits);                \
    } while (0)
    ONLY(b.layer.attention = RW_ATTENTION_SLIDING, 1u << RW_DIFFERS_ATTENTION);
    ONLY(b.layer.window = 128, 1u << RW_DIFFERS_WINDOW);
    ONLY(b.layer.n_head_kv = 4, 1u << RW_DIFFERS_HEADS);
    ONLY(b.rot.rotary_dim = 0, 1u << RW_DIFFERS_NOPE);
    ONLY(b.rot.rotary_dim = 8, 1u << RW_DIFFERS_ROTARY_DIM);
    ONLY(b.rot.inv_freq = NULL, 1u << RW_DIFFERS_UNKNOWN);
    ONLY(b.rot.interleaved = 1, 1u << RW_DIFFERS_PAIRS);
    ONLY(b.rot.rotary_offset = 128, 1u << RW_DIFFERS_OFFSET);
    ONLY(b.rot.section[1] = 4, 1u << RW_DIFFERS_SECTION);
    ONLY(b.rot.softmax_scale = 0.3,
         1u << RW_DIFFERS_SOFTMAX_SCALE | 1u << RW_DIFFERS_SCORE_FACTOR);
    ONLY(b.rot.attn_factor = 1.2,
         1u << RW_DIFFERS_ATTN_FACTOR | 1u << RW_DIFFERS_SCORE_FACTOR);
    ONLY((b.rot.attn_factor = 2.0, b.rot.softmax_scale = 0.0625), /* scores stay */
         1u << RW_DIFFERS_ATTN_FACTOR | 1u << RW_DIFFERS_SOFTMAX_SCALE);
    ONLY(b.rot.softmax_scale = (double)NAN, 0); /* not stated is no difference */
    assert_int_equal(
        rw_contrast_layers(&a.layer, &a.rot, NULL, NULL, RW_STORED_FLOAT).differs,
        1u << RW_DIFFERS_LAYER);
    assert_true(rw_relative_difference((double)NAN, 1.0) == 1.0);
    assert_true(rw_relative_difference((double)NAN, (double)NAN) == 0.0);
    assert_true(rw_relative_difference(0.0, 0.0) == 0.0);
}

/* llama3's divisors as the converter makes them, in float32 throughout, lie within the tolerance
 * of the exact blend; the dropped scaling does not. */
static void divisors_in_float32(void **state)
{
    (void)state;
    enum { PAIRS = 64 };
    static double exact[PAIRS], stored[PAIRS];
    rw_parameter p[] = {{"factor", 32}, {"low_freq_factor", 1}, {"high_freq_factor", 4}};
    const float pi2 = 6.28318530717958647692f, length = 8192;
    for (uint32_t n = 0; n < PAIRS; n++) {
        const double f = pow(5e5, -(double)n / (double)PAIRS);
        const double w = 6.28318530717958647692 / f, t = (8192 / w - 1) / 3;
        exact[n] = f / (w < 2048 ? 1 : w > 8192 ? 32 : 1 / ((1 - t) / 32 + t));
        const float g = 1.0f / powf(5e5f, (float)n / (float)PAIRS), v = pi2 / g;
        const float s = (length / v - 1) / 3;
        const float divisor = v < 2048 ? 1 : v > 8192 ? 32 : 1 / ((1 - s) / 32 + s);
        stored[n] = f / (double)divisor;
    }
    rw_rotation_info a = {.mechanism = "llama3",
                          .rotary_dim = 2 * PAIRS,
                          .rope_theta = 5e5,
                          .attn_factor = 1,
                          .softmax_scale = 0.125,
                          .inv_freq = exact,
                          .parameters = p,
                          .n_parameter = 3};
    rw_rotation_info b = {.mechanism = "freq_factors",
                          .rotary_dim = 2 * PAIRS,
                          .rope_theta = 5e5,
                          .attn_factor = 1,
                          .softmax_scale = 0.125,
                          .inv_freq = stored};
    const rw_layer_info layer = {.attention = RW_ATTENTION_FULL, .head_dim = 128};
    rw_contrast c = rw_contrast_layers(&layer, &a, &layer, &b, RW_STORED_FLOAT);
    assert_true(c.rounded && c.frequency_error > 1e-8);
    assert_int_equal(c.differs, 0);
    for (uint32_t n = 0; n < PAIRS; n++)
        stored[n] = pow(5e5, -(double)n / (double)PAIRS);
    c = rw_contrast_layers(&layer, &a, &layer, &b, RW_STORED_FLOAT);
    assert_int_equal(c.differs, 1u << RW_DIFFERS_FREQUENCY);
    assert_true(fabs(c.frequency_error - 31.0) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_is_nothing),
        cmocka_unit_test(rounding_of_a_base),
        cmocka_unit_test(frequencies_and_phases),
        cmocka_unit_test(each_fact),
        cmocka_unit_test(divisors_in_float32),
        cmocka_unit_test(pairs_that_stand_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
