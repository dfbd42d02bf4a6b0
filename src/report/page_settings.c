/* page_settings.c - rotations with their wavelengths, layers, provenance and settings. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/svg.h"
#include "report/table.h"

#define COUNT_OF(a) (sizeof(a) / sizeof *(a))
#define TWO_PI 6.283185307179586

static double item_f64(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static void definition(rw_text *t, const char *term, const json_t *obj, const char *key)
{
    const json_t *v = json_object_get(obj, key);
    if (!v) return;
    rw_text_printf(t, "<div><dt>%s</dt><dd>", term);
    rw_markup_value(t, v);
    rw_text_append(t, "</dd></div>");
}

/* --- one rotation --- */

/* A context on the strip, its name in a row of its own. */
static void strip_mark(rw_text *t, const rw_axis *x, double at, const char *what, int row)
{
    if (!(at >= x->lo && at <= x->hi)) return;
    const double px = rw_axis_px(x, at);
    rw_text_printf(t,
                   "<path class=mark d=\"M%.1f %dV56\"/><text class=marklabel "
                   "text-anchor=%s x=%.1f y=%d>%s ",
                   px, 14 + 12 * row,
                   px > 600   ? "end"
                   : px < 100 ? "start"
                              : "middle",
                   px, 10 + 12 * row, what);
    rw_markup_tokens(t, at);
    rw_text_append(t, "</text>");
}

static void wavelength_strip(rw_text *t, const json_t *inv_freq, double advertised,
                             double original)
{
    const size_t n = json_array_size(inv_freq);
    double longest = fmax(2 * advertised, 8);
    for (size_t i = 0; i < n; i++) {
        const double w = item_f64(inv_freq, i);
        if (w > 1e-15) longest = fmax(longest, TWO_PI / w);
    }
    const rw_axis x = {4, longest, true, 14, 686};
    rw_text_append(
        t, "<figure><h4>Wavelength of each pair</h4><div class=scroll tabindex=0 "
           "role=group aria-label=Wavelengths><svg class=strip data-columns=\"pair "
           "wavelength_tokens\" viewBox=\"0 0 700 78\" role=img><title>Wavelengths of "
           "the pairs</title><desc>One tick a rotated pair at its wavelength in tokens, "
           "logarithmic; pairs right of the advertised context never complete a turn "
           "within it.</desc><path class=axis d=\"M14 52H686\"/>");
    for (size_t i = 0; i < n; i++) {
        const double w = item_f64(inv_freq, i);
        if (!(w > 1e-15)) continue;
        const double length = TWO_PI / w;
        rw_text_printf(t,
                       "<path data-row=\"%zu %.12g\" class=%s d=\"M%.1f 34v18\"><title>"
                       "pair %zu: ",
                       i, length, length > advertised ? "slowpair" : "fastpair",
                       rw_axis_px(&x, length), i);
        rw_markup_count(t, length);
        rw_text_append(t, " tokens</title></path>");
    }
    const double step = fmax(1, ceil(log2(x.hi / 4) / 12));
    for (double e = 2; e <= log2(x.hi) && e < 60; e += step) {
        rw_text_printf(t, "<text class=tick text-anchor=middle x=%.1f y=67>",
                       rw_axis_px(&x, pow(2, e)));
        rw_markup_tokens(t, pow(2, e));
        rw_text_append(t, "</text>");
    }
    const bool apart = original > 0 && fabs(original - advertised) > .5;
    strip_mark(t, &x, advertised,
               original > 0 && !apart ? "advertised, original" : "advertised", 0);
    if (apart) strip_mark(t, &x, original, "original", 1);
    rw_text_append(
        t, "</svg></div><p class=legend><span class=key><svg viewBox=\"0 0 6 18\" "
           "aria-hidden=true><path class=fastpair d=\"M3 0v18\"/></svg>completes "
           "a turn within the advertised context</span><span class=key><svg "
           "viewBox=\"0 0 6 18\" aria-hidden=true><path class=slowpair d=\"M3 "
           "0v18\"/></svg>never does</span></p></figure>\n");
}

