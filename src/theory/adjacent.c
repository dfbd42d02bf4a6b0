/* adjacent.c - the step S(m+1) - S(m) is a score too, with coefficients z_n (e^{iw_n} - 1). */
#include "theory/adjacent.h"

#include <math.h>

#include "base/alloc.h"
#include "base/normal.h"
#include "theory/predict.h"

static const rw_estimate undefined = {
    .value = (double)NAN, .kind = RW_ESTIMATE_NORMAL, .state = RW_ESTIMATE_UNDEFINED};

static rw_estimate known(double value, rw_estimate_kind kind)
{
    return (rw_estimate){value, kind, RW_ESTIMATE_KNOWN};
}

/* y = z (e^{iw} - 1), e^{iw} - 1 = 2 sin(w/2) i e^{iw/2}: no cancellation for slow pairs. */
static void step_of(const double *freq, const rw_coefficient *z, rw_coefficient *y)
{
    for (uint32_t n = 0; n < z->n_pair; n++) {
        const double half = 0.5 * freq[n], chord = 2.0 * sin(half);
        const double re = -chord * sin(half), im = chord * cos(half);
        y->re[n] = z->re[n] * re - z->im[n] * im;
        y->im[n] = z->re[n] * im + z->im[n] * re;
        y->amplitude_sum += hypot(y->re[n], y->im[n]);
    }
}

ropewalk_status rw_predict_adjacent(const rw_moment_form *steps, const double *freq,
                                    const rw_coefficient *z, double zeta,
                                    rw_adjacent_prediction *out, ropewalk_error *err)
{
    *out = (rw_adjacent_prediction){undefined, undefined, undefined, undefined};
    out->mean.kind = out->rms.kind = RW_ESTIMATE_EXACT;
    const double size = sqrt(z->energy);
    if (!(size > 0.0) || !(steps->end > steps->first)) return ROPEWALK_OK;
    const size_t h = z->n_pair;
    double *room = rw_array(2 * h, sizeof *room);
    if (!room) return rw_fail_memory(err, "the steps of a score");
    rw_coefficient y = {.n_pair = z->n_pair, .re = room, .im = room + h};
    step_of(freq, z, &y);
    const double mean = rw_moment_mean(steps, &y) / size;
    const double variance =
        fmax(0.0, rw_moment_covariance(steps, &y, &y)) / (size * size);
    rw_free(room);
    out->mean = known(mean, RW_ESTIMATE_EXACT);
    out->rms = known(sqrt(variance + mean * mean), RW_ESTIMATE_EXACT);
    const double scale = y.amplitude_sum / size;
    if (!(variance > RW_LEAST_VARIANCE * scale * scale)) return ROPEWALK_OK;
    /* The mean of |X|, X normal: the folded normal distribution. */
    const double sigma = sqrt(variance), t = mean / sigma;
    out->score = known(2.0 * sigma * rw_normal_pdf(t) + mean * erf(t * sqrt(0.5)),
                       RW_ESTIMATE_NORMAL);
    out->insensitivity = known(rw_normal_cdf((zeta - mean) / sigma) -
                                   rw_normal_cdf((-zeta - mean) / sigma),
                               RW_ESTIMATE_NORMAL);
    return ROPEWALK_OK;
}
