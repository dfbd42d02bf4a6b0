/* mechanism.h - what a frequency scaling must say about itself. One file mech_<name>.c each;
 * the registry is generated from the file names. */
#ifndef RW_POSITION_MECHANISM_H
#define RW_POSITION_MECHANISM_H
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dd.h"
#include "position/rotation.h"

enum { RW_MAX_PARAM = 16 };

typedef enum rw_extent {
    RW_SCALAR,
    RW_PER_PAIR, /* rotary_dim / 2 values */
    RW_FLAG,     /* 0 or 1 */
} rw_extent;

#define RW_REQUIRED ((double)INFINITY) /* a fallback: absent is an error */
#define RW_DERIVED ((double)NAN)       /* a fallback: absent, fill() works it out */

/* One parameter, under the names it has in each kind of file. From this row alone come
 * reading it, range-checking it and its line in every report. */
typedef struct rw_param {
    const char *name; /* ours: in reports, JSON and on the command line */
    const char *
        gguf_key; /* after the architecture prefix, or a tensor name if per pair; may be NULL */
    const char *hf_key; /* in config.json's scaling block; may be NULL */
    double fallback;    /* used when absent, or RW_REQUIRED or RW_DERIVED */
    double lo, hi;      /* accepted range, inclusive */
    rw_extent extent;
} rw_param;

/* One parameter with its value. */
typedef struct rw_arg {
    double num;           /* a scalar; NaN when absent and RW_DERIVED */
    const double *values; /* per pair, borrowed; else NULL */
    bool given;           /* false: num is the fallback */
} rw_arg;

typedef struct rw_layer_shape {
    uint32_t head_dim, rotary_dim;
    uint32_t n_head_q, n_head_kv;
    int64_t context_length; /* advertised; 0: unknown */
    int64_t
        length; /* tokens the table is made for, where it depends on them; 0: unknown */
    double rope_theta;
    rw_pairs pairs;
} rw_layer_shape;

typedef struct rw_mech {
    const char *name;   /* key in reports and on the command line */
    const char *source; /* citation printed in the report */
    const char *const *
        aliases; /* other spellings of rope_type that mean us, NULL-terminated; may be NULL */
    const char *tensor; /* a GGUF tensor whose presence means us, or NULL */
    const rw_param *params;
    size_t n_param; /* at most RW_MAX_PARAM */
    bool any_order; /* frequencies need not fall with the pair */
    /* Relations between parameters; NULL if the ranges say it all. */
    ropewalk_status (*check)(const rw_arg *p, const rw_layer_shape *shape,
                             ropewalk_error *err);
    /* Overwrite inv_freq, which holds the unscaled schedule, and attn_factor, which holds 1.
     * NULL leaves both. */
    void (*fill)(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot);
} rw_mech;

/** Tokens the table is made for: length, else context_length; 0 when neither is known. */
static inline int64_t rw_shape_length(const rw_layer_shape *shape)
{
    return shape->length > 0 ? shape->length : shape->context_length;
}

/** rope_theta^(-2 pair / rotary_dim) in double-double: for mechanisms whose blend of kept and
 *  slowed frequencies would multiply a rounding error by the factor. Relative error <= 2^-90. */
rw_dd rw_inv_freq_dd(double rope_theta, uint32_t rotary_dim, uint32_t pair);

#define RW_TWO_PI_DD ((rw_dd){0x1.921fb54442d18p+2, 0x1.1a62633145c07p-52})

/* Every mechanism, sorted by file name, NULL-terminated. */
extern const rw_mech *const rw_mech_table[];

/** By name or alias; NULL when there is none. */
const rw_mech *rw_mech_find(const char *name);

/* What a file or a user says about one parameter. */
typedef struct rw_setting {
    const char *name;     /* rw_param.name */
    double num;           /* a scalar */
    const double *values; /* per pair: n_value of them */
    uint32_t n_value;
} rw_setting;

/** Put settings and fallbacks into args, in the order of mech->params.
 *  E_ARGUMENT for a name the mechanism does not have; E_FORMAT, naming parameter, value and
 *  range, when one is missing, out of range, of the wrong count, or contradicts another. */
ropewalk_status rw_mech_resolve(const rw_mech *mech, const rw_layer_shape *shape,
                                const rw_setting *settings, size_t n_setting,
                                rw_arg args[RW_MAX_PARAM], ropewalk_error *err);

/** Build the rotation of a layer from resolved arguments. `rot` is empty on failure; release
 *  it with rw_rotation_clear(). E_ARGUMENT for an impossible shape or rope_theta. */
ropewalk_status rw_mech_rotation(const rw_mech *mech, const rw_arg *args,
                                 const rw_layer_shape *shape, rw_rotation *rot,
                                 ropewalk_error *err);

/** Both of the above. */
ropewalk_status rw_mech_build(const rw_mech *mech, const rw_layer_shape *shape,
                              const rw_setting *settings, size_t n_setting,
                              rw_rotation *rot, ropewalk_error *err);
#endif