static void pair_table(rw_text *t, const json_t *inv_freq, double advertised)
{
    static const rw_table_column columns[] = {
        {"", "Pair", RW_COLUMN_COUNT},
        {"", "inv_freq", RW_COLUMN_NUMBER},
        {"", "Wavelength, tokens", RW_COLUMN_COUNT},
        {"", "Turns in the advertised context", RW_COLUMN_NUMBER}};
    rw_text_append(t, "<details><summary>All pairs</summary>\n");
    rw_table_open(t, "Pairs", columns, COUNT_OF(columns));
    for (size_t i = 0; i < json_array_size(inv_freq); i++) {
        const double w = item_f64(inv_freq, i);
        rw_text_printf(t, "<tr><td>%zu<td>", i);
        rw_text_printf(t, "%.9g<td>", isnan(w) ? 0.0 : w);
        if (w > 1e-15)
            rw_markup_count(t, TWO_PI / w);
        else
            rw_text_append(t, "not rotated");
        rw_text_append(t, "<td>");
        const double turns = advertised * w / TWO_PI; /* NaN where it is not stated */
        rw_markup_number(t, turns);
        if (turns < 1) rw_text_append(t, " <i>never a full turn</i>");
        rw_text_append(t, "\n");
    }
    rw_table_close(t);
    rw_text_append(t, "</details>\n");
}

static void m_max(rw_text *t, const json_t *r)
{
    rw_text_append(t, "<div><dt>M<sub>max</sub> (F)</dt><dd>");
    if (isnan(rw_markup_f64(r, "m_max")))
        rw_text_append(t, "none");
    else
        rw_markup_count(t, rw_markup_f64(r, "m_max"));
    if (json_string_value(json_object_get(r, "m_max_assumption"))) {
        rw_text_append(t, " (");
        rw_markup_str(t, r, "m_max_kind", "bound");
        rw_text_append(t, "; ");
        rw_markup_str(t, r, "m_max_assumption", "");
        rw_text_append(t, ")");
    }
    if (json_string_value(json_object_get(r, "m_max_reason"))) {
        rw_text_append(t, ": ");
        rw_markup_str(t, r, "m_max_reason", "");
    }
    rw_text_append(t, "</dd></div>");
}

void rw_page_rotation(rw_text *t, const json_t *r, size_t index, double advertised,
                      double original)
{
    const json_t *inv_freq = json_object_get(r, "inv_freq");
    const size_t n = json_array_size(inv_freq);
    rw_text_printf(t, "<h3 class=sub>Rotation %zu: ", index);
    const char *mechanism = json_string_value(json_object_get(r, "mechanism"));
    if (mechanism && strcmp(mechanism, "none") == 0)
        rw_text_append(t, "unscaled RoPE");
    else
        rw_markup_str(t, r, "mechanism", "mechanism not stated");
    rw_text_append(t, "</h3>\n<dl class=facts>");
    definition(t, "rope_theta (base)", r, "rope_theta");
    definition(t, "Rotated dimensions", r, "rotary_dim");
    definition(t, "Attention factor", r, "attn_factor");
    definition(t, "Softmax scale", r, "softmax_scale");
    definition(t, "Pair layout", r, "pairs");
    if (json_object_size(json_object_get(r, "parameters")))
        definition(t, "Parameters", r, "parameters");
    if (json_object_get(r, "m_max")) m_max(t, r); /* of an audit */
    rw_text_append(t, "</dl>\n");
    if (!n) {
        rw_text_append(t, "<p class=absent>The frequencies are not in this file.</p>\n");
        return;
    }
    size_t slow = 0;
    for (size_t i = 0; i < n; i++)
        slow += item_f64(inv_freq, i) > 0 && advertised * item_f64(inv_freq, i) < TWO_PI;
    if (advertised > 0) {
        rw_text_printf(t,
                       "<p>%zu of %zu pairs never complete a turn within the advertised ",
                       slow, n);
        rw_markup_count(t, advertised);
        rw_text_append(t, " tokens: only these tell a near half from a far half without "
                          "going round.</p>\n");
    }
    wavelength_strip(t, inv_freq, advertised, original);
    pair_table(t, inv_freq, advertised);
}

