/* mech_yarn.c - YaRN: the frequencies of yarn.c, and cos and sin enlarged. */
#include "base/elementary.h"
#include "position/yarn.h"

static double magnitude(double factor, double mscale)
{
    return factor <= 1.0 ? 1.0 : 0.1 * mscale * rw_log(factor) + 1.0;
}

static double attention(const rw_arg *p, double factor)
{
    if (p[RW_YARN_ATTENTION_FACTOR].given) return p[RW_YARN_ATTENTION_FACTOR].num;
    if (p[RW_YARN_MSCALE].num > 0 &&
        p[RW_YARN_MSCALE_ALL_DIM].num > 0) /* 0 and absent are the same to both readers */
        return magnitude(factor, p[RW_YARN_MSCALE].num) /
               magnitude(factor, p[RW_YARN_MSCALE_ALL_DIM].num);
    return magnitude(factor, 1.0);
}

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    rw_yarn_frequencies(p, shape, rot);
    rot->attn_factor = attention(p, rw_yarn_factor(p, shape));
}

static const char *const aliases[] = {"deepseek_yarn", NULL};

const rw_mech rw_mech_yarn = {
    .name = "yarn",
    .source = "Peng et al., YaRN, arXiv 2309.00071",
    .aliases = aliases,
    .params = rw_yarn_params,
    .n_param = RW_YARN_N_PARAM,
    .check = rw_yarn_check,
    .fill = fill,
};
