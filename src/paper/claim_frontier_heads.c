/* claim_frontier_heads.c - the heads of a real model on the plane of the frontier. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/normal.h"
#include "paper/audit_doc.h"
#include "paper/claim.h"
#include "paper/figure.h"
#include "report/markup.h"
#include "theory/frontier.h"

enum { N_RATE = 8, MAX_DIM = 512 };
static const double rate_of[N_RATE] = {.45, .4, .3, .2, .1, .01, .001, .0001};

/* Base64 of `dim` little-endian float32; false when it is anything else. */
static bool decode(const char *text, uint32_t dim, double *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t bytes[4 * MAX_DIM + 3] = {0};
    size_t n = 0;
    uint32_t bits = 0, held = 0;
    for (; *text && *text != '='; text++) {
        const char *at = strchr(letters, *text);
        if (!at || n + 1 > sizeof bytes) return false;
        held = held << 6 | (uint32_t)(at - letters);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes[n++] = (uint8_t)(held >> bits);
    }
    if (n != (size_t)4 * dim) return false;
    for (uint32_t i = 0; i < dim; i++) {
        const uint8_t *const b = bytes + (size_t)4 * i;
        const uint32_t word = (uint32_t)b[0] | (uint32_t)b[1] << 8 |
                              (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        float x;
        memcpy(&x, &word, sizeof x);
        if (!isfinite(x)) return false;
        out[i] = (double)x;
    }
    return true;
}

/* The rotation of the first table, when every layer has it and all of a head rotates. */
static ropewalk_status read_rotation(const json_t *audit, rw_rotation *rot, bool *usable,
                                     ropewalk_error *err)
{
    const json_t *r = json_array_get(json_object_get(audit, "rotations"), 0),
                 *freq = json_object_get(r, "inv_freq"), *value;
    const double dim = rw_doc_number(r, "rotary_dim");
    size_t i;
    *usable = dim >= 2 && dim <= MAX_DIM && !((uint32_t)dim & 1) &&
              json_array_size(freq) == (size_t)dim / 2 &&
              rw_doc_number(r, "rotary_offset") <= 0 &&
              json_array_size(json_object_get(audit, "rotations")) == 1;
    if (!*usable) return ROPEWALK_OK;
    const ropewalk_status status = rw_rotation_alloc(rot, (uint32_t)dim, err);
    if (status) return status;
    rot->attn_factor = 1;
    rot->pairs = strcmp(rw_doc_string(r, "pairs"), "interleaved") == 0
                     ? RW_PAIRS_INTERLEAVED
                     : RW_PAIRS_HALF_SPLIT;
    json_array_foreach (freq, i, value) {
        rot->inv_freq[i] = json_number_value(value);
        if (!(rot->inv_freq[i] > 0)) *usable = false;
    }
    return ROPEWALK_OK;
}

/* The random key that belongs to a query's head. */
static const json_t *key_of(const json_t *audit, const json_t *query)
{
    const json_t *keys = json_object_get(json_object_get(audit, "vectors"), "keys"), *key;
    const double layer = rw_doc_number(query, "layer"),
                 head = rw_doc_number(query, "head");
    const double n_q = rw_doc_number(audit, "model.n_head_q"),
                 n_kv = rw_doc_number(audit, "model.n_head_kv");
    size_t i;
    json_array_foreach (keys, i, key)
        if (!(fabs(rw_doc_number(key, "layer") - layer) > 0) &&
            !(fabs(rw_doc_number(key, "kv_head") - floor(head / (n_q / n_kv))) > 0) &&
            strcmp(rw_doc_string(key, "stratum"), "random") == 0)
            return key;
    return NULL;
}

typedef struct plane {
    double *rate, *step; /* a head each */
    size_t n, n_above;
    double bound[N_RATE], greatest; /* largest step of a head */
} plane;

static ropewalk_status place(const json_t *audit, const rw_rotation *rot, int64_t M,
                             plane *p, ropewalk_error *err)
{
    const json_t *queries = json_object_get(json_object_get(audit, "vectors"), "queries"),
                 *query;
    double q[MAX_DIM], k[MAX_DIM], re[MAX_DIM], im[MAX_DIM];
    rw_response r = {.n = 0};
    rw_frontier f = {.n_point = 0};
    size_t i;
    p->rate = rw_array(json_array_size(queries) + 1, sizeof *p->rate);
    p->step = rw_array(json_array_size(queries) + 1, sizeof *p->step);
    ropewalk_status status =
        p->rate && p->step
            ? rw_response_init(&r, rot->inv_freq, rot->rotary_dim / 2, M, err)
            : rw_fail_memory(err, "the heads");
    if (!status)
        status = rw_frontier_make(&r, RW_FRONTIER_POSITION, rate_of, N_RATE, &f, err);
    for (i = 0; i < f.n_point && !status; i++)
        p->bound[i] = f.point[i].bound;
    json_array_foreach (queries, i, query) {
        const json_t *key = key_of(audit, query);
        if (status || !key || !decode(rw_doc_string(query, "f32"), rot->rotary_dim, q) ||
            !decode(rw_doc_string(key, "f32"), rot->rotary_dim, k))
            continue;
        rw_coefficient z = {.re = re, .im = im};
        rw_head_place at;
        status = rw_coefficient_make(rot, rot->rotary_dim, 1.0, q, k, &z, err);
        if (status) break;
        rw_response_place(&r, &z, &at);
        if (isnan(at.separation) || isnan(at.step)) continue;
        /* the mirror image of a head that prefers far prefers near: one frontier for both */
        p->rate[p->n] = rw_normal_cdf(-fabs(at.separation));
        p->step[p->n] = at.step;
        for (int c = 0; c < N_RATE; c++)
            if (p->rate[p->n] <= rate_of[c] && at.step > p->bound[c]) {
                p->n_above++;
                break;
            }
        p->greatest = fmax(p->greatest, at.step);
        p->n++;
    }
    rw_frontier_clear(&f);
    rw_response_clear(&r);
    return status;
}

static void report(const plane p[2], const int64_t context[2], rw_section *s)
{
    const size_t n = p[0].n + p[1].n, n_above = p[0].n_above + p[1].n_above;
    rw_judgement *j = rw_section_judge(s, !n        ? RW_OUTCOME_NOT_RUN
                                          : n_above ? RW_OUTCOME_NOT_REPRODUCED
                                                    : RW_OUTCOME_EXACTLY);
    rw_text_append(&j->what, "Every real head lies inside the frontier");
    rw_text_append(&j->published, "ours (R2)");
    rw_text_printf(&j->ours,
                   "%zu of %zu heads above it; the largest step of a head is %.3f U, the "
                   "frontier at p = .1 is %.3f and %.3f U",
                   n_above, n, fmax(p[0].greatest, p[1].greatest), p[0].bound[4],
                   p[1].bound[4]);
    rw_text_append(&j->reason, "a bound with a proof; each head at both contexts");
    rw_text label[4];
    rw_figure_series series[4];
    for (int k = 0; k < 4; k++) {
        rw_text_init(&label[k]);
        rw_text_append(&label[k], k < 2 ? "heads, M = " : "limit, M = ");
        rw_markup_tokens(&label[k], (double)context[k % 2]);
        if (label[k].failed) s->body.failed = true;
        series[k] =
            k < 2 ? (rw_figure_series){label[k].data, p[k].rate,        p[k].step,
                                       p[k].n,        RW_STROKE_POINTS, k}
                  : (rw_figure_series){label[k].data, rate_of,          p[k - 2].bound,
                                       N_RATE,        RW_STROKE_DASHED, k - 2};
    }
    const rw_figure figure = {
        .title = "Real heads and the frontier of their table",
        .x = {"predicted position inversion of the pair (log)", RW_SCALE_DECADES, 1e-4,
              0.5},
        .y = {"step, in units of U (log)", RW_SCALE_DECADES, 1e-4, 1},
        .series = series,
        .n_series = 4,
        .reference = (double)NAN};
    rw_figure_draw(&figure,
                   rw_section_picture(s, "frontier-heads",
                                      "One point a head: its step over its predicted "
                                      "inversion, below the limit of its table"));
    for (int k = 0; k < 4; k++)
        rw_text_clear(&label[k]);
    rw_text_append(
        &s->body,
        "One sampled query and one random key a head; heads that prefer far are "
        "shown by their mirror image. Rates below 1e-4 stand at the edge.\n");
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    const int64_t context[2] = {rw_doc_advertised(paper->audit),
                                rw_doc_largest(paper->audit)};
    plane p[2] = {{.n = 0}, {.n = 0}};
    rw_rotation rot;
    bool usable;
    rw_rotation_init(&rot);
    ropewalk_status status = read_rotation(paper->audit, &rot, &usable, err);
    for (int i = 0; i < 2 && !status && usable; i++)
        if (context[i] >= 2) status = place(paper->audit, &rot, context[i], &p[i], err);
    if (!status) report(p, context, s);
    for (int i = 0; i < 2; i++) {
        rw_free(p[i].rate);
        rw_free(p[i].step);
    }
    rw_rotation_clear(&rot);
    return status;
}

const rw_claim rw_claim_frontier_heads = {
    .order = 165,
    .name = "frontier-heads",
    .title = "Real heads under the frontier",
    .source = "ours ([theory.md](theory.md) section 7)",
    .statement = "No head, trained or not, passes the frontier of its frequency table.",
    .needs_audit = true,
    .check = check};