void rw_page_layers(rw_text *t, const json_t *document)
{
    static const rw_table_column columns[] = {
        {"layer", "Layer", RW_COLUMN_COUNT},
        {"attention", "Attention", RW_COLUMN_TEXT},
        {"window", "Window", RW_COLUMN_COUNT},
        {"rotation", "Rotation", RW_COLUMN_COUNT},
        {"head_dim", "head_dim", RW_COLUMN_COUNT},
        {"n_head_q", "Query heads", RW_COLUMN_COUNT},
        {"n_head_kv", "KV heads", RW_COLUMN_COUNT}};
    rw_text_append(t, "<details><summary>Layers</summary>\n");
    rw_table_of(t, "Layers", json_object_get(document, "layers"), columns,
                COUNT_OF(columns));
    rw_text_append(t, "</details>\n");
}

/* How far the runtime's rotations were from float64, layer by layer. */
static void rotation_check(rw_text *t, const json_t *list)
{
    enum { MOST = 512 };
    double layer[MOST], worst[MOST], last = 1, most = 1;
    size_t i, n = 0;
    const json_t *item;
    json_array_foreach (list, i, item) {
        const double at = rw_markup_f64(item, "layer");
        if (!(at >= 0) || n == MOST || (n && !(at > layer[n - 1]))) continue;
        layer[n] = at;
        worst[n] = rw_markup_f64(item, "worst");
        last = fmax(last, at);
        most = fmax(most, worst[n++]);
    }
    if (!n) return;
    rw_chart c;
    rw_text_append(t, "<figure class=plot><h4>The runtime\xe2\x80\x99s rotation against "
                      "float64</h4>");
    rw_chart_open(&c, t, 380, 236, "Largest deviation of the rotated vectors, by layer",
                  "As a fraction of what float32 rounding explains.");
    rw_chart_y(&c, 0, rw_axis_ceiling(1.2 * most), false, "of the tolerance");
    rw_chart_x(&c, 0, last, false, "layer");
    rw_chart_reference(&c, 1, "rounding explains this much");
    const rw_series line = {
        "largest deviation", "s1", layer, worst, NULL, NULL, n, false, true};
    rw_chart_series(&c, &line);
    rw_chart_close(&c);
    rw_text_append(t, "<figcaption><p class=see>Each captured layer was rotated again in "
                      "float64 with the frequencies it ran. Below the line float32 "
                      "explains the difference: the runtime rotates as it "
                      "says.</p></figcaption></figure>\n");
}

void rw_page_rotations(rw_text *t, const rw_view *view)
{
    const json_t *rotations = json_object_get(view->audit, "rotations"), *r;
    size_t i;
    rw_text_append(t, "<details class=table><summary>Rotations as executed, and their "
                      "wavelengths</summary>\n");
    if (!json_array_size(rotations)) rw_text_append(t, RW_ABSENT);
    json_array_foreach (rotations, i, r)
        if (json_is_object(r))
            rw_page_rotation(
                t, r, i, view->advertised ? (double)view->advertised : (double)NAN,
                view->trained && !rw_trained_assumed(view) ? (double)view->trained
                                                           : (double)NAN);
    rotation_check(t, json_object_get(view->audit, "rotation_check"));
    rw_page_layers(t, view->audit);
    rw_caption(t, NULL,
               "The wavelength of a pair is 2\xcf\x80 / inv_freq, the distance after "
               "which it has turned once. "
               "inv_freq includes any scaling. M<sub>max</sub> belongs to a frequency "
               "table, not to a head, "
               "and concerns the margin between two keys.",
               "P and F; wavelengths by definition");
    rw_text_append(t, "</details>\n");
}

