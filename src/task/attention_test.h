/* attention_test.h - whether S(m) of heads foretells what distance costs, on lists held out. */
#ifndef RW_TASK_ATTENTION_TEST_H
#define RW_TASK_ATTENTION_TEST_H
#include "result/task_result.h"
#include "task/waves.h"

enum { RW_N_PHASE_SHUFFLE = 999 };

/** Fill summary->test (docs/evidence.md has the statistic and what it cannot say):
 *  heads are weighted by their attention to near answers in half of the lists; X, the weighted
 *  change of S from the answer's distance to G tokens more, is fitted there to the change of the
 *  margin, through the origin and with no negative slope; r2 is of the other half. The null has
 *  random phases in S. Without what it takes, `missing` says what. E_MEMORY. */
ropewalk_status rw_attention_test_run(const rw_task_result *result,
                                      rw_task_summary *summary, const rw_waves *waves,
                                      ropewalk_error *err);
#endif
