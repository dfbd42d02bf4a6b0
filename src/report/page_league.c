/* page_league.c - the document of `theory --models` as a page of its own: a table a class of layers. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"
#include "report/table.h"

static const rw_table_column columns[] = {
    {"model", "Model", RW_COLUMN_TEXT},
    {"effective_context", "Context", RW_COLUMN_COUNT},
    {"trained_context", "Trained", RW_COLUMN_COUNT},
    {"rope_theta", "Base", RW_COLUMN_NUMBER},
    {"mechanism", "Scaling", RW_COLUMN_TEXT},
    {"base_bound", "Base that B asks for", RW_COLUMN_NUMBER},
    {"context_bound", "Context that B grants", RW_COLUMN_COUNT},
    {"pairs", "Pairs", RW_COLUMN_COUNT},
    {"never_turned", "Never turn", RW_COLUMN_COUNT},
    {"never_turned_trained", "Never turned in training", RW_COLUMN_COUNT},
    {"m_max", "M<sub>max</sub>", RW_COLUMN_NUMBER},
    {"aligned.position_inversion", "Position inversion, aligned", RW_COLUMN_RATE},
    {"aligned.token_inversion", "Token inversion, aligned", RW_COLUMN_RATE},
    {"aligned.position_aliasing", "Position aliasing, aligned", RW_COLUMN_RATE},
    {"gaussian.preference", "Preference, Gaussian", RW_COLUMN_RATE},
    {"gaussian.token_inversion", "Token inversion, Gaussian", RW_COLUMN_RATE},
    {"gaussian.token_aliasing", "Token aliasing, Gaussian", RW_COLUMN_RATE},
    {"not_counted", "Not counted because", RW_COLUMN_TEXT},
};
enum { N_COLUMN = sizeof columns / sizeof *columns };

static bool is_full(const json_t *row)
{
    const char *attention = json_string_value(json_object_get(row, "attention"));
    return attention && strcmp(attention, "full") == 0;
}

static double context_of(const json_t *row)
{
    return json_number_value(json_object_get(row, "effective_context"));
}

/* Rows of a class, the largest context first; equal ones stay in the document's order. */
static void table_of(rw_text *t, const json_t *rows, bool full, const char *label)
{
    const size_t n = json_array_size(rows);
    rw_table_open(t, label, columns, N_COLUMN);
    double above = (double)INFINITY;
    for (;;) { /* each distinct context in turn */
        double next = -1.0;
        for (size_t i = 0; i < n; i++) {
            const json_t *row = json_array_get(rows, i);
            const double context = context_of(row);
            if (is_full(row) == full && context < above && context > next) next = context;
        }
        if (next < 0.0) break;
        for (size_t i = 0; i < n; i++) {
            const json_t *row = json_array_get(rows, i);
            if (is_full(row) == full && !(context_of(row) < next) &&
                !(context_of(row) > next))
                rw_table_row(t, row, columns, N_COLUMN);
        }
        above = next;
    }
    rw_table_close(t);
}

static void lead(rw_text *t, const json_t *settings)
{
    rw_text_append(t, "<p class=lead>What each table of frequencies does, at the context "
                      "its model advertises, to two families of vectors: <b>aligned</b>, "
                      "a key that agrees with the query in every pair, beside keys that "
                      "have nothing to do with it, and <b>Gaussian</b> ones. These are "
                      "statements about tables, not about any model\xe2\x80\x99s heads, "
                      "and no task was run.</p>\n<p>Of ");
    rw_markup_count(t, rw_markup_f64(settings, "draws"));
    rw_text_append(t, " draws the median, of preferences the mean; scores times ");
    rw_markup_number(t, rw_markup_f64(settings, "score_scale"));
    rw_text_append(t, ", aliasing in ");
    rw_markup_str(t, settings, "dtype", "a type not stated");
    rw_text_append(
        t,
        ". Rows stand by context, the largest first, until a heading is pressed.</p>\n");
    rw_text_append(t, RW_CELL_KEY);
}

static void glossary(rw_text *t)
{
    rw_section_open(t, "words", "What the columns say", NULL);
    rw_text_append(
        t,
        "<dl><dt>Context<dd>advertised, at most the window of these layers.\n"
        "<dt>Trained<dd>before any scaling, where the description states it.\n"
        "<dt>Base that B asks for<dd>the least base with which as many unscaled pairs "
        "keep "
        "the sum of cosines from turning negative up to the context (arXiv 2405.14591); "
        "a "
        "dash when it was not searched, or no base up to 1e8 does.\n"
        "<dt>Context that B grants<dd>the first distance at which the sum is negative "
        "for "
        "these very frequencies.\n"
        "<dt>Never turn<dd>pairs that complete no turn within the context, of those that "
        "turn at all; beside it, within the trained length. A pair whose turn was never "
        "completed in training meets new angles beyond it.\n"
        "<dt>M<sub>max</sub><dd>the last context at which a head that answers a step of "
        "one position may keep the order of two keys, under the assumptions of "
        "arXiv 2609.39929; it belongs to the table.\n"
        "<dt>Position inversion<dd>how often the key scores higher in the far half of "
        "the "
        "context than in the near half; 0.5 is no preference.\n"
        "<dt>Preference<dd>the mean of |2p \xe2\x88\x92 1|, p the position inversion: 0 "
        "when nothing tells near from far.\n"
        "<dt>Token inversion<dd>at how many distances the order of two keys is not that "
        "of distance 0.\n"
        "<dt>Aliasing<dd>two positions, or two keys at one distance, with the same "
        "rounded score. Fused kernels do not round scores so.</dl>\n");
    rw_section_close(t);
}

static ropewalk_status body(rw_text *t, const json_t *document, const rw_view *view,
                            size_t number, ropewalk_error *err)
{
    (void)view;
    (void)number;
    const json_t *rows = json_object_get(document, "rows");
    const ropewalk_status status = rw_page_check_list(document, "league", "rows", err);
    if (status) return status;
    lead(t, json_object_get(document, "settings"));
    rw_section_open(t, "full", "Layers that see the whole context", NULL);
    table_of(t, rows, true, "Layers that see the whole context");
    rw_section_close(t);
    rw_section_open(t, "windows", "Layers that see a window", NULL);
    table_of(t, rows, false, "Layers that see a window");
    rw_section_close(t);
    glossary(t);
    return ROPEWALK_OK;
}

ropewalk_status rw_league_html(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {"theory", "Rotary tables side by side", "", body};
    return rw_page_of(document, &frame, out, err);
}
