/* audit_terminal.c - an audit in a terminal: a table over contexts, a map of heads, the verdict. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/audit_json.h"
#include "report/markup.h"

/* Colours of the 256-colour palette that differ in light as well as in hue; the glyph says the same
 * without any. */
enum { N_LEVEL = 8, MAX_ROW = 16, MAX_COLUMN = 100, NEAR = 26, FAR = 166, PALE = 250 };
#define PLAIN "\x1b[0m"
#define BOLD "\x1b[1m"
#define DIM "\x1b[2m"

static const char *const level_glyph[N_LEVEL] = {
    "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
    "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};

/* "131,072" at the right of a field. */
static void count(rw_text *t, int64_t n, int width)
{
    rw_text digits;
    rw_text_init(&digits);
    rw_markup_count(&digits, (double)n);
    rw_text_printf(t, "%*s", width, digits.data ? digits.data : "");
    t->failed |= digits.failed;
    rw_text_clear(&digits);
}

static double value_of(const rw_summary *s, const char *name, int predicted)
{
    for (uint32_t i = 0; i < s->n_value; i++)
        if (strcmp(s->value[i].name, name) == 0)
            return predicted ? s->value[i].predicted_median : s->value[i].median;
    return (double)NAN;
}

/* A number in eight columns, marked when it is lost. */
static void number(rw_text *t, double value, int lost)
{
    if (isnan(value))
        rw_text_append(t, "        -");
    else
        rw_text_printf(t, " %s%8.3f%s", lost ? "\x1b[31m" : "", value, lost ? PLAIN : "");
}

static void table(rw_text *t, const rw_audit *a)
{
    static const char *const class_words[] = {"full", "sliding", "nope"};
    int several = 0;
    for (uint32_t i = 0; i < a->n_summary; i++)
        several |= a->summary[i].head_class == RW_CLASS_SLIDING;
    rw_text_append(t, BOLD "    context  prefers  flips   inverts predicted    kinds of "
                           "heads, %" PLAIN "\n");
    for (uint32_t i = 0; i < a->n_summary; i++) {
        const rw_summary *s = &a->summary[i];
        if (s->head_class == RW_CLASS_NOPE) continue;
        const double preference = value_of(s, "preference", 0),
                     flip = value_of(s, "token_flip", 0);
        rw_text_append(t, s->context == a->advertised ? " * " : "   ");
        count(t, s->context, 8);
        number(t, preference, preference < RW_HORIZON_PREFERENCE);
        number(t, flip, flip > RW_HORIZON_TOKEN_FLIP);
        number(t, value_of(s, "random.position_inversion", 0), 0);
        number(t, value_of(s, "random.position_inversion", 1), 0);
        rw_text_append(t, "   ");
        for (int k = 0; k < RW_N_KIND; k++)
            if (s->kind_share[k] > 0)
                rw_text_printf(t, " %s %.0f", rw_kind_name((rw_kind)k),
                               100 * s->kind_share[k]);
        if (several) rw_text_printf(t, " (%s layers)", class_words[s->head_class]);
        rw_text_append(t, "\n");
    }
    rw_text_printf(
        t,
        DIM " * advertised. Medians over heads: prefers is E|2p-1| (lost below "
            "%g), flips the chance that two\n   distances swap two keys (lost "
            "above %g), inverts how often far beats near (0.5 is chance)." PLAIN "\n",
        RW_HORIZON_PREFERENCE, RW_HORIZON_TOKEN_FLIP);
}

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Changes the colour when it is another than `last`; returns it. */
static int square(rw_text *t, double value, int last)
{
    if (isnan(value)) {
        rw_text_append(t, PLAIN DIM "\xc2\xb7" PLAIN); /* no answer */
        return -1;
    }
    const int level = (int)fmin(N_LEVEL - 1, floor(fmax(0, value) * N_LEVEL));
    const int colour = value < 0.45 ? NEAR : value > 0.55 ? FAR : PALE;
    if (colour != last) rw_text_printf(t, "\x1b[38;5;%dm", colour);
    rw_text_append(t, level_glyph[level]);
    return colour;
}

/* The head's rate at a context, or NaN. */
static double rate_of(const rw_audit *a, const rw_head_result *h, int64_t context)
{
    for (uint32_t c = 0; h->context && c < a->n_context; c++)
        if (h->context[c].context == context)
            return h->context[c].single[RW_RANDOM][RW_RATE_INVERSION].measured;
    return (double)NAN;
}

/* Heads lie layer by layer; a square is the median of a few heads where they are many. */
static void map(rw_text *t, const rw_audit *a)
{
    uint32_t n_layer = 0, n_row = 0;
    int64_t at = a->n_context ? a->context[0] : 0;
    for (uint32_t c = 0; c < a->n_context; c++)
        if (a->context[c] <= a->advertised) at = a->context[c];
    for (uint32_t h = 0; h < a->n_head; h++) {
        n_layer += h == 0 || a->head[h].layer != a->head[h - 1].layer;
        if (a->head[h].head >= n_row) n_row = a->head[h].head + 1;
    }
    if (!n_layer || n_layer > MAX_COLUMN) return;
    const uint32_t each = (n_row + MAX_ROW - 1) / MAX_ROW;
    rw_text_append(t, "\n" BOLD " position inversion, random keys, at ");
    count(t, at, 0);
    rw_text_append(t, " tokens" PLAIN ", a column a layer, a row ");
    if (each > 1)
        rw_text_printf(t, "%u heads (their median)\n", each);
    else
        rw_text_append(t, "a head\n");
    for (uint32_t row = 0; row * each < n_row; row++) {
        int colour = -1;
        rw_text_printf(t, " %4u ", row * each);
        for (uint32_t h = 0; h < a->n_head;) {
            double list[256];
            size_t n = 0;
            const uint32_t layer = a->head[h].layer;
            for (; h < a->n_head && a->head[h].layer == layer; h++) {
                const double rate = rate_of(a, &a->head[h], at);
                if (a->head[h].head / each == row && !isnan(rate) && n < 256)
                    list[n++] = rate;
            }
            if (n) qsort(list, n, sizeof *list, ascending);
            colour = square(t, n ? list[n / 2] : (double)NAN, colour);
        }
        rw_text_append(t, PLAIN "\n");
    }
    rw_text_append(t, "      ");
    for (int i = 0, colour = -1; i < N_LEVEL; i++)
        colour = square(t, (i + 0.5) / N_LEVEL, colour);
    rw_text_append(t, PLAIN DIM "  0 near always wins, 0.5 chance, 1 far always "
                                "wins" PLAIN "\n\n");
}

void rw_audit_terminal(const rw_audit *a, rw_text *out)
{
    rw_text_append(out, "\n");
    table(out, a);
    map(out, a);
    rw_audit_text(a, out);
}
