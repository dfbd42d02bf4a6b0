/* task.h - what a task must say of itself: lists and questions about them, made from a seed alone.
 *
 * One file task_<name>.c each; the registry is generated from the file names. Questions about one
 * list share its text, so that a model reads it once, and are one cluster in the statistics. */
#ifndef RW_TASK_TASK_H
#define RW_TASK_TASK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "result/task_result.h"

enum { RW_MAX_TASK_FACTOR = 4 };

/* What is made. The same request gives the same bytes on every machine. */
typedef struct rw_task_request {
    uint64_t seed;
    uint32_t list;       /* number of the list */
    int64_t n_item;      /* of the list, at least 2 */
    uint32_t n_question; /* about it; their answers are spread evenly over the options */
    double depth; /* where the item asked for stands, 0 first .. 1 last; NaN: anywhere */
    bool indexed; /* each item says its own number (a work-around, not the task) */
    int64_t first,
        end; /* a window: only items [first, end) are written down; end 0: all */
    /* values of the task's factors, by index into rw_task_factor.value */
    uint32_t factor[RW_MAX_TASK_FACTOR];
} rw_task_request;

typedef struct rw_task_question {
    char *text;        /* follows the list's text, and ends where the answer begins */
    char *instruction; /* the same for a model that is spoken to and answers freely */
    char **option;     /* [n_option] texts that can follow, the answer among them */
    uint32_t n_option, answer;
    int64_t item; /* asked for, 0 the first of the list */
    size_t first_byte,
        end_byte; /* of its answer in the list's text; 0, 0 outside a window */
} rw_task_question;

typedef struct rw_task_list {
    char *text; /* the list with what introduces it, ended by a line break */
    rw_task_question *question;
    uint32_t n_question;
} rw_task_list;

/* An axis besides length: anchor = start | end | item. */
typedef struct rw_task_factor {
    const char *name;
    const char *const *value; /* NULL-terminated */
} rw_task_factor;

typedef struct rw_task {
    const char *name;   /* on the command line and in documents */
    const char *source; /* whose task it is */
    const char *what;   /* one sentence for people */
    uint32_t version;   /* of the texts: raised when a byte of them changes */
    double chance;      /* of an answer given at random */
    bool one_question;  /* a list can be asked about once only */
    bool windows;       /* a part of a list says where it belongs: request.first, end */
    rw_task_factor factor[RW_MAX_TASK_FACTOR]; /* name NULL: no more */
    /** E_ARGUMENT for what cannot be made, naming the value; E_MEMORY. *out is empty on failure. */
    ropewalk_status (*make)(const rw_task_request *request, rw_task_list *out,
                            ropewalk_error *err);
} rw_task;

/* Every task, sorted by file name, NULL-terminated. */
extern const rw_task *const rw_task_table[];
const rw_task *rw_task_find(const char *name); /* NULL when there is none */

void rw_task_list_clear(rw_task_list *list);

/* --- for tasks -------------------------------------------------------------------------------- */

/** Zeroed questions with room for n_option options each. */
ropewalk_status rw_task_list_alloc(rw_task_list *list, uint32_t n_question,
                                   uint32_t n_option, ropewalk_error *err);
/** The text is handed over: *text is released and NULL. NULL when memory is short, latched there. */
char *rw_task_take(rw_text *text);
/** E_MEMORY, and the list cleared, unless every text of it is there. */
ropewalk_status rw_task_list_check(rw_task_list *list, ropewalk_error *err);

/* What a drawn number is for: streams of one list never meet. */
typedef enum rw_task_draw {
    RW_DRAW_ITEM,
    RW_DRAW_ORDER,
    RW_DRAW_PLACE,
    RW_DRAW_ANSWER,
    RW_DRAW_FILLER,
    RW_DRAW_OTHER
} rw_task_draw;
/** Uniform in [0, n), n >= 1, for number `index` of one purpose in one list. */
uint64_t rw_task_random(const rw_task_request *request, rw_task_draw draw, uint64_t index,
                        uint64_t n);
/** order[n]: a random order of 0 .. n-1. */
void rw_task_shuffle(const rw_task_request *request, rw_task_draw draw, uint32_t *order,
                     uint32_t n);
/** Which option question i should have as its answer, so that all are asked for equally often. */
uint32_t rw_task_wanted(const rw_task_request *request, uint32_t question,
                        uint32_t n_option);
/** Among items 0 .. n-1 that `fits` accepts: one at random, or with a depth the nearest to it.
 *  -1 when none fits. */
int64_t rw_task_place(const rw_task_request *request, uint32_t question, int64_t n,
                      bool (*fits)(const void *ctx, int64_t item), const void *ctx);
/* Items first .. last, and whether one is among them: for rw_task_place(). */
typedef struct rw_task_span {
    int64_t first, last;
} rw_task_span;
bool rw_task_span_holds(const void *span, int64_t item);
/** An item of the list that is none of used[n]; the list must have more than n. */
int64_t rw_task_other(const rw_task_request *request, uint64_t index, const int64_t *used,
                      uint32_t n);
#endif
