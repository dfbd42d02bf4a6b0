/* rule_RW015.c - angles that the arithmetic of an engine, or the dtype of the weights, cannot hold
 * at the advertised context. */
#include <math.h>
#include <strings.h>

#include "lint/look.h"
#include "position/precision.h"

/* A tenth of a radian turns a pair's part of a score by half a per cent; rad. */
#define VISIBLE 0.1

static int64_t served(const rw_lint_input *in)
{
    return in->target_context > 0 ? in->target_context : in->info->context_length;
}

/* Borrows the frequencies. */
static rw_rotation rotation_of(const rw_rotation_info *r)
{
    return (rw_rotation){.rotary_dim = r->rotary_dim,
                         .pairs =
                             r->interleaved ? RW_PAIRS_INTERLEAVED : RW_PAIRS_HALF_SPLIT,
                         .attn_factor = r->attn_factor,
                         .inv_freq = r->inv_freq};
}

/* The engines whose own arithmetic is off by more than can be passed over. */
static ropewalk_status engines(const rw_lint_input *in, rw_findings *out,
                               ropewalk_error *err)
{
    char names[128] = "";
    double worst = 0.0;
    uint32_t worst_pair = 0;
    for (size_t i = 0; i < in->n_engine; i++) {
        const rw_rotation_info *r = rw_look_scaled(in->engine_info[i]);
        if (!r || !r->inv_freq) continue;
        const rw_rotation rot = rotation_of(r);
        uint32_t pair = 0;
        const double off = rw_profile_error(in->engine[i]->profile, &rot, r->rope_theta,
                                            NULL, served(in) - 1, &pair);
        if (!(off > VISIBLE)) continue;
        rw_look_list(names, sizeof names, in->engine[i]->name);
        if (off <= worst) continue;
        worst = off;
        worst_pair = pair;
    }
    if (!names[0]) return ROPEWALK_OK;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW015", RW_WARN, in->hp->file, in->hp->v[RW_HP_CONTEXT_LENGTH].key, &f, err,
        "at position %lld the float32 angles of %s are off by up to %.2g rad",
        (long long)served(in) - 1, names, worst);
    if (!status) status = rw_finding_text(f, "engines", names, err);
    if (!status) status = rw_finding_number(f, "phase_error_rad", worst, err);
    if (!status) status = rw_finding_number(f, "worst_pair", worst_pair, err);
    if (!status) status = rw_finding_number(f, "position", (double)served(in) - 1.0, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "form angles in float64, or as two float32, and "
                                   "round cos and sin alone");
}

/* What would be lost if positions were formed in the dtype of the weights. */
static ropewalk_status weights(const rw_lint_input *in, const rw_rotation_info *r,
                               rw_findings *out, ropewalk_error *err)
{
    const char *dtype = in->info->dtype;
    const bool bf16 = dtype && strcasecmp(dtype, "bf16") == 0,
               f16 = dtype && strcasecmp(dtype, "f16") == 0;
    const double exact = bf16 ? 256.0 : 2048.0;
    const rw_profile profile = bf16 ? RW_PROFILE_BF16_POSITION : RW_PROFILE_F16_POSITION;
    const rw_rotation rot = rotation_of(r);
    uint64_t pairs = 0, distinct = 0;
    if ((!bf16 && !f16) || (double)served(in) <= exact + 1.0) return ROPEWALK_OK;
    ropewalk_status status = rw_profile_identical(profile, &rot, r->rope_theta, NULL,
                                                  served(in), &pairs, &distinct, err);
    if (status) return status;
    rw_finding *f;
    status = rw_finding_add(
        out, "RW015", RW_INFO, in->hp->file,
        in->hp->key_dtype[0] ? in->hp->key_dtype : NULL, &f, err,
        "the weights are %s, which counts without gaps to %.0f: a runtime that keeps "
        "positions in it tells %llu of %lld apart",
        dtype, exact, (unsigned long long)distinct, (long long)served(in));
    if (!status) status = rw_finding_text(f, "dtype", dtype, err);
    if (!status) status = rw_finding_number(f, "first_position_lost", exact + 1.0, err);
    if (!status) status = rw_finding_number(f, "positions", (double)served(in), err);
    if (!status) status = rw_finding_number(f, "distinct", (double)distinct, err);
    if (!status) status = rw_finding_number(f, "identical_pairs", (double)pairs, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "form positions, angles, cos and sin in float32, "
                                   "whatever the dtype of the weights");
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *r = rw_look_scaled(in->info);
    if (!r) return ROPEWALK_OK;
    if (!r->inv_freq || served(in) < 1)
        return rw_finding_skip(out, "RW015", in->hp->file, err, "%s unknown",
                               r->inv_freq ? "the context is" : "frequencies are");
    const ropewalk_status status = engines(in, out, err);
    /* what reads GGUF keeps positions as integers, whatever the weights are */
    return status || in->hp->kind == RW_FILE_GGUF ? status : weights(in, r, out, err);
}

const rw_rule rw_rule_RW015 = {
    .id = "RW015",
    .severity = RW_WARN,
    .title = "positions or angles are not exact in the working precision",
    .check = check,
};
