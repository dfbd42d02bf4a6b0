/* model_diff.c - life and death of a comparison of descriptions. */
#include "result/model_diff.h"

#include "base/alloc.h"

void rw_model_diff_init(rw_model_diff *diff)
{
    *diff = (rw_model_diff){0};
    rw_findings_init(&diff->findings);
}

void rw_model_diff_clear(rw_model_diff *diff)
{
    for (uint32_t t = 0; t < diff->n_table; t++) {
        rw_diff_table *table = &diff->table[t];
        for (uint32_t s = 0; s < table->n_side; s++) {
            rw_model_info_clear(&table->side[s].info);
            rw_free(table->side[s].absent);
            rw_free(table->side[s].note);
        }
        for (uint32_t i = 0; i < table->n_class; i++)
            rw_free(table->list[i].layer);
        rw_free(table->list);
    }
    rw_findings_clear(&diff->findings);
    rw_model_diff_init(diff);
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
