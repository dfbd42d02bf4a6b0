/* page_maps.c - one square a head: layer by head maps of every event and of the kinds. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"

typedef enum scale {
    SCALE_DIVERGING,
    SCALE_UNIT,
    SCALE_AUTO,
    SCALE_LOG,
    SCALE_KIND
} scale;

typedef struct map {
    const char *path, *title;
    scale scale;
    bool folded; /* in a closed <details> */
    const char *see, *how, *source;
} map;

enum {
    N_DIVERGING = 17,
    N_SEQUENTIAL = 13,
    SHADE_NONE = 255, /* no answer in the file */
    SHADE_NOPE = 254, /* a layer without RoPE */
    MAX_SMALL_CELLS = 5000,
};

/* Letter, word, class; the order is that of the stacked areas. */
static const char *const kinds[][2] = {{"local", "l"},
                                       {"mixed", "m"},
                                       {"blind", "b"},
                                       {"chaotic", "c"},
                                       {"anti-local", "a"}};
enum { N_KIND = sizeof kinds / sizeof *kinds };

static const map maps[] = {
    {"kind", "Kinds of heads", SCALE_KIND, false,
     "Each square is one head. <b>Local</b> heads score a key higher when it is near, "
     "<b>anti-local</b> ones when it is far; <b>blind</b> heads hardly change with "
     "distance; "
     "<b>chaotic</b> heads change a lot but without a direction, which is the failure "
     "the papers "
     "describe; <b>mixed</b> means that the pairs of one head differ in what they "
     "prefer.",
     "Blind: the score\xe2\x80\x99s standard deviation over the window is below the "
     "energy threshold. "
     "Chaotic: energy is high and E|2p\xe2\x88\x92"
     "1| is below the threshold. Local and anti-local "
     "are claimed only beyond phase-randomised surrogates of the same amplitudes, with "
     "the false "
     "discovery rate controlled.",
     "ours"},
    {"attended.position_inversion", "Position inversion, attended keys", SCALE_DIVERGING,
     false,
     "How often the same key vector, moved from the near to the far half, scores higher. "
     "Blue: "
     "rarely, the head prefers near. Orange: mostly, it prefers far. Faint: 50\xc2\xa0% "
     "of position pairs, no "
     "preference.",
     "All position pairs (m1 in the near half, m2 in the far half) with S(m2) &gt; "
     "S(m1), mean over "
     "sampled queries and the keys they attend most; the first token is kept apart.",
     "P (definition)"},
    {"random.position_inversion", "Position inversion, random keys", SCALE_DIVERGING,
     true,
     "The same count for keys drawn at random among the earlier ones: what the rotation "
     "does when "
     "the key is not one the head looks for.",
     "As above, over uniformly drawn earlier keys.", "P (definition)"},
    {"preference",
     "Strength of preference E|2p\xe2\x88\x92"
     "1|",
     SCALE_UNIT, false,
     "Strong colour: each single query and key strongly prefers near or far, even if the "
     "directions "
     "cancel on average. Faint colour: no preference in either direction.",
     "Mean of |2p\xe2\x88\x92"
     "1| over random pairs, p the position inversion of one "
     "pair.",
     "ours"},
    {"attended_random.token_inversion", "Token inversion, attended against random key",
     SCALE_AUTO, false,
     "How often moving both keys to another distance reverses their order: the key the "
     "head attends "
     "to falls below a random one.",
     "Distances at which the two keys are ordered otherwise than at distance 0.",
     "P (definition)"},
    {"random_random.token_inversion", "Token inversion, two random keys", SCALE_AUTO,
     true, "The null case: two keys without a special role.",
     "As above, for two random keys.", "P (definition)"},
    {"attended.position_aliasing", "Position aliasing", SCALE_LOG, true,
     "The share of position pairs whose scores become the same number after rounding. "
     "Fused attention "
     "kernels do not round scores to bf16; this is about the stated precision profile.",
     "Unordered pairs of distances with equal rounded scores, over all pairs. See the "
     "baselines: any "
     "16-bit score must alias beyond 65,536 positions.",
     "P (definition)"},
    {"attended.near_aliasing", "Near aliasing, free of number formats", SCALE_LOG, true,
     "The share of position pairs whose scores differ by less than a small fixed amount, "
     "whatever the "
     "number format.",
     "Pairs with |S(m1)\xe2\x88\x92S(m2)| below the stated threshold in nats.", "ours"},
    {"attended_random.token_aliasing", "Token aliasing", SCALE_LOG, true,
     "The share of distances at which two different keys get the same rounded score.",
     "Distances with equal rounded scores of both keys.", "P (definition)"},
    {"attended.positional_insensitivity", "Positional insensitivity", SCALE_UNIT, true,
     "The share of distances at which one step further hardly changes the score.",
     "Distances with |S(m+1)\xe2\x88\x92S(m)| / U below zeta, U the root of the summed "
     "squared "
     "amplitudes.",
     "F (definition)"},
    {"energy_nats", "Positional energy, nats", SCALE_AUTO, true,
     "How much the score changes at all as a key is moved through the window. Below 0.1 "
     "nat a head "
     "is as good as blind to position.",
     "Mean standard deviation of S over the window.", "ours"},
};

