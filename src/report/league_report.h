/* league_report.h - the shipped models side by side as a document, as text and as CSV. */
#ifndef RW_REPORT_LEAGUE_REPORT_H
#define RW_REPORT_LEAGUE_REPORT_H
#include "base/json.h"
#include "result/league_result.h"

/* A column of events: in documents under `coefficients`.`name`. */
typedef struct rw_league_event {
    rw_quantity quantity;
    const char *name, *label;
    bool typed; /* in the first type asked for */
} rw_league_event;
enum { RW_N_LEAGUE_EVENT = 6 };
extern const rw_league_event rw_league_events[RW_N_LEAGUE_EVENT];

/** The answer of an event in a row that has a theory. */
const rw_answer *rw_league_answer(const rw_league *league, const rw_league_row *row,
                                  uint32_t set, const rw_league_event *event);

/** B's base(L) for as many unscaled pairs, NaN when it was not searched or there is none. */
double rw_league_base_bound(const rw_league_row *row);

/** New reference, NULL when memory is short. */
json_t *rw_league_json(const rw_league *league);
/** Rows by attention class, then by advertised context, the largest first. */
void rw_league_text(const rw_league *league, rw_text *out);
void rw_league_csv(const rw_league *league, rw_text *out);
#endif
