/* inspect_json.c - a model description as JSON: a transcription, nothing is computed. */
#include "report/inspect_json.h"

#include <stdbool.h>

#include "base/json.h"

/* Sets latch: after a failure `*obj` is NULL and further members are dropped. */
static void member(json_t **obj, const char *key, json_t *value)
{
    if (*obj && value && json_object_set_new(*obj, key, value) == 0) return;
    if (!*obj) json_decref(value);
    json_decref(*obj); /* a failed set has released the value */
    *obj = NULL;
}

static void element(json_t **array, json_t *value)
{
    if (*array && value && json_array_append_new(*array, value) == 0) return;
    if (!*array) json_decref(value);
    json_decref(*array);
    *array = NULL;
}

static json_t *positive_or_null(int64_t n)
{
    return n > 0 ? json_integer((json_int_t)n) : json_null();
}

static json_t *numbers(const double *list, uint32_t n)
{
    if (!list) return json_null();
    json_t *array = json_array();
    for (uint32_t i = 0; i < n; i++)
        element(&array, rw_json_f64(list[i]));
    return array;
}

/* Axes of M-RoPE; null for one axis. */
static json_t *sections(const rw_rotation_info *rotation)
{
    bool any = false;
    json_t *pairs = json_array();
    for (int i = 0; i < 4; i++) {
        element(&pairs, json_integer(rotation->section[i]));
        any = any || rotation->section[i];
    }
    if (!any) {
        json_decref(pairs);
        return json_null();
    }
    json_t *o = json_object();
    member(&o, "pairs", pairs);
    member(&o, "interleaved", json_boolean(rotation->section_interleaved));
    return o;
}

json_t *rw_rotation_info_json(const rw_rotation_info *rotation)
{
    json_t *parameters = json_object();
    for (uint32_t i = 0; i < rotation->n_parameter; i++)
        member(&parameters, rotation->parameters[i].name,
               rw_json_f64(rotation->parameters[i].value));
    json_t *o = json_object();
    member(&o, "mechanism", rw_json_str(rotation->mechanism));
    member(&o, "rotary_dim", json_integer(rotation->rotary_dim));
    member(&o, "rope_theta", rw_json_f64(rotation->rope_theta));
    member(&o, "attn_factor", rw_json_f64(rotation->attn_factor));
    member(&o, "softmax_scale", rw_json_f64(rotation->softmax_scale));
    member(&o, "pairs", json_string(rotation->interleaved ? "interleaved" : "half"));
    member(&o, "inv_freq", numbers(rotation->inv_freq, rotation->rotary_dim / 2));
    member(&o, "parameters", parameters);
    member(&o, "rotary_offset", json_integer(rotation->rotary_offset));
    member(&o, "sections", sections(rotation));
    return o;
}

json_t *rw_rotations_json(const rw_model_info *info)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < info->n_rotation; i++)
        element(&array, rw_rotation_info_json(&info->rotations[i]));
    return array;
}

json_t *rw_layers_json(const rw_model_info *info)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < (info->layers ? info->n_layer : 0); i++) {
        const rw_layer_info *layer = &info->layers[i];
        json_t *o = json_object();
        member(&o, "layer", json_integer(layer->layer));
        member(&o, "attention", json_string(rw_attention_name(layer->attention)));
        member(&o, "window", positive_or_null(layer->window));
        member(&o, "rotation",
               layer->rotation < 0 ? json_null() : json_integer(layer->rotation));
        member(&o, "head_dim", json_integer(layer->head_dim));
        member(&o, "n_head_q", json_integer(layer->n_head_q));
        member(&o, "n_head_kv", json_integer(layer->n_head_kv));
        element(&array, o);
    }
    return array;
}

json_t *rw_model_json(const rw_model_info *info)
{
    json_t *o = json_object();
    member(&o, "source", rw_json_str(info->source));
    member(&o, "name", rw_json_str(info->name));
    member(&o, "architecture", rw_json_str(info->architecture));
    member(&o, "n_layer", json_integer(info->n_layer));
    member(&o, "context_length", positive_or_null(info->context_length));
    member(&o, "original_context_length",
           positive_or_null(info->original_context_length));
    member(&o, "dtype", rw_json_str(info->dtype));
    return o;
}

static json_t *provenance(const rw_model_info *info)
{
    json_t *all = json_object();
    for (uint32_t i = 0; i < info->n_provenance; i++) {
        const rw_provenance *row = &info->provenance[i];
        json_t *o = json_object();
        member(&o, "file", rw_json_str(row->file));
        member(&o, "key", rw_json_str(row->key));
        member(&o, "note", rw_json_str(row->note));
        member(&all, row->value, o);
    }
    return all;
}

json_t *rw_description_json(const rw_model_info *info)
{
    json_t *warnings = json_array();
    for (uint32_t i = 0; i < info->n_warning; i++)
        element(&warnings, rw_json_str(info->warnings[i]));
    json_t *o = json_object();
    member(&o, "model", rw_model_json(info));
    member(&o, "rotations", rw_rotations_json(info));
    member(&o, "layers", rw_layers_json(info));
    member(&o, "provenance", provenance(info));
    member(&o, "warnings", warnings);
    return o;
}

static json_t *engine(const rw_inspect_view *view)
{
    if (!view->info->engine) return json_null();
    json_t *o = json_object();
    member(&o, "name", json_string(view->info->engine));
    member(&o, "version", rw_json_str(view->engine_version));
    return o;
}

static json_t *problems(const rw_model_info *info)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < info->n_problem; i++) {
        const rw_problem *problem = &info->problems[i];
        json_t *o = json_object();
        member(&o, "code", json_string(rw_problem_name(problem->code)));
        member(&o, "what", rw_json_str(problem->what));
        member(&o, "key", rw_json_str(problem->key));
        member(&o, "message", rw_json_str(problem->message));
        element(&array, o);
    }
    return array;
}

static json_t *precision_cell(const rw_precision_cell *cell, int64_t context)
{
    json_t *o = json_object();
    member(&o, "context", json_integer((json_int_t)context));
    member(&o, "error", rw_json_f64_9(cell->error));
    member(&o, "worst_pair", json_integer(cell->worst_pair));
    member(&o, "distinct_positions",
           cell->counted ? json_integer((json_int_t)cell->distinct) : json_null());
    member(&o, "identical_pairs",
           cell->counted ? json_integer((json_int_t)cell->identical) : json_null());
    return o;
}

static json_t *precision(const rw_precision_table *table)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < table->n_row; i++) {
        const rw_precision_row *row = &table->rows[i];
        json_t *cells = json_array();
        for (uint32_t c = 0; c < table->n_context; c++)
            element(&cells, precision_cell(&row->cell[c], table->context[c]));
        json_t *o = json_object();
        member(&o, "rotation", json_integer(row->rotation));
        member(&o, "profile", json_string(row->profile));
        member(&o, "about", json_string(row->about));
        member(&o, "error_of", json_string(row->cache ? "cos_sin" : "angle_rad"));
        member(&o, "contexts", cells);
        element(&array, o);
    }
    return array;
}

json_t *rw_inspect_json(const rw_inspect_view *view)
{
    const rw_model_info *info = view->info;
    json_t *o = rw_description_json(info);
    member(&o, "positions", json_string(rw_positions_name(info->positions)));
    member(&o, "engine", engine(view));
    member(&o, "context", positive_or_null(info->context));
    member(&o, "length", positive_or_null(info->length));
    member(&o, "bytes_fetched", positive_or_null((int64_t)view->n_byte_read));
    member(&o, "problems", problems(info));
    if (view->precision) member(&o, "precision", precision(view->precision));
    return o;
}