/* --- settings --- */

static void settings_list(rw_text *t, const rw_view *view)
{
    static const char *const names[][2] = {{"contexts", "Contexts"},
                                           {"advertised_context", "Advertised context"},
                                           {"trained_context", "Trained context"},
                                           {"dtype", "Number formats"},
                                           {"precision_profile", "Precision profile"},
                                           {"score_scale", "Score scale s"},
                                           {"seed", "Seed"},
                                           {"n_query", "Sampled queries"},
                                           {"n_key", "Sampled keys"},
                                           {"n_attended", "Attended keys a query"},
                                           {"n_random", "Random keys a query"},
                                           {"zeta", "zeta (insensitivity)"},
                                           {"near_alias_nat", "Near alias, nats"},
                                           {"n_surrogate", "Surrogates"},
                                           {"thresholds", "Thresholds"},
                                           {"excluded", "Left out"}};
    static const char *const tools[][2] = {
        {"isa", "Instruction set"}, {"threads", "Threads"}, {"compiler", "Compiler"}};
    const json_t *s = view->settings, *tool = json_object_get(view->audit, "tool");
    const bool assumed = rw_trained_assumed(view);
    rw_text_append(t, "<dl class=facts>");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        definition(t,
                   assumed && strcmp(names[i][0], "trained_context") == 0
                       ? RW_TRAINED_ASSUMED
                       : names[i][1],
                   s, names[i][0]);
    for (size_t i = 0; i < COUNT_OF(tools); i++)
        definition(t, tools[i][1], tool, tools[i][0]);
    definition(t, "Seconds",
               json_object_get(view->audit, "elapsed_s") ? view->audit : tool,
               "elapsed_s");
    rw_text_append(t, "</dl>\n");
}

static void provenance(rw_text *t, const json_t *map)
{
    static const rw_table_column columns[] = {{"", "Value", RW_COLUMN_TEXT},
                                              {"file", "File", RW_COLUMN_TEXT},
                                              {"key", "Key", RW_COLUMN_TEXT},
                                              {"note", "Note", RW_COLUMN_TEXT}};
    rw_text_append(t, "<h3 class=sub>Where each value comes from</h3>\n");
    if (!json_object_size(map)) {
        rw_text_append(t, RW_ABSENT);
        return;
    }
    rw_table_open(t, "Provenance", columns, COUNT_OF(columns));
    json_t *values = (json_t *)(uintptr_t)map; /* jansson's iterator is not const */
    const char *name;
    json_t *v;
    json_object_foreach (values, name, v) {
        rw_text_append(t, "<tr><td class=l>");
        rw_markup_escape(t, name);
        for (size_t k = 1; k < COUNT_OF(columns); k++) {
            rw_text_append(t, "<td class=l>");
            rw_table_value(t, v, &columns[k]);
        }
        rw_text_append(t, "\n");
    }
    rw_table_close(t);
}

void rw_page_settings(rw_text *t, const rw_view *view)
{
    static const rw_table_column columns[] = {{"name", "Text", RW_COLUMN_TEXT},
                                              {"source", "Source", RW_COLUMN_TEXT},
                                              {"n_token", "Tokens", RW_COLUMN_COUNT}};
    rw_text_append(
        t, "<details class=table><summary>Settings, texts and sources</summary>\n");
    if (view->settings)
        settings_list(t, view);
    else
        rw_text_append(t, RW_ABSENT);
    rw_text_append(t, "<h3 class=sub>Texts</h3>\n");
    rw_table_of(t, "Texts", json_object_get(view->settings, "texts"), columns,
                COUNT_OF(columns));
    provenance(t, json_object_get(view->audit, "provenance"));
    rw_text_append(t, "</details>\n");
}
