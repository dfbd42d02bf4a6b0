/* frontier_report.h - frontiers as a part of the document and the text of `theory`. */
#ifndef RW_REPORT_FRONTIER_REPORT_H
#define RW_REPORT_FRONTIER_REPORT_H
#include "base/json.h"
#include "base/text.h"
#include "result/frontier_result.h"

/** New reference to an array, NULL when memory is short. */
json_t *rw_frontier_json(const rw_frontier_list *list);
/** The sets of one table. */
void rw_frontier_text(const rw_frontier_list *list, uint32_t table, rw_text *out);
#endif
