/* rule_RW002.c - a model of the Llama 3.1 kind without its scaling, or with divisors that are not
 * the formula's. */
#include <math.h>
#include <string.h>

#include "lint/look.h"
#include "position/mechanism.h"

/* Divisors are float32, and were formed in float32 by the converter. */
#define SAME_DIVISOR 2e-5

/* --- dropped ------------------------------------------------------------------------------ */

static bool scales_so(const rw_rotation_info *r)
{
    return r && (strcmp(r->mechanism, "llama3") == 0 ||
                 strcmp(r->mechanism, "freq_factors") == 0);
}

/* Llama 3 advertises 8192 with this base, Llama 3.1 and its descendants 131072. */
static bool looks_like_llama31(const rw_lint_input *in)
{
    const rw_rotation_info *r = rw_look_scaled(in->info);
    return strcmp(in->hp->architecture, "llama") == 0 && r &&
           fabs(r->rope_theta - 500000.0) < 0.5 && in->info->context_length == 131072 &&
           strcmp(r->mechanism, "none") == 0;
}

static ropewalk_status dropped(const rw_lint_input *in, const rw_rotation_info *known,
                               rw_findings *out, ropewalk_error *err)
{
    const bool gguf = in->hp->kind == RW_FILE_GGUF;
    const rw_rotation_info *own = rw_look_scaled(in->info);
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW002", RW_ERROR, in->hp->file,
        gguf ? "rope_freqs.weight" : rw_look_key(in, "mechanism"), &f, err, "%s: %s%s",
        gguf ? "no rope_freqs.weight" : "no llama3 scaling",
        known ? in->fact->title
              : "base 500000 with 131072 positions is Llama 3.1 or a descendant",
        known ? " is published with llama3 scaling" : ", which is scaled");
    if (!status && known)
        status = rw_finding_number(f, "factor", rw_look_parameter(known, "factor"), err);
    const rw_apart apart = rw_look_apart(known, own, in->info->context_length);
    if (!status && apart.n_pair)
        status = rw_finding_number(f, "pairs_affected", apart.n_differ, err);
    if (!status && apart.n_pair)
        status = rw_finding_number(f, "phase_error_rad", apart.phase_rad, err);
    if (status) return status;
    return gguf ? rw_finding_fix(f, err,
                                 "convert again with llama.cpp after pull request 8676 "
                                 "(July 2024), which writes rope_freqs.weight")
                : rw_finding_fix(
                      f, err,
                      "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": %g, "
                      "\"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, "
                      "\"original_max_position_embeddings\": 8192}",
                      known ? rw_look_parameter(known, "factor") : 8.0);
}

/* --- another formula ---------------------------------------------------------------------- */

typedef struct fit {
    double original, low, high, factor;
    double relative; /* the largest |tensor / formula - 1| */
    uint32_t pair;
} fit;

static ropewalk_status try_fit(const rw_hparams *hp, const rw_rotation_info *own,
                               fit *candidate, ropewalk_error *err)
{
    const rw_setting settings[] = {
        {.name = "factor", .num = candidate->factor},
        {.name = "low_freq_factor", .num = candidate->low},
        {.name = "high_freq_factor", .num = candidate->high},
        {.name = "original_context_length", .num = candidate->original}};
    const rw_layer_shape shape = {.head_dim = own->rotary_dim,
                                  .rotary_dim = own->rotary_dim,
                                  .n_head_q = 1,
                                  .n_head_kv = 1,
                                  .rope_theta = own->rope_theta};
    rw_rotation scaled, plain;
    candidate->relative = (double)INFINITY;
    ropewalk_status status =
        rw_mech_build(rw_mech_find("llama3"), &shape, settings, 4, &scaled, err);
    if (status) return status == ROPEWALK_E_MEMORY ? status : ROPEWALK_OK;
    status = rw_mech_build(rw_mech_find("none"), &shape, NULL, 0, &plain, err);
    if (!status) {
        candidate->relative = 0.0;
        for (uint32_t i = 0; i < hp->n_divisor && i < own->rotary_dim / 2; i++) {
            const double formula = plain.inv_freq[i] / scaled.inv_freq[i];
            const double off = fabs(hp->divisor[i] / formula - 1.0);
            if (off <= candidate->relative) continue;
            candidate->relative = off;
            candidate->pair = i;
        }
        rw_rotation_clear(&plain);
    }
    rw_rotation_clear(&scaled);
    return status == ROPEWALK_E_MEMORY ? status : ROPEWALK_OK;
}

