/* claim_bf16_positions.c - positions kept as bf16 numbers: neighbours that become one. */
#include "base/number.h"
#include "paper/claim.h"
#include "report/markup.h"

/* Of the n pairs (p, p + 1) from `first` on, those whose members round to one number. */
static int64_t equal_neighbours(rw_dtype dtype, int64_t first, int64_t n)
{
    int64_t count = 0;
    int32_t key = rw_round_key(dtype, (double)first);
    for (int64_t p = first; p < first + n; p++) {
        const int32_t next = rw_round_key(dtype, (double)(p + 1));
        count += next == key;
        key = next;
    }
    return count;
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    (void)paper;
    (void)err;
    static const struct {
        int64_t p;
        double published; /* percent, as printed: one decimal */
        const char *text;
    } row[] = {{1024, 87.5, "87.5 %"}, {16384, 99.2, "99.2 %"}};
    for (int i = 0; i < 2; i++) {
        const int64_t count = equal_neighbours(RW_BF16, row[i].p, row[i].p);
        const double share = 100.0 * (double)count / (double)row[i].p;
        const bool same =
            share > row[i].published - 0.05 && share <= row[i].published + 0.05;
        rw_judgement *j =
            rw_section_judge(s, same ? RW_OUTCOME_EXACTLY : RW_OUTCOME_NOT_REPRODUCED);
        rw_text_printf(&j->what, "Neighbouring positions above %lld equal in bf16",
                       (long long)row[i].p);
        rw_text_append(&j->published, row[i].text);
        rw_text_printf(&j->ours, "%lld of %lld, %.4f %%", (long long)count,
                       (long long)row[i].p, share);
        rw_text_append(&j->reason,
                       "counted over p to 2 p, and derived: 1 - 2^(7-k) for p = 2^k");
    }
    rw_text_append(&s->body, "What is counted: the integers p and p + 1, each rounded to "
                             "bf16 before it meets a "
                             "frequency, for p from 2^k to 2^(k+1) - 1. bf16 has 8 "
                             "significand bits, so between 2^k "
                             "and 2^(k+1) there are 2^7 numbers, 2^(k-7) apart, for k of "
                             "7 or more; going up through "
                             "the 2^k pairs the rounded value changes exactly 2^7 times. "
                             "The share of pairs that stay "
                             "equal is therefore 1 - 2^(7-k), in any window that begins "
                             "at 2^k and is a multiple of the "
                             "spacing long, and 1 - 2^(10-k) for f16. It is a "
                             "statement about position ids in the number format (models "
                             "cast to bf16 with their "
                             "positions), not about rounded scores.\n");
    rw_section_table(
        s, "p from | bf16: equal neighbours | share | f16: equal neighbours | share", 5);
    for (int k = 7; k <= 17; k++) {
        const int64_t p = (int64_t)1 << k;
        const int64_t bf16 = equal_neighbours(RW_BF16, p, p);
        rw_text_append(&s->body, "| ");
        rw_markup_count(&s->body, (double)p);
        rw_text_append(&s->body, " | ");
        rw_markup_count(&s->body, (double)bf16);
        rw_text_printf(&s->body, " | %.4f %% | ", 100.0 * (double)bf16 / (double)p);
        if (2 * p > 65504) { /* f16 ends there */
            rw_text_append(&s->body, "- | - |\n");
            continue;
        }
        const int64_t f16 = equal_neighbours(RW_F16, p, p);
        rw_markup_count(&s->body, (double)f16);
        rw_text_printf(&s->body, " | %.4f %% |\n", 100.0 * (double)f16 / (double)p);
    }
    return ROPEWALK_OK;
}

const rw_claim rw_claim_bf16_positions = {
    .order = 90,
    .name = "bf16-positions",
    .title = "Neighbouring positions that bf16 makes equal",
    .source = "F's remark on bf16 position ids",
    .statement = "Just above p, neighbouring integer positions are equal after rounding "
                 "to bf16 in "
                 "87.5 % of cases at p = 1,024 and 99.2 % at 16,384.",
    .check = check};
