/* task_report.h - answers to tasks as a document, as text for people and as lines of samples. */
#ifndef RW_REPORT_TASK_REPORT_H
#define RW_REPORT_TASK_REPORT_H
#include "base/json.h"
#include "result/task_result.h"

/** With lm-evaluation-harness' keys (results, versions, n-samples, configs, higher_is_better). New
 *  reference, NULL when memory is short. @param dry  nothing was asked: conditions alone */
json_t *rw_task_json(const rw_task_result *result, bool dry);
void rw_task_text(const rw_task_result *result, bool dry, rw_text *out);
/** One line of JSON an inquiry. */
void rw_task_samples(const rw_task_result *result, rw_text *out);

/** "distance_hurts", and the sentence for people. */
const char *rw_task_outcome_name(rw_task_outcome outcome);
const char *rw_task_outcome_sentence(rw_task_outcome outcome);
/** "above", "at" or "undecided" about chance, or NULL without an interval. */
const char *rw_task_beside_chance(const rw_task_group *group);
#endif