/* The published parameter sets, with the factor that the slowest pairs have. */
static ropewalk_status best_fit(const rw_hparams *hp, const rw_rotation_info *own,
                                fit *best, ropewalk_error *err)
{
    static const double originals[] = {8192, 4096, 16384, 32768};
    static const double bands[][2] = {{1, 4}, {1, 1}, {1, 2}};
    const double factor = hp->divisor[hp->n_divisor - 1];
    *best = (fit){.relative = (double)INFINITY};
    for (size_t o = 0; o < sizeof originals / sizeof *originals; o++)
        for (size_t b = 0; b < sizeof bands / sizeof *bands; b++) {
            fit candidate = {.original = originals[o],
                             .low = bands[b][0],
                             .high = bands[b][1],
                             .factor = factor};
            const ropewalk_status status = try_fit(hp, own, &candidate, err);
            if (status) return status;
            if (candidate.relative < best->relative) *best = candidate;
        }
    return ROPEWALK_OK;
}

static ropewalk_status no_fit(const rw_lint_input *in, const fit *best, rw_findings *out,
                              ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW002", RW_ERROR, in->hp->file, "rope_freqs.weight", &f, err,
        "rope_freqs.weight is not llama3's formula for any published parameters: the "
        "nearest, factor %.6g over %g with bands %g and %g, is off by %.2g at pair %u",
        best->factor, best->original, best->low, best->high, best->relative,
        (unsigned)best->pair);
    if (!status) status = rw_finding_number(f, "nearest_factor", best->factor, err);
    if (!status)
        status =
            rw_finding_number(f, "nearest_original_context_length", best->original, err);
    if (!status) status = rw_finding_number(f, "relative_error", best->relative, err);
    if (!status) status = rw_finding_number(f, "pair", best->pair, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "convert again from the config.json, with "
                                   "factor, low_freq_factor, high_freq_factor and "
                                   "original_max_position_embeddings in rope_scaling");
}

static ropewalk_status other_than_known(const rw_lint_input *in,
                                        const rw_rotation_info *own,
                                        const rw_rotation_info *known, rw_findings *out,
                                        ropewalk_error *err)
{
    const rw_apart apart = rw_look_apart(known, own, in->info->context_length);
    if (!apart.n_pair || apart.relative <= SAME_DIVISOR ||
        fabs(own->rope_theta / known->rope_theta - 1.0) > 1e-6) /* RW001 says that */
        return ROPEWALK_OK;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW002", RW_ERROR, in->hp->file,
        in->hp->divisor ? "rope_freqs.weight" : rw_look_key(in, "mechanism"), &f, err,
        "the scaling is not that of %s: %u of %u pairs differ, pair %u by %.2g",
        in->fact->title, (unsigned)apart.n_differ, (unsigned)apart.n_pair,
        (unsigned)apart.worst_pair, apart.relative);
    if (!status) status = rw_finding_number(f, "pairs_affected", apart.n_differ, err);
    if (!status) status = rw_finding_number(f, "relative_error", apart.relative, err);
    if (!status) status = rw_finding_number(f, "phase_error_rad", apart.phase_rad, err);
    if (!status)
        status =
            rw_finding_number(f, "known_factor", rw_look_parameter(known, "factor"), err);
    return status ? status
                  : rw_finding_fix(f, err, "\"factor\": %g, as in %s",
                                   rw_look_parameter(known, "factor"), in->fact->source);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_hparams *hp = in->hp;
    const rw_rotation_info *own = rw_look_scaled(in->info),
                           *known = rw_look_scaled(in->fact_info);
    if (known && strcmp(known->mechanism, "llama3") != 0) return ROPEWALK_OK;
    if (hp->tensors_partial && !hp->divisor)
        return rw_finding_skip(out, "RW002", hp->file, err,
                               "only the first file of a split set was read: "
                               "rope_freqs.weight may stand in another");
    if (known && own)
        return scales_so(own) ? other_than_known(in, own, known, out, err)
                              : dropped(in, known, out, err);
    if (looks_like_llama31(in)) return dropped(in, NULL, out, err);
    /* other architectures put other divisors into the same tensor */
    if (!own || !hp->divisor || strcmp(hp->architecture, "llama") != 0)
        return ROPEWALK_OK;
    if (hp->n_divisor != own->rotary_dim / 2 || isnan(own->rope_theta))
        return rw_finding_skip(out, "RW002", hp->file, err,
                               "rope_freqs.weight has %u values for %u pairs of base %g",
                               (unsigned)hp->n_divisor, (unsigned)own->rotary_dim / 2,
                               own->rope_theta);
    fit best;
    const ropewalk_status status = best_fit(hp, own, &best, err);
    return status || best.relative <= SAME_DIVISOR ? status : no_fit(in, &best, out, err);
}

const rw_rule rw_rule_RW002 = {
    .id = "RW002",
    .severity = RW_ERROR,
    .title = "llama3 scaling dropped, or rope_freqs.weight not its formula",
    .check = check,
};
