/* named.h - lists of names, one a line, and questions about their order. */
#ifndef RW_TASK_NAMED_H
#define RW_TASK_NAMED_H
#include "task/words.h"

/** Fill a question about the names of items: option[0] right, the others wrong; they are put into a
 *  drawn order, evenly spread. @param item  the one asked for */
typedef void (*rw_named_ask)(const rw_task_request *request, uint32_t question,
                             int64_t item, rw_text *text, rw_text *instruction,
                             int64_t *option);

/** @param n_option    names to choose from, the right one included
 *  @param least, last  items asked for lie from `least` to n_item - 1 - `last` */
ropewalk_status rw_task_named(const rw_task_request *request, uint32_t n_option,
                              int64_t least, int64_t last, rw_named_ask ask,
                              rw_task_list *out, ropewalk_error *err);
#endif
