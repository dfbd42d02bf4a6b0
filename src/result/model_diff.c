/* model_diff.c - life and death of a comparison of descriptions. */
#include "result/model_diff.h"

#include "base/alloc.h"

void rw_model_diff_init(rw_model_diff *diff)
{
    *diff = (rw_model_diff){0};
    rw_findings_init(&diff->findings);
}

void rw_diff_table_clear(rw_diff_table *table)
{
    for (uint32_t s = 0; s < table->n_side; s++) {
        rw_model_info_clear(&table->side[s].info);
        rw_free(table->side[s].absent);
        rw_free(table->side[s].note);
    }
    for (uint32_t i = 0; i < table->n_class; i++)
        rw_free(table->list[i].layer);
    rw_free(table->list);
    *table = (rw_diff_table){0};
}

void rw_model_diff_clear(rw_model_diff *diff)
{
    for (uint32_t t = 0; t < diff->n_table; t++)
        rw_diff_table_clear(&diff->table[t]);
    rw_findings_clear(&diff->findings);
    rw_model_diff_init(diff);
}

bool rw_diff_has(const rw_diff_cell *cell, rw_differs what)
{
    return ((cell->contrast.differs & ~cell->expected) >> what & 1u) != 0;
}

bool rw_diff_scores(const rw_diff_table *table, uint32_t side,
                    const rw_diff_class *class_of)
{
    const rw_diff_cell *cell = &class_of->cell[side];
    const rw_layer_info *layer = rw_diff_layer(&table->side[side], cell);
    const rw_rotation_info *rot = rw_diff_rotation(&table->side[side], cell);
    if (rw_diff_has(cell, RW_DIFFERS_SCORE_FACTOR)) return true;
    return layer && rot && layer->head_dim != rot->rotary_dim &&
           rw_diff_has(cell, RW_DIFFERS_SOFTMAX_SCALE);
}

const rw_layer_info *rw_diff_layer(const rw_diff_side *side, const rw_diff_cell *cell)
{
    return cell->layer < 0 || side->absent ? NULL : &side->info.layers[cell->layer];
}

const rw_rotation_info *rw_diff_rotation(const rw_diff_side *side,
                                         const rw_diff_cell *cell)
{
    const rw_layer_info *layer = rw_diff_layer(side, cell);
    return !layer || layer->rotation < 0 ? NULL : &side->info.rotations[layer->rotation];
}

const char *rw_diff_kind_name(rw_diff_kind kind)
{
    switch (kind) {
    case RW_DIFF_DESCRIPTIONS: return "descriptions";
    case RW_DIFF_CONVERTED: return "converted";
    case RW_DIFF_ENGINES: return "engines";
    case RW_DIFF_EXECUTED: return "executed";
    }
    return "unknown";
}
