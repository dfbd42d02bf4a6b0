/* model.c - a description put together: names, lengths, engine, layers. */
#include "model/model.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "model/layer.h"

static ropewalk_status copy_names(rw_builder *b, const rw_hparams *written)
{
    const rw_hparams *hp = written;
    rw_model_info *info = b->info;
    info->source = rw_strdup(hp->file ? hp->file : "");
    info->architecture = rw_strdup(hp->architecture);
    info->name = hp->name ? rw_strdup(hp->name) : NULL;
    info->dtype = hp->dtype ? rw_strdup(hp->dtype) : NULL;
    if (!info->source || !info->architecture || (hp->name && !info->name) ||
        (hp->dtype && !info->dtype))
        return rw_fail_memory(b->err, "the model's names");
    const bool gguf = hp->kind == RW_FILE_GGUF;
    ropewalk_status status = rw_note_key(
        b, "architecture", gguf ? "general.architecture" : "model_type", NULL);
    if (!status && b->converted) {
        char note[96];
        (void)snprintf(note, sizeof note, "%s, as llama.cpp's converter writes it",
                       b->hp->architecture);
        status = rw_note_assumed(b, "gguf_architecture", note);
    }
    if (!status && hp->dtype)
        status = rw_note_key(b, "dtype", hp->key_dtype[0] ? hp->key_dtype : NULL,
                             hp->note_dtype[0]  ? hp->note_dtype
                             : hp->key_dtype[0] ? NULL
                                                : "the type of most weights");
    return status;
}

static ropewalk_status copy_lengths(rw_builder *b)
{
    static const rw_hparam lengths[] = {RW_HP_N_LAYER, RW_HP_CONTEXT_LENGTH,
                                        RW_HP_ORIGINAL_CONTEXT_LENGTH};
    const rw_hparams *hp = b->hp;
    rw_model_info *info = b->info;
    info->n_layer = hp->n_layer;
    info->context_length = (int64_t)rw_value_or(hp, RW_HP_CONTEXT_LENGTH, 0.0);
    info->original_context_length =
        (int64_t)rw_value_or(hp, RW_HP_ORIGINAL_CONTEXT_LENGTH, 0.0);
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && !status; i++) {
        const rw_hvalue *v = &hp->v[lengths[i]];
        if (v->known)
            status = rw_note_known(b, lengths[i], rw_hparam_name(lengths[i]), NULL);
        else if (lengths[i] != RW_HP_ORIGINAL_CONTEXT_LENGTH)
            status = rw_note_warn(b, "key %s is absent: %s is unknown", v->key,
                                  rw_hparam_name(lengths[i]));
    }
    return status;
}

/* The block's own statement, where no other key gives the length before scaling. */
static void original_of_block(rw_builder *b)
{
    const rw_rope_block *block = &b->hp->block[RW_LAYERS_FULL];
    for (uint32_t i = 0; i < block->n_setting && !b->info->original_context_length; i++) {
        const rw_file_setting *f = &block->settings[i];
        if (f->kind == RW_SETTING_NUMBER && f->num >= 1 && f->num <= 2147483648.0 &&
            strcmp(f->name, "original_max_position_embeddings") == 0)
            b->info->original_context_length = (int64_t)f->num;
    }
}

static ropewalk_status find_use(rw_builder *b, const rw_model_use *use)
{
    rw_model_info *info = b->info;
    b->context = use->context ? use->context : info->context_length;
    b->length = use->length ? use->length : b->context;
    info->context = b->context;
    info->length = b->length;
    info->engine = b->engine->name;
    if (!info->context_length || use->context <= info->context_length) return ROPEWALK_OK;
    return rw_note_warn(b, "the context asked for, %lld, is beyond the advertised %lld",
                        (long long)use->context, (long long)info->context_length);
}

static ropewalk_status describe(rw_builder *b, const rw_hparams *written,
                                const rw_model_use *use)
{
    ropewalk_status status = copy_names(b, written);
    if (!status && !b->arch)
        status = rw_note_problem(
            b, RW_PROBLEM_ARCH_UNKNOWN, b->hp->architecture,
            b->hp->kind == RW_FILE_GGUF ? "general.architecture" : "model_type",
            "architecture \"%s\" is not in the table: read by the generic keys, "
            "half-split pairs and RoPE on every layer assumed",
            b->hp->architecture);
    if (!b->arch) b->arch = rw_arch_generic();
    if (!status) status = copy_lengths(b);
    if (!status) original_of_block(b);
    if (!status && b->hp->tensors_partial)
        status =
            rw_note_warn(b, "only the first file of a split set was read: tensors about "
                            "RoPE may stand in another");
    if (!status) status = find_use(b, use);
    return status ? status : rw_layers_build(b);
}

static ropewalk_status check_use(const rw_model_use *use, ropewalk_error *err)
{
    const int64_t most = INT64_C(1) << 31;
    if (use->context < 0 || use->context > most)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "context %lld must lie in [0, 2147483648]",
                       (long long)use->context);
    if (use->length < 0 || use->length > most)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "length %lld must lie in [0, 2147483648]", (long long)use->length);
    return ROPEWALK_OK;
}

ropewalk_status rw_model_describe(const rw_hparams *hp, const rw_model_use *use,
                                  rw_model_info *out, ropewalk_error *err)
{
    rw_model_info_init(out);
    ropewalk_status status = check_use(use, err);
    if (status) return status;
    const bool gguf = hp->kind == RW_FILE_GGUF;
    rw_builder b = {.hp = hp,
                    .info = out,
                    .err = err,
                    .engine = use->engine
                                  ? use->engine
                                  : rw_engine_find(gguf ? "llama.cpp" : "transformers")};
    if (gguf && !b.engine->reads_gguf)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                       "%s is a GGUF file, and %s is described from a config.json",
                       hp->file ? hp->file : "this", b.engine->name);
    rw_hparams converted;
    rw_hparams_init(&converted);
    if (!gguf && b.engine->reads_gguf) {
        status = rw_model_convert(hp, &converted, err);
        if (status) return status;
        b.hp = &converted;
        b.converted = true;
    }
    b.arch = rw_arch_of(b.hp);
    status = describe(&b, hp, use);
    rw_hparams_clear(&converted);
    if (status) rw_model_info_clear(out);
    return status;
}

ropewalk_status rw_model_open_gguf(const char *path, int64_t target_context,
                                   rw_model_info *out, ropewalk_error *err)
{
    const rw_model_use use = {.context = target_context};
    rw_hparams hp;
    rw_model_info_init(out);
    ropewalk_status status = check_use(&use, err);
    if (!status) status = rw_hparams_read_gguf(path, &hp, err);
    if (status) return status;
    status = rw_model_describe(&hp, &use, out, err);
    rw_hparams_clear(&hp);
    return status;
}
