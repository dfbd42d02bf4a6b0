/* test_mechanism.c - the registry, parameter ranges, and every mechanism against its oracle. */
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

#include "base/alloc.h"
#include "position/mechanism.h"
#include "unit/mech_vectors.h"

enum { DIM = 128, N_PAIR = DIM / 2 };

static double ones[N_PAIR];

static rw_layer_shape shape_of(double rope_theta, uint32_t rotary_dim)
{
    return (rw_layer_shape){.head_dim = rotary_dim,
                            .rotary_dim = rotary_dim,
                            .n_head_q = 1,
                            .n_head_kv = 1,
                            .context_length = 131072,
                            .rope_theta = rope_theta};
}

/* Required parameters at harmless values, the scaling factor at `factor`. */
static size_t harmless(const rw_mech *mech, double factor, rw_setting s[RW_MAX_PARAM])
{
    size_t n = 0;
    for (size_t i = 0; i < mech->n_param; i++) {
        const rw_param *p = &mech->params[i];
        if (p->extent == RW_PER_PAIR)
            s[n++] = (rw_setting){.name = p->name, .values = ones, .n_value = N_PAIR};
        else if (strcmp(p->name, "factor") == 0)
            s[n++] = (rw_setting){.name = p->name, .num = factor};
        else if (isinf(p->fallback))
            s[n++] = (rw_setting){.name = p->name, .num = 8192};
    }
    return n;
}

static void registry(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "none",     "linear",       "dynamic",        "ntk",         "yarn", "llama3",
        "longrope", "proportional", "telechat3_yarn", "freq_factors"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_non_null(rw_mech_find(expected[i]));
    static const char *const spellings[][2] = {
        {"default", "none"},       {"mrope", "none"},
        {"su", "longrope"},        {"xdrope", "dynamic"},
        {"deepseek_yarn", "yarn"}, {"telechat3-yarn", "telechat3_yarn"}};
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        assert_ptr_equal(rw_mech_find(spellings[i][0]), rw_mech_find(spellings[i][1]));
    assert_null(rw_mech_find("no_such_thing"));
    assert_null(rw_mech_find(""));
    for (const rw_mech *const *m = rw_mech_table; *m; m++) {
        assert_ptr_equal(rw_mech_find((*m)->name), *m); /* nobody else claims the name */
        for (const char *const *a = (*m)->aliases; a && *a; a++)
            assert_ptr_equal(rw_mech_find(*a), *m);
        assert_non_null((*m)->source);
        assert_in_range((*m)->n_param, 0, RW_MAX_PARAM);
        for (size_t i = 0; i < (*m)->n_param; i++) {
            const rw_param *p = &(*m)->params[i];
            assert_true(p->name && *p->name);
            assert_true(p->lo <= p->hi);
            if (isfinite(p->fallback))
                assert_true(p->fallback >= p->lo && p->fallback <= p->hi);
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(p->name, (*m)->params[j].name);
        }
    }
}

static void check_schedule(const rw_mech *mech, const rw_rotation *rot)
{
    const bool may_rest = strcmp(mech->name, "proportional") == 0;
    for (uint32_t i = 0; i < rot->rotary_dim / 2; i++) {
        assert_true(isfinite(rot->inv_freq[i]) && rot->inv_freq[i] >= 0);
        assert_true(rot->inv_freq[i] > 0 || may_rest);
        if (i && !mech->any_order) assert_true(rot->inv_freq[i] <= rot->inv_freq[i - 1]);
    }
    assert_true(isfinite(rot->attn_factor) && rot->attn_factor > 0);
}

/* Every parameter at both ends of its range builds or is refused with its name; just beyond
 * is always refused. */
