/* page_verdict.c - the first screen: which model, the verdict in words, horizons, what to do. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/svg.h"

typedef struct tone {
    const char *name, *word, *icon; /* the icon is a path in a 16 x 16 box */
} tone;

static const tone tones[] = {
    {"finding", "Finding",
     "M8 .8 15.2 8 8 15.2.8 8zM7.1 4h1.8v5H7.1zM7.1 10.2h1.8V12H7.1z"},
    {"good", "Good",
     "M8 .5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6.9 11.6 3.6 8.3l1.2-1.2 2.1 "
     "2.1 4.3-4.3 1.2 1.2z"},
    {"caution", "Caution",
     "M8 1 15.6 14.6H.4zM7.2 5.6h1.6v4.6H7.2zM7.2 11.3h1.6v1.6H7.2z"},
    {"plain", "Note",
     "M8 .5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7.1 3.6h1.8v1.8H7.1zM7.1 "
     "6.8h1.8v5.4H7.1z"},
};

static const tone *tone_of(const json_t *sentence)
{
    const char *name = json_string_value(json_object_get(sentence, "tone"));
    for (size_t i = 0; name && i < sizeof tones / sizeof *tones; i++)
        if (strcmp(name, tones[i].name) == 0) return &tones[i];
    return &tones[3];
}

static void badge(rw_text *t, const tone *k)
{
    rw_text_printf(
        t,
        "<span class=\"badge t-%s\"><svg viewBox=\"0 0 16 16\" aria-hidden=true "
        "focusable=false><path fill-rule=evenodd d=\"%s\"/></svg>%s</span> ",
        k->name, k->icon, k->word);
}

static void fact(rw_text *t, const char *what)
{
    rw_text_printf(t, "<div><dt>%s</dt><dd>", what);
}

bool rw_trained_assumed(const rw_view *view)
{
    return view->trained && view->trained == view->advertised &&
           isnan(rw_markup_f64(view->model, "original_context_length"));
}

/* A sentence of the document; a number and its % stay together. */
static void sentence(rw_text *t, const char *text)
{
    rw_text kept;
    rw_text_init(&kept);
    for (const char *s = text; *s; s++)
        if (s[0] == ' ' && s[1] == '%' && s > text && s[-1] >= '0' && s[-1] <= '9')
            rw_text_append(&kept, "\xc2\xa0");
        else
            rw_text_append_n(&kept, s, 1);
    if (kept.failed) t->failed = true;
    rw_markup_escape(t, kept.data ? kept.data : "");
    rw_text_clear(&kept);
}

static void sentence_of(rw_text *t, const json_t *obj, const char *key)
{
    const char *text = json_string_value(json_object_get(obj, key));
    sentence(t, text ? text : "");
}

void rw_page_header(rw_text *t, const rw_view *view)
{
    const json_t *m = view->model, *tool = json_object_get(view->audit, "tool");
    rw_text_append(t, "<header><p class=kicker>ropewalk audit \xc2\xb7 rotary position "
                      "embeddings</p>\n<h1><bdi>");
    rw_markup_str(t, m, "name", "Unnamed model");
    rw_text_append(t, "</bdi></h1>\n<dl class=facts>");
    fact(t, "Advertised context");
    if (view->advertised) {
        rw_markup_count(t, (double)view->advertised);
        rw_text_append(t, " tokens");
    } else {
        rw_text_append(t, "not stated");
    }
    rw_text_append(t, "</dd></div>");
    fact(t, rw_trained_assumed(view) ? RW_TRAINED_ASSUMED : "Trained context");
    if (view->trained) {
        rw_markup_count(t, (double)view->trained);
        rw_text_append(t, " tokens");
    } else {
        rw_text_append(t, "not stated");
    }
    rw_text_append(t, "</dd></div>");
    fact(t, "Architecture");
    rw_markup_str(t, m, "architecture", "not stated");
    const double n_layer = rw_markup_f64(m, "n_layer"),
                 n_head = rw_markup_f64(m, "n_head_q");
    if (!isnan(n_layer) && !isnan(n_head)) {
        rw_text_append(t, ", ");
        rw_markup_count(t, n_layer);
        rw_text_append(t, " layers of ");
        rw_markup_count(t, n_head);
        rw_text_append(t, " heads");
    }
    rw_text_append(t, "</dd></div>");
    fact(t, "File");
    rw_text_append(t, "<bdi>");
    rw_markup_str(t, m, "source", "not stated");
    rw_text_append(t, "</bdi></dd></div>");
    fact(t, "Audited");
    rw_markup_str(t, tool, "created", "date left out (reproducible run)");
    rw_text_append(t, "</dd></div></dl></header>\n");
}

