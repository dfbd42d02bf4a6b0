/* profiles.c - profiles by name, and their cost at the contexts people ask about. */
#include "model/profiles.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "position/precision.h"

/* Counting compares every position, for caches every table: beyond this a person would wait. */
static const int64_t MOST_COUNTED_CACHE = INT64_C(1) << 18;

ropewalk_status rw_profiles_parse(const char *list, uint32_t *bits, ropewalk_error *err)
{
    *bits = 0;
    if (strcmp(list, "all") == 0) {
        *bits = (1u << RW_N_PROFILE) - 1;
        return ROPEWALK_OK;
    }
    for (const char *s = list; *s; s += *s == ',') {
        const size_t n = strcspn(s, ",");
        char name[32] = "";
        if (n < sizeof name) memcpy(name, s, n);
        const rw_profile profile = rw_profile_find(name);
        if (profile == RW_N_PROFILE)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "precision \"%.*s\" is none of ideal, f32_product, ggml_f32, "
                           "bf16_position, f16_position, bf16_cache, f16_cache, all",
                           n < 64 ? (int)n : 64, s);
        *bits |= 1u << profile;
        s += n;
    }
    if (*bits) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "the list of precision profiles is empty");
}

void rw_precision_table_init(rw_precision_table *table)
{
    *table = (rw_precision_table){0};
}

void rw_precision_table_clear(rw_precision_table *table)
{
    rw_free(table->rows);
    rw_precision_table_init(table);
}

static void choose_contexts(const rw_model_info *info, rw_precision_table *table)
{
    const int64_t wanted[] = {4096, 32768, info->context_length, info->context};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        uint32_t at = 0;
        while (at < table->n_context && table->context[at] < wanted[i])
            at++;
        if (wanted[i] <= 0 || (at < table->n_context && table->context[at] == wanted[i]))
            continue;
        memmove(&table->context[at + 1], &table->context[at],
                (table->n_context - at) * sizeof *table->context);
        table->context[at] = wanted[i];
        table->n_context++;
    }
}

static bool is_cache(rw_profile profile)
{
    return profile == RW_PROFILE_BF16_CACHE || profile == RW_PROFILE_F16_CACHE;
}

static ropewalk_status fill_row(const rw_rotation_info *info, const double *divisor,
                                rw_profile profile, const rw_precision_table *table,
                                rw_precision_row *row, ropewalk_error *err)
{
    const rw_rotation rot = {.rotary_dim = info->rotary_dim,
                             .pairs = info->interleaved ? RW_PAIRS_INTERLEAVED
                                                        : RW_PAIRS_HALF_SPLIT,
                             .attn_factor = info->attn_factor,
                             .inv_freq = info->inv_freq};
    row->profile = rw_profile_name(profile);
    row->about = rw_profile_about(profile);
    row->cache = is_cache(profile);
    for (uint32_t c = 0; c < table->n_context; c++) {
        rw_precision_cell *cell = &row->cell[c];
        const int64_t context = table->context[c];
        cell->error = rw_profile_largest_error(profile, &rot, info->rope_theta, divisor,
                                               context, &cell->worst_pair);
        cell->counted =
            isfinite(cell->error) && (!row->cache || context <= MOST_COUNTED_CACHE);
        if (!cell->counted) continue;
        const ropewalk_status status =
            rw_profile_identical(profile, &rot, info->rope_theta, divisor, context,
                                 &cell->identical, &cell->distinct, err);
        if (status) return status;
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_precision_table_build(const rw_model_info *info, const rw_hparams *hp,
                                         uint32_t bits, rw_precision_table *table,
                                         ropewalk_error *err)
{
    rw_precision_table_init(table);
    choose_contexts(info, table);
    table->rows = rw_calloc((size_t)info->n_rotation * RW_N_PROFILE, sizeof *table->rows);
    if (!table->rows) return rw_fail_memory(err, "a table of precision");
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t r = 0; r < info->n_rotation; r++) {
        const rw_rotation_info *rotation = &info->rotations[r];
        if (!rotation->inv_freq || !rotation->rotary_dim) continue;
        const bool divided = hp->divisor && hp->n_divisor == rotation->rotary_dim / 2;
        for (uint32_t p = 0; p < RW_N_PROFILE && !status; p++) {
            if (!(bits >> p & 1)) continue;
            rw_precision_row *row = &table->rows[table->n_row++];
            row->rotation = r;
            status = fill_row(rotation, divided ? hp->divisor : NULL, (rw_profile)p,
                              table, row, err);
        }
    }
    if (status) rw_precision_table_clear(table);
    return status;
}
