/* declared.c - from the words of options to a mechanism with its parameters. */
#include "position/declared.h"

#include <math.h>

ropewalk_status rw_declared_rotation(const ropewalk_rope *rope,
                                     const rw_layer_shape *shape, rw_rotation *out,
                                     ropewalk_error *err)
{
    const rw_mech *mech = rw_mech_find(rope->scaling ? rope->scaling : "none");
    if (!mech)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rope scaling \"%s\" is unknown: see `ropewalk list mechanisms`",
                       rope->scaling);
    const struct {
        const char *name;
        double value;
    } given[] = {{"factor", rope->scale},
                 {"original_context_length", rope->orig_ctx},
                 {"attention_factor", rope->attn_factor},
                 {"ext_factor", rope->ext_factor},
                 {"beta_fast", rope->beta_fast},
                 {"beta_slow", rope->beta_slow},
                 {"low_freq_factor", rope->low_freq_factor},
                 {"high_freq_factor", rope->high_freq_factor}};
    rw_setting settings[sizeof given / sizeof *given];
    size_t n = 0;
    /* a factor without a scaling is a plain factor on cos and sin */
    const int plain_factor = !rope->scaling && !isnan(rope->attn_factor);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (!isnan(given[i].value) && !(plain_factor && i == 2))
            settings[n++] = (rw_setting){.name = given[i].name, .num = given[i].value};
    const ropewalk_status status = rw_mech_build(mech, shape, settings, n, out, err);
    if (!status && plain_factor) out->attn_factor = rope->attn_factor;
    return status;
}
