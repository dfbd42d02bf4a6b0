/* model_info.c - life and death of a model description. */
#include "result/model_info.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

void rw_model_info_init(rw_model_info *info)
{
    *info = (rw_model_info){0};
}

void rw_model_info_clear(rw_model_info *info)
{
    for (uint32_t i = 0; i < info->n_rotation; i++) {
        rw_free(info->rotations[i].inv_freq);
        rw_free(info->rotations[i].parameters);
    }
    for (uint32_t i = 0; i < info->n_provenance; i++) {
        rw_free(info->provenance[i].value);
        rw_free(info->provenance[i].file);
        rw_free(info->provenance[i].key);
        rw_free(info->provenance[i].note);
    }
    for (uint32_t i = 0; i < info->n_warning; i++)
        rw_free(info->warnings[i]);
    for (uint32_t i = 0; i < info->n_problem; i++) {
        rw_free(info->problems[i].key);
        rw_free(info->problems[i].message);
    }
    rw_free(info->problems);
    rw_free(info->rotations);
    rw_free(info->layers);
    rw_free(info->provenance);
    rw_free(info->warnings);
    rw_free(info->source);
    rw_free(info->name);
    rw_free(info->architecture);
    rw_free(info->dtype);
    *info = (rw_model_info){0};
}

static int copy_or_null(char **to, const char *from)
{
    *to = NULL;
    if (!from) return 1;
    *to = rw_strdup(from);
    return *to != NULL;
}

ropewalk_status rw_model_info_note(rw_model_info *info, const char *value,
                                   const char *file, const char *key, const char *note,
                                   ropewalk_error *err)
{
    rw_provenance *rows =
        rw_realloc(info->provenance, (size_t)info->n_provenance + 1, sizeof *rows);
    if (!rows) return rw_fail_memory(err, "provenance");
    info->provenance = rows;
    rw_provenance *row = &rows[info->n_provenance++];
    *row = (rw_provenance){0};
    if (copy_or_null(&row->value, value) && copy_or_null(&row->file, file) &&
        copy_or_null(&row->key, key) && copy_or_null(&row->note, note))
        return ROPEWALK_OK;
    return rw_fail_memory(err, "provenance");
}

ropewalk_status rw_model_info_warn(rw_model_info *info, ropewalk_error *err,
                                   const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    char **rows = rw_realloc(info->warnings, (size_t)info->n_warning + 1, sizeof *rows);
    if (!rows) return rw_fail_memory(err, "warnings");
    info->warnings = rows;
    rows[info->n_warning] = rw_strdup(line);
    if (!rows[info->n_warning]) return rw_fail_memory(err, "warnings");
    info->n_warning++;
    return ROPEWALK_OK;
}

ropewalk_status rw_model_info_problem(rw_model_info *info, rw_problem_code code,
                                      const char *what, const char *key,
                                      ropewalk_error *err, const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    rw_problem *rows =
        rw_realloc(info->problems, (size_t)info->n_problem + 1, sizeof *rows);
    if (!rows) return rw_fail_memory(err, "problems");
    info->problems = rows;
    rw_problem *row = &rows[info->n_problem++];
    *row = (rw_problem){.code = code};
    (void)snprintf(row->what, sizeof row->what, "%s", what ? what : "");
    if (!copy_or_null(&row->key, key) || !copy_or_null(&row->message, line))
        return rw_fail_memory(err, "problems");
    return rw_model_info_warn(info, err, "%s", line);
}

const char *rw_problem_name(rw_problem_code code)
{
    switch (code) {
    case RW_PROBLEM_SCALING_UNKNOWN: return "scaling_unknown";
    case RW_PROBLEM_SCALING_TYPES: return "scaling_types_disagree";
    case RW_PROBLEM_SCALING_NO_TYPE: return "scaling_without_type";
    case RW_PROBLEM_PARAMETER: return "parameter";
    case RW_PROBLEM_PARAMETER_UNUSED: return "parameter_unused";
    case RW_PROBLEM_THETA_UNKNOWN: return "theta_unknown";
    case RW_PROBLEM_ARCH_UNKNOWN: return "architecture_unknown";
    case RW_PROBLEM_HEAD_DIM: return "head_dim";
    case RW_PROBLEM_NOT_RUN: return "not_run";
    }
    return "unknown";
}

const char *rw_positions_name(rw_positions positions)
{
    switch (positions) {
    case RW_POSITIONS_ROPE: return "rope";
    case RW_POSITIONS_ALIBI: return "alibi";
    case RW_POSITIONS_LEARNED: return "learned";
    case RW_POSITIONS_NONE: return "none";
    case RW_POSITIONS_UNKNOWN: return "unknown";
    }
    return "unknown";
}

const char *rw_attention_name(rw_attention attention)
{
    switch (attention) {
    case RW_ATTENTION_FULL: return "full";
    case RW_ATTENTION_SLIDING: return "sliding";
    case RW_ATTENTION_CHUNKED: return "chunked";
    case RW_ATTENTION_LINEAR: return "linear";
    case RW_ATTENTION_NONE: return "none";
    }
    return "unknown";
}

const rw_layer_info *rw_model_info_speaker(const rw_model_info *info)
{
    const rw_layer_info *best = NULL;
    int most = 0;
    for (uint32_t i = 0; i < info->n_layer; i++) {
        const rw_layer_info *layer = &info->layers[i];
        const int rank =
            2 * (layer->rotation >= 0) + (layer->attention == RW_ATTENTION_FULL);
        if (rank <= most) continue;
        most = rank;
        best = layer;
    }
    return best;
}
