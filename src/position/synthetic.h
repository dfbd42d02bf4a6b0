/* synthetic.h - queries and keys without a model: what the papers' statements are made about.
 *
 * Vectors rather than coefficients, so that partial rotation, attention factors and scales act on
 * them as on real ones. All values come from the counter-based generator: the same everywhere. */
#ifndef RW_POSITION_SYNTHETIC_H
#define RW_POSITION_SYNTHETIC_H
#include <stdbool.h>

#include "position/rotation.h"

/* Every family has sum a_n^2 = h where it is not random, so that families meet the same grid of
 * rounded scores (D2 in docs/theory.md). Unrotated dimensions are 0 except in RW_FAMILY_GAUSSIAN. */
typedef enum rw_family {
    RW_FAMILY_ALIGNED,    /* key 0 agrees with the query in every pair, z_n = 1; any other
                             key has amplitudes 1 and random phases */
    RW_FAMILY_GAUSSIAN,   /* all components of query and keys N(0, 1) */
    RW_FAMILY_FLAT,       /* amplitudes 1, random phases */
    RW_FAMILY_SLOW_HEAVY, /* amplitude of the slowest pair 100 times that of the fastest,
                             geometric between; random phases */
    RW_FAMILY_FAST_HEAVY, /* the other way round */
    RW_N_FAMILY
} rw_family;

/** The name on the command line and in documents: "aligned", "gaussian", "flat", ... */
const char *rw_family_name(rw_family family);
/** False, and *out unchanged, when there is no such name. */
bool rw_family_find(const char *name, rw_family *out);

/** Draw number `draw` of a family: query q[head_dim] and n_key keys k[n_key][head_dim]. Draws with
 *  different numbers are independent; the keys of one do not depend on n_key.
 *  @param rotary_dim  even, at most head_dim */
void rw_synthetic_vectors(rw_family family, uint32_t head_dim, uint32_t rotary_dim,
                          rw_pairs pairs, uint64_t seed, uint64_t draw, double *q,
                          double *k, uint32_t n_key);
#endif
