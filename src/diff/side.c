/* side.c - one description for a table: a file under an engine's rules, or why there is none. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "diff/diff.h"
#include "model/model.h"

static ropewalk_status set_absent(rw_diff_side *side, const char *why,
                                  ropewalk_error *err)
{
    side->absent = rw_strdup(why);
    return side->absent ? ROPEWALK_OK : rw_fail_memory(err, "a description");
}

static ropewalk_status copy_notes(rw_diff_side *side, const rw_engine *engine,
                                  ropewalk_error *err)
{
    if (!engine->n_note) return ROPEWALK_OK;
    side->note = rw_calloc(engine->n_note, sizeof *side->note);
    if (!side->note) return rw_fail_memory(err, "notes");
    for (size_t i = 0; i < engine->n_note; i++)
        side->note[side->n_note++] = (rw_diff_note){.point = engine->notes[i].point,
                                                    .does = engine->notes[i].does,
                                                    .source = engine->notes[i].source};
    return ROPEWALK_OK;
}

/* Memory and wrong arguments end the comparison; what an engine or the converter cannot make of
 * a file is an answer. */
static bool is_answer(ropewalk_status status)
{
    return status == ROPEWALK_E_FORMAT || status == ROPEWALK_E_UNSUPPORTED;
}

ropewalk_status rw_diff_add_side(rw_diff_table *table, const rw_diff_subject *subject,
                                 ropewalk_error *err)
{
    const bool gguf = subject->hp->kind == RW_FILE_GGUF;
    const rw_engine *engine = subject->engine
                                  ? subject->engine
                                  : rw_engine_find(gguf ? "llama.cpp" : "transformers");
    if (table->n_side == RW_MAX_DIFF_SIDE)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d descriptions",
                       (int)RW_MAX_DIFF_SIDE);
    rw_diff_side *side = &table->side[table->n_side++];
    *side = (rw_diff_side){.engine = engine->name,
                           .version = engine->version,
                           .gguf = gguf || engine->reads_gguf,
                           .profile = rw_profile_name(engine->profile)};
    rw_model_info_init(&side->info);
    (void)snprintf(side->label, sizeof side->label, "%s",
                   subject->label ? subject->label : engine->name);
    (void)snprintf(side->what, sizeof side->what, "%s%s",
                   gguf                 ? "GGUF"
                   : engine->reads_gguf ? "GGUF as llama.cpp's converter writes it"
                                        : "config.json",
                   subject->changed ? ", changed as asked" : "");
    ropewalk_status status = copy_notes(side, engine, err);
    if (status) return status;
    if (gguf && !engine->reads_gguf) {
        char why[160];
        (void)snprintf(
            why, sizeof why,
            "the rules of %s were read for config.json alone: what it makes of "
            "a GGUF file is not described",
            engine->name);
        return set_absent(side, why, err);
    }
    ropewalk_error why = {0};
    const rw_model_use use = {
        .engine = engine, .context = subject->context, .length = subject->length};
    status = rw_model_describe(subject->hp, &use, &side->info, &why);
    if (!status) return ROPEWALK_OK;
    if (is_answer(status) && !subject->required)
        return set_absent(side, why.message, err);
    return rw_fail(err, status, why.offset, "%s", why.message);
}
