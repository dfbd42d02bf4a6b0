/* claim_llama.c - P's figures for Llama-3.1-8B: how to get them, and what random vectors give under
 * the same frequencies. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "paper/family_trial.h"
#include "paper/figure.h"
#include "position/mechanism.h"
#include "report/markup.h"

enum { DIM = 128, N_DRAW = 15, N_CONTEXT = 8, AT_8K = 3 };

static ropewalk_status rotation(rw_rotation *rot, ropewalk_error *err)
{
    const rw_layer_shape shape = {.head_dim = DIM,
                                  .rotary_dim = DIM,
                                  .n_head_q = 32,
                                  .n_head_kv = 8,
                                  .context_length = 131072,
                                  .rope_theta = 5e5,
                                  .pairs = RW_PAIRS_HALF_SPLIT};
    const rw_setting settings[] = {{.name = "factor", .num = 8},
                                   {.name = "low_freq_factor", .num = 1},
                                   {.name = "high_freq_factor", .num = 4},
                                   {.name = "original_context_length", .num = 8192}};
    return rw_mech_build(rw_mech_find("llama3"), &shape, settings, 4, rot, err);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef double (*quantity)(const rw_trial *t, uint32_t context);

static double alias_pairs(const rw_trial *t, uint32_t c)
{
    return (double)rw_trial_single(t, 0, c)->aliasing[RW_BF16].pairs;
}

static double invariance(const rw_trial *t, uint32_t c)
{
    return (double)rw_trial_double(t, c)->invariance[RW_BF16].pairs;
}

static double token_alias(const rw_trial *t, uint32_t c)
{
    return (double)rw_trial_double(t, c)->aliasing[RW_BF16].distances;
}

static double preference(const rw_trial *t, uint32_t c)
{
    return fabs(2 * rw_rate_of(&rw_trial_single(t, 0, c)->inversion) - 1);
}

static double token_flip(const rw_trial *t, uint32_t c)
{
    const double r = rw_rate_of(&rw_trial_double(t, c)->inversion);
    return 2 * r * (1 - r);
}

static void quantiles(const rw_trial *trial, uint32_t n_draw, uint32_t c, quantity of,
                      double *least, double *median, double *most)
{
    double value[N_DRAW];
    for (uint32_t d = 0; d < n_draw; d++)
        value[d] = of(&trial[d], c);
    qsort(value, n_draw, sizeof *value, ascending);
    *least = value[0];
    *median = value[n_draw / 2];
    *most = value[n_draw - 1];
}

static void count_cell(rw_text *t, const rw_trial *trial, uint32_t n_draw, quantity of,
                       uint32_t c)
{
    double least, median, most;
    quantiles(trial, n_draw, c, of, &least, &median, &most);
    rw_markup_count(t, median);
    rw_text_append(t, " (");
    rw_markup_count(t, least);
    rw_text_append(t, " to ");
    rw_markup_count(t, most);
    rw_text_append(t, ")");
}

static void not_run(rw_section *s, const char *what, const char *published,
                    const rw_trial *trial, uint32_t n_draw, quantity of, uint32_t c)
{
    rw_judgement *j = rw_section_judge(s, RW_OUTCOME_NOT_RUN);
    rw_text_append(&j->what, what);
    rw_text_append(&j->published, published);
    if (of) {
        rw_text_append(&j->ours, "no model; Gaussian vectors under its frequencies: ");
        count_cell(&j->ours, trial, n_draw, of, c);
    } else {
        rw_text_append(&j->ours, "no model");
    }
    rw_text_append(&j->reason,
                   "needs the weights of Llama-3.1-8B; the command is in the section");
}

static void report(const rw_trial *trial, uint32_t n_draw, const int64_t *context,
                   uint32_t n_context, rw_section *s)
{
    const uint32_t at = n_context > AT_8K ? AT_8K : n_context - 1;
    not_run(s, "Aliasing pairs at 8K (bf16), pet / cat and pet / dog",
            "77,565 and 76,321", trial, n_draw, alias_pairs, at);
    not_run(s, "Attention-invariant pairs at 8K, cat and dog", "1,491", trial, n_draw,
            invariance, at);
    not_run(s, "Token-aliasing distances at 8K, cat and dog", "about 150", trial, n_draw,
            token_alias, at);
    not_run(s, "Position inversion over the context",
            "about 0.3 within a few thousand tokens, near chance beyond 50K", trial,
            n_draw, NULL, 0);
    not_run(s, "Token inversion of cat against number",
            "first within 10 tokens, about 0.5 from 20K on", trial, n_draw, NULL, 0);
    rw_text_append(
        &s->body,
        "With a GGUF of the model (bf16 or f16; quantised weights change q and k), "
        "layer 0 and head 0 as published:\n\n"
        "```\n"
        "ropewalk audit Meta-Llama-3.1-8B-bf16.gguf --query \" pet\" --keys \" cat, dog, "
        "number\" "
        "\\\n"
        "    --layer 0 --head 0 --score-scale 1 -c 1k,2k,4k,8k,16k,32k,64k,128k "
        "--json llama.json -o llama.html\n"
        "jq '.probe' llama.json\n"
        "```\n\n"
        "The page of such an audit sets the published figures beside its probe. At layer "
        "0 a "
        "query and a key depend on their token alone, so no text is needed for this "
        "part.\n\n"
        "What can be said without the weights: the frequencies are known (base 5e5, "
        "llama3 scaling "
        "by 8, `head_dim` 128). Gaussian queries and keys under them, median of ");
    rw_text_printf(&s->body,
                   "%u draws, and least to largest. Score scale 1 is not the scale of "
                   "the model's vectors, but for large scores rounding is relative.\n",
                   n_draw);
    rw_section_table(
        s,
        "M | aliasing pairs | attention-invariant pairs | token-aliasing distances | "
        "preference, abs(2p - 1) | flip chance 2r(1 - r)",
        6);
    for (uint32_t c = 0; c < n_context; c++) {
        double least, median, most;
        rw_text_append(&s->body, "| ");
        rw_markup_count(&s->body, (double)context[c]);
        const quantity count[] = {alias_pairs, invariance, token_alias};
        for (int k = 0; k < 3; k++) {
            rw_text_append(&s->body, " | ");
            count_cell(&s->body, trial, n_draw, count[k], c);
        }
        quantiles(trial, n_draw, c, preference, &least, &median, &most);
        rw_text_printf(&s->body, " | %.2f (%.2f to %.2f)", median, least, most);
        quantiles(trial, n_draw, c, token_flip, &least, &median, &most);
        rw_text_printf(&s->body, " | %.2f (%.2f to %.2f) |\n", median, least, most);
    }
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    const uint32_t n_draw = rw_paper_draws(paper, N_DRAW);
    int64_t context[N_CONTEXT];
    uint32_t n_context = 0;
    const int64_t largest = rw_paper_context(paper, 131072);
    for (int64_t M = 1024; M <= largest && n_context < N_CONTEXT; M *= 2)
        context[n_context++] = M;
    rw_rotation rot;
    rw_rotation_init(&rot);
    rw_trial trial[N_DRAW];
    ropewalk_status status = rotation(&rot, err);
    for (uint32_t d = 0; d < n_draw; d++)
        trial[d] = (rw_trial){.rotation = &rot,
                              .rope_theta = 5e5,
                              .head_dim = DIM,
                              .family = RW_FAMILY_GAUSSIAN,
                              .draw = d,
                              .n_key = 2,
                              .context = context,
                              .n_context = n_context,
                              .dtypes = 1u << RW_BF16,
                              .events = 1u << RW_EVENT_POSITION_INVERSION |
                                        1u << RW_EVENT_POSITION_ALIASING |
                                        1u << RW_EVENT_TOKEN_INVERSION |
                                        1u << RW_EVENT_TOKEN_ALIASING |
                                        1u << RW_EVENT_ATTENTION_INVARIANCE};
    if (!status) status = rw_trials_run(paper, trial, n_draw, err);
    if (!status) {
        report(trial, n_draw, context, n_context, s);
        rw_trials_clear(trial, n_draw);
    }
    rw_rotation_clear(&rot);
    return status;
}

const rw_claim rw_claim_llama = {
    .order = 130,
    .name = "llama",
    .title = "P's probe of Llama-3.1-8B",
    .source = "P",
    .statement =
        "Layer 0, head 0, query \"pet\", score scale 1: figures for the keys \"cat\", "
        "\"dog\" and \"number\".",
    .check = check};
