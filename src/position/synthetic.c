/* synthetic.c - drawing the families of queries and keys. */
#include "position/synthetic.h"

#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "base/random.h"

static const char *const family_name[RW_N_FAMILY] = {
    [RW_FAMILY_ALIGNED] = "aligned",
    [RW_FAMILY_GAUSSIAN] = "gaussian",
    [RW_FAMILY_FLAT] = "flat",
    [RW_FAMILY_SLOW_HEAVY] = "slow-heavy",
    [RW_FAMILY_FAST_HEAVY] = "fast-heavy",
};

const char *rw_family_name(rw_family family)
{
    return family_name[family];
}

bool rw_family_find(const char *name, rw_family *out)
{
    for (int f = 0; f < RW_N_FAMILY; f++)
        if (strcmp(family_name[f], name) == 0) {
            *out = (rw_family)f;
            return true;
        }
    return false;
}

/* Amplitude of pair n of h before sum a^2 = h is enforced: 100^(n/(h-1)), or its reverse. */
static double profile(rw_family family, uint32_t n, uint32_t h)
{
    if (h < 2 || (family != RW_FAMILY_SLOW_HEAVY && family != RW_FAMILY_FAST_HEAVY))
        return 1.0;
    const uint32_t rank = family == RW_FAMILY_SLOW_HEAVY ? n : h - 1 - n;
    return rw_pow(100.0, (double)rank / (h - 1));
}

void rw_synthetic_vectors(rw_family family, uint32_t head_dim, uint32_t rotary_dim,
                          rw_pairs pairs, uint64_t seed, uint64_t draw, double *q,
                          double *k, uint32_t n_key)
{
    const uint32_t half = rotary_dim / 2;
    double energy = 0.0;
    for (uint32_t n = 0; n < half; n++) {
        const double a = profile(family, n, half);
        energy += a * a;
    }
    for (uint32_t v = 0; v <= n_key; v++) { /* vector 0 is the query */
        double *x = v ? k + (size_t)(v - 1) * head_dim : q;
        const uint64_t stream = draw * 0x10001u + v;
        if (family == RW_FAMILY_GAUSSIAN) {
            for (uint32_t i = 0; i < head_dim; i++)
                x[i] = rw_random_normal(seed, stream, i);
            continue;
        }
        memset(x, 0, head_dim * sizeof *x);
        for (uint32_t n = 0; n < half; n++) {
            const bool interleaved = pairs == RW_PAIRS_INTERLEAVED;
            const uint32_t c = interleaved ? 2 * n : n;
            const uint32_t s = interleaved ? c + 1 : n + half;
            const double size = sqrt(profile(family, n, half) * sqrt(half / energy));
            const double phase = 0x1.921fb54442d18p+2 * rw_random_unit(seed, stream, n);
            const bool fixed = family == RW_FAMILY_ALIGNED && v < 2;
            x[c] = fixed ? size : size * rw_cos(phase);
            x[s] = fixed ? 0.0 : size * rw_sin(phase);
        }
    }
}
