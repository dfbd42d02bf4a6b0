/* profiles.h - what the ways of evaluating angles cost a model's rotations, as a table. */
#ifndef RW_MODEL_PROFILES_H
#define RW_MODEL_PROFILES_H
#include "model/hparams.h"
#include "result/model_info.h"
#include "result/precision_table.h"

/** Names by commas, or "all", as bits 1 << rw_profile. E_ARGUMENT for a name that is none. */
ropewalk_status rw_profiles_parse(const char *list, uint32_t *bits, ropewalk_error *err);

void rw_precision_table_init(rw_precision_table *table);
void rw_precision_table_clear(rw_precision_table *table);

/** Every profile in `bits` on every rotation with known frequencies, at contexts of 4096, 32768,
 *  the advertised and the target one. `table` is empty on failure. */
ropewalk_status rw_precision_table_build(const rw_model_info *info, const rw_hparams *hp,
                                         uint32_t bits, rw_precision_table *table,
                                         ropewalk_error *err);
#endif
