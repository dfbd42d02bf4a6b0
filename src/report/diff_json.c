/* diff_json.c - descriptions side by side as JSON: a transcription, nothing is judged here. */
#include <stdio.h>

#include "report/diff_report.h"
#include "report/inspect_json.h"
#include "report/lint_report.h"

const char *rw_differs_name(rw_differs what)
{
    switch (what) {
    case RW_DIFFERS_LAYER: return "layer";
    case RW_DIFFERS_ATTENTION: return "attention";
    case RW_DIFFERS_WINDOW: return "window";
    case RW_DIFFERS_HEADS: return "heads";
    case RW_DIFFERS_NOPE: return "nope";
    case RW_DIFFERS_ROTARY_DIM: return "rotary_dim";
    case RW_DIFFERS_FREQUENCY: return "inv_freq";
    case RW_DIFFERS_UNKNOWN: return "unknown";
    case RW_DIFFERS_PAIRS: return "pairs";
    case RW_DIFFERS_OFFSET: return "rotary_offset";
    case RW_DIFFERS_SECTION: return "sections";
    case RW_DIFFERS_ATTN_FACTOR: return "attn_factor";
    case RW_DIFFERS_SOFTMAX_SCALE: return "softmax_scale";
    case RW_DIFFERS_SCORE_FACTOR: return "score_factor";
    case RW_N_DIFFERS: break;
    }
    return "unknown";
}

static json_t *positive_or_null(int64_t n)
{
    return n > 0 ? json_integer((json_int_t)n) : json_null();
}

static json_t *names(uint32_t bits)
{
    json_t *array = json_array();
    for (int what = 0; what < RW_N_DIFFERS; what++)
        if (bits >> what & 1u)
            rw_json_add(&array, json_string(rw_differs_name((rw_differs)what)));
    return array;
}

/* {"4096": ..., "131072": ...} */
static json_t *by_position(const rw_model_diff *diff, const double *value)
{
    json_t *o = json_object();
    for (uint32_t p = 0; p < diff->n_position; p++) {
        char key[24];
        (void)snprintf(key, sizeof key, "%lld", (long long)diff->position[p]);
        rw_json_set(&o, key, rw_json_f64(value[p]));
    }
    return o;
}

static json_t *counts_by_position(const rw_model_diff *diff, const uint32_t *value)
{
    json_t *o = json_object();
    for (uint32_t p = 0; p < diff->n_position; p++) {
        char key[24];
        (void)snprintf(key, sizeof key, "%lld", (long long)diff->position[p]);
        rw_json_set(&o, key, json_integer(value[p]));
    }
    return o;
}

static json_t *notes(const rw_diff_side *side)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < side->n_note; i++) {
        json_t *o = json_object();
        rw_json_set(&o, "point", rw_json_str(side->note[i].point));
        rw_json_set(&o, "does", rw_json_str(side->note[i].does));
        rw_json_set(&o, "source", rw_json_str(side->note[i].source));
        rw_json_set(&o, "believed", json_boolean(!side->note[i].source));
        rw_json_add(&array, o);
    }
    return array;
}

static json_t *side_json(const rw_diff_side *side)
{
    json_t *o = json_object();
    rw_json_set(&o, "label", rw_json_str(side->label));
    rw_json_set(&o, "what", rw_json_str(side->what));
    rw_json_set(&o, "engine", rw_json_str(side->engine));
    rw_json_set(&o, "version", rw_json_str(side->version));
    rw_json_set(&o, "absent", rw_json_str(side->absent));
    rw_json_set(&o, "angle_arithmetic", rw_json_str(side->profile));
    rw_json_set(&o, "model", side->absent ? json_null() : rw_model_json(&side->info));
    rw_json_set(&o, "rotations", rw_rotations_json(&side->info));
    rw_json_set(&o, "notes", notes(side));
    return o;
}

static json_t *tables(const rw_model_diff *diff)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < diff->n_table; i++) {
        const rw_diff_table *table = &diff->table[i];
        json_t *sides = json_array();
        for (uint32_t s = 0; s < table->n_side; s++)
            rw_json_add(&sides, side_json(&table->side[s]));
        json_t *o = json_object();
        rw_json_set(&o, "kind", json_string(rw_diff_kind_name(table->kind)));
        rw_json_set(&o, "context", positive_or_null(table->context));
        rw_json_set(&o, "length", positive_or_null(table->length));
        rw_json_set(&o, "short_prompt", json_boolean(table->short_prompt));
        rw_json_set(&o, "sides", sides);
        rw_json_add(&array, o);
    }
    return array;
}

