/* test_rotation_check.c - frequencies and the rotation check, against hand-made cases. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <math.h>
#include <string.h>

#include "rotation_check.h"

enum {
    HEAD_DIM = 12,
    ROTARY = 8,
    N_ROW = 5,
    N_HEAD = 2,
    N_VALUE = N_ROW * N_HEAD * HEAD_DIM
};

static const int64_t positions[N_ROW] = {0, 1, 7, 1000, 100000};

static void unscaled_frequencies_are_powers_of_the_base(void **state)
{
    (void)state;
    const rw_rope_params p = {
        .n_dims = 8, .freq_base = 10000.0, .freq_scale = 1.0, .attn_factor = 1.0};
    const double expected[4] = {1.0, 0.1, 0.01, 0.001};
    double w[4], units[4];
    rw_rope_inv_freq(&p, NULL, w, units);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(w[i] / expected[i] - 1.0) < 1e-14);
    assert_true(rw_rope_attn_factor(&p) == 1.0);
}

static void factors_divide_and_scale_multiplies(void **state)
{
    (void)state;
    const rw_rope_params p = {
        .n_dims = 8, .freq_base = 10000.0, .freq_scale = 0.25, .attn_factor = 1.5};
    const float factors[4] = {1.0f, 2.0f, 4.0f, 8.0f};
    double w[4], units[4];
    rw_rope_inv_freq(&p, factors, w, units);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(w[i] / (pow(10.0, -i) / pow(2.0, i) * 0.25) - 1.0) < 1e-14);
    assert_true(rw_rope_attn_factor(&p) == 1.5);
    for (int i = 0; i < 4; i++) /* the product, the factor, the scale */
        assert_true(units[i] == 2 * i + 1 + 1 + 1);
}

/* Llama-2-7B stretched 16 times (arXiv 2309.00071): beta_fast 32, beta_slow 1, 4096 trained.
 * corr(32) = 128 ln(4096/(64 pi)) / (2 ln 10000) = 20.95, corr(1) = 45.03: the ramp runs from
 * pair 20 to pair 46. */
static void yarn_keeps_fast_pairs_and_stretches_slow_ones(void **state)
{
    (void)state;
    const rw_rope_params p = {.n_dims = 128,
                              .n_ctx_orig = 4096,
                              .freq_base = 10000.0,
                              .freq_scale = 1.0 / 16,
                              .ext_factor = 1.0,
                              .attn_factor = 1.0,
                              .beta_fast = 32.0,
                              .beta_slow = 1.0};
    double w[64], units[64];
    rw_rope_inv_freq(&p, NULL, w, units);
    for (int pair = 0; pair < 64; pair++) {
        const double own = pow(10000.0, -pair / 64.0);
        const double ramp = fmin(1.0, fmax(0.0, (pair - 20) / 26.0));
        const double expected = own * ((1.0 - ramp) + ramp / 16.0);
        assert_true(fabs(w[pair] / expected - 1.0) < 1e-13);
    }
    assert_true(w[20] == pow(10000.0, -40.0 / 128.0));
    for (int pair = 0; pair < 64; pair++) { /* only a mix rounds more than a scale */
        const double plain = 2 * pair + 2;
        assert_true(pair > 20 && pair < 46
                        ? units[pair] > plain + 3 && units[pair] < plain + 3 + 2 * 15 + 1
                        : units[pair] == plain);
    }
    assert_true(fabs(rw_rope_attn_factor(&p) - (1.0 + 0.1 * log(16.0))) < 1e-15);
}

/* What a runtime does: the angle as a float32 running product, everything else in float32. */
static void rotate_like_a_runtime(bool interleaved, double base, const float *before,
                                  float *after)
{
    const float step = powf((float)base, -2.0f / ROTARY);
    memcpy(after, before, N_VALUE * sizeof *after);
    for (int row = 0; row < N_ROW; row++)
        for (int head = 0; head < N_HEAD; head++) {
            float angle = (float)positions[row];
            const float *x = before + (row * N_HEAD + head) * HEAD_DIM;
            float *y = after + (row * N_HEAD + head) * HEAD_DIM;
            for (int pair = 0; pair < ROTARY / 2; pair++) {
                const int a = interleaved ? 2 * pair : pair;
                const int b = interleaved ? 2 * pair + 1 : pair + ROTARY / 2;
                const float c = cosf(angle), s = sinf(angle);
                y[a] = x[a] * c - x[b] * s;
                y[b] = x[a] * s + x[b] * c;
                angle *= step;
            }
        }
}

typedef struct fixture {
    float before[N_VALUE], after[N_VALUE];
    double inv_freq[ROTARY / 2], rounding[ROTARY / 2], table[N_ROW * ROTARY];
    rw_executed rot;
} fixture;

static void set_up(fixture *f, bool interleaved)
{
    const rw_rope_params p = {
        .n_dims = ROTARY, .freq_base = 500000.0, .freq_scale = 1.0, .attn_factor = 1.0};
    for (int i = 0; i < N_VALUE; i++)
        f->before[i] = (float)sin(1.7 * i + 0.3) * (float)(1 + i % 5);
    rw_rope_inv_freq(&p, NULL, f->inv_freq, f->rounding);
    f->rot = (rw_executed){ROTARY, interleaved, 1.0, f->inv_freq, f->rounding};
    rw_rotation_table(&f->rot, positions, N_ROW, f->table);
    rotate_like_a_runtime(interleaved, p.freq_base, f->before, f->after);
}