static double cell_value(const map *m, const json_t *cell)
{
    return cell ? rw_view_value(cell, m->path) : (double)NAN;
}

static int kind_index(const json_t *cell)
{
    const char *name = json_string_value(json_object_get(cell, "kind"));
    for (int i = 0; name && i < N_KIND; i++)
        if (strcmp(name, kinds[i][0]) == 0) return i;
    return -1;
}

static double map_top(const rw_view *view, const map *m)
{
    double top = 0;
    for (size_t h = 0; h < view->n_head; h++)
        for (size_t c = 0; c < view->n_context; c++)
            top = fmax(top, cell_value(m, rw_view_cell(view, h, c)));
    if (!(top > 0)) return 1;
    const double unit = pow(10, floor(log10(top)));
    if (m->scale == SCALE_LOG) return top > unit * (1 + 1e-9) ? 10 * unit : unit;
    return ceil(top / unit - 1e-9) * unit;
}

static unsigned char shade_of(const map *m, double top, const rw_view_head *h,
                              const json_t *cell)
{
    if (strcmp(h->class_name, "nope") == 0) return SHADE_NOPE;
    if (m->scale == SCALE_KIND) {
        const int k = kind_index(cell);
        return k < 0 ? SHADE_NONE : (unsigned char)k;
    }
    const double v = cell_value(m, cell);
    if (isnan(v)) return SHADE_NONE;
    const int last = (m->scale == SCALE_DIVERGING ? N_DIVERGING : N_SEQUENTIAL) - 1;
    const double part =
        m->scale == SCALE_LOG ? (v > 0 ? 1 + log10(v / top) / 4 : 0) : v / top;
    return (unsigned char)lrint(fmin(fmax(part, 0), 1) * last);
}

static void shade_all(const rw_view *view, const map *m, double top, size_t context)
{
    for (size_t h = 0; h < view->n_head; h++)
        view->shade[h] =
            shade_of(m, top, &view->heads[h], rw_view_cell(view, h, context));
}

static void shade_class(rw_text *t, const map *m, unsigned shade)
{
    if (shade == SHADE_NOPE)
        rw_text_append(t, "nope");
    else if (shade == SHADE_NONE)
        rw_text_append(t, "none");
    else
        rw_text_printf(t, "%c%u",
                       m->scale == SCALE_KIND        ? 'k'
                       : m->scale == SCALE_DIVERGING ? 'd'
                                                     : 'q',
                       shade);
}

/* All squares of one shade as one path, a square being 1 by 1; runs down a layer are merged. */
static void merged_paths(rw_text *t, const rw_view *view, const map *m)
{
    bool present[256] = {false};
    for (size_t h = 0; h < view->n_head; h++)
        present[view->shade[h]] = true;
    for (unsigned shade = 0; shade < 256; shade++) {
        if (!present[shade]) continue;
        rw_text_append(t, "<path class=");
        shade_class(t, m, shade);
        rw_text_append(t, " d=\"");
        for (size_t h = 0; h < view->n_head; h++) {
            if (view->shade[h] != shade) continue;
            const rw_view_head *first = &view->heads[h];
            while (h + 1 < view->n_head && view->shade[h + 1] == shade &&
                   view->heads[h + 1].column == first->column &&
                   view->heads[h + 1].head == view->heads[h].head + 1)
                h++;
            const int64_t height = view->heads[h].head - first->head + 1;
            rw_text_printf(t, "M%zu %lldh1v%lldh-1z", first->column,
                           (long long)first->head, (long long)height);
        }
        rw_text_append(t, "\"/>");
    }
}

