/* claim_model.c - a small real model: the papers' probe, and a map of every head. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "paper/audit_doc.h"
#include "paper/claim.h"
#include "paper/figure.h"
#include "report/markup.h"

/* A map of one value over layers and heads. */
static ropewalk_status map(const json_t *audit, int64_t context, const char *path,
                           const char *name, const char *what, rw_section *s,
                           ropewalk_error *err)
{
    const json_t *heads = json_object_get(audit, "heads"), *head;
    uint32_t n_row = 0, n_column = 0;
    size_t i;
    json_array_foreach (heads, i, head) {
        const json_int_t layer = json_integer_value(json_object_get(head, "layer")),
                         h = json_integer_value(json_object_get(head, "head"));
        if (layer < 0 || layer >= 256 || h < 0 || h >= 256)
            continue; /* no picture of these */
        if (layer >= n_row) n_row = (uint32_t)layer + 1;
        if (h >= n_column) n_column = (uint32_t)h + 1;
    }
    const size_t n = (size_t)n_row * n_column;
    double *value = rw_array(n + 1, sizeof *value);
    if (!value) return rw_fail_memory(err, "a map");
    for (i = 0; i < n; i++)
        value[i] = (double)NAN;
    json_array_foreach (heads, i, head) {
        const json_int_t layer = json_integer_value(json_object_get(head, "layer")),
                         h = json_integer_value(json_object_get(head, "head"));
        if (layer < 0 || layer >= n_row || h < 0 || h >= n_column) continue;
        value[(size_t)layer * n_column + (size_t)h] = rw_doc_head(head, context, path);
    }
    char file[64];
    rw_text title;
    rw_text_init(&title);
    (void)snprintf(file, sizeof file, "model-%s", name);
    rw_text_printf(&title, "%s at ", what);
    rw_markup_tokens(&title, (double)context);
    rw_text_append(&title, " tokens");
    if (title.data) {
        const rw_figure_map m = {.title = title.data,
                                 .x_label = "head",
                                 .y_label = "layer",
                                 .value_label = "blue: below a coin's 0.5; orange: above",
                                 .n_row = n_row,
                                 .n_column = n_column,
                                 .value = value,
                                 .lo = 0,
                                 .middle = 0.5,
                                 .hi = 1};
        rw_figure_map_draw(&m, rw_section_picture(s, file, title.data));
    }
    if (title.failed) s->body.failed = true;
    rw_text_clear(&title);
    rw_free(value);
    return ROPEWALK_OK;
}

/* 1: every head decides, 0: a coin's. */
static double from_coin(const json_t *audit, int64_t context, const char *key)
{
    return strcmp(key, "position") == 0
               ? rw_doc_median(audit, context, "preference", NULL)
               : 1.0 - 2.0 * rw_doc_median(audit, context, "token_flip", NULL);
}

static void horizon(const json_t *audit, const char *key, const char *what,
                    const char *limit, int64_t advertised, rw_section *s)
{
    char path[64];
    (void)snprintf(path, sizeof path, "verdict.horizon_%s", key);
    const double at = rw_doc_number(audit, path);
    /* Never at a coin's, and yet on the way there. */
    const bool nears = from_coin(audit, rw_doc_largest(audit), key) <
                       from_coin(audit, advertised, key) / 2;
    rw_judgement *j =
        rw_section_judge(s, isnan(at) && nears        ? RW_OUTCOME_APPROXIMATELY
                            : isnan(at)               ? RW_OUTCOME_NOT_REPRODUCED
                            : at > (double)advertised ? RW_OUTCOME_LIMIT
                                                      : RW_OUTCOME_APPROXIMATELY);
    rw_text_printf(&j->what, "Real heads lose %s in long contexts", what);
    rw_text_append(&j->published, "rates near a coin's as M grows");
    if (isnan(at)) {
        (void)snprintf(path, sizeof path, "verdict.horizon_%s_reason", key);
        rw_markup_escape(&j->ours, rw_doc_string(audit, path));
        rw_text_printf(&j->ours, "; from 1 (every head decides) to 0 (a coin): %.2f at ",
                       from_coin(audit, advertised, key));
        rw_markup_tokens(&j->ours, (double)advertised);
        rw_text_printf(&j->ours, ", %.2f at ",
                       from_coin(audit, rw_doc_largest(audit), key));
        rw_markup_tokens(&j->ours, (double)rw_doc_largest(audit));
    } else {
        rw_text_printf(&j->ours, "%s from ", limit);
        rw_markup_tokens(&j->ours, at);
        rw_text_append(&j->ours, " on; advertised are ");
        rw_markup_tokens(&j->ours, (double)advertised);
    }
    rw_text_append(&j->reason,
                   "median over heads, random keys; beyond the trained length the "
                   "vectors are moved where the model was never taught to be");
}

