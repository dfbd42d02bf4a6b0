/* subspace.c - the least top eigenvalue over multipliers, and a vector that attains it. */
#include "theory/subspace.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "theory/symmetric.h"

/* The top eigenvalue as a function of one multiplier is convex; the value of the form at its
 * eigenvector is its slope. Between an end that falls and one that rises lies the minimum. */
typedef struct end {
    double multiplier, value, slope;
    rw_subspace_answer at;
} end;

size_t rw_subspace_scratch(size_t k)
{
    return rw_symmetric_scratch(k) + RW_SUBSPACE_ORDERS * k * k;
}

/* On the circle of two orthonormal vectors a form is middle + radius cos(2 angle - phase). */
typedef struct circle {
    double middle, radius, phase;
} circle;

static circle circle_of(const double *form, size_t k, const double *first,
                        const double *other)
{
    double image[RW_SUBSPACE_MAX];
    const double a = rw_symmetric_form(form, k, first);
    const double c = rw_symmetric_form(form, k, other);
    rw_symmetric_apply(form, k, first, image);
    const double b = rw_dot(image, other, k);
    return (circle){0.5 * (a + c), hypot(b, 0.5 * (a - c)), atan2(2.0 * b, a - c)};
}

static bool feasible(const rw_subspace *s, int level, const double *x)
{
    for (int f = 0; f < level; f++)
        if (rw_symmetric_form(s->order[f], s->k, x) < -s->slack[f]) return false;
    return true;
}

/* The best of the plane of two unit vectors, the first of which is feasible: on its circle the
 * form t is greatest at its top eigenvector or where one of the orders vanishes. */
static double best_of_plane(const rw_subspace *s, const double *t, int level,
                            const double *first, const double *second, double *x)
{
    const size_t k = s->k;
    double other[RW_SUBSPACE_MAX];
    memcpy(other, second, k * sizeof *other);
    memcpy(x, first, k * sizeof *x);
    double best = rw_symmetric_form(t, k, first);
    for (int twice = 0; twice < 2; twice++) {
        const double along = rw_dot(first, other, k);
        for (size_t i = 0; i < k; i++)
            other[i] -= along * first[i];
        const double length = sqrt(rw_dot(other, other, k));
        if (!(length > 1e-14)) return best;
        for (size_t i = 0; i < k; i++)
            other[i] /= length;
    }
    double angle[1 + 2 * RW_SUBSPACE_ORDERS] = {0.5 *
                                                circle_of(t, k, first, other).phase};
    int n = 1;
    for (int f = 0; f < level; f++) {
        const circle c = circle_of(s->order[f], k, first, other);
        if (!(c.radius > fabs(c.middle))) continue;
        /* Half the slack is left for the rounding of the angle. */
        const double edge = fmin(1.0, (-0.5 * s->slack[f] - c.middle) / c.radius);
        const double reach = acos(fmax(-1.0, edge));
        angle[n++] = 0.5 * (c.phase + reach);
        angle[n++] = 0.5 * (c.phase - reach);
    }
    for (int i = 0; i < n; i++) {
        double trial[RW_SUBSPACE_MAX];
        for (size_t j = 0; j < k; j++)
            trial[j] = cos(angle[i]) * first[j] + sin(angle[i]) * other[j];
        const double value = rw_symmetric_form(t, k, trial);
        if (!(value > best) || !feasible(s, level, trial)) continue;
        best = value;
        memcpy(x, trial, k * sizeof *x);
    }
    return best;
}

static void minimise(const rw_subspace *s, const double *t, int level, double *scratch,
                     rw_subspace_answer *answer);

static void look(const rw_subspace *s, const double *t, int level, double *scratch,
                 double multiplier, const rw_subspace_answer *guess, end *e)
{
    const size_t size = s->k * s->k;
    const double *b = s->order[level - 1];
    for (size_t i = 0; i < size; i++)
        scratch[i] = t[i] + multiplier * b[i];
    e->at = *guess;
    minimise(s, scratch, level - 1, scratch + size, &e->at);
    e->multiplier = e->at.multiplier[level - 1] = multiplier;
    e->value = e->at.value;
    e->slope = rw_symmetric_form(b, s->k, e->at.x);
}

/* Where the tangents meet is right where two eigenvalues cross, the secant of the slopes where
 * one curve bends; every third step halves. */
static double next_multiplier(const end *fall, const end *rise, int step)
{
    const double middle = 0.5 * (fall->multiplier + rise->multiplier);
    double m = middle;
    if (step % 3 == 0)
        m = (rise->value - fall->value + fall->slope * fall->multiplier -
             rise->slope * rise->multiplier) /
            (fall->slope - rise->slope);
    else if (step % 3 == 1)
        m = (fall->multiplier * rise->slope - rise->multiplier * fall->slope) /
            (rise->slope - fall->slope);
    return m > fall->multiplier && m < rise->multiplier ? m : middle;
}

static void minimise(const rw_subspace *s, const double *t, int level, double *scratch,
                     rw_subspace_answer *answer)
{
    const size_t k = s->k;
    if (level == 0) {
        answer->value = rw_symmetric_top(t, k, answer->x, scratch);
        answer->attained = rw_symmetric_form(t, k, answer->x);
        return;
    }
    end fall, rise, probe;
    const double guess = answer->multiplier[level - 1];
    look(s, t, level, scratch, 0.0, answer, &fall);
    if (fall.slope >= 0.0 || fall.at.attained < -DBL_MAX) {
        *answer = fall.at;
        return;
    }
    double trial = guess > 0.0 ? 1.05 * guess : 1.0;
    for (;; trial *= 8.0) {
        look(s, t, level, scratch, trial, &fall.at, &rise);
        if (rise.slope >= 0.0 || trial > 1e8) break;
        fall = rise;
    }
    if (rise.slope < 0.0) {
        *answer = rise.at;
        answer->attained = -HUGE_VAL;
        return;
    }
    if (guess > 0.0 && 0.95 * guess > fall.multiplier && 0.95 * guess < rise.multiplier) {
        look(s, t, level, scratch, 0.95 * guess, &fall.at, &probe);
        *(probe.slope < 0.0 ? &fall : &rise) = probe;
    }
    double best = -HUGE_VAL, x[RW_SUBSPACE_MAX] = {0};
    for (int step = 0; step < 100; step++) {
        double found[RW_SUBSPACE_MAX];
        const double value = best_of_plane(s, t, level, rise.at.x, fall.at.x, found);
        if (value > best) {
            best = value;
            memcpy(x, found, sizeof x);
        }
        const double least = fmin(fall.value, rise.value);
        const double width = rise.multiplier - fall.multiplier;
        if (least - best <= 1e-15 * fabs(least) || width <= 1e-15 * rise.multiplier)
            break;
        look(s, t, level, scratch, next_multiplier(&fall, &rise, step), &rise.at, &probe);
        *(probe.slope < 0.0 ? &fall : &rise) = probe;
    }
    *answer = fall.value < rise.value ? fall.at : rise.at;
    answer->attained = best;
    memcpy(answer->x, x, sizeof x);
}

void rw_subspace_minimise(const rw_subspace *s, rw_subspace_answer *answer)
{
    for (size_t i = 0; i < s->k; i++)
        answer->x[i] = 1.0;
    minimise(s, s->step, s->n_order, s->scratch, answer);
}