static void tooltip(rw_text *t, const map *m, const rw_view_head *h, const json_t *cell,
                    unsigned shade)
{
    rw_text_printf(t, "<title>layer %lld, head %lld: ", (long long)h->layer,
                   (long long)h->head);
    if (shade == SHADE_NOPE) {
        rw_text_append(t, "not applicable (no RoPE)");
    } else if (shade == SHADE_NONE) {
        rw_text_append(t, "no answer");
    } else if (m->scale == SCALE_KIND) {
        rw_text_append(t, kinds[shade][0]);
    } else {
        rw_markup_rate(t, cell_value(m, cell));
        const json_t *v = rw_view_path(cell, m->path);
        const json_t *ci = json_object_get(v, "ci95");
        if (json_is_number(json_array_get(ci, 0)) &&
            json_is_number(json_array_get(ci, 1))) {
            rw_text_append(t, " [");
            rw_markup_rate(t, json_number_value(json_array_get(ci, 0)));
            rw_text_append(t, ", ");
            rw_markup_rate(t, json_number_value(json_array_get(ci, 1)));
            rw_text_append(t, "]");
        }
        if (!isnan(rw_markup_f64(v, "predicted"))) {
            rw_text_append(t, ", predicted ");
            rw_markup_rate(t, rw_markup_f64(v, "predicted"));
        }
    }
    const double effective = rw_markup_f64(cell, "effective_context");
    if (effective < rw_markup_f64(cell, "context")) {
        rw_text_append(t, "; window of ");
        rw_markup_count(t, effective);
    }
    rw_text_append(t, "</title>");
}

static void axes(rw_text *t, const rw_view *view, double x0, double size)
{
    const double bottom = size * (double)view->n_row;
    const size_t every = size >= 18 ? 1 : (size_t)ceil(26 / size);
    for (size_t i = 0; i < view->n_layer; i += every)
        rw_text_printf(t, "<text class=tick text-anchor=middle x=%.1f y=%.1f>%lld</text>",
                       x0 + size * ((double)i + .5), bottom + 17,
                       (long long)view->layers[i]);
    const int64_t step = (int64_t)ceil(16 / size);
    for (int64_t i = 0; i<view->n_row; i += view->n_row> 2000 ? view->n_row / 50 : step)
        rw_text_printf(t, "<text class=tick text-anchor=end x=%.1f y=%.1f>%lld</text>",
                       x0 - 5, size * ((double)i + .5) + 3.5, (long long)i);
    rw_text_printf(
        t,
        "<text class=unit text-anchor=middle x=%.1f y=%.1f>layer</text>"
        "<text class=unit text-anchor=middle transform=\"translate(9 %.1f) rotate(-90)\">"
        "head</text>",
        x0 + size * (double)view->n_layer / 2, bottom + 32, bottom / 2);
    for (size_t h = 0; h < view->n_head; h++)
        if (strcmp(view->heads[h].class_name, "sliding") == 0 &&
            (!h || view->heads[h - 1].column != view->heads[h].column))
            rw_text_printf(t, "<path class=slidingbar d=\"M%.1f %.1fh%.1f\"/>",
                           x0 + size * (double)view->heads[h].column + 1, bottom + 4,
                           size - 2);
}

static double square_size(const rw_view *view)
{
    const double most =
        (double)(view->n_layer > (size_t)view->n_row ? (int64_t)view->n_layer
                                                     : view->n_row);
    return fmin(24, fmax(5, floor(760 / fmax(most, 1))));
}

