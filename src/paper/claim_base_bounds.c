/* claim_base_bounds.c - B's table of least bases, next to bounds found by proof. */
#include <math.h>

#include "paper/claim.h"
#include "paper/figure.h"
#include "report/markup.h"
#include "theory/base_bound.h"

enum { N_LENGTH = 11, HALF = 64 };

/* B's printed table is believed (quoted from memory of the paper, not read again here); its fitted
 * line was read off its first figure. The refined values are those of this project's theory. */
static const double printed[N_LENGTH] = {4.3e3, 1.6e4, 2.7e4, 8.4e4, 3.1e5, 6.4e5,
                                         2.1e6, 7.8e6, 3.6e7, 6.4e7, 5.1e8};
static const struct {
    double value;
    int digits; /* significant, as printed */
} refined[N_LENGTH] = {{4294, 4},     {11588, 5},    {26953, 5},    {83772, 5},
                       {231686, 6},   {630086, 6},   {2.0917e6, 5}, {4.8697e6, 5},
                       {2.3662e7, 5}, {5.8496e7, 5}, {6.5419e7, 5}};

static double fitted(double length)
{
    return 0.0424 * pow(length, 1.628);
}

/* Whether a printed value may lie in the window of the least passing base. */
static bool in_window(const rw_base_first *first, double as, int digits)
{
    const double half = pow(10, floor(log10(as)) - digits + 1) / 2;
    return first->state == RW_ESTIMATE_KNOWN && !first->gaps && as + half >= first->low &&
           as - half <= first->window_end;
}

static void judge(const rw_base_first *first, uint32_t n, rw_section *s)
{
    uint32_t n_refined = 0, n_printed = 0, n_above = 0;
    double far = 1, far_fit = 1, far_refined = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double ours = first[i].high, L = 1024.0 * pow(2, i);
        n_refined += in_window(&first[i], refined[i].value, refined[i].digits);
        far_refined = fmax(far_refined, refined[i].value / ours - 1);
        n_printed += fabs(ours / printed[i] - 1) < 0.05;
        n_above += printed[i] >= 0.98 * ours; /* two digits are printed */
        far = fmax(far, fmax(ours / printed[i], printed[i] / ours));
        far_fit = fmax(far_fit, fmax(ours / fitted(L), fitted(L) / ours));
    }
    rw_judgement *j = rw_section_judge(s, n_printed == n ? RW_OUTCOME_EXACTLY
                                          : n_above == n ? RW_OUTCOME_APPROXIMATELY
                                                         : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "The least base for a context (B's table)");
    rw_text_append(&j->published, "4.3e3 at 1K to 5.1e8 at 1M (believed, not read here)");
    rw_text_printf(&j->ours,
                   "%u of %u within 5 %%, %u of %u at or above the proven least; the "
                   "furthest is too "
                   "large by a factor of %.1f",
                   n_printed, n, n_above, n, far);
    rw_text_append(&j->reason,
                   "the least passing base lies in a window of bases so narrow that a "
                   "grid misses it: B's values are upper bounds");
    j = rw_section_judge(s, far_fit < 1.25 ? RW_OUTCOME_EXACTLY
                            : far_fit < 5  ? RW_OUTCOME_APPROXIMATELY
                                           : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "B's fitted line");
    rw_text_append(&j->published, "base = 0.0424 L^1.628");
    rw_text_printf(&j->ours,
                   "off by at most a factor of %.1f over a thousandfold of lengths",
                   far_fit);
    rw_text_append(&j->reason, "a power law through values that go in steps");
    j = rw_section_judge(s,
                         n_refined == n ? RW_OUTCOME_EXACTLY : RW_OUTCOME_APPROXIMATELY);
    rw_text_append(&j->what, "Refinements of the table on finer grids");
    rw_text_append(&j->published,
                   "4294, 11588, 26953, 83772, 231686, 630086, 2.0917e6, ...");
    rw_text_printf(
        &j->ours,
        "%u of %u in the window of the least passing base, all within %.2g %% above the "
        "least",
        n_refined, n, 100 * far_refined);
    rw_text_append(&j->reason,
                   "every smaller base than ours is proven to fail, by intervals of "
                   "ln(base) (T18)");
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    rw_base_first first[N_LENGTH];
    double x[N_LENGTH], ours[N_LENGTH], line[N_LENGTH];
    const uint32_t n = paper->quick ? 3 : N_LENGTH;
    rw_text_append(&s->body,
                   "`head_dim` 128; B_m = sum of cos(m w_n) may not be negative at any "
                   "distance m up to L. The window is the relative width of the "
                   "stretch of passing bases that begins at the least one; the witness "
                   "is the distance that fails just below it.\n");
    rw_section_table(s, "L | B's table | B's line | least base here | window | witness",
                     6);
    for (uint32_t i = 0; i < n; i++) {
        const rw_base_search search = {.n_pair = HALF,
                                       .length = (int64_t)1024 << i,
                                       .base_end = RW_BASE_END,
                                       .n_thread = paper->n_thread,
                                       .progress = paper->progress,
                                       .progress_ctx = paper->progress_ctx};
        const ropewalk_status status = rw_base_first_find(&search, &first[i], err);
        if (status) return status;
        x[i] = (double)search.length;
        ours[i] = first[i].high;
        line[i] = fitted(x[i]);
        rw_text_append(&s->body, "| ");
        rw_markup_tokens(&s->body, x[i]);
        rw_text_append(&s->body, " | ");
        rw_text_base(&s->body, printed[i]);
        rw_text_append(&s->body, " | ");
        rw_text_base(&s->body, line[i]);
        rw_text_printf(&s->body, " | %.6g | %.1e | ", ours[i],
                       (first[i].window_end - first[i].high) / first[i].high);
        rw_markup_count(&s->body, (double)first[i].witness);
        rw_text_append(&s->body, " |\n");
    }
    judge(first, n, s);
    const rw_figure_series series[] = {
        {"least base, proven", x, ours, n, RW_STROKE_MARKED, 0},
        {"B's table (believed)", x, printed, n, RW_STROKE_POINTS, 1},
        {"B's fitted line", x, line, n, RW_STROKE_DASHED, 5}};
    const rw_figure figure = {
        .title = "The least base for a context",
        .x = {"context L in tokens (log)", RW_SCALE_TOKENS, x[0], x[n - 1]},
        .y = {"base (log)", RW_SCALE_DECADES, 1e3, 1e9},
        .series = series,
        .n_series = 3,
        .reference = (double)NAN};
    rw_figure_draw(&figure,
                   rw_section_picture(s, "base-bounds",
                                      "Least passing base over the context, B's values "
                                      "and line"));
    rw_text_append(
        &s->body,
        "Passing is not monotone in the base: above the least passing base lie many "
        "that fail, so none of these values is safe to round. B draws queries and keys "
        "at random; everywhere else on this page they are fixed.\n");
    return ROPEWALK_OK;
}

const rw_claim rw_claim_base_bounds = {
    .order = 85,
    .name = "base-bounds",
    .title = "The base bounds the context",
    .source = "B",
    .statement =
        "For a context L the base must be at least base(L), where the expected advantage "
        "of a similar key over a random one stays positive at every distance up to L.",
    .check = check};
