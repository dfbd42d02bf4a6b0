/* words.h - things to put into lists: no two alike, the same everywhere. */
#ifndef RW_TASK_WORDS_H
#define RW_TASK_WORDS_H
#include <stdint.h>

#include "task/task.h"

enum { RW_N_NAME = 80 * 80 * 80, RW_N_NOUN = 128 };

/** Made-up name number i below RW_N_NAME, three syllables; which number has which name depends on
 *  seed and list, so that a model cannot know them by heart. */
void rw_task_name(const rw_task_request *request, uint32_t i, char out[8]);
/** One of RW_N_NOUN plain English nouns. */
const char *rw_task_noun(uint32_t i);
/** "1st", "2nd", "13th". */
void rw_task_ordinal(int64_t n, char out[32]);
/** One sentence of filler, of no use to any question, ended by a space; number i of a list's. */
void rw_task_filler(const rw_task_request *request, uint32_t i, rw_text *out);
#endif