static void large_map(rw_text *t, const rw_view *view, const map *m)
{
    enum { X0 = 40 };
    const double size = square_size(view);
    const double width = X0 + size * (double)view->n_layer + 8;
    const double height = size * (double)view->n_row + 38;
    rw_text_printf(
        t,
        "<div class=scroll tabindex=0 role=group aria-label=\"%s\"><svg class=heat "
        "viewBox=\"0 0 %.0f %.0f\" width=%.0f role=img><title>%s, layer by "
        "head</title><desc>One square a head, layers from left to right, heads from top "
        "to "
        "bottom; the number of each square is its tooltip and stands in the "
        "tables.</desc>",
        m->title, width, height, width, m->title);
    if (view->n_head > RW_MANY_HEADS) {
        rw_text_printf(t, "<g transform=\"translate(%d)scale(%.0f)\">", X0, size);
        merged_paths(t, view, m);
        rw_text_append(t, "</g>");
    } else {
        for (size_t h = 0; h < view->n_head; h++) {
            const rw_view_head *head = &view->heads[h];
            const double x = X0 + size * (double)head->column,
                         y = size * (double)head->head;
            rw_text_printf(t, "<rect x=%.0f y=%.0f width=%.0f height=%.0f class=", x, y,
                           size, size);
            shade_class(t, m, view->shade[h]);
            rw_text_append(t, ">");
            tooltip(t, m, head, rw_view_cell(view, h, view->at), view->shade[h]);
            rw_text_append(t, "</rect>");
            if (m->scale == SCALE_KIND && view->shade[h] < N_KIND && size >= 12)
                rw_text_printf(t, "<text class=\"letter kl%u\" x=%.1f y=%.1f>%s</text>",
                               view->shade[h], x + size / 2, y + size / 2 + 3.5,
                               kinds[view->shade[h]][1]);
        }
    }
    axes(t, view, X0, size);
    rw_text_append(t, "</svg></div>\n");
}

static void special_legend(rw_text *t, const rw_view *view)
{
    bool nope = false, none = false, sliding = false;
    for (size_t h = 0; h < view->n_head; h++) {
        nope |= view->shade[h] == SHADE_NOPE;
        none |= view->shade[h] == SHADE_NONE;
        sliding |= strcmp(view->heads[h].class_name, "sliding") == 0;
    }
    if (nope)
        rw_text_append(
            t, "<span class=key><svg viewBox=\"0 0 14 14\" aria-hidden=true><rect "
               "class=nope "
               "width=14 height=14 /></svg>not applicable (layer without RoPE)</span>");
    if (none)
        rw_text_append(t, "<span class=key><svg viewBox=\"0 0 14 14\" "
                          "aria-hidden=true><rect class=none "
                          "width=14 height=14 /></svg>no answer in this file</span>");
    if (sliding)
        rw_text_append(
            t,
            "<span class=key><svg viewBox=\"0 0 14 14\" aria-hidden=true><path "
            "class=slidingbar d=\"M0 7h14\"/></svg>bar under a layer: sliding or chunked "
            "window, counted over min(context, window)</span>");
}

static void legend(rw_text *t, const rw_view *view, const map *m, double top)
{
    rw_text_append(t, "<p class=legend>");
    if (m->scale == SCALE_KIND) {
        for (unsigned i = 0; i < N_KIND; i++)
            rw_text_printf(
                t,
                "<span class=key><svg viewBox=\"0 0 14 14\" aria-hidden=true><rect "
                "class=k%u "
                "width=14 height=14 /><text class=\"letter kl%u\" x=7 y=10.5>%s</text>"
                "</svg>%s</span>",
                i, i, kinds[i][1], kinds[i][0]);
        rw_text_append(t,
                       "<span class=key>Kinds use random keys only: attended keys were "
                       "chosen for a high score at a short distance, which favours "
                       "near. Mixed: pairs differ in what they prefer.</span>");
    } else {
        const unsigned n = m->scale == SCALE_DIVERGING ? N_DIVERGING : N_SEQUENTIAL;
        const double width = 240, step = width / n;
        rw_text_append(t,
                       "<svg class=ramp viewBox=\"-16 0 272 30\" role=img><title>Colour "
                       "scale</title>");
        for (unsigned i = 0; i < n; i++) {
            rw_text_printf(t, "<rect x=%.2f width=%.2f height=12 class=", i * step,
                           step + .3);
            shade_class(t, m, i);
            rw_text_append(t, " />");
        }
        for (int i = 0; i <= 4; i++) {
            rw_text_printf(t, "<text class=tick text-anchor=middle x=%.0f y=25>",
                           width * i / 4);
            if (m->scale == SCALE_LOG && i == 0) rw_text_append(t, "\xe2\x89\xa4");
            rw_text_printf(t, "%.3g",
                           m->scale == SCALE_LOG ? top * pow(10, i - 4) : top * i / 4);
            rw_text_append(t, "</text>");
        }
        if (m->scale == SCALE_DIVERGING)
            rw_text_append(t, "<path class=neutral d=\"M120 -2v16\"/>");
        rw_text_append(t, "</svg>");
        if (m->scale == SCALE_DIVERGING)
            rw_text_append(
                t, "<span class=key>0.5 = no preference; 0 = always near, 1 = always "
                   "far</span>");
        if (m->scale == SCALE_LOG)
            rw_text_append(t, "<span class=key>logarithmic</span>");
    }
    special_legend(t, view);
    rw_text_append(t, "</p>\n");
}

