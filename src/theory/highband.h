/* highband.h - F's high band of a frequency table and the length scale it belongs to (T7, T8). */
#ifndef RW_THEORY_HIGHBAND_H
#define RW_THEORY_HIGHBAND_H
#include "position/coefficient.h"

/** r_H = U_H / U of the key margin d = a - b: the share (as a norm) of its energy in pairs with
 *  M w_n >= 2 * 0.06 / ((1 - rho) 0.1), rho = rope_theta^(-1/h): F's operational constants. NaN
 *  without energy or for a rope_theta that is not above 1. freq: the active frequencies. */
double rw_high_band_share(const double *freq, uint32_t n_freq, double rope_theta,
                          int64_t context, const rw_coefficient *a,
                          const rw_coefficient *b);

/** 4 pi base^((h-1)/h) / ((1 - rho) eps): about where M_max lies on today's tables; NaN when
 *  the base is unknown. */
double rw_m_max_scale(double rope_theta, uint32_t n_pair, double eps);
#endif
