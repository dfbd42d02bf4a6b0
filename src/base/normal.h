/* normal.h - the standard normal distribution. */
#ifndef RW_BASE_NORMAL_H
#define RW_BASE_NORMAL_H

double rw_normal_pdf(double x);
/** Phi(x), relative error below 3e-13 for x > -37, through libm's erfc. Used for estimates and
 *  certificates only, never for a count. */
double rw_normal_cdf(double x);
/** Quantile of Student's t: the two-sided 95 % point for `dof` >= 1 degrees of freedom. */
double rw_student_95(int dof);
#endif
