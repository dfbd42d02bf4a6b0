/* frontier_run.h - the frontiers of a list of tables and contexts. */
#ifndef RW_AUDIT_FRONTIER_RUN_H
#define RW_AUDIT_FRONTIER_RUN_H
#include "audit/theory_run.h"
#include "result/frontier_result.h"

enum { RW_MAX_FRONTIER_PAIRS = 512 }; /* 15 s a table and context; grows with the cube */

/** Frontiers of in->table at in->context; with given vectors their places too. Other members are
 *  not read. *out is empty on failure; release it with rw_frontier_list_clear(). E_ARGUMENT for a
 *  table of too many pairs. */
ropewalk_status rw_frontier_run(const rw_theory_input *in, rw_frontier_list *out,
                                ropewalk_error *err);
void rw_frontier_list_clear(rw_frontier_list *list);
#endif
