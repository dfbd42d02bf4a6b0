/* number.c - rounding to the working types by integer arithmetic on the bits of a double. */
#include "base/number.h"

#include <math.h>
#include <string.h>

/* max_key: (largest exponent - least + 1) binades of 2^(p-1) numbers each, after the subnormals.
 * e4m3 is the OCP type without infinities: its last code of the top binade is NaN, largest 448. */
static const rw_dtype_info infos[RW_N_DTYPE] = {
    [RW_BF16] = {"bf16", 8, -126, 0x7f7f, false},
    [RW_F16] = {"f16", 11, -14, 0x7bff, false},
    [RW_F32] = {"f32", 24, -126, 0x7f7fffff, false},
    [RW_E4M3] = {"e4m3", 4, -6, 0x7e, true},
    [RW_E5M2] = {"e5m2", 3, -14, 0x7b, false},
};

const rw_dtype_info *rw_dtype_get(rw_dtype dtype)
{
    return &infos[dtype];
}

bool rw_dtype_parse(const char *name, rw_dtype *dtype)
{
    for (int i = 0; i < RW_N_DTYPE; i++) {
        if (strcmp(name, infos[i].name) != 0) continue;
        *dtype = (rw_dtype)i;
        return true;
    }
    return false;
}

rw_dtype rw_dtype_first(uint32_t bits)
{
    int d = 0;
    while (d < RW_N_DTYPE - 1 && !(bits >> d & 1))
        d++;
    return (rw_dtype)d;
}

/* Key of |x| before clipping; may exceed max_key. */
static uint64_t magnitude_key(const rw_dtype_info *t, double x)
{
    const double ax = fabs(x);
    const int p = t->significand_bits;
    if (ax < ldexp(1.0, t->min_exponent)) {
        /* subnormal: multiples of one quantum; adding 2^52 quanta rounds to nearest even */
        const double magic = ldexp(1.5, 52 + t->min_exponent - p + 1);
        return (uint64_t)ldexp((ax + magic) - magic, p - 1 - t->min_exponent);
    }
    uint64_t bits;
    memcpy(&bits, &ax, sizeof bits);
    const int drop = 53 - p;
    const uint64_t half = (uint64_t)1 << (drop - 1);
    const uint64_t lsb = (bits >> drop) & 1;
    bits = (bits + half - 1 + lsb) >> drop;
    return bits - ((uint64_t)(1023 + t->min_exponent - 1) << (p - 1));
}

int32_t rw_round_key(rw_dtype dtype, double x)
{
    const rw_dtype_info *t = &infos[dtype];
    const uint64_t top = (uint64_t)t->max_key + 1;
    uint64_t key = magnitude_key(t, x);
    if (key > top) key = top;
    return x < 0 ? -(int32_t)key : (int32_t)key;
}

int32_t rw_key_stored(rw_dtype dtype, int32_t key)
{
    const int32_t max = infos[dtype].max_key;
    if (!infos[dtype].saturates) return key;
    return key > max ? max : key < -max ? -max : key;
}

double rw_key_value(rw_dtype dtype, int32_t key)
{
    const rw_dtype_info *t = &infos[dtype];
    const int p = t->significand_bits;
    const int32_t a = key < 0 ? -key : key;
    double v;
    if (a > t->max_key)
        v = INFINITY;
    else if (a < (1 << (p - 1)))
        v = ldexp((double)a, t->min_exponent - p + 1);
    else {
        const int binade = a >> (p - 1);
        const int32_t fraction = a & ((1 << (p - 1)) - 1);
        v = ldexp((double)((1 << (p - 1)) + fraction),
                  t->min_exponent + binade - 1 - p + 1);
    }
    return key < 0 ? -v : v;
}

double rw_key_upper_edge(rw_dtype dtype, int32_t key)
{
    const rw_dtype_info *t = &infos[dtype];
    if (key < 0) return -rw_key_upper_edge(dtype, -key - 1);
    const double v = rw_key_value(dtype, key);
    if (key > t->max_key) return INFINITY;
    if (key == t->max_key) /* where the next number would be if the binade went on */
        return v + 0.5 * (v - rw_key_value(dtype, key - 1));
    return 0.5 * (v + rw_key_value(dtype, key + 1));
}

bool rw_round_key_dd(rw_dtype dtype, rw_dd value, double error, int32_t *key)
{
    /* one step outwards covers lo, another the rounding of this sum */
    const double least = nextafter(value.hi, -INFINITY) - error;
    const double most = nextafter(value.hi, INFINITY) + error;
    const int32_t lo = rw_round_key(dtype, nextafter(least, -INFINITY));
    const int32_t hi = rw_round_key(dtype, nextafter(most, INFINITY));
    *key = rw_round_key(dtype, value.hi);
    if (lo == hi) return true;
    if (lo + 1 < hi)
        return false; /* only an error far above value's last bit reaches so far */
    const double edge = rw_key_upper_edge(dtype, lo);
    const rw_dd distance = rw_dd_add_d(rw_two_sum(value.hi, -edge), value.lo);
    if (distance.hi > error)
        *key = hi;
    else if (distance.hi < -error)
        *key = lo;
    else if (error > 0.0)
        return false;
    else /* exactly on the edge: to even */
        *key = rw_round_key(dtype, edge);
    return true;
}

rw_dd rw_exact_sum(const double *x, size_t n, double *scratch, int *sign, bool *exact)
{
    size_t n_part = 0; /* scratch holds a nonoverlapping expansion, smallest part first */
    for (size_t i = 0; i < n; i++) {
        double carry = x[i];
        size_t kept = 0;
        for (size_t j = 0; j < n_part; j++) {
            const rw_dd s = rw_two_sum(carry, scratch[j]);
            carry = s.hi;
            if (s.lo < 0.0 || s.lo > 0.0) scratch[kept++] = s.lo;
        }
        if (carry < 0.0 || carry > 0.0) scratch[kept++] = carry;
        n_part = kept;
    }
    *sign = n_part == 0 ? 0 : scratch[n_part - 1] > 0.0 ? 1 : -1;
    rw_dd sum = {0.0, 0.0};
    *exact = true;
    for (size_t j = n_part; j-- > 0;) {
        const rw_dd s = rw_two_sum(sum.hi, scratch[j]), t = rw_two_sum(s.lo, sum.lo);
        if (t.lo < 0.0 || t.lo > 0.0)
            *exact = false; /* smaller parts cannot bring it back */
        sum = rw_two_sum(s.hi, t.hi);
    }
    return sum;
}
