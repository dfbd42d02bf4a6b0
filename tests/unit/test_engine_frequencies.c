/* test_engine_frequencies.c - frequencies against those that transformers and vLLM compute.
 *
 * tests/vectors/transformers and vllm were made once by scripts/oracles/transformers_golden.py and
 * vllm_golden.py; what the libraries do in float32 is compared with the float64 mechanisms of
 * src/position. The bound is their own rounding, derived at error_bound(), and nothing more. */
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

#include "position/mechanism.h"
#include "unit/mech_vectors.h"

enum { MAX_PAIR = 256 };

static double setting(const mv_block *b, const char *name, double fallback)
{
    for (size_t i = 0; i < b->n_setting; i++)
        if (strcmp(b->settings[i].name, name) == 0) return b->settings[i].num;
    return fallback;
}

/* Relative error of a blend keep w + (1 - keep) w / factor whose `keep` is off by `delta`. */
static double blend_error(double keep, double factor, double delta)
{
    return delta * (factor + 1.0) / (1.0 + keep * (factor - 1.0));
}

static double ramp_end(const mv_block *b, double turns)
{
    const double original = setting(b, "original_context_length", 0);
    return b->shape.rotary_dim * log(original / (turns * 2 * 3.141592653589793)) /
           (2 * log(b->shape.rope_theta));
}

/* How far pair `i` of a library may be from the formula, relative, in units of 2^-24.
 *
 * Both compute 1 / base^e with e = 2i/d in float32: base and e are each off by a unit, which
 * moves the power by e and e ln(base) units; powf by up to 4 (2 ulp); the reciprocal, a
 * division by a factor and a multiplication by a list by one each; one for the final store. */
static double error_bound(const rw_mech *mech, const mv_block *b, uint32_t i)
{
    const double d = b->shape.rotary_dim, e = 2.0 * i / d;
    const double plain = e * (log(b->shape.rope_theta) + 1.0) + 8.0;
    const double factor = setting(b, "factor", 1.0), alpha = setting(b, "alpha", 0.0);
    if (alpha > 0.0) /* the base is raised in float64 */
        return plain + e * log(alpha) * d / (d - 2.0);
    if (strcmp(mech->name, "ntk") == 0)
        /* exp(a m^b) <= factor: a and the power are off by a few units of an exponent of at most
         * ln(factor), exp by 4, the division by one; or the base is the factor times as large */
        return plain + 8.0 * log(factor) + 6.0;
    if (strcmp(mech->name, "dynamic") == 0) {
        /* s n / L - (s - 1) in float32 when the length is a tensor: 3 operations on terms that
         * cancel, then a power of little more than 1 and its product with the base */
        const double n = fmax((double)b->shape.length, (double)b->shape.context_length);
        const double grown = factor * n / (double)b->shape.context_length;
        const double stretch = grown - (factor - 1.0);
        const double base = (3.0 * grown + factor) / stretch * d / (d - 2.0) +
                            log(stretch) * d / (d - 2.0) + 6.0;
        return plain + e * (base + log(stretch) * d / (d - 2.0));
    }
    if (strcmp(mech->name, "yarn") == 0 && factor > 1.0) {
        double low = ramp_end(b, setting(b, "beta_fast", 32)),
               high = ramp_end(b, setting(b, "beta_slow", 1));
        if (setting(b, "truncate", 1) > 0) low = floor(low), high = ceil(high);
        low = fmax(low, 0), high = fmin(high, d - 1);
        if (high <= low) high = low + 0.001;
        const double ramp = fmin(fmax((i - low) / (high - low), 0), 1);
        if (ramp <= 0 || ramp >= 1) return plain;
        /* low is rounded, the difference and the quotient are, and both 1 - ramp */
        const double delta = (low + fabs(i - low)) / (high - low) + 4.0;
        return plain + blend_error(1.0 - ramp, factor, delta);
    }
    if (strcmp(mech->name, "llama3") == 0 && factor > 1.0) {
        const double low = setting(b, "low_freq_factor", 1),
                     high = setting(b, "high_freq_factor", 4);
        const double turns = pow(b->shape.rope_theta, -e) *
                             setting(b, "original_context_length", 0) / 6.283185307179586;
        if (turns <= low || turns >= high) return plain;
        const double delta = (turns * (plain + 3.0) + low) / (high - low) + 3.0;
        return plain + blend_error((turns - low) / (high - low), factor, delta);
    }
    return plain;
}

static double relative(double a, double b)
{
    if (!(b > 0.0)) return a > 0.0 ? (double)INFINITY : 0.0;
    return fabs(a - b) / b * 0x1p24;
}