static void small_maps(rw_text *t, const rw_view *view, const map *m, double top)
{
    const double ratio = (double)view->n_row / (double)view->n_layer;
    const double width = 116, height = fmin(116, fmax(28, width * ratio));
    size_t most = MAX_SMALL_CELLS / view->n_head;
    if (most < 3) most = 3;
    const size_t every = (view->n_context + most - 1) / most;
    rw_text_append(
        t,
        "<div class=multiples role=group aria-label=\"The same map at other contexts\">");
    for (size_t c = 0; c < view->n_context; c++) {
        if (c % every && c != view->at) continue;
        shade_all(view, m, top, c);
        rw_text_printf(t,
                       "<figure%s><svg viewBox=\"0 0 %zu %lld\" preserveAspectRatio=none "
                       "width=%.0f height=%.0f role=img><title>%s at ",
                       c == view->at ? " class=now" : "", view->n_layer,
                       (long long)view->n_row, width, height, m->title);
        rw_markup_count(t, (double)view->contexts[c]);
        rw_text_append(t, "</title>");
        merged_paths(t, view, m);
        const bool beyond = view->trained && view->contexts[c] > view->trained;
        rw_text_printf(t, "</svg><figcaption%s>", beyond ? " class=past" : "");
        rw_markup_tokens(t, (double)view->contexts[c]);
        if (beyond) rw_text_append(t, "<span> beyond training</span>");
        rw_text_append(t, "</figcaption></figure>");
    }
    rw_text_append(t, "</div>\n");
}

static bool has_any(const rw_view *view, const map *m)
{
    for (size_t h = 0; h < view->n_head; h++)
        for (size_t c = 0; c < view->n_context; c++) {
            const json_t *cell = rw_view_cell(view, h, c);
            if (m->scale == SCALE_KIND ? kind_index(cell) >= 0
                                       : !isnan(cell_value(m, cell)))
                return true;
        }
    return false;
}

void rw_page_maps(rw_text *t, const rw_view *view)
{
    rw_section_open(
        t, "maps", "Every head, layer by layer",
        "One square is one attention head; colour says how it answers. Attended "
        "keys are those that the query gave most weight, random keys any earlier "
        "ones: the verdict's directions and kinds use the random ones.");
    if (!view->n_head || !view->n_context) {
        rw_text_append(t, RW_ABSENT);
        rw_section_close(t);
        return;
    }
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        const map *m = &maps[i];
        if (m->folded && view->n_head > RW_MANY_HEADS) continue; /* in the live map */
        rw_text_printf(t, "<%s class=map data-map=\"%s\"><%s>",
                       m->folded ? "details" : "div", m->path,
                       m->folded ? "summary" : "h3");
        rw_text_printf(t, "%s <small>at ", m->title);
        rw_markup_count(t, (double)view->contexts[view->at]);
        rw_text_append(t, view->contexts[view->at] == view->advertised
                              ? " tokens, the advertised context"
                              : " tokens");
        rw_text_append(t, m->folded ? "</small></summary>\n" : "</small></h3>\n");
        if (has_any(view, m)) {
            const double top = m->scale >= SCALE_AUTO ? map_top(view, m) : 1;
            rw_caption(t, m->see, NULL, NULL);
            shade_all(view, m, top, view->at);
            large_map(t, view, m);
            legend(t, view, m, top);
            if (view->n_context > 1 && view->n_head <= RW_MANY_HEADS)
                small_maps(t, view, m, top);
            rw_caption(t, NULL, m->how, m->source);
            if (strncmp(m->path, "attended", 8) == 0)
                rw_text_append(t, "<p class=how>" RW_ATTENDED_CAVEAT "</p>\n");
        } else {
            rw_text_append(t, RW_ABSENT);
        }
        rw_text_append(t, m->folded ? "</details>\n" : "</div>\n");
    }
    rw_section_close(t);
}
