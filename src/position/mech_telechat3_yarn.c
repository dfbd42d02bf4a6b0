/* mech_telechat3_yarn.c - YaRN as in TeleChat3: cos and sin grow with 0.07 ln(factor), not 0.1.
 *
 * vLLM has the coefficient; mlx-lm reads the type as plain yarn. */
#include "base/elementary.h"
#include "position/yarn.h"

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    rw_yarn_frequencies(p, shape, rot);
    rot->attn_factor = p[RW_YARN_ATTENTION_FACTOR].given
                           ? p[RW_YARN_ATTENTION_FACTOR].num
                           : 0.07 * rw_log(rw_yarn_factor(p, shape)) + 1.0;
}

static const char *const aliases[] = {"telechat3-yarn", NULL};

const rw_mech rw_mech_telechat3_yarn = {
    .name = "telechat3_yarn",
    .source = "TeleChat3 model release; as in vLLM",
    .aliases = aliases,
    .params = rw_yarn_params,
    .n_param = RW_YARN_N_PARAM,
    .check = rw_yarn_check,
    .fill = fill,
};
