/* clustered.h - how sure an accuracy is when questions share lists: intervals and paired tests over
 * lists, never over questions (J. Wilson 1927 for proportions, S. Holm 1979 for several tests). */
#ifndef RW_TASK_CLUSTERED_H
#define RW_TASK_CLUSTERED_H
#include <stddef.h>
#include <stdint.h>

/* The mean of values in clusters, with its 95 % interval; NaN where there is none. */
typedef struct rw_clustered {
    double mean, lo, hi; /* bootstrap over lists, percentiles */
    double stderr_mean;  /* from the lists' totals */
    double n_effective;  /* independent values that would be as sure; of a proportion */
    size_t n, n_list;    /* values (NaN left out), lists with any */
} rw_clustered;

/** value[n] of lists list[n] (ascending); NaN is "not answered" and left out. Two lists at least for
 *  an interval. The resampling is drawn from `seed`. @param scratch  3 n + 2000 doubles */
rw_clustered rw_cluster_mean(const double *value, const uint32_t *list, size_t n,
                             uint64_t seed, double *scratch);

/** Two-sided p-value that the lists' mean differences vanish, by flipping their signs: all 2^n flips
 *  up to 16 lists, 65,536 drawn ones beyond. difference[n_list], one a list; NaN left out. 1 without
 *  any. The least p-value that n lists can give is 2^(1-n). */
double rw_sign_flip(const double *difference, size_t n_list, uint64_t seed);

/** Wilson's 95 % interval of a proportion of n (need not be whole: an effective number). */
void rw_wilson(double proportion, double n, double *lo, double *hi);

/** p-values adjusted for being several: adjusted[i] is not below p[i] nor above 1. order: n. */
void rw_holm(const double *p, size_t n, double *adjusted, size_t *order);
#endif
