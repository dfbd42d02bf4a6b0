/* rule_RW014.c - which dimensions form a pair: the file, its architecture and each engine must
 * agree. */
#include <string.h>

#include "lint/look.h"

static const char *pairs(bool interleaved)
{
    return interleaved ? "interleaved (2n, 2n + 1)" : "half-split (n, n + rotary_dim/2)";
}

static ropewalk_status disagree(const rw_lint_input *in, const rw_engine *engine,
                                bool said, rw_findings *out, ropewalk_error *err)
{
    const rw_hvalue *v = &in->hp->v[RW_HP_ROPE_INTERLEAVE];
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW014", RW_ERROR, in->hp->file, v->known ? v->key : NULL, &f, err,
        "%s pairs dimensions %s where the file says %s, and nothing reorders the weights",
        engine->name, pairs(!said), pairs(said));
    if (!status) status = rw_finding_text(f, "engine", engine->name, err);
    if (!status) status = rw_finding_text(f, "file", said ? "interleaved" : "half", err);
    if (!status) status = rw_finding_text(f, "runs", said ? "half" : "interleaved", err);
    if (status) return status;
    return rw_finding_fix(
        f, err,
        "reorder the rotated rows of the query and key projections to %s "
        "pairs, and write \"rope_interleave\": %s",
        said ? "half-split" : "interleaved", said ? "false" : "true");
}

/* What converters never reorder: the rotated part of latent attention, and whatever an engine
 * reads from the same file. */
static bool comparable(const rw_lint_input *in, const rw_engine *engine)
{
    return engine->reads_gguf == (in->hp->kind == RW_FILE_GGUF) ||
           (in->arch && in->arch->mla) || in->hp->v[RW_HP_ROPE_DIM_MLA].known;
}

/* A GGUF file under an architecture that is not the one its model converts to, and that pairs
 * other dimensions: right only if its maker reordered the weights. */
static ropewalk_status other_architecture(const rw_lint_input *in, rw_findings *out,
                                          ropewalk_error *err)
{
    if (in->hp->kind != RW_FILE_GGUF || !in->fact_info || !in->arch) return ROPEWALK_OK;
    const rw_arch *published = rw_arch_find(RW_FILE_CONFIG, in->fact_info->architecture);
    const rw_arch *expected =
        published && published->gguf ? rw_arch_find(RW_FILE_GGUF, published->gguf) : NULL;
    if (!expected || expected->pairs == in->arch->pairs) return ROPEWALK_OK;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW014", RW_WARN, in->hp->file, "general.architecture", &f, err,
        "architecture %s pairs dimensions %s; %s is converted to %s, which pairs them %s",
        in->arch->name, pairs(in->arch->pairs == RW_PAIRS_INTERLEAVED), in->fact->title,
        expected->name, pairs(expected->pairs == RW_PAIRS_INTERLEAVED));
    if (!status) status = rw_finding_text(f, "architecture", in->arch->name, err);
    if (!status) status = rw_finding_text(f, "expected", expected->name, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "convert the published weights again; ropewalk "
                                   "diff --executed shows what runs");
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *own = in->info->n_rotation ? &in->info->rotations[0] : NULL;
    if (!own) return ROPEWALK_OK;
    const rw_hvalue *v = &in->hp->v[RW_HP_ROPE_INTERLEAVE];
    const bool said = v->known ? v->num > 0.5 : own->interleaved != 0;
    for (size_t i = 0; i < in->n_engine; i++) {
        const rw_model_info *info = in->engine_info[i];
        if (!info || !info->n_rotation || !comparable(in, in->engine[i]) ||
            (info->rotations[0].interleaved != 0) == said)
            continue;
        const ropewalk_status status = disagree(in, in->engine[i], said, out, err);
        if (status) return status;
    }
    const ropewalk_status status = other_architecture(in, out, err);
    if (status) return status;
    if (!in->arch && !v->known)
        return rw_finding_skip(out, "RW014", in->hp->file, err,
                               "the pairs of architecture \"%s\" are not known",
                               in->hp->architecture);
    if (in->hp->kind == RW_FILE_GGUF && own->interleaved && !(in->arch && in->arch->mla))
        return rw_finding_skip(
            out, "RW014", in->hp->file, err,
            "no header shows whether the converter reordered the weights for interleaved "
            "pairs: ropewalk diff --executed does");
    return ROPEWALK_OK;
}

const rw_rule rw_rule_RW014 = {
    .id = "RW014",
    .severity = RW_ERROR,
    .title = "pairs of dimensions differ between file, architecture and engine",
    .check = check,
};
