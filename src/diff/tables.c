/* tables.c - which descriptions stand side by side: two files, several engines, or a file and
 * what was executed. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "diff/diff.h"
#include "model/executed.h"
#include "model/layer_contrast.h"

static int64_t length_of(const rw_hparams *hp, rw_hparam which)
{
    return hp->v[which].known ? (int64_t)hp->v[which].num : 0;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static ropewalk_status add_table(rw_model_diff *out, rw_diff_kind kind, int64_t context,
                                 int64_t length, rw_diff_table **table,
                                 ropewalk_error *err)
{
    *table = rw_diff_add_table(out, kind);
    if (!*table)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d tables",
                       (int)RW_MAX_DIFF_TABLE);
    (*table)->context = context;
    (*table)->length = length ? length : context;
    (*table)->short_prompt = length > 0;
    return ROPEWALK_OK;
}

/* --- two files ----------------------------------------------------------------------------- */

/* What the converter would have written for `config` against what stands in `gguf`. */
static ropewalk_status add_converted(const rw_hparams *config, const char *label,
                                     const rw_hparams *gguf, const char *other,
                                     int64_t context, rw_model_diff *out,
                                     ropewalk_error *err)
{
    rw_diff_table *table;
    ropewalk_status status = add_table(out, RW_DIFF_CONVERTED, context, 0, &table, err);
    const rw_engine *engine = rw_engine_find("llama.cpp");
    const rw_diff_subject made = {
        .label = label, .hp = config, .engine = engine, .context = context};
    const rw_diff_subject found = {
        .label = other, .hp = gguf, .engine = engine, .context = context};
    if (!status) status = rw_diff_add_side(table, &made, err);
    if (!status) status = rw_diff_add_side(table, &found, err);
    return status ? status : rw_diff_align(out, table, err);
}

ropewalk_status rw_diff_descriptions(const rw_hparams *a, const rw_hparams *b,
                                     const rw_diff_use *use, rw_model_diff *out,
                                     ropewalk_error *err)
{
    const int64_t advertised =
        larger(length_of(a, RW_HP_CONTEXT_LENGTH), length_of(b, RW_HP_CONTEXT_LENGTH));
    const int64_t target = use->target_context ? use->target_context : advertised;
    rw_diff_table *table;
    ropewalk_status status = rw_diff_positions(out, use, advertised, target, 0, err);
    if (!status) status = add_table(out, RW_DIFF_DESCRIPTIONS, target, 0, &table, err);
    const rw_diff_subject subject_a = {.label = "A",
                                       .hp = a,
                                       .context = target,
                                       .changed = use->changed,
                                       .required = true};
    const rw_diff_subject subject_b = {
        .label = "B", .hp = b, .context = target, .required = true};
    if (!status) status = rw_diff_add_side(table, &subject_a, err);
    if (!status) status = rw_diff_add_side(table, &subject_b, err);
    if (!status) status = rw_diff_align(out, table, err);
    if (!status && a->kind == RW_FILE_CONFIG && b->kind == RW_FILE_GGUF)
        status = add_converted(a, "A converted", b, "B", target, out, err);
    if (!status && a->kind == RW_FILE_GGUF && b->kind == RW_FILE_CONFIG)
        status = add_converted(b, "B converted", a, "A", target, out, err);
    return status ? status : rw_diff_judge(out, err);
}

/* --- engines ------------------------------------------------------------------------------- */

static ropewalk_status add_engines(const rw_hparams *a, const rw_engine *const *engine,
                                   size_t n_engine, const rw_diff_use *use,
                                   int64_t context, int64_t length, rw_model_diff *out,
                                   ropewalk_error *err)
{
    rw_diff_table *table;
    ropewalk_status status =
        add_table(out, RW_DIFF_ENGINES, context, length, &table, err);
    for (size_t i = 0; i < n_engine && !status; i++) {
        const rw_diff_subject subject = {.hp = a,
                                         .engine = engine[i],
                                         .context = context,
                                         .length = length,
                                         .changed = use->changed};
        status = rw_diff_add_side(table, &subject, err);
    }
    return status;
}