static bool check(const fixture *f, rw_check_worst *worst)
{
    memset(worst, 0, sizeof *worst);
    return rw_rotation_check(&f->rot, positions, f->table, N_ROW, N_HEAD, HEAD_DIM,
                             f->before, f->after, worst);
}

/* The same with YaRN: mixed angles round more often, and at far positions it shows. */
static void float32_yarn_is_within_its_rounding(void **state)
{
    (void)state;
    enum { N_DIM = 64, FAR = 100000 };
    const rw_rope_params p = {.n_dims = N_DIM,
                              .n_ctx_orig = 4096,
                              .freq_base = 1000000.0,
                              .freq_scale = (double)(1.0f / 40),
                              .ext_factor = 1.0,
                              .attn_factor = 1.0,
                              .beta_fast = 32.0,
                              .beta_slow = 1.0};
    double w[N_DIM / 2], units[N_DIM / 2];
    rw_rope_inv_freq(&p, NULL, w, units);
    const float low = floorf(64.0f * logf(4096 / (32 * 6.2831853f)) / (2 * logf(1e6f)));
    const float high = ceilf(64.0f * logf(4096 / 6.2831853f) / (2 * logf(1e6f)));
    const float step = powf(1e6f, -2.0f / N_DIM), scale = 1.0f / 40;
    for (int position = 1; position < FAR; position += 37) {
        float own = (float)position;
        for (int pair = 0; pair < N_DIM / 2; pair++, own *= step) {
            const float y = ((float)pair - low) / fmaxf(0.001f, high - low);
            const float mix = 1 - fminf(1, fmaxf(0, y));
            const float slow = scale * own;
            const float theta = slow * (1 - mix) + own * mix;
            const double angle = position * w[pair];
            const double off = fabs((double)theta - angle) / (angle * 0x1p-24);
            assert_true(off <= units[pair]);
        }
    }
}

static void float32_rotation_passes_in_both_layouts(void **state)
{
    (void)state;
    for (int interleaved = 0; interleaved < 2; interleaved++) {
        fixture f;
        rw_check_worst worst;
        set_up(&f, interleaved);
        assert_true(check(&f, &worst));
        assert_true(worst.ratio > 0.0 && worst.ratio <= 1.0);
    }
}

static void the_other_layout_is_refused(void **state)
{
    (void)state;
    fixture f;
    rw_check_worst worst;
    set_up(&f, true);
    f.rot.interleaved = false;
    assert_false(check(&f, &worst));
    assert_true(worst.ratio > 100.0);
}

/* 0.1% of the base moves the slow pairs by far less than the fast ones: position 100000 shows it. */
static void another_base_is_refused(void **state)
{
    (void)state;
    fixture f;
    rw_check_worst worst;
    set_up(&f, false);
    rotate_like_a_runtime(false, 500500.0, f.before, f.after);
    assert_false(check(&f, &worst));
    assert_int_equal(worst.row, N_ROW - 1);
}

static void one_spoiled_value_is_found(void **state)
{
    (void)state;
    for (int i = 0; i < N_VALUE; i++) {
        fixture f;
        rw_check_worst worst;
        set_up(&f, false);
        const int row = i / HEAD_DIM / N_HEAD, head = i / HEAD_DIM % N_HEAD,
                  dim = i % HEAD_DIM;
        f.after[i] += dim < ROTARY && row == N_ROW - 1 ? 0.5f : 1e-2f;
        assert_false(check(&f, &worst));
        assert_int_equal(worst.row, row);
        assert_int_equal(worst.head, head);
        assert_int_equal(worst.dim, dim);
    }
}

static void unrotated_dimensions_must_be_equal_to_the_bit(void **state)
{
    (void)state;
    fixture f;
    rw_check_worst worst;
    set_up(&f, false);
    f.after[HEAD_DIM - 1] = nextafterf(f.after[HEAD_DIM - 1], 100.0f);
    assert_false(check(&f, &worst));
    assert_true(isinf(worst.ratio));
    assert_int_equal(worst.dim, HEAD_DIM - 1);
}

static void nan_is_never_a_rotation(void **state)
{
    (void)state;
    fixture f;
    rw_check_worst worst;
    set_up(&f, false);
    f.after[3] = NAN;
    assert_false(check(&f, &worst));
    assert_true(isnan(worst.ratio));
    assert_int_equal(worst.dim, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unscaled_frequencies_are_powers_of_the_base),
        cmocka_unit_test(factors_divide_and_scale_multiplies),
        cmocka_unit_test(yarn_keeps_fast_pairs_and_stretches_slow_ones),
        cmocka_unit_test(float32_yarn_is_within_its_rounding),
        cmocka_unit_test(float32_rotation_passes_in_both_layouts),
        cmocka_unit_test(the_other_layout_is_refused),
        cmocka_unit_test(another_base_is_refused),
        cmocka_unit_test(one_spoiled_value_is_found),
        cmocka_unit_test(unrotated_dimensions_must_be_equal_to_the_bit),
        cmocka_unit_test(nan_is_never_a_rotation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
