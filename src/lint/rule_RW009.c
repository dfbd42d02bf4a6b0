/* rule_RW009.c - LongRoPE's lists: of the wrong length, or too small for the context advertised.
 *
 * A pair that made less than one turn over the original context was trained on a part of the circle
 * only. The long list exists to keep it there: turns at the advertised context, with the long
 * divisor, should not exceed those at the original context before any scaling, so the divisor should
 * reach the ratio of the two lengths. (Short divisors are no measure: they were searched later, on the
 * trained model.) The slowest pair must be kept so, or nothing is. When it makes a whole turn instead,
 * positions a turn apart look alike to every pair. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lint/look.h"
#include "position/rotation.h"

#define TWO_PI 6.283185307179586
/* Lists are found by a search, not by a formula: some leave a little over. */
#define SLACK 1.1

typedef struct lists {
    const double *longs;
    uint32_t n_long, n_short;
    const char *key_long, *key_short;
} lists;

static lists lists_of(const rw_hparams *hp)
{
    lists l = {0};
    if (hp->kind == RW_FILE_GGUF)
        return (lists){hp->factors_long, hp->n_long, hp->n_short,
                       "rope_factors_long.weight", "rope_factors_short.weight"};
    const rw_file_setting *a = rw_look_setting(hp, RW_LAYERS_FULL, "long_factor"),
                          *b = rw_look_setting(hp, RW_LAYERS_FULL, "short_factor");
    if (a && a->kind == RW_SETTING_LIST) {
        l.longs = a->values;
        l.n_long = a->n_value;
        l.key_long = a->key;
    }
    if (b && b->kind == RW_SETTING_LIST) {
        l.n_short = b->n_value;
        l.key_short = b->key;
    }
    return l;
}

static ropewalk_status wrong_length(const rw_lint_input *in, const char *key,
                                    const char *name, uint32_t n, uint32_t n_pair,
                                    rw_findings *out, ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW009", RW_ERROR, in->hp->file, key, &f, err,
                       n ? "%s has %u values for %u rotated pairs"
                         : "%s is absent (%u values, %u needed)",
                       name, (unsigned)n, (unsigned)n_pair);
    if (!status) status = rw_finding_number(f, "values", n, err);
    if (!status) status = rw_finding_number(f, "pairs", n_pair, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "take both lists, of %u values each, from the model's "
                                   "own config.json of this version",
                                   (unsigned)n_pair);
}

static ropewalk_status reach(const rw_lint_input *in, const rw_rotation_info *r,
                             const lists *l, double original, rw_findings *out,
                             ropewalk_error *err)
{
    const double context = (double)in->info->context_length;
    const uint32_t n_pair = r->rotary_dim / 2;
    double inv_freq[RW_MAX_HEAD_DIM / 2], slowest = 0.0, most = 0.0;
    uint32_t pair = 0;
    rw_inv_freq_unscaled(r->rope_theta, r->rotary_dim, inv_freq);
    for (uint32_t i = 0; i < n_pair; i++) {
        const double wave = TWO_PI * l->longs[i] / inv_freq[i];
        most = fmax(most, l->longs[i]);
        if (wave <= slowest) continue;
        slowest = wave;
        pair = i;
    }
    const double trained = original * inv_freq[pair] / TWO_PI;
    const double turns = context / slowest;
    if (turns <= SLACK * trained || trained >= 1.0) return ROPEWALK_OK;
    const bool whole = turns > 1.0;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW009", whole ? RW_ERROR : RW_WARN, in->hp->file, l->key_long, &f, err,
        "long_factor cannot cover %.0f positions: its largest value is %.4g, and even "
        "the "
        "slowest pair, of wavelength %.6g, makes %.3g turns where training had %.3g%s",
        context, most, slowest, turns, trained, whole ? ": every pair wraps around" : "");
    if (!status) status = rw_finding_number(f, "max_long_factor", most, err);
    if (!status)
        status = rw_finding_number(f, "ratio_of_lengths", context / original, err);
    if (!status) status = rw_finding_number(f, "slowest_pair", pair, err);
    if (!status) status = rw_finding_number(f, "slowest_wavelength", slowest, err);
    if (!status) status = rw_finding_number(f, "turns_advertised", turns, err);
    if (!status) status = rw_finding_number(f, "turns_trained", trained, err);
    return status ? status
                  : rw_finding_fix(f, err,
                                   "take long_factor from the model's own config.json of "
                                   "this version: it should reach about %.3g; until then "
                                   "serve %.0f positions",
                                   context / original, original);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *r = rw_look_scaled(in->info);
    if (!r || strcmp(r->mechanism, "longrope") != 0) return ROPEWALK_OK;
    const lists l = lists_of(in->hp);
    const uint32_t n_pair = r->rotary_dim / 2;
    if (!n_pair || n_pair > RW_MAX_HEAD_DIM / 2) return ROPEWALK_OK;
    /* some shipped descriptions leave out lists that could not be read */
    if (!l.n_long && in->fact && strncmp(in->hp->file, "model:", 6) == 0)
        return rw_finding_skip(out, "RW009", in->hp->file, err,
                               "the shipped description has no lists");
    ropewalk_status status = ROPEWALK_OK;
    if (l.n_long != n_pair)
        status = wrong_length(in, l.key_long, "long_factor", l.n_long, n_pair, out, err);
    if (!status && l.n_short != n_pair)
        status =
            wrong_length(in, l.key_short, "short_factor", l.n_short, n_pair, out, err);
    if (status || l.n_long != n_pair || l.n_short != n_pair || !r->inv_freq)
        return status;
    const double original = rw_look_parameter(r, "original_context_length");
    if (!(original > 0.0) || !in->info->context_length || isnan(r->rope_theta))
        return rw_finding_skip(out, "RW009", in->hp->file, err,
                               "base, original or advertised context is unknown");
    return reach(in, r, &l, original, out, err);
}

const rw_rule rw_rule_RW009 = {
    .id = "RW009",
    .severity = RW_ERROR,
    .title = "LongRoPE's lists have the wrong length or cannot cover the context",
    .check = check,
};
