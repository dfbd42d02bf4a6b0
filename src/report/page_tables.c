/* page_tables.c - the numbers behind the pictures: summary, several heads, sink, baselines, texts. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/table.h"

#define COUNT_OF(a) (sizeof(a) / sizeof *(a))

static void open_details(rw_text *t, const char *title, bool open)
{
    rw_text_printf(t, "<details class=table%s><summary>%s</summary>\n",
                   open ? " open" : "", title);
}

static void close_details(rw_text *t)
{
    rw_text_append(t, "</details>\n");
}

/* --- summary per context --- */

typedef struct summary_name {
    const char *name, *label;
    rw_column kind;
} summary_name;

static const summary_name summary_names[] = {
    {"attended.position_inversion", "Position inversion, attended", RW_COLUMN_RATE},
    {"random.position_inversion", "Position inversion, random", RW_COLUMN_RATE},
    {"attended.position_inversion_local", "First 128 against far half, attended",
     RW_COLUMN_RATE},
    {"random.position_inversion_local", "First 128 against far half, random",
     RW_COLUMN_RATE},
    {"attended.position_inversion_beyond", "(M,2M] against (2M,3M], attended",
     RW_COLUMN_RATE},
    {"random.position_inversion_beyond", "(M,2M] against (2M,3M], random",
     RW_COLUMN_RATE},
    {"preference",
     "Preference E|2p\xe2\x88\x92"
     "1|",
     RW_COLUMN_RATE},
    {"energy_nats", "Energy, nats", RW_COLUMN_NUMBER},
    {"attended_random.token_inversion", "Token inversion, attended/random",
     RW_COLUMN_RATE},
    {"random_random.token_inversion", "Token inversion, random/random", RW_COLUMN_RATE},
    {"token_flip", "Token flip 2r(1\xe2\x88\x92r)", RW_COLUMN_RATE},
    {"attended.position_aliasing", "Position aliasing, attended", RW_COLUMN_RATE},
    {"random.position_aliasing", "Position aliasing, random", RW_COLUMN_RATE},
    {"attended.near_aliasing", "Near aliasing, attended", RW_COLUMN_RATE},
    {"random.near_aliasing", "Near aliasing, random", RW_COLUMN_RATE},
    {"attended_random.token_aliasing", "Token aliasing, attended/random", RW_COLUMN_RATE},
    {"attended_random.attention_invariance", "Attention invariance, attended/random",
     RW_COLUMN_RATE},
    {"attended_random.cross_aliasing", "Cross aliasing, attended/random", RW_COLUMN_RATE},
    {"attended.positional_insensitivity", "Positional insensitivity, attended",
     RW_COLUMN_RATE},
    {"random.positional_insensitivity", "Positional insensitivity, random",
     RW_COLUMN_RATE},
    {"random_random.token_aliasing", "Token aliasing, random/random", RW_COLUMN_RATE},
    {"random_random.attention_invariance", "Attention invariance, random/random",
     RW_COLUMN_RATE},
    {"random_random.cross_aliasing", "Cross aliasing, random/random", RW_COLUMN_RATE},
    {"sink.position_inversion", "Position inversion", RW_COLUMN_RATE},
    {"sink.position_inversion_local", "First 128 against far half", RW_COLUMN_RATE},
    {"sink.position_inversion_beyond", "(M,2M] against (2M,3M]", RW_COLUMN_RATE},
    {"sink.position_aliasing", "Position aliasing", RW_COLUMN_RATE},
    {"sink.near_aliasing", "Near aliasing", RW_COLUMN_RATE},
    {"sink.positional_insensitivity", "Positional insensitivity", RW_COLUMN_RATE},
    {"semantic_score", "Semantic Score (F)", RW_COLUMN_RATE},
    {"positional_score", "Positional Score (F)", RW_COLUMN_RATE},
};

static const rw_table_column summary_columns[] = {
    {"median", "Median", RW_COLUMN_RATE},
    {"bootstrap_ci95", "95\xc2\xa0% interval over texts", RW_COLUMN_RATE},
    {"p10", "10\xc2\xa0% of heads below", RW_COLUMN_RATE},
    {"p90", "10\xc2\xa0% of heads above", RW_COLUMN_RATE},
    {"predicted_median", "Predicted", RW_COLUMN_RATE}};

static void number_as(rw_text *t, double v, rw_column kind)
{
    if (kind == RW_COLUMN_NUMBER)
        rw_markup_number(t, v);
    else
        rw_markup_rate(t, v);
}