/* What one side does on a class of layers. */
static json_t *cell_json(const rw_model_diff *diff, const rw_diff_side *side,
                         const rw_diff_cell *cell)
{
    const rw_layer_info *layer = rw_diff_layer(side, cell);
    const rw_rotation_info *rot = rw_diff_rotation(side, cell);
    json_t *o = json_object();
    rw_json_set(&o, "label", rw_json_str(side->label));
    if (!layer) {
        rw_json_set(&o, "absent", rw_json_str(side->absent ? side->absent : "no layer"));
        return o;
    }
    rw_json_set(&o, "attention", json_string(rw_attention_name(layer->attention)));
    rw_json_set(&o, "window", positive_or_null(layer->window));
    rw_json_set(&o, "head_dim", json_integer(layer->head_dim));
    rw_json_set(&o, "n_head_q", json_integer(layer->n_head_q));
    rw_json_set(&o, "n_head_kv", json_integer(layer->n_head_kv));
    rw_json_set(&o, "rotation", rot ? json_integer(layer->rotation) : json_null());
    if (!rot) return o;
    rw_json_set(&o, "mechanism", rw_json_str(rot->mechanism));
    rw_json_set(&o, "rope_theta", rw_json_f64(rot->rope_theta));
    rw_json_set(&o, "rotary_dim", json_integer(rot->rotary_dim));
    rw_json_set(&o, "pairs", json_string(rot->interleaved ? "interleaved" : "half"));
    rw_json_set(&o, "attn_factor", rw_json_f64(rot->attn_factor));
    rw_json_set(&o, "softmax_scale", rw_json_f64(rot->softmax_scale));
    rw_json_set(&o, "score_factor",
                rw_json_f64(rot->attn_factor * rot->attn_factor * rot->softmax_scale));
    rw_json_set(&o, "angle_error_rad", by_position(diff, cell->angle_error_rad));
    return o;
}

static json_t *pair_json(const rw_model_diff *diff, uint32_t index, uint32_t side,
                         const rw_diff_class *class)
{
    const rw_diff_table *table = &diff->table[index];
    const rw_diff_cell *cell = &class->cell[side];
    const rw_contrast *c = &cell->contrast;
    json_t *layers = json_array();
    for (uint32_t i = 0; i < class->n_layer; i++)
        rw_json_add(&layers, json_integer(class->layer[i]));
    json_t *o = json_object();
    rw_json_set(&o, "table", json_integer(index));
    rw_json_set(&o, "layers", layers);
    rw_json_set(&o, "a", cell_json(diff, &table->side[0], &class->cell[0]));
    rw_json_set(&o, "b", cell_json(diff, &table->side[side], cell));
    rw_json_set(&o, "differs", names(c->differs & ~cell->expected));
    rw_json_set(&o, "expected", names(cell->expected));
    const bool known = c->frequencies;
    rw_json_set(&o, "max_relative_frequency_error",
                known ? rw_json_f64(c->frequency_error) : json_null());
    rw_json_set(&o, "worst_pair",
                known && c->frequency_error > 0.0 ? json_integer(c->worst_pair)
                                                  : json_null());
    rw_json_set(&o, "n_pair_differ", known ? json_integer(c->n_pair) : json_null());
    rw_json_set(&o, "explained_by_rounding",
                known ? rw_json_f64(c->tolerance) : json_null());
    rw_json_set(&o, "equal_to_rounding",
                known ? json_boolean(c->n_pair == 0) : json_null());
    rw_json_set(&o, "phase_error_rad", by_position(diff, cell->phase_rad));
    rw_json_set(&o, "phase_error_rad_within_window", rw_json_f64(cell->window_phase_rad));
    rw_json_set(&o, "phase_pair",
                known && c->phase_rate > 0.0 ? json_integer(c->phase_pair) : json_null());
    rw_json_set(&o, "pairs_beyond_half_turn",
                known ? counts_by_position(diff, cell->beyond_half_turn) : json_null());
    return o;
}

static json_t *rotations(const rw_model_diff *diff)
{
    json_t *array = json_array();
    for (uint32_t t = 0; t < diff->n_table; t++)
        for (uint32_t i = 0; i < diff->table[t].n_class; i++)
            for (uint32_t s = 1; s < diff->table[t].n_side; s++)
                rw_json_add(&array, pair_json(diff, t, s, &diff->table[t].list[i]));
    return array;
}

json_t *rw_diff_json(const rw_model_diff *diff)
{
    json_t *positions = json_array(), *findings = json_array(), *skipped = json_array();
    for (uint32_t p = 0; p < diff->n_position; p++)
        rw_json_add(&positions, json_integer((json_int_t)diff->position[p]));
    for (uint32_t i = 0; i < diff->findings.n; i++)
        rw_json_add(&findings, rw_finding_json(&diff->findings.list[i]));
    for (uint32_t i = 0; i < diff->findings.n_skipped; i++) {
        json_t *o = json_object();
        rw_json_set(&o, "rule", rw_json_str(diff->findings.skipped[i].rule));
        rw_json_set(&o, "why", rw_json_str(diff->findings.skipped[i].why));
        rw_json_add(&skipped, o);
    }
    json_t *settings = json_object();
    rw_json_set(&settings, "positions", positions);
    json_t *o = json_object();
    rw_json_set(&o, "verdict", rw_json_str(diff->verdict));
    rw_json_set(&o, "settings", settings);
    rw_json_set(&o, "rotations", rotations(diff));
    rw_json_set(&o, "findings", findings);
    rw_json_set(&o, "not_evaluated", skipped);
    rw_json_set(&o, "tables", tables(diff));
    return o;
}