/* --- horizons --- */

static void recoveries(rw_text *t, const json_t *list)
{
    const size_t n = json_array_size(list);
    if (!n) return;
    rw_text_append(t, "<p class=small>It recovers later, at ");
    for (size_t i = 0; i < n; i++) {
        if (i) rw_text_append(t, i + 1 == n ? " and " : ", ");
        const json_t *v = json_array_get(list, i);
        rw_markup_count(t, json_is_number(v) ? json_number_value(v) : (double)NAN);
    }
    rw_text_append(t, " tokens.</p>");
}

static void horizon(rw_text *t, const json_t *verdict, const char *name,
                    const char *reason, const char *recovers, const char *title,
                    const char *meaning)
{
    const double at = rw_markup_f64(verdict, name);
    rw_text_printf(t, "<div class=card><h3>%s</h3><p class=big>", title);
    if (isnan(at)) {
        rw_text_append(t, json_object_get(verdict, name) ? "not reached"
                                                         : "not in this file");
    } else {
        rw_markup_count(t, at);
        rw_text_append(t, " <small>tokens</small>");
    }
    rw_text_append(t, "</p><p>");
    rw_markup_str(t, verdict, reason,
                  isnan(at) ? "No reason is given in this file." : "");
    rw_text_append(t, "</p>");
    recoveries(t, json_object_get(verdict, recovers));
    rw_text_printf(t, "<p class=small>%s</p></div>\n", meaning);
}

static void ruler_mark(rw_chart *c, double at, const char *css, const char *label,
                       double y_px, bool above)
{
    if (!(at >= c->x.lo && at <= c->x.hi)) return;
    const double px = rw_axis_px(&c->x, at);
    const char *anchor = px < 80 ? "start" : px > c->width - 80 ? "end" : "middle";
    rw_text_printf(c->t, "<path class=\"rulermark %s\" d=\"M%.1f %.1fV%.1f\"/>", css, px,
                   above ? 52.0 : 75.0, above ? y_px + 4 : y_px - 12);
    rw_text_printf(c->t, "<circle class=\"rulerdot %s\" cx=%.1f cy=52 r=5 />", css, px);
    rw_text_printf(c->t, "<text class=\"rulerlabel %s\" text-anchor=%s x=%.1f y=%.1f>%s ",
                   css, anchor, px, y_px, label);
    rw_markup_tokens(c->t, at);
    rw_text_append(c->t, "</text>");
}

/* Contexts on one line: where the model is advertised and where its horizons lie. */
static void ruler(rw_text *t, const rw_view *view, const json_t *verdict)
{
    if (!view->n_context) return;
    rw_chart c = {.t = t,
                  .width = 420,
                  .height = 104,
                  .x = {1, 2, true, 14, 406},
                  .y = {0, 1, false, 0, 1}};
    c.x.lo = (double)view->contexts[0];
    c.x.hi = (double)view->contexts[view->n_context - 1];
    if (c.x.hi <= c.x.lo) c.x.hi = 2 * c.x.lo;
    rw_text_append(
        t, "<figure class=ruler><svg class=chart viewBox=\"0 0 420 104\" role=img>"
           "<title>Horizons beside the advertised context</title><desc>A line of context "
           "lengths, logarithmic, with the advertised length and both horizons "
           "marked.</desc>");
    if (view->trained && (double)view->trained < c.x.hi) {
        const double px = rw_axis_px(&c.x, (double)view->trained);
        rw_text_printf(t, "<rect class=beyond x=%.1f y=46 width=%.1f height=12 />", px,
                       c.x.hi_px - px);
    }
    rw_text_append(t, "<path class=rulerline d=\"M14 52H406\"/>");
    double last_px = -100;
    for (size_t i = 0; i < view->n_context; i++) {
        const double px = rw_axis_px(&c.x, (double)view->contexts[i]);
        rw_text_printf(t, "<path class=axis d=\"M%.1f 48v8\"/>", px);
        if (px - last_px < 36) continue;
        last_px = px;
        rw_text_printf(t, "<text class=tick text-anchor=middle x=%.1f y=71>", px);
        rw_markup_tokens(t, (double)view->contexts[i]);
        rw_text_append(t, "</text>");
    }
    ruler_mark(&c, (double)view->advertised, "m-adv", "advertised", 14, true);
    ruler_mark(&c, rw_markup_f64(verdict, "horizon_position"), "m-pos",
               "position horizon", 32, true);
    ruler_mark(&c, rw_markup_f64(verdict, "horizon_token"), "m-tok", "token horizon", 96,
               false);
    rw_text_append(t, "</svg></figure>\n");
}

/* --- at a glance --- */