static const rw_rotation_info *rotation_of(const rw_model_info *m, uint32_t layer)
{
    return m->layers[layer].rotation < 0 ? NULL
                                         : &m->rotations[m->layers[layer].rotation];
}

/* Whether some engine runs other tables under the second table's conditions. */
static bool lengths_matter(const rw_diff_table *full, const rw_diff_table *brief)
{
    for (uint32_t s = 0; s < full->n_side; s++) {
        const rw_model_info *a = &full->side[s].info, *b = &brief->side[s].info;
        if (full->side[s].absent || brief->side[s].absent || a->n_layer != b->n_layer)
            continue;
        for (uint32_t i = 0; i < a->n_layer; i++)
            if (rw_contrast_layers(&a->layers[i], rotation_of(a, i), &b->layers[i],
                                   rotation_of(b, i), RW_STORED_DOUBLE)
                    .differs)
                return true;
    }
    return false;
}

ropewalk_status rw_diff_engines(const rw_hparams *a, const rw_engine *const *engine,
                                size_t n_engine, const rw_diff_use *use,
                                rw_model_diff *out, ropewalk_error *err)
{
    const int64_t advertised = length_of(a, RW_HP_CONTEXT_LENGTH);
    const int64_t target = use->target_context ? use->target_context : advertised;
    ropewalk_status status = add_engines(a, engine, n_engine, use, target, 0, out, err);
    if (status) return status;
    /* the context that was trained, which a description may have found where hp has no key */
    int64_t brief = 0;
    for (size_t s = 0; s < n_engine && !brief; s++)
        brief = out->table[0].side[s].info.original_context_length;
    if (brief < 1 || brief >= target) brief = advertised < target ? advertised : 0;
    if (brief > 0) {
        status = add_engines(a, engine, n_engine, use, target, brief, out, err);
        if (status) return status;
        if (!lengths_matter(&out->table[0], &out->table[1])) {
            rw_diff_table_clear(&out->table[--out->n_table]);
            brief = 0;
        }
    }
    status = rw_diff_positions(out, use, advertised, target, brief, err);
    for (uint32_t i = 0; i < out->n_table && !status; i++)
        status = rw_diff_align(out, &out->table[i], err);
    return status ? status : rw_diff_judge(out, err);
}

/* --- executed ------------------------------------------------------------------------------ */

/* The context the runner allocates for a capture: its tokens, in steps of 256. */
static int64_t captured_context(const rw_qkfile *capture)
{
    const char *meta = rw_qkfile_meta(capture, "n_token");
    int64_t n_token = meta ? strtoll(meta, NULL, 10) : 0;
    const uint32_t n_row = rw_qkfile_n_row(capture);
    if (n_token < 1 && n_row) n_token = rw_qkfile_position(capture, n_row - 1) + 1;
    if (n_token < 1 || n_token > INT64_C(1) << 31) return 0;
    return (n_token + 255) / 256 * 256;
}

ropewalk_status rw_diff_executed(const rw_hparams *a, const rw_qkfile *capture,
                                 const char *name, const rw_diff_use *use,
                                 rw_model_diff *out, ropewalk_error *err)
{
    if (!rw_qkfile_is_capture(capture))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%s holds given vectors, not a capture: nothing was executed",
                       name);
    const int64_t advertised = length_of(a, RW_HP_CONTEXT_LENGTH);
    const int64_t context =
        use->target_context ? use->target_context : captured_context(capture);
    rw_diff_table *table;
    ropewalk_status status = rw_diff_positions(out, use, advertised, context, 0, err);
    if (!status) status = add_table(out, RW_DIFF_EXECUTED, context, 0, &table, err);
    const rw_diff_subject declared = {.label = "A",
                                      .hp = a,
                                      .engine = rw_engine_find("llama.cpp"),
                                      .context = context,
                                      .changed = use->changed,
                                      .required = true};
    if (!status) status = rw_diff_add_side(table, &declared, err);
    if (status) return status;
    rw_diff_side *ran = &table->side[table->n_side++];
    *ran = (rw_diff_side){.label = "executed", .what = "capture", .gguf = true};
    status = rw_model_from_capture(capture, name, &ran->info, err);
    if (!status) status = rw_diff_align(out, table, err);
    return status ? status : rw_diff_judge(out, err);
}
