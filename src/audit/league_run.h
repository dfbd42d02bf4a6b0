/* league_run.h - theory and counts for the tables of many models, each table once. */
#ifndef RW_AUDIT_LEAGUE_RUN_H
#define RW_AUDIT_LEAGUE_RUN_H
#include "audit/theory_run.h"
#include "result/league_result.h"

/** Fill `theory`, and in each row `why` and `theory`. Rows whose rotation is NULL, or without a
 *  context, say why there is nothing. Tables that are equal at equal contexts are examined once.
 *  @param table    [n_row]: rotation (may be NULL), head_dim, rope_theta, mechanism, score_scale
 *  @param settings what all share: families, draws, types, counting, threads, progress, whose
 *                  `done` and `total` then count positions of all tables */
ropewalk_status rw_league_run(rw_league *league, const rw_theory_table_input *table,
                              const rw_theory_input *settings, ropewalk_error *err);
#endif
