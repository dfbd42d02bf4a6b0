/* declared.c - from the words of options to a mechanism with its parameters. */
#include "position/declared.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* What of a ropewalk_rope is a parameter of a scaling. */
static const struct {
    const char *name;
    size_t member;
} parameter[] = {{"factor", offsetof(ropewalk_rope, scale)},
                 {"original_context_length", offsetof(ropewalk_rope, orig_ctx)},
                 {"attention_factor", offsetof(ropewalk_rope, attn_factor)},
                 {"ext_factor", offsetof(ropewalk_rope, ext_factor)},
                 {"beta_fast", offsetof(ropewalk_rope, beta_fast)},
                 {"beta_slow", offsetof(ropewalk_rope, beta_slow)},
                 {"low_freq_factor", offsetof(ropewalk_rope, low_freq_factor)},
                 {"high_freq_factor", offsetof(ropewalk_rope, high_freq_factor)}};
enum { N_PARAMETER = sizeof parameter / sizeof *parameter };

static double value_of(const ropewalk_rope *rope, size_t i)
{
    double value;
    memcpy(&value, (const char *)rope + parameter[i].member, sizeof value);
    return value;
}

const char *rw_declared_name(uint32_t bit)
{
    return bit < N_PARAMETER ? parameter[bit].name : "";
}

uint32_t rw_declared_keep(ropewalk_rope *rope)
{
    const rw_mech *mech = rope->scaling ? rw_mech_find(rope->scaling) : NULL;
    const double absent = (double)NAN;
    uint32_t kept = 0;
    for (size_t i = 0; i < N_PARAMETER; i++) {
        bool has = !mech;
        for (size_t p = 0; mech && p < mech->n_param; p++)
            has |= strcmp(mech->params[p].name, parameter[i].name) == 0;
        if (!has)
            memcpy((char *)rope + parameter[i].member, &absent, sizeof absent);
        else if (!isnan(value_of(rope, i)))
            kept |= 1u << i;
    }
    return kept;
}

ropewalk_status rw_declared_rotation(const ropewalk_rope *rope,
                                     const rw_layer_shape *shape, rw_rotation *out,
                                     ropewalk_error *err)
{
    const rw_mech *mech = rw_mech_find(rope->scaling ? rope->scaling : "none");
    if (!mech)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rope scaling \"%s\" is unknown: see `ropewalk list mechanisms`",
                       rope->scaling);
    rw_setting settings[N_PARAMETER];
    size_t n = 0;
    /* a factor without a scaling is a plain factor on cos and sin */
    const int plain_factor = !rope->scaling && !isnan(rope->attn_factor);
    for (size_t i = 0; i < N_PARAMETER; i++) {
        const double value = value_of(rope, i);
        const bool plain =
            plain_factor && parameter[i].member == offsetof(ropewalk_rope, attn_factor);
        if (!isnan(value) && !plain)
            settings[n++] = (rw_setting){.name = parameter[i].name, .num = value};
    }
    const ropewalk_status status = rw_mech_build(mech, shape, settings, n, out, err);
    if (!status && plain_factor) out->attn_factor = rope->attn_factor;
    return status;
}