static void ends_of_ranges(void **state)
{
    (void)state;
    const rw_layer_shape shape = shape_of(10000, DIM);
    for (const rw_mech *const *m = rw_mech_table; *m; m++) {
        for (size_t i = 0; i < (*m)->n_param; i++) {
            const rw_param *p = &(*m)->params[i];
            const double values[] = {
                p->lo, p->hi,   nextafter(p->lo, -INFINITY), nextafter(p->hi, INFINITY),
                NAN,   INFINITY};
            for (int v = 0; v < 6; v++) {
                rw_setting s[RW_MAX_PARAM + 1];
                double list[N_PAIR];
                size_t n = harmless(*m, 4, s);
                for (int k = 0; k < N_PAIR; k++)
                    list[k] = values[v];
                s[n++] = (rw_setting){
                    .name = p->name, .num = values[v], .values = list, .n_value = N_PAIR};
                rw_rotation rot;
                ropewalk_error err = {0};
                const ropewalk_status status =
                    rw_mech_build(*m, &shape, s, n, &rot, &err);
                if (v >= 2) assert_int_equal(status, ROPEWALK_E_FORMAT);
                if (status) {
                    assert_int_equal(status, ROPEWALK_E_FORMAT);
                    assert_non_null(strstr(err.message, p->name));
                    assert_null(rot.inv_freq);
                } else {
                    check_schedule(*m, &rot);
                }
                rw_rotation_clear(&rot);
            }
        }
    }
}

static void factor_one_is_identity(void **state)
{
    (void)state;
    const rw_layer_shape shape = shape_of(500000, DIM);
    double plain[N_PAIR];
    rw_inv_freq_unscaled(500000, DIM, plain);
    for (const rw_mech *const *m = rw_mech_table; *m; m++) {
        rw_setting s[RW_MAX_PARAM];
        rw_rotation rot;
        assert_int_equal(rw_mech_build(*m, &shape, s, harmless(*m, 1, s), &rot, NULL), 0);
        for (int i = 0; i < N_PAIR; i++) /* yarn sums two rounded halves */
            assert_true(fabs(rot.inv_freq[i] - plain[i]) <= 0x1p-52 * plain[i]);
        assert_true(rot.attn_factor == 1.0);
        rw_rotation_clear(&rot);
    }
}

static void refusals(void **state)
{
    (void)state;
    rw_layer_shape shape = shape_of(10000, DIM);
    rw_rotation rot;
    ropewalk_error err = {0};
    const rw_mech *linear = rw_mech_find("linear"), *none = rw_mech_find("none");
    assert_int_equal(rw_mech_build(linear, &shape, NULL, 0, &rot, &err),
                     ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "factor is required"));
    const rw_setting stranger = {.name = "wobble", .num = 1};
    assert_int_equal(rw_mech_build(linear, &shape, &stranger, 1, &rot, &err),
                     ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(err.message, "wobble"));
    const rw_setting few = {.name = "divisor", .values = ones, .n_value = N_PAIR - 1};
    assert_int_equal(
        rw_mech_build(rw_mech_find("freq_factors"), &shape, &few, 1, &rot, &err),
        ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "63 values"));
    const rw_setting bands[] = {{.name = "factor", .num = 8},
                                {.name = "original_context_length", .num = 8192},
                                {.name = "low_freq_factor", .num = 5}};
    assert_int_equal(rw_mech_build(rw_mech_find("llama3"), &shape, bands, 3, &rot, &err),
                     ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "low_freq_factor 5"));
    static const double thetas[] = {1, 0, -1, NAN, INFINITY, 1e31};
    for (int i = 0; i < 6; i++) {
        shape.rope_theta = thetas[i];
        assert_int_equal(rw_mech_build(none, &shape, NULL, 0, &rot, &err),
                         ROPEWALK_E_ARGUMENT);
        assert_null(rot.inv_freq);
    }
    shape = shape_of(10000, DIM);
    shape.head_dim = DIM - 2;
    assert_int_equal(rw_mech_build(none, &shape, NULL, 0, &rot, &err),
                     ROPEWALK_E_ARGUMENT);
    shape.rotary_dim = 0;
    assert_int_equal(rw_mech_build(linear, &shape,
                                   &(rw_setting){.name = "factor", .num = 2}, 1, &rot,
                                   &err),
                     ROPEWALK_OK);
    assert_null(rot.inv_freq);
}

