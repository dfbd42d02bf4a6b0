/* claim_layers.c - the heads of a real model's layers together. */
#include <math.h>

#include "paper/audit_doc.h"
#include "paper/claim.h"
#include "report/markup.h"

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    (void)err;
    const json_t *audit = paper->audit, *row;
    const json_t *joint = json_object_get(audit, "joint_aliasing");
    size_t i;
    double one = (double)NAN, all = (double)NAN, size = 0, total = 0;
    rw_text_append(
        &s->body,
        "Position pairs that alias in every head of a random set of heads of one "
        "layer, ");
    rw_markup_str(&s->body, json_object_get(audit, "model"), "name", "the audited model");
    rw_text_append(&s->body, ":\n");
    rw_section_table(s, "heads | M | sets | mean pairs | least | largest | of", 7);
    json_array_foreach (joint, i, row) {
        const double n = rw_doc_number(row, "set_size"),
                     mean = rw_doc_number(row, "mean_pairs");
        if (n > 0 && n < 2) one = mean;
        if (n > size) {
            size = n;
            all = mean;
            total = rw_doc_number(row, "total");
        }
        static const char *const key[] = {"set_size",  "context",   "n_set", "mean_pairs",
                                          "min_pairs", "max_pairs", "total"};
        for (int k = 0; k < 7; k++) {
            rw_text_append(&s->body, k ? " | " : "| ");
            rw_markup_count(&s->body, rw_doc_number(row, key[k]));
        }
        rw_text_append(&s->body, " |\n");
    }
    rw_judgement *j = rw_section_judge(s, isnan(all)         ? RW_OUTCOME_NOT_RUN
                                          : all > one / 10.0 ? RW_OUTCOME_APPROXIMATELY
                                                             : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "Many heads of a real layer do not help: aliasing");
    rw_text_append(&j->published, "more heads do not help");
    rw_markup_count(&j->ours, one);
    rw_text_printf(&j->ours,
                   " pairs alias in one head, %.1f in all %.0f of a layer (means)", all,
                   size);
    rw_text_printf(&j->reason,
                   "each head divides the pairs that are left, but by less than an "
                   "independent one, of which %.0f would leave %.1g",
                   size, total * pow(one / total, size));
    double best = 0, together = 0, n = 0;
    json_array_foreach (json_object_get(audit, "readout"), i, row) {
        const double b = rw_doc_number(row, "d_best_head"),
                     a = rw_doc_number(row, "d_all_heads");
        if (isnan(a) || isnan(b)) continue;
        best += b;
        together += a;
        n++;
    }
    j = rw_section_judge(s, !(n > 0)                 ? RW_OUTCOME_NOT_RUN
                            : together < 1.05 * best ? RW_OUTCOME_APPROXIMATELY
                                                     : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "Many heads of a real layer do not help: near from far");
    rw_text_append(&j->published, "more heads do not help");
    rw_text_printf(&j->ours,
                   "the best single head separates the halves by %.2f standard "
                   "deviations, all heads "
                   "read linearly by %.2f (means over %.0f layers)",
                   best / n, together / n, n);
    rw_text_append(&j->reason, "sqrt(g' V^-1 g) of a layer against its best head (A8)");
    return ROPEWALK_OK;
}

const rw_claim rw_claim_layers = {.order = 160,
                                  .name = "layers",
                                  .title = "The heads of a real layer together",
                                  .source = "P",
                                  .statement =
                                      "More heads do not resolve what one head confuses.",
                                  .needs_audit = true,
                                  .check = check};
