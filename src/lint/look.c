/* look.c - what rules look up again and again in descriptions, and two rotations compared. */
#include "lint/look.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const rw_rotation_info *rw_look_rotation(const rw_model_info *info, rw_layer_class of)
{
    for (uint32_t i = 0; info && info->layers && i < info->n_layer; i++) {
        const rw_layer_info *layer = &info->layers[i];
        const bool slides = layer->attention == RW_ATTENTION_SLIDING ||
                            layer->attention == RW_ATTENTION_CHUNKED;
        const bool full = layer->attention == RW_ATTENTION_FULL;
        if (layer->rotation < 0 || !(of == RW_LAYERS_SLIDING ? slides : full)) continue;
        return &info->rotations[layer->rotation];
    }
    return NULL;
}

const rw_rotation_info *rw_look_scaled(const rw_model_info *info)
{
    const rw_rotation_info *full = rw_look_rotation(info, RW_LAYERS_FULL);
    return full ? full : rw_look_rotation(info, RW_LAYERS_SLIDING);
}

void rw_look_list(char *list, size_t size, const char *name)
{
    const size_t n = strlen(list);
    if (n + strlen(name) + 3 <= size)
        (void)snprintf(list + n, size - n, "%s%s", n ? ", " : "", name);
}

double rw_look_parameter(const rw_rotation_info *rotation, const char *name)
{
    for (uint32_t i = 0; rotation && i < rotation->n_parameter; i++)
        if (strcmp(rotation->parameters[i].name, name) == 0)
            return rotation->parameters[i].value;
    return (double)NAN;
}

const rw_file_setting *rw_look_setting(const rw_hparams *hp, rw_layer_class of,
                                       const char *name)
{
    const rw_rope_block *block = &hp->block[of];
    for (uint32_t i = 0; block->present && i < block->n_setting; i++)
        if (strcmp(block->settings[i].name, name) == 0) return &block->settings[i];
    return NULL;
}

const char *rw_look_key(const rw_lint_input *in, const char *value)
{
    const rw_model_info *info = in->info;
    for (uint32_t i = 0; i < info->n_provenance; i++)
        if (strcmp(info->provenance[i].value, value) == 0 && info->provenance[i].key)
            return info->provenance[i].key;
    for (int of = 0; of < RW_N_LAYER_CLASS; of++) {
        const rw_file_setting *s = rw_look_setting(in->hp, (rw_layer_class)of, value);
        if (s) return s->key;
    }
    return NULL;
}

const rw_problem *rw_look_problem(const rw_model_info *info, rw_problem_code code)
{
    for (uint32_t i = 0; i < info->n_problem; i++)
        if (info->problems[i].code == code) return &info->problems[i];
    return NULL;
}

bool rw_look_original_assumed(const rw_model_info *info)
{
    for (uint32_t i = 0; i < info->n_problem; i++)
        if (info->problems[i].code == RW_PROBLEM_PARAMETER &&
            strcmp(info->problems[i].what, "original_context_length") == 0)
            return true;
    return false;
}

rw_apart rw_look_apart(const rw_rotation_info *a, const rw_rotation_info *b,
                       int64_t position)
{
    rw_apart apart = {0};
    if (!a || !b || !a->inv_freq || !b->inv_freq || a->rotary_dim != b->rotary_dim)
        return apart;
    const rw_contrast c = rw_contrast_rotations(a, b, RW_STORED_FLOAT);
    return (rw_apart){.n_pair = a->rotary_dim / 2,
                      .n_differ = c.n_pair,
                      .worst_pair = c.worst_pair,
                      .relative = c.frequency_error,
                      .phase_rad = c.phase_rate * (double)position,
                      .phase_pair = c.phase_pair};
}

double rw_look_longest_wave(const rw_rotation_info *rotation)
{
    double slowest = (double)INFINITY;
    for (uint32_t i = 0; rotation && rotation->inv_freq && i < rotation->rotary_dim / 2;
         i++)
        if (rotation->inv_freq[i] > 0.0) slowest = fmin(slowest, rotation->inv_freq[i]);
    return isfinite(slowest) ? 6.283185307179586 / slowest : (double)NAN;
}
