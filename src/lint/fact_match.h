/* fact_match.h - which shipped model a file says to be. */
#ifndef RW_LINT_FACT_MATCH_H
#define RW_LINT_FACT_MATCH_H
#include "model/facts.h"
#include "model/hparams.h"

/** The fact whose name is the model's own (general.name) or that of its file or one of its
 *  folders (never _name_or_path, which fine-tunes inherit): every word of the fact in order, and nothing else but words that leave
 *  positions alone (a maker, "Instruct", a quantization, the number of a split). "Llama-3-8B-
 *  Gradient-1048k" is nobody's. The longest name wins; NULL when there is none. */
const rw_fact *rw_fact_match(const char *name, const char *file);
/** Whether layers, heads and head dimension agree, where both say them. */
bool rw_fact_fits(const rw_hparams *fact, const rw_hparams *hp);
#endif