static void interval(rw_text *t, const json_t *pair, rw_column kind)
{
    const json_t *lo = json_array_get(pair, 0), *hi = json_array_get(pair, 1);
    if (!json_is_number(lo) || !json_is_number(hi)) {
        rw_text_append(t, "\xe2\x80\x93");
        return;
    }
    rw_text_append(t, "[");
    number_as(t, json_number_value(lo), kind);
    rw_text_append(t, ", ");
    number_as(t, json_number_value(hi), kind);
    rw_text_append(t, "]");
}

/* The rows of one context and class: listed names with a label, then `sink` or other names. */
static void summary_table(rw_text *t, const json_t *row, bool sink)
{
    rw_table_column columns[1 + COUNT_OF(summary_columns)] = {
        {"", "Quantity", RW_COLUMN_TEXT}};
    memcpy(columns + 1, summary_columns, sizeof summary_columns);
    rw_table_open(t, sink ? "Sink" : "Summary", columns, COUNT_OF(columns));
    json_t *values = json_object_get(row, "values");
    const char *name;
    json_t *v;
    for (int pass = 0; pass < 2; pass++) {
        json_object_foreach (values, name, v) {
            const bool is_sink = strncmp(name, "sink.", 5) == 0;
            const summary_name *known = NULL;
            for (size_t i = 0; i < COUNT_OF(summary_names); i++)
                if (strcmp(name, summary_names[i].name) == 0) known = &summary_names[i];
            if (is_sink != sink || (known != NULL) != (pass == 0) || !json_is_object(v))
                continue;
            const rw_column kind = known ? known->kind : RW_COLUMN_RATE;
            rw_text_append(t, "<tr><th scope=row class=l>");
            if (known)
                rw_text_append(t, known->label);
            else
                rw_markup_escape(t, sink ? name + 5 : name);
            rw_text_append(t, "<td>");
            number_as(t, rw_markup_f64(v, "median"), kind);
            rw_text_append(t, "<td>");
            interval(t, json_object_get(v, "bootstrap_ci95"), kind);
            rw_text_append(t, "<td>");
            number_as(t, rw_markup_f64(v, "p10"), kind);
            rw_text_append(t, "<td>");
            number_as(t, rw_markup_f64(v, "p90"), kind);
            rw_text_append(t, "<td><u>");
            number_as(t, rw_markup_f64(v, "predicted_median"), kind);
            rw_text_append(t, "</u>\n");
        }
    }
    rw_table_close(t);
}

static void open_summary(rw_text *t, const rw_view *view, const json_t *row)
{
    const double context = rw_markup_f64(row, "context");
    const bool at =
        view->n_context && fabs(context - (double)view->contexts[view->at]) < 1;
    rw_text_printf(t, "<details%s><summary>Context ", at ? " open" : "");
    rw_markup_count(t, context);
    rw_text_append(t, ", ");
    rw_markup_str(t, row, "class", "all");
    rw_text_append(t, " layers, ");
    rw_markup_count(t, rw_markup_f64(row, "n_head"));
    rw_text_append(t, " heads</summary>\n");
}

static bool has_sink(const json_t *row)
{
    json_t *values = json_object_get(row, "values");
    const char *name;
    json_t *v;
    json_object_foreach (values, name, v)
        if (strncmp(name, "sink.", 5) == 0) return true;
    return false;
}

static void summaries(rw_text *t, const rw_view *view)
{
    const json_t *rows = json_object_get(view->audit, "summary"), *row;
    size_t i;
    open_details(t, "Summary per context: medians over heads, with predictions", false);
    if (!json_array_size(rows)) rw_text_append(t, RW_ABSENT);
    json_array_foreach (rows, i, row) {
        if (!json_is_object(row)) continue;
        open_summary(t, view, row);
        if (json_object_size(json_object_get(row, "values")))
            summary_table(t, row, false);
        else
            rw_text_append(
                t,
                "<p class=absent>No values: not applicable, or not in this file.</p>\n");
        close_details(t);
    }
    rw_caption(t, NULL,
               "Median and percentiles over the heads of one class at one context; "
               "layers without RoPE are "
               "excluded and counted. The interval resamples texts. Predicted values "
               "assume that the scores "
               "of one pair are normally distributed over positions.",
               "ours; definitions P and F");
    close_details(t);
}

