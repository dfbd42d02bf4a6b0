/* mech_dynamic.c - NTK scaling: the base is raised, so that slow pairs slow down and fast ones
 * hardly change. By how much depends on the tokens the table is made for, or is fixed.
 *
 * With `factor` s, for n tokens and an advertised context L, the base is multiplied by
 * (1 + s (n - L) / L)^(d / (d - 2)), and by 1 while n <= L. L is the advertised context of the
 * model, not an original one. Hunyuan's models write `alpha` instead: the base is multiplied by
 * alpha^(d / (d - 2)) at every length, and a factor beside it is not used. */
#include "base/elementary.h"
#include "position/mechanism.h"

enum { FACTOR, ALPHA, N_PARAM };

/* clang-format off */
static const rw_param params[N_PARAM] = {
    [FACTOR] = {.name = "factor", .hf_key = "factor",
                .fallback = RW_DERIVED, .lo = 1e-3, .hi = 1e6},
    [ALPHA]  = {.name = "alpha", .gguf_key = "rope.scaling.alpha", .hf_key = "alpha",
                .fallback = RW_DERIVED, .lo = 1, .hi = 1e9},
};
/* clang-format on */

static ropewalk_status check(const rw_arg *p, const rw_layer_shape *shape,
                             ropewalk_error *err)
{
    const char *used = p[ALPHA].given ? "alpha" : "factor";
    if (!p[ALPHA].given && !p[FACTOR].given)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "dynamic: factor is required and absent, and so is alpha");
    if (shape->rotary_dim == 2)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "dynamic: %s is raised to d / (d - 2), which 2 rotated dimensions "
                       "do not have",
                       used);
    if (!p[ALPHA].given && shape->context_length < 1)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "dynamic: factor acts beyond the advertised context, which is "
                       "unknown");
    return ROPEWALK_OK;
}

/* What is raised to d / (d - 2); at least 1. */
static rw_dd stretch(const rw_arg *p, const rw_layer_shape *shape)
{
    if (p[ALPHA].given) return rw_dd_of(p[ALPHA].num);
    const double context = (double)shape->context_length;
    const double beyond = (double)rw_shape_length(shape) - context;
    if (!(beyond > 0.0)) return rw_dd_of(1.0);
    return rw_dd_add_d(rw_dd_div_d(rw_two_prod(p[FACTOR].num, beyond), context), 1.0);
}

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    const rw_dd ln_theta = rw_log_dd(rw_dd_of(shape->rope_theta));
    const rw_dd ln_stretch = rw_log_dd(stretch(p, shape));
    const double dim = rot->rotary_dim;
    for (uint32_t pair = 1; pair < rot->rotary_dim / 2; pair++) {
        const rw_dd twice = rw_dd_of(-2.0 * pair);
        const rw_dd plain = rw_dd_mul(rw_dd_div_d(twice, dim), ln_theta);
        const rw_dd slowed = rw_dd_mul(rw_dd_div_d(twice, dim - 2.0), ln_stretch);
        const rw_dd w = rw_exp_dd(rw_dd_add(plain, slowed));
        rot->inv_freq[pair] = w.hi + w.lo;
    }
}

/* HunYuan-VL calls it xdrope and adds sections of axes, all equal for text. */
static const char *const aliases[] = {"xdrope", NULL};

const rw_mech rw_mech_dynamic = {
    .name = "dynamic",
    .source = "bloc97 and emozilla, NTK-aware scaling, 2023; as in transformers",
    .aliases = aliases,
    .params = params,
    .n_param = N_PARAM,
    .check = check,
    .fill = fill,
};
