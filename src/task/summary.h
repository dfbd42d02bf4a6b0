/* summary.h - from answers to accuracies, gates, contrasts and outcomes. */
#ifndef RW_TASK_SUMMARY_H
#define RW_TASK_SUMMARY_H
#include "base/status.h"
#include "result/task_result.h"

/* A gate is passed when Wilson's lower bound exceeds chance by this. */
#define RW_TASK_GATE_POINTS 0.15
/* "At chance" is said only while the upper bound stays below chance plus this. */
#define RW_TASK_CHANCE_POINTS 0.05

/** Means of a group from its inquiries; list[n_inquiry] says which list each belongs to. */
ropewalk_status rw_task_group_finish(rw_task_group *group, const rw_inquiry *inquiry,
                                     uint32_t n_question, uint64_t seed,
                                     ropewalk_error *err);
/** Pool the short lists of a task: accuracy by weight, or lenient where there is no weight. */
ropewalk_status rw_task_gate(const rw_task_result *result, rw_task_summary *summary,
                             ropewalk_error *err);
/** Fill contrasts (allocated here) of moved lists against near ones and of strategies against the
 *  direct one, with Holm's correction within each kind of a task, then outcomes and effective
 *  lengths. */
ropewalk_status rw_task_conclude(rw_task_result *result, ropewalk_error *err);
#endif