static void sink(rw_text *t, const rw_view *view)
{
    const json_t *rows = json_object_get(view->audit, "summary"), *row;
    size_t i;
    bool any = false;
    open_details(t, "The sink: the first token, kept apart", false);
    rw_caption(t,
               "Many heads pour attention on the first token whatever it is. Its key is "
               "unlike the others, "
               "so it is never mixed into the tables above.",
               NULL, NULL);
    json_array_foreach (rows, i, row) {
        if (!json_is_object(row) || !has_sink(row)) continue;
        any = true;
        open_summary(t, view, row);
        summary_table(t, row, true);
        close_details(t);
    }
    static const rw_table_column columns[] = {
        {"sink.position_inversion", "Position inversion", RW_COLUMN_RATE},
        {"sink.position_aliasing", "Position aliasing", RW_COLUMN_RATE},
        {"sink.near_aliasing", "Near aliasing", RW_COLUMN_RATE},
        {"sink.positional_insensitivity", "Insensitivity", RW_COLUMN_RATE},
        {"sink.alias_pairs", "Alias pairs", RW_COLUMN_COUNT}};
    rw_table_column all[2 + COUNT_OF(columns)] = {{"layer", "Layer", RW_COLUMN_COUNT},
                                                  {"head", "Head", RW_COLUMN_COUNT}};
    memcpy(all + 2, columns, sizeof columns);
    bool open = false;
    const size_t n_head = view->n_head <= RW_MANY_HEADS ? view->n_head : 0;
    for (size_t h = 0; view->n_context && h < n_head; h++) {
        const json_t *cell = rw_view_cell(view, h, view->at);
        if (!json_object_size(json_object_get(cell, "sink"))) continue;
        if (!open) {
            rw_text_append(t, "<h3 class=sub>Heads at context ");
            rw_markup_count(t, (double)view->contexts[view->at]);
            rw_text_append(t, "</h3>\n" RW_CELL_KEY);
            rw_table_open(t, "Sink, by head", all, COUNT_OF(all));
        }
        open = any = true;
        rw_text_printf(t, "<tr><td>%lld<td>%lld", (long long)view->heads[h].layer,
                       (long long)view->heads[h].head);
        for (size_t k = 0; k < COUNT_OF(columns); k++) {
            rw_text_append(t, "<td>");
            rw_table_value(t, cell, &columns[k]);
        }
        rw_text_append(t, "\n");
    }
    if (open) rw_table_close(t);
    if (!any) rw_text_append(t, RW_ABSENT);
    close_details(t);
}

/* --- simple tables --- */

static const rw_table_column joint_columns[] = {
    {"context", "Context", RW_COLUMN_COUNT},
    {"dtype", "Format", RW_COLUMN_TEXT},
    {"set_size", "Heads together", RW_COLUMN_COUNT},
    {"n_set", "Random sets", RW_COLUMN_COUNT},
    {"mean_pairs", "Pairs, mean", RW_COLUMN_COUNT},
    {"min_pairs", "least", RW_COLUMN_COUNT},
    {"max_pairs", "most", RW_COLUMN_COUNT},
    {"total", "of all pairs", RW_COLUMN_COUNT}};
static const rw_table_column readout_columns[] = {
    {"layer", "Layer", RW_COLUMN_COUNT},
    {"context", "Context", RW_COLUMN_COUNT},
    {"d_best_head", "Best single head", RW_COLUMN_NUMBER},
    {"d_all_heads", "All heads, linear", RW_COLUMN_NUMBER},
    {"n_head", "Heads", RW_COLUMN_COUNT}};
static const rw_table_column baseline_columns[] = {
    {"context", "Context", RW_COLUMN_COUNT},
    {"dtype", "Format", RW_COLUMN_TEXT},
    {"total", "Position pairs", RW_COLUMN_COUNT},
    {"nope", "NoPE", RW_COLUMN_COUNT},
    {"alibi", "ALiBi", RW_COLUMN_COUNT},
    {"gaussian_rope", "One Gaussian RoPE pair", RW_COLUMN_COUNT},
    {"pigeonhole_floor", "Pigeonhole floor", RW_COLUMN_COUNT}};