/* What cannot be derived, and shapes a formula does not have, by the parameter's name. */
static void relations(void **state)
{
    (void)state;
    const struct {
        const char *mech, *param, *says;
        int64_t context_length, length;
        uint32_t rotary_dim;
    } cases[] = {
        {"dynamic", NULL, "factor is required", 4096, 0, DIM},
        {"dynamic", "factor", "factor acts beyond", 0, 8192, DIM},
        {"dynamic", "factor", "factor acts beyond", 0, 0, DIM},
        {"dynamic", "factor", "factor is raised", 4096, 0, 2},
        {"dynamic", "alpha", "alpha is raised", 0, 0, 2},
        {"dynamic", "alpha", NULL, 0, 0, 4},
        {"longrope", NULL, "factor and attention_factor", 0, 0, DIM},
        {"longrope", NULL, "factor and attention_factor", 0, 8193, DIM},
        {"longrope", NULL, NULL, 1, 0, DIM},
        {"longrope", "factor", NULL, 0, 0, DIM},
        {"longrope", "attention_factor", NULL, 0, 8193, DIM},
        {"longrope", "long_mscale", NULL, 0, 8193, DIM},
        {"longrope", "long_mscale", "factor and attention_factor", 0, 8192, DIM},
        {"longrope", "short_mscale", NULL, 0, 8192, DIM},
        {"proportional", "partial_rotary_factor", "partial_rotary_factor 0.25", 0, 0,
         DIM - 2},
        {"yarn", NULL, "factor is absent", 8191, 0, DIM},
        {"yarn", NULL, NULL, 8192, 0, DIM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const rw_mech *mech = rw_mech_find(cases[i].mech);
        rw_layer_shape shape = shape_of(10000, DIM);
        shape.rotary_dim = cases[i].rotary_dim;
        shape.context_length = cases[i].context_length;
        shape.length = cases[i].length;
        rw_setting s[RW_MAX_PARAM];
        size_t n = 0;
        for (size_t k = harmless(mech, 4, s), all = 0; all < k; all++)
            if (strcmp(s[all].name, "factor") != 0) s[n++] = s[all];
        const bool proportional = strcmp(cases[i].mech, "proportional") == 0;
        if (cases[i].param)
            s[n++] = (rw_setting){.name = cases[i].param, .num = proportional ? 0.25 : 4};
        rw_rotation rot;
        ropewalk_error err = {0};
        const ropewalk_status status = rw_mech_build(mech, &shape, s, n, &rot, &err);
        if (!cases[i].says) {
            if (status) fail_msg("case %zu: %s", i, err.message);
        } else {
            assert_int_equal(status, ROPEWALK_E_FORMAT);
            if (!strstr(err.message, cases[i].says))
                fail_msg("case %zu: %s", i, err.message);
            assert_null(rot.inv_freq);
        }
        rw_rotation_clear(&rot);
    }
}

/* Llama 4 Scout ships low == high == 1: pairs below one turn are slowed, the others kept. */
static void llama3_step(void **state)
{
    (void)state;
    const rw_layer_shape shape = shape_of(500000, DIM);
    const rw_setting s[] = {{.name = "factor", .num = 16},
                            {.name = "low_freq_factor", .num = 1},
                            {.name = "high_freq_factor", .num = 1},
                            {.name = "original_context_length", .num = 8192}};
    double plain[N_PAIR];
    rw_inv_freq_unscaled(500000, DIM, plain);
    rw_rotation rot;
    assert_int_equal(rw_mech_build(rw_mech_find("llama3"), &shape, s, 4, &rot, NULL), 0);
    int n_slowed = 0;
    for (int i = 0; i < N_PAIR; i++) {
        const int slow = plain[i] * 8192 < 6.283185307179586;
        assert_true(rot.inv_freq[i] == (slow ? plain[i] / 16 : plain[i]));
        n_slowed += slow;
    }
    assert_int_equal(n_slowed, 29); /* as many pairs as never turn in 8192 */
    rw_rotation_clear(&rot);
}

static void failed_allocation(void **state)
{
    (void)state;
    const rw_layer_shape shape = shape_of(10000, DIM);
    for (const rw_mech *const *m = rw_mech_table; *m; m++) {
        rw_setting s[RW_MAX_PARAM];
        const size_t n = harmless(*m, 4, s);
        rw_rotation rot;
        ropewalk_error err = {0};
        rw_alloc_fail_at(0, 1);
        assert_int_equal(rw_mech_build(*m, &shape, s, n, &rot, &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_null(rot.inv_freq);
        assert_true(err.message[0] != 0);
        assert_int_equal(rw_alloc_live(), 0);
    }
}

/* --- oracle vectors ----------------------------------------------------------------------- */

static double ulp_distance(double a, double b)
{
    int e;
    if (!(b > 0.0))
        return a > 0.0 ? (double)INFINITY : 0.0; /* a pair that stands still */
    (void)frexp(b, &e);
    return fabs(a - b) / ldexp(1.0, e - 53);
}

static void against_oracle(void **state)
{
    (void)state;
    static char line[MV_MAX_LINE];
    static mv_block b;
    int n_file = 0;
    for (const rw_mech *const *m = rw_mech_table; *m; m++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/vectors/mech/%s.vec", RW_TEST_DIR,
                       (*m)->name);
        FILE *f = fopen(path, "r");
        if (!f) {
            printf("%s: NO VECTORS\n", (*m)->name);
            /* a table has nothing to be evaluated: prop_rotation divides it itself */
            assert_string_equal((*m)->name, "freq_factors");
            continue;
        }
        n_file++;
        rw_rotation rot;
        rw_rotation_init(&rot);
        double worst = 0, worst_attention = 0, bound = 0;
        int n_value = 0, n_block = 0;
        while (fgets(line, sizeof line, f)) {
            char *rest;
            if ((rest = mv_after(line, "# bound: "))) {
                bound = strtod(rest, NULL);
            } else if ((rest = mv_after(line, "# params: "))) {
                mv_parse(*m, rest, &b);
                rw_rotation_clear(&rot);
                ropewalk_error err = {0};
                if (rw_mech_build(*m, &b.shape, b.settings, b.n_setting, &rot, &err))
                    fail_msg("%s: %s", path, err.message);
                check_schedule(*m, &rot);
                n_block++;
            } else if ((rest = mv_after(line, "# attn_factor: "))) {
                worst_attention = fmax(worst_attention,
                                       ulp_distance(rot.attn_factor, strtod(rest, NULL)));
            } else if (line[0] != '#' && line[0] != '\n') {
                const unsigned long i = strtoul(line, &rest, 10);
                assert_true(i < rot.rotary_dim / 2);
                worst = fmax(worst, ulp_distance(rot.inv_freq[i], strtod(rest, NULL)));
                n_value++;
            }
        }
        (void)fclose(f);
        rw_rotation_clear(&rot);
        printf("%s: %d blocks, %d values, worst %.3g ulp, attention factor %.3g ulp, "
               "bound %g\n",
               (*m)->name, n_block, n_value, worst, worst_attention, bound);
        assert_true(bound > 0 && bound <= 4);
        assert_true(n_block > 0 && n_value > 0);
        assert_true(worst <= bound && worst_attention <= bound);
    }
    assert_true(n_file >= 9);
}

int main(void)
{
    for (int i = 0; i < N_PAIR; i++)
        ones[i] = 1.0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry),
        cmocka_unit_test(ends_of_ranges),
        cmocka_unit_test(factor_one_is_identity),
        cmocka_unit_test(refusals),
        cmocka_unit_test(relations),
        cmocka_unit_test(llama3_step),
        cmocka_unit_test(failed_allocation),
        cmocka_unit_test(against_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
