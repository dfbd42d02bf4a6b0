/* frontier.h - the greatest adjacent step of any head that keeps an order (R2 to R6). */
#ifndef RW_THEORY_FRONTIER_H
#define RW_THEORY_FRONTIER_H
#include "theory/response.h"

/** The frontier of a window for inversion rates p[0 .. n-1], each in (0, 1/2]. The result owns
 *  its points and their heads: rw_frontier_clear(). */
ropewalk_status rw_frontier_make(const rw_response *r, rw_frontier_task task,
                                 const double *p, size_t n, rw_frontier *out,
                                 ropewalk_error *err);
void rw_frontier_clear(rw_frontier *f);

/** The converse: the greatest separation of a head whose step is at least `step`. *known is
 *  reached by a head, above *limit there is none; `limit` is infinite when nothing is proven.
 *  Both NaN when no head has such a step at all. */
ropewalk_status rw_frontier_separation(const rw_response *r, rw_frontier_task task,
                                       double step, double *known, double *limit,
                                       ropewalk_error *err);
#endif