static const rw_table_column disagreement_columns[] = {
    {"event", "Event", RW_COLUMN_TEXT},
    {"layer", "Layer", RW_COLUMN_COUNT},
    {"head", "Head", RW_COLUMN_COUNT},
    {"effective_context", "M", RW_COLUMN_COUNT},
    {"measured", "Counted", RW_COLUMN_RATE},
    {"predicted", "Predicted", RW_COLUMN_RATE},
    {"certificate", "Certificate", RW_COLUMN_RATE},
    {"cause", "Explained by", RW_COLUMN_TEXT},
    {"max_share", "Largest pair\xe2\x80\x99s share", RW_COLUMN_RATE},
    {"turning_share", "Energy that turns", RW_COLUMN_RATE},
    {"n_eff", "Effective pairs", RW_COLUMN_NUMBER}};
static const rw_table_column text_columns[] = {
    {"text", "Text", RW_COLUMN_TEXT},
    {"context", "Context", RW_COLUMN_COUNT},
    {"median_preference", "Preference", RW_COLUMN_RATE},
    {"median_position_inversion", "Position inversion", RW_COLUMN_RATE},
    {"median_token_inversion", "Token inversion", RW_COLUMN_RATE}};

static const struct {
    const char *key, *title, *see, *how, *source;
    const rw_table_column *columns;
    size_t n;
} simple[] = {
    {"joint_aliasing", "Several heads together: aliasing in every head at once",
     "Two positions are lost only if every head confuses them. This falls quickly with "
     "the number of "
     "heads, so one head\xe2\x80\x99s aliasing must not be read as the "
     "model\xe2\x80\x99s.",
     "Position pairs whose rounded scores are equal in every head of a random set of "
     "heads of one layer.",
     "ours", joint_columns, COUNT_OF(joint_columns)},
    {"readout", "Several heads together: how well near and far can be told apart",
     "Separation, in standard deviations, of the near from the far half by the best "
     "single head and by "
     "the best weighted sum of all heads of the layer. Larger is better.",
     "\xe2\x88\x9a(g\xe2\x80\xb2 V\xe2\x81\xbb\xc2\xb9 g), g the difference of mean "
     "scores and V their "
     "covariance over positions.",
     "ours", readout_columns, COUNT_OF(readout_columns)},
    {"baselines", "Baselines for aliasing",
     "Alias pairs that other schemes would have: without them a count of aliases means "
     "little. A 16-bit "
     "score must alias beyond 65,536 positions. Fused kernels do not round scores to "
     "bf16.",
     "Exact counts over the same distances; the floor is what no assignment of that many "
     "values can "
     "beat.",
     "ours", baseline_columns, COUNT_OF(baseline_columns)},
    {"disagreements", "Where theory and counting disagree most",
     "The heads whose counts are furthest from their predictions, for random keys, each "
     "at "
     "its worst context. The count is right; the column \xe2\x80\x9c"
     "explained by"
     "\xe2\x80\x9d says why scores are not normal there: one pair with half of the "
     "energy, "
     "energy that has not turned within the window, or fewer than 8 pairs that count.",
     "Counted rate against the prediction from exact moments and a normal law, means "
     "over "
     "sampled queries and keys; the certificate bounds their difference.",
     "ours", disagreement_columns, COUNT_OF(disagreement_columns)},
    {"by_text", "Does the kind of text matter?",
     "The same medians for each text alone. The papers claim independence of content; "
     "rows that differ "
     "speak against it for this model.",
     "Medians over heads, as in the summary, from the vectors of one text.",
     "ours; claim of P", text_columns, COUNT_OF(text_columns)},
};

static void simple_tables(rw_text *t, const rw_view *view)
{
    for (size_t i = 0; i < COUNT_OF(simple); i++) {
        open_details(t, simple[i].title, false);
        rw_caption(t, simple[i].see, NULL, NULL);
        rw_table_of(t, simple[i].title, json_object_get(view->audit, simple[i].key),
                    simple[i].columns, simple[i].n);
        rw_caption(t, NULL, simple[i].how, simple[i].source);
        close_details(t);
    }
}

void rw_page_tables(rw_text *t, const rw_view *view)
{
    rw_section_open(
        t, "tables", "Tables",
        "In every cell: the counted value, its 95\xc2\xa0% interval in brackets, "
        "and underlined the "
        "prediction (normal approximation). An en dash means that there is "
        "no answer; it never "
        "stands for zero.");
    summaries(t, view);
    rw_page_heads(t, view);
    simple_tables(t, view);
    sink(t, view);
    rw_page_rotations(t, view);
    rw_page_settings(t, view);
    rw_section_close(t);
}