static double class_value(const rw_view *view, size_t context, const char *path)
{
    const json_t *row = rw_view_summary(view, view->contexts[context], "full");
    if (!row) row = rw_view_summary(view, view->contexts[context], "sliding");
    const json_t *v = json_object_get(json_object_get(row, "values"), path);
    return json_is_object(v) ? rw_markup_f64(v, "median")
                             : rw_markup_f64(json_object_get(row, "kinds"), path);
}

typedef struct question {
    const char *ask, *path, *limit,
        *lost;  /* limit: key of settings.thresholds, or NULL */
    bool above; /* lost above the limit */
} question;

static const question questions[] = {
    {"How surely the middle head tells near from far", "preference", "horizon_preference",
     "lost below ", false},
    {"Chance that two distances swap two keys", "token_flip", "horizon_token_flip",
     "their order is lost above ", true},
    {"Chaotic heads: scores that vary without direction", "chaotic", NULL,
     "share of heads; the published failure", true},
};

/* Beyond the trained context a number stands without a word: nobody trained these heads there. */
static void glance_cell(rw_text *t, const rw_view *view, size_t context,
                        const question *q, double limit)
{
    const double value = class_value(view, context, q->path);
    const bool beyond = view->trained && view->contexts[context] > view->trained;
    const bool judged = !isnan(value) && !isnan(limit) && !beyond;
    const bool lost = judged && (q->above ? value > limit : value < limit);
    rw_text_append(t, "<td>");
    if (judged) badge(t, &tones[lost ? 0 : 1]);
    rw_markup_rate(t, value);
}

/* The same few questions at the advertised context and at the longest one. */
static void glance(rw_text *t, const rw_view *view)
{
    const size_t last = view->n_context ? view->n_context - 1 : 0;
    if (!view->n_context || isnan(class_value(view, view->at, "preference"))) return;
    const bool two = last != view->at;
    rw_text_append(t, "<div class=scroll tabindex=0 role=group aria-label=\"At a "
                      "glance\"><table class=glance><thead><tr><th scope=col class=l>At "
                      "a glance<th scope=col>at ");
    rw_markup_count(t, (double)view->contexts[view->at]);
    rw_text_append(t, view->contexts[view->at] == view->advertised ? " tokens, advertised"
                                                                   : " tokens");
    if (view->trained && view->contexts[view->at] > view->trained)
        rw_text_append(t, ", beyond training: not judged");
    if (two) {
        rw_text_append(t, "<th scope=col>at ");
        rw_markup_count(t, (double)view->contexts[last]);
        rw_text_append(t, view->trained && view->contexts[last] > view->trained
                              ? " tokens, beyond training: not judged"
                              : " tokens");
    }
    rw_text_append(t, "<th scope=col class=l>Read as<tbody>\n");
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const question *q = &questions[i];
        const double limit =
            q->limit
                ? rw_markup_f64(json_object_get(view->settings, "thresholds"), q->limit)
                : (double)NAN;
        rw_text_printf(t, "<tr><th scope=row class=l>%s", q->ask);
        glance_cell(t, view, view->at, q, limit);
        if (two) glance_cell(t, view, last, q, limit);
        rw_text_printf(t, "<td class=l>%s", q->lost);
        if (q->limit) rw_markup_number(t, limit);
        rw_text_append(t, "\n");
    }
    rw_text_append(t, "</table></div>\n");
}

/* --- sentences --- */

/* The weight of a sentence among those after the headline: findings before cautions. */
static size_t weight(const json_t *sentence)
{
    const tone *k = tone_of(sentence);
    return k == &tones[0] ? 0 : k == &tones[2] ? 1 : 2;
}

static void sentence_item(rw_text *t, const json_t *s)
{
    rw_text_append(t, "<li>");
    badge(t, tone_of(s));
    rw_text_append(t, "<span>");
    sentence_of(t, s, "text");
    rw_text_append(t, "</span>\n");
}

