/* rule_RW016.c - pairs that never complete a turn: how much of a head is all but without position. */
#include <stdio.h>

#include "lint/look.h"
#include "position/rotation.h"

#define TURN 6.283185307179586

static uint32_t slower(const double *inv_freq, uint32_t n_pair, double length)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_pair; i++)
        n += inv_freq[i] > 0.0 && inv_freq[i] * length < TURN;
    return n;
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const rw_rotation_info *r = rw_look_scaled(in->info);
    const double advertised = (double)in->info->context_length;
    double trained = (double)in->info->original_context_length;
    double unscaled[RW_MAX_HEAD_DIM / 2];
    if (!r) return ROPEWALK_OK;
    const bool scaled_later = trained > 0.0 && trained < advertised;
    if (!(trained > 0.0)) trained = advertised;
    if (!r->inv_freq || !(trained > 0.0))
        return rw_finding_skip(out, "RW016", in->hp->file, err, "%s is unknown",
                               r->inv_freq ? "the context" : "the base");
    const uint32_t n_pair = r->rotary_dim / 2;
    uint32_t n_turning = 0; /* what never turns is no slow pair */
    rw_inv_freq_unscaled(r->rope_theta, r->rotary_dim, unscaled);
    for (uint32_t i = 0; i < n_pair; i++) {
        if (r->inv_freq[i] > 0.0)
            n_turning++;
        else
            unscaled[i] = 0.0;
    }
    /* Without an original context nothing says what was trained before: what runs counts. */
    const uint32_t n = slower(
        in->info->original_context_length > 0 ? unscaled : r->inv_freq, n_pair, trained);
    const uint32_t n_scaled = slower(r->inv_freq, n_pair, advertised);
    if (!n) return ROPEWALK_OK;
    char scaled[64] = "";
    if (scaled_later)
        (void)snprintf(scaled, sizeof scaled, "; after it, %u within %.0f", n_scaled,
                       advertised);
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW016", RW_INFO, in->hp->file, rw_look_key(in, "rope_theta"), &f, err,
        "%u of %u pairs never complete a turn within the %.0f positions %s, so that a "
        "part of each of their circles was never seen%s",
        n, n_turning, trained, scaled_later ? "trained before scaling" : "advertised",
        scaled);
    if (!status) status = rw_finding_number(f, "pairs", n_turning, err);
    if (!status) status = rw_finding_number(f, "pairs_below_one_turn", n, err);
    if (!status) status = rw_finding_number(f, "trained_context", trained, err);
    if (!status)
        status = rw_finding_number(f, "longest_wavelength", rw_look_longest_wave(r), err);
    if (!status && scaled_later)
        status = rw_finding_number(f, "pairs_below_one_turn_advertised", n_scaled, err);
    return status;
}

const rw_rule rw_rule_RW016 = {
    .id = "RW016",
    .severity = RW_INFO,
    .title = "pairs that never complete a turn within the trained context",
    .check = check,
};
