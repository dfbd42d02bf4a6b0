/* random.c - a keyed hash of the counter (the finaliser of SplitMix64, applied three times). */
#include "base/random.h"

#include <math.h>

#include "base/elementary.h"

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t rw_random_u64(uint64_t seed, uint64_t stream, uint64_t index)
{
    return mix(mix(mix(seed) ^ stream) ^ index);
}

double rw_random_unit(uint64_t seed, uint64_t stream, uint64_t index)
{
    return (double)(rw_random_u64(seed, stream, index) >> 11) * 0x1p-53;
}

double rw_random_normal(uint64_t seed, uint64_t stream, uint64_t index)
{
    const double u = 1.0 - rw_random_unit(seed, stream, 2 * index); /* (0, 1] */
    const double v = rw_random_unit(seed, stream, 2 * index + 1);
    return sqrt(-2.0 * rw_log(u)) * rw_cos(6.283185307179586 * v); /* Box and Muller */
}

uint64_t rw_random_below(uint64_t seed, uint64_t stream, uint64_t index, uint64_t n)
{
    const uint64_t x = rw_random_u64(seed, stream, index);
    const uint64_t hi = (x >> 32) * (n >> 32);
    const uint64_t mid1 = (x >> 32) * (n & 0xffffffffu),
                   mid2 = (x & 0xffffffffu) * (n >> 32);
    const uint64_t low = ((x & 0xffffffffu) * (n & 0xffffffffu)) >> 32;
    return hi + (mid1 >> 32) + (mid2 >> 32) +
           (((mid1 & 0xffffffffu) + (mid2 & 0xffffffffu) + low) >> 32);
}