/* The headline, the two that weigh most, and the others folded. */
static void sentences(rw_text *t, const json_t *list)
{
    enum { FIRST = 3 };
    size_t kept[FIRST] = {0}, n_kept = 1, n = 0, i;
    const json_t *s;
    json_array_foreach (list, i, s)
        if (json_string_value(json_object_get(s, "text")) && n++ == 0) kept[0] = i;
    if (!n) {
        rw_text_append(t, RW_ABSENT);
        return;
    }
    for (size_t w = 0; w < 3; w++)
        json_array_foreach (list, i, s)
            if (n_kept < FIRST && i != kept[0] && weight(s) == w &&
                json_string_value(json_object_get(s, "text")))
                kept[n_kept++] = i;
    s = json_array_get(list, kept[0]);
    rw_text_printf(t, "<div class=\"headline t-%s\">", tone_of(s)->name);
    badge(t, tone_of(s));
    rw_text_append(t, "<p>");
    sentence_of(t, s, "text");
    rw_text_append(t, "</p></div>\n<ul class=sentences>\n");
    for (size_t k = 1; k < n_kept; k++)
        sentence_item(t, json_array_get(list, kept[k]));
    rw_text_append(t, "</ul>\n");
    if (n == n_kept) return;
    rw_text_printf(t,
                   "<details><summary>%zu more statements</summary><ul "
                   "class=sentences>\n",
                   n - n_kept);
    json_array_foreach (list, i, s) {
        bool shown = !json_string_value(json_object_get(s, "text"));
        for (size_t k = 0; k < n_kept; k++)
            shown |= kept[k] == i;
        if (!shown) sentence_item(t, s);
    }
    rw_text_append(t, "</ul></details>\n");
}

void rw_page_verdict(rw_text *t, const rw_view *view)
{
    const json_t *verdict = json_object_get(view->audit, "verdict");
    rw_text_append(t, "<section id=verdict aria-labelledby=h-verdict><h2 id=h-verdict "
                      "class=eyebrow>Verdict</h2>\n");
    sentences(t, json_object_get(verdict, "sentences"));
    glance(t, view);
    ruler(t, view, verdict);
    rw_text_append(t, "<div class=cards>");
    horizon(t, verdict, "horizon_position", "horizon_position_reason",
            "horizon_position_recovers", "Position horizon",
            "First examined context at which the middle head no longer has a preference "
            "between the "
            "near and the far half: median of E|2p\xe2\x88\x92"
            "1| below the threshold.");
    horizon(t, verdict, "horizon_token", "horizon_token_reason", "horizon_token_recovers",
            "Token horizon",
            "First examined context at which two random distances so often order the "
            "same two keys "
            "differently: median of 2r(1\xe2\x88\x92r) above the threshold.");
    rw_text_append(t, "</div>\n");
    rw_text_append(t, "<p class=intro>A language model with rotary position embeddings "
                      "(RoPE) tells <em>where</em> "
                      "a token is by turning its query and key vectors. This audit took "
                      "vectors the model really "
                      "produced, moved them to every distance inside a context, and "
                      "counted how often the attention "
                      "score then fails to say which position is nearer, or which token "
                      "is meant. It is about "
                      "attention scores of fixed vectors, not about task results.</p>\n");
    rw_section_close(t);
}

void rw_page_advice(rw_text *t, const rw_view *view)
{
    const json_t *list = json_object_get(view->audit, "what_to_do");
    rw_section_open(t, "advice", "What to do", NULL);
    if (!json_array_size(list))
        rw_text_append(t, list && !json_is_null(list)
                              ? "<p>This audit suggests no change.</p>\n"
                              : RW_ABSENT);
    else
        rw_text_append(t, "<ol class=advice>\n");
    size_t i;
    const json_t *item;
    json_array_foreach (list, i, item) {
        rw_text_append(t, "<li><p>");
        sentence_of(t, item, "text");
        rw_text_append(t, "</p>");
        if (json_string_value(json_object_get(item, "because"))) {
            rw_text_append(t, "<p class=because><b>Because</b> ");
            sentence_of(t, item, "because");
            rw_text_append(t, "</p>");
        }
    }
    if (json_array_size(list)) rw_text_append(t, "</ol>\n");
    rw_section_close(t);
}

void rw_page_limits(rw_text *t, const rw_view *view)
{
    enum { OPEN = 3 };
    const json_t *list = json_object_get(view->audit, "limits");
    const size_t n = json_array_size(list);
    rw_section_open(t, "limits", "What this does not say", NULL);
    rw_text_append(t, "<ul class=limits>\n");
    if (!n)
        rw_text_append(
            t,
            "<li>This file states no limits of its own. Every count is about fixed "
            "vectors moved about; 50\xc2\xa0% is no preference and not by itself harm; "
            "nothing here is an accuracy on a task.\n");
    size_t i;
    const json_t *item;
    json_array_foreach (list, i, item) {
        if (i == OPEN)
            rw_text_printf(t,
                           "</ul><details><summary>%zu more limits</summary><ul "
                           "class=limits>\n",
                           n - OPEN);
        if (!json_is_string(item)) continue;
        rw_text_append(t, "<li>");
        sentence(t, json_string_value(item));
        rw_text_append(t, "\n");
    }
    rw_text_append(t, n > OPEN ? "</ul></details>\n" : "</ul>\n");
    rw_section_close(t);
}
