/* dd.h - double-double arithmetic: an unevaluated sum hi + lo with |lo| <= ulp(hi)/2.
 *
 * Used where a double cannot decide (docs/numerics.md, N2). Only IEEE additions and
 * multiplications: the same bits on every machine. Bounds from Joldes, Muller, Popescu, "Tight
 * and rigorous error bounds for basic building blocks of double-word arithmetic" (2017), with
 * u = 2^-53: add 3u^2, multiply 5u^2, divide by a double 3.5u^2, all relative to the result. */
#ifndef RW_BASE_DD_H
#define RW_BASE_DD_H

#ifdef __FAST_MATH__
#error "double-double arithmetic is meaningless under -ffast-math"
#endif

typedef struct rw_dd {
    double hi, lo;
} rw_dd;

/* a + b exactly. */
static inline rw_dd rw_two_sum(double a, double b)
{
    const double s = a + b, t = s - a;
    return (rw_dd){s, (a - (s - t)) + (b - t)};
}

/* a + b exactly when |a| >= |b| or a == 0. */
static inline rw_dd rw_quick_sum(double a, double b)
{
    const double s = a + b;
    return (rw_dd){s, b - (s - a)};
}

/* a * b exactly (Dekker; |a|, |b| < 2^970, product above 2^-960). */
static inline rw_dd rw_two_prod(double a, double b)
{
    const double split = 134217729.0; /* 2^27 + 1 */
    const double p = a * b;
    const double at = split * a, ah = at - (at - a), al = a - ah;
    const double bt = split * b, bh = bt - (bt - b), bl = b - bh;
    return (rw_dd){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static inline rw_dd rw_dd_of(double a)
{
    return (rw_dd){a, 0.0};
}

static inline rw_dd rw_dd_neg(rw_dd a)
{
    return (rw_dd){-a.hi, -a.lo};
}

static inline rw_dd rw_dd_add(rw_dd a, rw_dd b)
{
    const rw_dd s = rw_two_sum(a.hi, b.hi), t = rw_two_sum(a.lo, b.lo);
    const rw_dd v = rw_quick_sum(s.hi, s.lo + t.hi);
    return rw_quick_sum(v.hi, v.lo + t.lo);
}

static inline rw_dd rw_dd_sub(rw_dd a, rw_dd b)
{
    return rw_dd_add(a, rw_dd_neg(b));
}

static inline rw_dd rw_dd_add_d(rw_dd a, double b)
{
    const rw_dd s = rw_two_sum(a.hi, b);
    return rw_quick_sum(s.hi, s.lo + a.lo);
}

static inline rw_dd rw_dd_mul(rw_dd a, rw_dd b)
{
    const rw_dd p = rw_two_prod(a.hi, b.hi);
    return rw_quick_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static inline rw_dd rw_dd_mul_d(rw_dd a, double b)
{
    const rw_dd p = rw_two_prod(a.hi, b);
    return rw_quick_sum(p.hi, p.lo + a.lo * b);
}

static inline rw_dd rw_dd_div_d(rw_dd a, double b)
{
    const double q = a.hi / b;
    const rw_dd p = rw_two_prod(q, b);
    const double r = (a.hi - p.hi) - p.lo + a.lo;
    return rw_quick_sum(q, r / b);
}

static inline rw_dd rw_dd_div(rw_dd a, rw_dd b)
{
    const double q1 = a.hi / b.hi;
    rw_dd r = rw_dd_sub(a, rw_dd_mul_d(b, q1));
    const double q2 = r.hi / b.hi;
    r = rw_dd_sub(r, rw_dd_mul_d(b, q2));
    return rw_dd_add_d(rw_quick_sum(q1, q2), r.hi / b.hi);
}
#endif
