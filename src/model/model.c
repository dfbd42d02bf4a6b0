/* model.c - opening a model: hyper-parameters, architecture facts and layers put together. */
#include "model/model.h"

#include "base/alloc.h"
#include "model/layer.h"

static ropewalk_status copy_names(const rw_hparams *hp, rw_model_info *info,
                                  ropewalk_error *err)
{
    info->source = rw_strdup(hp->file);
    info->architecture = rw_strdup(hp->architecture);
    info->name = hp->name ? rw_strdup(hp->name) : NULL;
    info->dtype = hp->dtype ? rw_strdup(hp->dtype) : NULL;
    if (!info->source || !info->architecture || (hp->name && !info->name) ||
        (hp->dtype && !info->dtype))
        return rw_fail_memory(err, "the model's names");
    ropewalk_status status =
        rw_note_key(info, hp, "architecture", "general.architecture", NULL, err);
    if (!status && hp->dtype)
        status = rw_note_key(info, hp, "dtype", NULL, "the type of most weights", err);
    return status;
}

static ropewalk_status copy_lengths(const rw_hparams *hp, rw_model_info *info,
                                    ropewalk_error *err)
{
    static const rw_hparam lengths[] = {RW_HP_N_LAYER, RW_HP_CONTEXT_LENGTH,
                                        RW_HP_ORIGINAL_CONTEXT_LENGTH};
    info->n_layer = hp->n_layer;
    if (hp->v[RW_HP_CONTEXT_LENGTH].known)
        info->context_length = (int64_t)hp->v[RW_HP_CONTEXT_LENGTH].num;
    if (hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH].known)
        info->original_context_length = (int64_t)hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH].num;
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && !status; i++) {
        const rw_hvalue *v = &hp->v[lengths[i]];
        if (v->known)
            status = rw_note_key(info, hp, rw_hparam_name(lengths[i]), v->key, NULL, err);
        else if (lengths[i] != RW_HP_ORIGINAL_CONTEXT_LENGTH)
            status = rw_model_info_warn(info, err, "key %s is absent: %s is unknown",
                                        v->key, rw_hparam_name(lengths[i]));
    }
    return status;
}

static ropewalk_status check_target(int64_t target_context, rw_model_info *info,
                                    ropewalk_error *err)
{
    if (!info->context_length || target_context <= info->context_length)
        return ROPEWALK_OK;
    return rw_model_info_warn(
        info, err, "the context asked for, %lld, is beyond the advertised %lld",
        (long long)target_context, (long long)info->context_length);
}

static ropewalk_status describe(const rw_hparams *hp, int64_t target_context,
                                rw_model_info *info, ropewalk_error *err)
{
    const rw_arch *arch = rw_arch_find(hp->architecture);
    ropewalk_status status = copy_names(hp, info, err);
    if (!status && !arch)
        status = rw_model_info_warn(
            info, err,
            "architecture \"%s\" is not in the table: read by the generic "
            "keys, half-split pairs and RoPE on every layer assumed",
            hp->architecture);
    if (!arch) arch = rw_arch_generic();
    if (!status) status = copy_lengths(hp, info, err);
    if (!status) status = check_target(target_context, info, err);
    return status ? status : rw_layers_build(hp, arch, info, err);
}

ropewalk_status rw_model_open_gguf(const char *path, int64_t target_context,
                                   rw_model_info *out, ropewalk_error *err)
{
    rw_model_info_init(out);
    if (target_context < 0 || target_context > INT64_C(1) << 31)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "context %lld must lie in [0, 2147483648]",
                       (long long)target_context);
    rw_hparams hp;
    ropewalk_status status = rw_hparams_read_gguf(path, &hp, err);
    if (status) return status;
    status = describe(&hp, target_context, out, err);
    rw_hparams_clear(&hp);
    if (status) rw_model_info_clear(out);
    return status;
}
