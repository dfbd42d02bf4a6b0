/* theory_report.h - what `theory` says as a document, as text and as comma-separated values. */
#ifndef RW_REPORT_THEORY_REPORT_H
#define RW_REPORT_THEORY_REPORT_H
#include "base/json.h"
#include "result/frontier_result.h"
#include "result/theory_result.h"

typedef struct rw_theory_view {
    const rw_theory *theory;
    const char *source;               /* the model the tables are of; NULL: none */
    const rw_frontier_list *frontier; /* NULL: not asked for */
} rw_theory_view;

/** New reference, NULL when memory is short. */
json_t *rw_theory_json(const rw_theory_view *view);
void rw_theory_text(const rw_theory_view *view, rw_text *out);
/** One line a value. */
void rw_theory_csv(const rw_theory_view *view, rw_text *out);
/** Quantities of a table or of a context by name. */
json_t *rw_answers_json(rw_scope scope, const rw_answer *value);
/** What each quantity is. */
json_t *rw_quantities_json(void);
/** Whether documents hold a quantity of one or two keys for a set of scores. */
bool rw_score_set_has(const rw_theory *theory, const rw_score_set *set,
                      rw_quantity quantity);
#endif
