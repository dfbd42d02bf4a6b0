/* dialogue.h - another program that answers lines with lines, for as long as it is needed. */
#ifndef RW_BASE_DIALOGUE_H
#define RW_BASE_DIALOGUE_H
#include "base/process.h"

typedef struct rw_dialogue rw_dialogue;

/** Start argv[0]; standard input and output are the dialogue's, standard error is listened to for
 *  the sentence of a failure. */
ropewalk_status rw_dialogue_start(const char *const *argv, rw_dialogue **out,
                                  ropewalk_error *err);
/** Send one line (n bytes without a line break; one is added) and wait for the one that answers,
 *  at most 64 MiB, without its end. `on_line` as in rw_process_run(): nonzero gives up, and the
 *  dialogue is then over. E_IO when the program ended or answers too much. */
ropewalk_status rw_dialogue_ask(rw_dialogue *d, const char *line, size_t n,
                                rw_text *answer, rw_process_line on_line, void *ctx,
                                ropewalk_error *err);
/** End the program; NULL is a no-op. */
void rw_dialogue_stop(rw_dialogue *d);
#endif
