/* rule_RW013.c - the size of a head, or of its rotated part, said in two ways that differ. */
#include <math.h>
#include <string.h>

#include "lint/look.h"

static ropewalk_status contradictions(const rw_lint_input *in, rw_findings *out,
                                      ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < in->info->n_problem && !status; i++) {
        const rw_problem *p = &in->info->problems[i];
        rw_finding *f;
        if (p->code != RW_PROBLEM_HEAD_DIM) continue;
        status = rw_finding_add(out, "RW013", RW_WARN, in->hp->file, p->key, &f, err,
                                "%s", p->message);
        if (!status) status = rw_finding_text(f, "value", p->what, err);
        if (!status)
            status = rw_finding_fix(f, err,
                                    strcmp(p->what, "rotary_dim") == 0
                                        ? "state one of rotary_dim and "
                                          "partial_rotary_factor, for an even number of "
                                          "dimensions"
                                    : strcmp(p->what, "n_head_q") == 0
                                        ? "state num_attention_heads, "
                                          "num_key_value_heads and head_dim"
                                        : "state \"head_dim\", as the weights have it");
    }
    return status;
}

/* Latent attention has query and key heads of two parts; a head_dim beside them is read as the
 * whole by some and as the rotated part by others, and 1/sqrt of it scales the softmax. */
static ropewalk_status latent(const rw_lint_input *in, rw_findings *out,
                              ropewalk_error *err)
{
    const rw_hvalue *v = in->hp->v, *head = &v[RW_HP_HEAD_DIM],
                    *plain = &v[RW_HP_NOPE_DIM_MLA], *rope = &v[RW_HP_ROPE_DIM_MLA];
    if (in->hp->kind != RW_FILE_CONFIG || !head->known || head->note[0] ||
        !plain->known || !rope->known)
        return ROPEWALK_OK;
    const double whole = plain->num + rope->num;
    if (fabs(head->num - whole) < 0.5) return ROPEWALK_OK;
    const bool rotated = fabs(head->num - rope->num) < 0.5;
    const bool part = rotated || fabs(head->num - plain->num) < 0.5;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW013", part ? RW_INFO : RW_WARN, in->hp->file, head->key, &f, err,
        "head_dim %.0f is %s of query and key heads of %.0f + %.0f: a reader that takes "
        "it "
        "for the whole scales scores by %.4g instead of %.4g",
        head->num,
        rotated ? "the rotated part"
        : part  ? "the part that does not rotate"
                : "no part",
        plain->num, rope->num, 1.0 / sqrt(head->num), 1.0 / sqrt(whole));
    if (!status) status = rw_finding_number(f, "head_dim", head->num, err);
    if (!status) status = rw_finding_number(f, "qk_nope_head_dim", plain->num, err);
    if (!status) status = rw_finding_number(f, "qk_rope_head_dim", rope->num, err);
    return status
               ? status
               : rw_finding_fix(f, err, "\"qk_head_dim\": %.0f, and no head_dim", whole);
}

/* A share that is no whole number of dimensions. */
static ropewalk_status partial(const rw_lint_input *in, rw_findings *out,
                               ropewalk_error *err)
{
    const rw_hvalue *share = &in->hp->v[RW_HP_PARTIAL_FACTOR];
    const uint32_t head_dim = in->info->n_layer ? in->info->layers[0].head_dim : 0;
    const double exact = share->num * head_dim, cut = floor(exact + 1e-6);
    if (in->hp->kind != RW_FILE_CONFIG || !share->known || share->note[0] || !head_dim ||
        in->hp->v[RW_HP_ROTARY_DIM].known || fabs(round(exact) - cut) < 0.5)
        return ROPEWALK_OK;
    rw_finding *f;
    ropewalk_status status =
        rw_finding_add(out, "RW013", RW_WARN, in->hp->file, share->key, &f, err,
                       "%g of %u dimensions are %.2f: readers that cut rotate %.0f of "
                       "them, readers that "
                       "round %.0f",
                       share->num, head_dim, exact, cut, round(exact));
    if (!status) status = rw_finding_number(f, "partial_rotary_factor", share->num, err);
    if (!status) status = rw_finding_number(f, "head_dim", head_dim, err);
    return status ? status
                  : rw_finding_fix(f, err, "\"partial_rotary_factor\": %.9g",
                                   cut / head_dim);
}

/* The rows of the query projection; twice as many where it makes a gate as well. */
static ropewalk_status weights(const rw_lint_input *in, rw_findings *out,
                               ropewalk_error *err)
{
    if (!in->hp->rows_q || !in->info->n_layer || (in->arch && in->arch->mla) ||
        in->hp->v[RW_HP_ROPE_DIM_MLA].known ||
        rw_look_problem(in->info, RW_PROBLEM_HEAD_DIM))
        return ROPEWALK_OK;
    const rw_layer_info *layer = &in->info->layers[0];
    const uint64_t rows = (uint64_t)layer->head_dim * layer->n_head_q;
    if (!rows || in->hp->rows_q == rows || in->hp->rows_q == 2 * rows) return ROPEWALK_OK;
    rw_finding *f;
    ropewalk_status status = rw_finding_add(
        out, "RW013", RW_WARN, in->hp->file, in->hp->v[RW_HP_HEAD_DIM].key, &f, err,
        "%u heads of %u dimensions need %llu rows of the query projection; the weights "
        "have "
        "%llu",
        layer->n_head_q, layer->head_dim, (unsigned long long)rows,
        (unsigned long long)in->hp->rows_q);
    if (!status) status = rw_finding_number(f, "head_dim", layer->head_dim, err);
    if (!status) status = rw_finding_number(f, "n_head_q", layer->n_head_q, err);
    if (!status) status = rw_finding_number(f, "rows", (double)in->hp->rows_q, err);
    return status ? status
                  : rw_finding_fix(f, err, "\"head_dim\": %g",
                                   (double)in->hp->rows_q / layer->n_head_q);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    ropewalk_status status = contradictions(in, out, err);
    if (!status) status = latent(in, out, err);
    if (!status) status = partial(in, out, err);
    return status ? status : weights(in, out, err);
}

const rw_rule rw_rule_RW013 = {
    .id = "RW013",
    .severity = RW_WARN,
    .title = "the size of heads, or of their rotated part, is ambiguous",
    .check = check,
};
