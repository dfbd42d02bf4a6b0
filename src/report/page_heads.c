/* page_heads.c - the tables of single heads, one pair of tables a context. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/table.h"

#define COUNT_OF(a) (sizeof(a) / sizeof *(a))
enum { N_FIXED = 4 };

static const rw_table_column position_columns[] = {
    {"kind", "Kind", RW_COLUMN_TEXT},
    {"attended.position_inversion", "Position inversion, attended", RW_COLUMN_RATE},
    {"random.position_inversion", "random", RW_COLUMN_RATE},
    {"attended.position_inversion_local", "First 128 against far half", RW_COLUMN_RATE},
    {"attended.position_inversion_beyond", "(M,2M] against (2M,3M]", RW_COLUMN_RATE},
    {"preference",
     "E|2p\xe2\x88\x92"
     "1|",
     RW_COLUMN_RATE},
    {"energy_nats", "Energy, nats", RW_COLUMN_NUMBER},
    {"direction_p_value", "Direction, p-value", RW_COLUMN_RATE},
    {"attended.positional_insensitivity", "Insensitivity", RW_COLUMN_RATE},
    {"positional_score", "Positional Score", RW_COLUMN_RATE},
    {"certificate.ks_near", "KS near", RW_COLUMN_RATE},
    {"certificate.ks_far", "KS far", RW_COLUMN_RATE},
    {"certificate.max_share", "Largest pair\xe2\x80\x99s share", RW_COLUMN_RATE}};
static const rw_table_column token_columns[] = {
    {"attended_random.token_inversion", "Token inversion, attended/random",
     RW_COLUMN_RATE},
    {"random_random.token_inversion", "random/random", RW_COLUMN_RATE},
    {"certificate.ks_difference", "KS difference", RW_COLUMN_RATE},
    {"semantic_score", "Semantic Score", RW_COLUMN_RATE},
    {"r_high", "r<sub>H</sub>", RW_COLUMN_RATE},
    {"attended.position_aliasing", "Position aliasing, attended", RW_COLUMN_RATE},
    {"attended.alias_pairs", "Alias pairs", RW_COLUMN_COUNT},
    {"attended.alias_distances", "Alias distances", RW_COLUMN_COUNT},
    {"attended.near_aliasing", "Near aliasing", RW_COLUMN_RATE},
    {"attended_random.token_aliasing", "Token aliasing", RW_COLUMN_RATE},
    {"attended_random.attention_invariance", "Attention invariance", RW_COLUMN_RATE},
    {"attended_random.cross_aliasing", "Cross aliasing", RW_COLUMN_RATE}};

static void fixed_cells(rw_text *t, const rw_view_head *h, const json_t *cell)
{
    rw_text_printf(t, "<tr><td>%lld<td>%lld<td>", (long long)h->layer,
                   (long long)h->head);
    rw_markup_count(t, rw_markup_f64(h->doc, "kv_head"));
    rw_text_append(t, "<td>");
    rw_markup_count(t, rw_markup_f64(cell, "effective_context"));
}

static void head_table(rw_text *t, const rw_view *view, size_t context, const char *label,
                       const rw_table_column *columns, size_t n)
{
    rw_table_column all[N_FIXED + COUNT_OF(position_columns)] = {
        {"", "Layer", RW_COLUMN_COUNT},
        {"", "Head", RW_COLUMN_COUNT},
        {"", "KV head", RW_COLUMN_COUNT},
        {"", "M", RW_COLUMN_COUNT}};
    memcpy(all + N_FIXED, columns, n * sizeof *columns);
    rw_table_open(t, label, all, N_FIXED + n);
    for (size_t h = 0; h < view->n_head; h++) {
        const json_t *cell = rw_view_cell(view, h, context);
        fixed_cells(t, &view->heads[h], cell);
        if (strcmp(view->heads[h].class_name, "nope") == 0) {
            rw_text_printf(
                t, "<td class=l colspan=%zu>not applicable: layer without RoPE\n", n);
            continue;
        }
        if (!cell) {
            rw_text_printf(t, "<td class=l colspan=%zu>not examined at this context\n",
                           n);
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            rw_text_append(t,
                           columns[k].kind == RW_COLUMN_TEXT ? "<td class=l>" : "<td>");
            rw_table_value(t, cell, &columns[k]);
        }
        rw_text_append(t, "\n");
    }
    rw_table_close(t);
}

void rw_page_heads(rw_text *t, const rw_view *view)
{
    rw_text_append(t,
                   "<details class=table><summary>Every head, every number</summary>\n");
    if (!view->n_head || !view->n_context) rw_text_append(t, RW_ABSENT);
    const bool few = view->n_head <= RW_MANY_HEADS;
    rw_text_append(t, few ? "<p class=small>At one context. The map above opens a head "
                            "with all its numbers at every context; the audit document "
                            "holds them too.</p>\n"
                          : "<p class=small>This audit has many heads: the map above "
                            "opens each with all its numbers, where scripts run; the "
                            "audit document holds them too.</p>\n");
    if (view->n_head && few && view->at < view->n_context) {
        const size_t c = view->at;
        rw_text_append(t, "<details class=table open><summary>Context ");
        rw_markup_count(t, (double)view->contexts[c]);
        if (view->contexts[c] == view->advertised) rw_text_append(t, " (advertised)");
        if (view->trained && view->contexts[c] > view->trained)
            rw_text_append(t, " (beyond training)");
        rw_text_append(t, "</summary>\n<h3 class=sub>Position</h3>\n" RW_CELL_KEY);
        head_table(t, view, c, "Heads: position", position_columns,
                   COUNT_OF(position_columns));
        rw_text_append(t, "<h3 class=sub>Token and aliasing</h3>\n" RW_CELL_KEY);
        head_table(t, view, c, "Heads: token and aliasing", token_columns,
                   COUNT_OF(token_columns));
        rw_text_append(t, "</details>\n");
    }
    rw_caption(
        t, NULL,
        "Each value is the mean over sampled queries and keys; its 95\xc2\xa0% interval "
        "treats "
        "queries and "
        "keys as crossed, not independent. KS is the largest distance between the "
        "distribution of "
        "scores and the fitted normal: the error certificate |counted \xe2\x88\x92 "
        "predicted| \xe2\x89\xa4 "
        "KS near + KS far (position inversion), \xe2\x89\xa4 KS difference (token "
        "inversion) holds for each "
        "pair. A single dominating frequency pair (large share) makes predictions worse.",
        "P and F (definitions), intervals and certificates ours");
    rw_text_append(t, "</details>\n");
}
