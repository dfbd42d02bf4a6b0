/* digits.h - lists of digits 0 to 3, whichever way one of them is asked for. */
#ifndef RW_TASK_DIGITS_H
#define RW_TASK_DIGITS_H
#include "task/task.h"

/* How such a list is written down. */
typedef struct rw_digit_style {
    const char *between, *close; /* after items, and after the last */
    int64_t most;                /* items it can tell apart */
    /** What stands before the items; may be NULL. */
    void (*open)(const rw_task_request *request, rw_text *out);
    /** What stands before the digit of an item. */
    void (*label)(const rw_task_request *request, int64_t item, rw_text *out);
    /** The question for an item, as a text to be continued and as an instruction. */
    void (*ask)(const rw_task_request *request, int64_t item, rw_text *text,
                rw_text *instruction);
} rw_digit_style;

ropewalk_status rw_task_digits(const rw_task_request *request,
                               const rw_digit_style *style, rw_task_list *out,
                               ropewalk_error *err);
#endif
