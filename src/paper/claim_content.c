/* claim_content.c - does the kind of text matter? From the audit of a real model. */
#include <math.h>

#include "paper/audit_doc.h"
#include "paper/claim.h"
#include "report/markup.h"

static const struct {
    const char *key, *name;
} value_of[] = {{"median_position_inversion", "position inversion"},
                {"median_token_inversion", "token inversion"},
                {"median_preference", "preference"}};
enum { N_VALUE = 3 };

/* Least and largest of a median over the texts, at a context. */
static void range(const json_t *audit, int64_t context, const char *key, double *least,
                  double *most)
{
    size_t i;
    const json_t *row;
    *least = INFINITY;
    *most = -INFINITY;
    json_array_foreach (json_object_get(audit, "by_text"), i, row) {
        const double x = rw_doc_number(row, key);
        if (json_integer_value(json_object_get(row, "context")) != context || isnan(x))
            continue;
        *least = fmin(*least, x);
        *most = fmax(*most, x);
    }
}

/* Alike: medians over heads within .05 of each other. */
static bool alike(const json_t *audit, int64_t context, const char *key)
{
    double least, most;
    range(audit, context, key, &least, &most);
    return most - least <= 0.05;
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    (void)err;
    const json_t *audit = paper->audit, *row;
    const int64_t advertised = rw_doc_advertised(audit), largest = rw_doc_largest(audit);
    for (int v = 0; v < 2; v++) {
        double least, most, least_far, most_far;
        range(audit, advertised, value_of[v].key, &least, &most);
        range(audit, largest, value_of[v].key, &least_far, &most_far);
        rw_judgement *j = rw_section_judge(
            s, alike(audit, advertised, value_of[v].key) ? RW_OUTCOME_APPROXIMATELY
               : alike(audit, largest, value_of[v].key)  ? RW_OUTCOME_LIMIT
                                                         : RW_OUTCOME_NOT_REPRODUCED);
        rw_text_printf(&j->what, "Independence of content: %s", value_of[v].name);
        rw_text_append(&j->published, "the failures do not depend on content");
        rw_text_printf(&j->ours,
                       "medians of the texts from %.3f to %.3f at the advertised ", least,
                       most);
        rw_markup_tokens(&j->ours, (double)advertised);
        rw_text_printf(&j->ours, ", %.3f to %.3f at ", least_far, most_far);
        rw_markup_tokens(&j->ours, (double)largest);
        rw_text_append(&j->reason, "alike means within .05 of each other");
    }
    rw_text_append(&s->body, "Medians over the heads of ");
    rw_markup_str(&s->body, json_object_get(audit, "model"), "name", "the audited model");
    rw_text_append(
        &s->body,
        " on each text alone, random keys. Shuffled is the prose with its tokens "
        "in random order: the same words without their content.\n");
    rw_section_table(s, "text | M | position inversion | token inversion | preference",
                     5);
    size_t i;
    json_array_foreach (json_object_get(audit, "by_text"), i, row) {
        rw_text_append(&s->body, "| ");
        rw_markup_str(&s->body, row, "text", "-");
        rw_text_append(&s->body, " | ");
        rw_markup_count(&s->body, rw_doc_number(row, "context"));
        for (int v = 0; v < N_VALUE; v++) {
            rw_text_append(&s->body, " | ");
            rw_markup_rate(&s->body, rw_doc_number(row, value_of[v].key));
        }
        rw_text_append(&s->body, " |\n");
    }
    return ROPEWALK_OK;
}

const rw_claim rw_claim_content = {.order = 150,
                                   .name = "content",
                                   .title = "Four kinds of text",
                                   .source = "P",
                                   .statement =
                                       "The failures come from the rotation and do not "
                                       "depend on what the text is about.",
                                   .needs_audit = true,
                                   .check = check};
