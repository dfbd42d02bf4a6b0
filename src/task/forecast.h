/* forecast.h - how long an experiment may take, from a few prompts timed on the model itself. */
#ifndef RW_TASK_FORECAST_H
#define RW_TASK_FORECAST_H
#include "result/task_result.h"
#include "task/lm.h"

/* What reading costs: seconds of a token that stands at a depth, and of a question after all else. */
typedef struct rw_forecast {
    double token_s, token_s_a_depth; /* first, and more for each token before it */
    double question_s;
    double longest; /* tokens of the longest prompt timed */
} rw_forecast;

/** Time filler of two lengths and a question after it. E_UNSUPPORTED when the model cannot weigh. */
ropewalk_status rw_forecast_measure(const rw_lm *lm, rw_forecast *out,
                                    ropewalk_error *err);
/** Seconds of all conditions of a dry run, whose tokens are known; each list and each piece of filler
 *  is read once. @param n_written  tokens an answer may be written in, 0 without writing */
double rw_forecast_seconds(const rw_forecast *f, const rw_task_result *result,
                           int64_t n_written);
#endif
