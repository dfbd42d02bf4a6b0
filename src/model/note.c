/* note.c - provenance, warnings and problems of a description, each said once. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/layer.h"

double rw_value_or(const rw_hparams *hp, rw_hparam which, double fallback)
{
    return hp->v[which].known ? hp->v[which].num : fallback;
}

static bool noted(const rw_model_info *info, const char *value)
{
    for (uint32_t i = 0; i < info->n_provenance; i++)
        if (strcmp(info->provenance[i].value, value) == 0) return true;
    return false;
}

ropewalk_status rw_note_key(rw_builder *b, const char *value, const char *key,
                            const char *note)
{
    if (noted(b->info, value)) return ROPEWALK_OK;
    return rw_model_info_note(b->info, value, b->hp->file, key && *key ? key : NULL,
                              note ? note : "", b->err);
}

ropewalk_status rw_note_known(rw_builder *b, rw_hparam which, const char *value,
                              const char *note)
{
    const rw_hvalue *v = &b->hp->v[which];
    return v->known ? rw_note_key(b, value, v->key, note ? note : v->note) : ROPEWALK_OK;
}

ropewalk_status rw_note_assumed(rw_builder *b, const char *value, const char *note)
{
    if (noted(b->info, value)) return ROPEWALK_OK;
    return rw_model_info_note(b->info, value, NULL, NULL, note, b->err);
}

ropewalk_status rw_note_problem(rw_builder *b, rw_problem_code code, const char *what,
                                const char *key, const char *fmt, ...)
{
    const char *where = key && *key ? key : NULL;
    for (uint32_t i = 0; i < b->info->n_problem; i++) {
        const rw_problem *p = &b->info->problems[i];
        if (p->code == code && strncmp(p->what, what, sizeof p->what - 1) == 0 &&
            (p->key && where ? strcmp(p->key, where) == 0 : !p->key == !where))
            return ROPEWALK_OK;
    }
    char message[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return rw_model_info_problem(b->info, code, what, where, b->err, "%s", message);
}

ropewalk_status rw_note_warn(rw_builder *b, const char *fmt, ...)
{
    char message[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    for (uint32_t i = 0; i < b->info->n_warning; i++)
        if (strcmp(b->info->warnings[i], message) == 0) return ROPEWALK_OK;
    return rw_model_info_warn(b->info, b->err, "%s", message);
}
