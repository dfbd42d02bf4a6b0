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

/* Whether the value lies within one unit of the last printed digit, up or down: a least passing
 * base may have been rounded up to be sure that it passes. */
static bool prints_as(double value, double as, int digits)
{
    const double unit = pow(10, floor(log10(as)) - digits + 1);
    return fabs(value - as) < unit;
}

static void judge(const rw_base_first *first, uint32_t n, rw_section *s)
{
    uint32_t n_refined = 0, n_printed = 0;
    double far = 1, far_fit = 1;
    for (uint32_t i = 0; i < n; i++) {
        const double ours = first[i].high, L = 1024.0 * pow(2, i);
        n_refined += first[i].state == RW_ESTIMATE_KNOWN && !first[i].gaps &&
                     prints_as(ours, refined[i].value, refined[i].digits);
        n_printed += fabs(ours / printed[i] - 1) < 0.05;
        far = fmax(far, fmax(ours / printed[i], printed[i] / ours));
        far_fit = fmax(far_fit, fmax(ours / fitted(L), fitted(L) / ours));
    }
    rw_judgement *j =
        rw_section_judge(s, n_printed == n       ? RW_OUTCOME_EXACTLY
                            : 2 * n_printed >= n ? RW_OUTCOME_APPROXIMATELY
                                                 : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "The least base for a context (B's table)");
    rw_text_append(&j->published, "4.3e3 at 1K to 5.1e8 at 1M (believed, not read here)");
    rw_text_printf(&j->ours, "%u of %u within 5 %%, the furthest off by a factor of %.1f",
                   n_printed, n, far);
    rw_text_append(&j->reason,
                   "the least passing base lies in a window of bases so narrow that a "
                   "grid misses it; B's larger values pass too, but are not the least");
    j = rw_section_judge(s, far_fit < 1.25 ? RW_OUTCOME_EXACTLY
                            : far_fit < 4  ? RW_OUTCOME_APPROXIMATELY
                                           : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "B's fitted line");
    rw_text_append(&j->published, "base = 0.0424 L^1.628");
    rw_text_printf(&j->ours, "off by at most a factor of %.1f", far_fit);
    rw_text_append(&j->reason, "a power law through values that fall in steps");
    j = rw_section_judge(s,
                         n_refined == n ? RW_OUTCOME_EXACTLY : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "The refined values");
    rw_text_append(&j->published,
                   "4294, 11588, 26953, 83772, 231686, 630086, 2.0917e6, ...");
    rw_text_printf(&j->ours, "%u of %u to their printed digits", n_refined, n);
    rw_text_append(&j->reason,
                   "every smaller base is proven to fail, by intervals of ln(base)");
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