/* The numbers that follow a params line; returns how many, with the line after them read. */
static uint32_t read_values(FILE *f, char *line, double *values, double *attn_factor)
{
    uint32_t n = 0;
    while (fgets(line, MV_MAX_LINE, f)) {
        char *rest = mv_after(line, "# attn_factor: ");
        if (rest) {
            *attn_factor = strtod(rest, NULL);
            continue;
        }
        if (line[0] == '#') return n;
        assert_true(n < MAX_PAIR);
        assert_int_equal(strtoul(line, &rest, 10), n);
        values[n++] = strtod(rest, NULL);
    }
    line[0] = '\0';
    return n;
}

static FILE *open_vectors(const char *library, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/vectors/%s/%s.vec", RW_TEST_DIR, library, name);
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("%s: cannot open", path);
    return f;
}

static void build(const rw_mech *mech, const mv_block *b, rw_rotation *rot)
{
    ropewalk_error err = {0};
    if (rw_mech_build(mech, &b->shape, b->settings, b->n_setting, rot, &err))
        fail_msg("%s: %s", mech->name, err.message);
}

static void compare_type(const char *library, const char *type)
{
    static char line[MV_MAX_LINE];
    static mv_block b;
    const rw_mech *mech = rw_mech_find(type);
    FILE *f = open_vectors(library, type);
    double worst = 0, worst_share = 0;
    int n_block = 0;
    line[0] = '\0';
    while (line[0] || fgets(line, sizeof line, f)) {
        char *rest = mv_after(line, "# params: ");
        if (!rest) {
            line[0] = '\0';
            continue;
        }
        mv_parse(mech, rest, &b);
        double values[MAX_PAIR], attn_factor = (double)NAN;
        const uint32_t n = read_values(f, line, values, &attn_factor);
        rw_rotation rot;
        build(mech, &b, &rot);
        assert_int_equal(n, rot.rotary_dim / 2);
        for (uint32_t i = 0; i < n; i++) {
            const double error = relative(values[i], rot.inv_freq[i]);
            worst = fmax(worst, error);
            worst_share = fmax(worst_share, error / error_bound(mech, &b, i));
        }
        /* vLLM's is read from its float32 table, transformers' is float64 */
        const double unit = strcmp(library, "vllm") == 0 ? 0x1p-24 : 4 * 0x1p-52;
        assert_true(fabs(rot.attn_factor - attn_factor) <= unit * attn_factor);
        rw_rotation_clear(&rot);
        n_block++;
    }
    (void)fclose(f);
    printf("%s %s: %d blocks, worst %.3g units of 2^-24, %.3g of the bound\n", library,
           type, n_block, worst, worst_share);
    assert_true(n_block >= 2);
    assert_true(worst_share <= 1.0);
}

static void transformers(void **state)
{
    (void)state;
    static const char *const types[] = {"default",  "linear", "dynamic",     "yarn",
                                        "longrope", "llama3", "proportional"};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        compare_type("transformers", types[t]);
}

static void vllm(void **state)
{
    (void)state;
    static const char *const types[] = {"default",  "linear", "dynamic",
                                        "ntk",      "yarn",   "deepseek_yarn",
                                        "longrope", "llama3", "proportional"};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        compare_type("vllm", types[t]);
}

/* Where the library is not what its configuration says: the numbers are far from the mechanism
 * that was asked for, and are those of another. A later library may have mended it; then this
 * table is made anew and the case goes. */
static void deviations(void **state)
{
    (void)state;
    static char line[MV_MAX_LINE];
    static mv_block asked, does;
    FILE *f = open_vectors("transformers", "deviations");
    const rw_mech *mech = NULL, *other = NULL;
    int n_case = 0;
    line[0] = '\0';
    while (line[0] || fgets(line, sizeof line, f)) {
        char *rest;
        line[strcspn(line, "\n")] = '\0';
        if ((rest = mv_after(line, "# mechanism: "))) mech = rw_mech_find(rest);
        if ((rest = mv_after(line, "# params: "))) mv_parse(mech, rest, &asked);
        if ((rest = mv_after(line, "# does: "))) other = rw_mech_find(rest);
        if (!(rest = mv_after(line, "# does-params: "))) {
            line[0] = '\0';
            continue;
        }
        mv_parse(other, rest, &does);
        double values[MAX_PAIR], attn_factor = NAN, worst = 0;
        const uint32_t n = read_values(f, line, values, &attn_factor);
        rw_rotation published, effective;
        build(mech, &asked, &published);
        build(other, &does, &effective);
        assert_int_equal(n, published.rotary_dim / 2);
        assert_int_equal(n, effective.rotary_dim / 2);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(relative(values[i], effective.inv_freq[i]) <=
                        error_bound(other, &does, i));
            worst = fmax(worst, relative(values[i], published.inv_freq[i]) * 0x1p-24);
        }
        printf("case %d: up to %.1f %% from what was asked for\n", ++n_case, worst * 100);
        assert_true(worst > 0.1);
        rw_rotation_clear(&published);
        rw_rotation_clear(&effective);
    }
    (void)fclose(f);
    assert_int_equal(n_case, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transformers),
        cmocka_unit_test(vllm),
        cmocka_unit_test(deviations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