static void medians(const json_t *audit, rw_section *s)
{
    static const char *const path[] = {"random.position_inversion.measured",
                                       "random.position_inversion.predicted",
                                       "preference",
                                       "random_random.token_inversion.measured",
                                       "random_random.token_inversion.predicted",
                                       "token_flip"};
    size_t i;
    const json_t *value;
    rw_text_append(&s->body,
                   "Medians over heads, random keys, counted and predicted; flip chance: "
                   "that two random distances order an attended and a random key "
                   "differently:\n");
    rw_section_table(
        s,
        "M | position inversion | predicted | preference | token inversion | "
        "predicted | flip chance",
        7);
    json_array_foreach (json_object_get(json_object_get(audit, "settings"), "contexts"),
                        i, value) {
        const int64_t context = json_integer_value(value);
        rw_text_append(&s->body, "| ");
        rw_markup_count(&s->body, (double)context);
        for (size_t k = 0; k < sizeof path / sizeof *path; k++) {
            rw_text_append(&s->body, " | ");
            rw_markup_rate(&s->body, rw_doc_median(audit, context, path[k], NULL));
        }
        rw_text_append(&s->body, " |\n");
    }
}

static void probe(const json_t *audit, rw_section *s)
{
    const json_t *p = json_object_get(audit, "probe"), *row, *item;
    size_t i, k;
    if (!json_is_object(p)) return;
    rw_text_append(
        &s->body,
        "\nThe papers' probe, layer 0 head 0, query \"pet\", score scale 1, bf16. "
        "P's figures for Llama-3.1-8B are in the section above; another model "
        "need not agree.\n");
    rw_section_table(
        s, "M | key | position inversion | aliasing pairs | aliasing distances", 5);
    json_array_foreach (json_object_get(p, "contexts"), i, row)
        json_array_foreach (json_object_get(row, "keys"), k, item) {
            rw_text_append(&s->body, "| ");
            rw_markup_count(&s->body, rw_doc_number(row, "context"));
            rw_text_append(&s->body, " | ");
            rw_markup_str(&s->body, item, "key", "-");
            rw_text_append(&s->body, " | ");
            rw_markup_rate(&s->body, rw_doc_number(item, "position_inversion"));
            rw_text_append(&s->body, " | ");
            rw_markup_count(&s->body, rw_doc_number(item, "position_aliasing_pairs"));
            rw_text_append(&s->body, " | ");
            rw_markup_count(&s->body, rw_doc_number(item, "position_aliasing_distances"));
            rw_text_append(&s->body, " |\n");
        }
    rw_section_table(s,
                     "M | keys | token inversion | token-aliasing distances | "
                     "attention-invariant pairs",
                     5);
    json_array_foreach (json_object_get(p, "contexts"), i, row)
        json_array_foreach (json_object_get(row, "pairs"), k, item) {
            rw_text_append(&s->body, "| ");
            rw_markup_count(&s->body, rw_doc_number(row, "context"));
            rw_text_append(&s->body, " | ");
            rw_markup_str(&s->body, item, "key1", "-");
            rw_text_append(&s->body, ",");
            rw_markup_str(&s->body, item, "key2", "-");
            rw_text_append(&s->body, " | ");
            rw_markup_rate(&s->body, rw_doc_number(item, "token_inversion"));
            rw_text_append(&s->body, " | ");
            rw_markup_count(&s->body, rw_doc_number(item, "token_aliasing"));
            rw_text_append(&s->body, " | ");
            rw_markup_count(&s->body, rw_doc_number(item, "attention_invariance"));
            rw_text_append(&s->body, " |\n");
        }
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    const json_t *audit = paper->audit;
    const int64_t advertised = rw_doc_advertised(audit), largest = rw_doc_largest(audit);
    horizon(audit, "position", "positions", "median preference below 0.1", advertised, s);
    horizon(audit, "token", "token order", "median flip chance above 0.4", advertised, s);
    medians(audit, s);
    ropewalk_status status =
        map(audit, advertised, "random.position_inversion.measured",
            "position-advertised", "Position inversion, random keys,", s, err);
    if (!status)
        status = map(audit, largest, "random.position_inversion.measured",
                     "position-largest", "Position inversion, random keys,", s, err);
    if (!status)
        status = map(audit, advertised, "random_random.token_inversion.measured",
                     "token-advertised", "Token inversion, random keys,", s, err);
    if (!status)
        status = map(audit, largest, "random_random.token_inversion.measured",
                     "token-largest", "Token inversion, random keys,", s, err);
    if (!status) probe(audit, s);
    return status;
}

const rw_claim rw_claim_model = {
    .order = 140,
    .name = "model",
    .title = "A small real model: every head, and the probe",
    .source = "P",
    .statement =
        "RoPE distinguishes neither positions nor tokens in long contexts: what the "
        "heads of "
        "a real model (SmolLM2-135M-Instruct by `make reproduce`) do with vectors they "
        "computed on real text.",
    .needs_audit = true,
    .check = check};
