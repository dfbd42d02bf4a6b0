/* mechanism.c - finding a mechanism, resolving its parameters, building its rotation. */
#include "position/mechanism.h"

#include <assert.h>
#include <string.h>

/* Above 1: the frequencies must fall. Real models stay within [500, 1e11]. */
static const double THETA_HI = 1e30;

const rw_mech *rw_mech_find(const char *name)
{
    for (const rw_mech *const *m = rw_mech_table; *m; m++) {
        if (strcmp((*m)->name, name) == 0) return *m;
        for (const char *const *a = (*m)->aliases; a && *a; a++)
            if (strcmp(*a, name) == 0) return *m;
    }
    return NULL;
}

static ropewalk_status in_range(const rw_mech *mech, const rw_param *row, double value,
                                ropewalk_error *err)
{
    if (value >= row->lo && value <= row->hi &&
        (row->extent != RW_FLAG || !(value > 0) || !(value < 1)))
        return ROPEWALK_OK; /* NaN fails the first two */
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "%s: %s is %g, outside [%g, %g]",
                   mech->name, row->name, value, row->lo, row->hi);
}

static ropewalk_status take(const rw_mech *mech, const rw_param *row, uint32_t n_pair,
                            const rw_setting *s, rw_arg *arg, ropewalk_error *err)
{
    *arg = (rw_arg){.num = s->num, .given = true};
    if (row->extent != RW_PER_PAIR) return in_range(mech, row, s->num, err);
    if (s->n_value != n_pair || !s->values)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "%s: %s has %u values, but there are %u pairs", mech->name,
                       row->name, (unsigned)s->n_value, (unsigned)n_pair);
    *arg = (rw_arg){.num = (double)NAN, .values = s->values, .given = true};
    for (uint32_t pair = 0; pair < n_pair; pair++) {
        const ropewalk_status status = in_range(mech, row, s->values[pair], err);
        if (status) return rw_fail_context(err, status, "pair %u", (unsigned)pair);
    }
    return ROPEWALK_OK;
}

/* The option of the command line that gives a parameter, or "". */
static const char *option_of(const char *name)
{
    static const char *const options[][2] = {
        {"factor", " (option --rope-scale)"},
        {"original_context_length", " (option --yarn-orig-ctx)"},
        {"low_freq_factor", " (option --low-freq-factor)"},
        {"high_freq_factor", " (option --high-freq-factor)"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(name, options[i][0]) == 0) return options[i][1];
    return "";
}

ropewalk_status rw_mech_resolve(const rw_mech *mech, const rw_layer_shape *shape,
                                const rw_setting *settings, size_t n_setting,
                                rw_arg args[RW_MAX_PARAM], ropewalk_error *err)
{
    assert(mech->n_param <= RW_MAX_PARAM);
    for (size_t i = 0; i < RW_MAX_PARAM; i++)
        args[i] = (rw_arg){.num = (double)NAN};
    for (size_t i = 0; i < mech->n_param; i++)
        args[i].num = mech->params[i].fallback;
    for (size_t s = 0; s < n_setting; s++) {
        size_t i = 0;
        while (i < mech->n_param && strcmp(mech->params[i].name, settings[s].name) != 0)
            i++;
        if (i == mech->n_param)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%s has no parameter \"%s\"",
                           mech->name, settings[s].name);
        const ropewalk_status status = take(mech, &mech->params[i], shape->rotary_dim / 2,
                                            &settings[s], &args[i], err);
        if (status) return status;
    }
    for (size_t i = 0; i < mech->n_param; i++)
        if (!args[i].given && isinf(mech->params[i].fallback))
            return rw_fail(err, ROPEWALK_E_FORMAT, 0, "%s: %s is required and absent%s",
                           mech->name, mech->params[i].name,
                           option_of(mech->params[i].name));
    return mech->check ? mech->check(args, shape, err) : ROPEWALK_OK;
}

ropewalk_status rw_mech_rotation(const rw_mech *mech, const rw_arg *args,
                                 const rw_layer_shape *shape, rw_rotation *rot,
                                 ropewalk_error *err)
{
    rw_rotation_init(rot);
    if (shape->rotary_dim > shape->head_dim)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rotary_dim %u must be at most head_dim %u",
                       (unsigned)shape->rotary_dim, (unsigned)shape->head_dim);
    if (!(shape->rope_theta > 1.0) || !(shape->rope_theta <= THETA_HI))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rope_theta %g must be above 1 and at most %g", shape->rope_theta,
                       THETA_HI);
    const ropewalk_status status = rw_rotation_alloc(rot, shape->rotary_dim, err);
    if (status) return status;
    rot->pairs = shape->pairs;
    if (!shape->rotary_dim) return ROPEWALK_OK;
    rw_inv_freq_unscaled(shape->rope_theta, shape->rotary_dim, rot->inv_freq);
    if (mech->fill) mech->fill(args, shape, rot);
    return ROPEWALK_OK;
}

ropewalk_status rw_mech_build(const rw_mech *mech, const rw_layer_shape *shape,
                              const rw_setting *settings, size_t n_setting,
                              rw_rotation *rot, ropewalk_error *err)
{
    rw_arg args[RW_MAX_PARAM];
    rw_rotation_init(rot);
    const ropewalk_status status =
        rw_mech_resolve(mech, shape, settings, n_setting, args, err);
    if (status) return status;
    return rw_mech_rotation(mech, args, shape, rot, err);
}
