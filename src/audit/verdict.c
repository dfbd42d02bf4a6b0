/* verdict.c - what may be concluded, in words.
 *
 * May be said: what a layer's rotation does to fixed vectors moved about. May not: task accuracy,
 * an effective length, that 50 % is harm (docs/theory.md, A11). */
#include "audit/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { MAX_SENTENCE = 16, MAX_ADVICE = 8 };

RW_PRINTF(3, 4)
static void say(rw_verdict *v, const char *tone, const char *fmt, ...)
{
    if (v->n_sentence == MAX_SENTENCE) return;
    rw_sentence *s = &v->sentence[v->n_sentence++];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(s->text, sizeof s->text, fmt, args);
    va_end(args);
    (void)snprintf(s->tone, sizeof s->tone, "%s", tone);
}

static rw_advice *advise(rw_verdict *v)
{
    return &v->advice[v->n_advice < MAX_ADVICE ? v->n_advice++ : MAX_ADVICE - 1];
}

/* 131072 as "131,072". */
static const char *grouped(int64_t n, char out[32])
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%" PRId64, n);
    int at = 0;
    for (int i = 0; i < len; i++) {
        out[at++] = digits[i];
        if ((len - 1 - i) % 3 == 0 && i < len - 1) out[at++] = ',';
    }
    out[at] = '\0';
    return out;
}

static const rw_summary *summary_at(const rw_audit *a, rw_head_class class,
                                    int64_t context)
{
    for (uint32_t i = 0; i < a->n_summary; i++)
        if (a->summary[i].head_class == class && a->summary[i].context == context)
            return &a->summary[i];
    return NULL;
}

static double median(const rw_summary *s, const char *name)
{
    for (uint32_t i = 0; s && i < s->n_value; i++)
        if (strcmp(s->value[i].name, name) == 0) return s->value[i].median;
    return (double)NAN;
}

/* The first listed context at which a median crosses; later ones where it is back. */
static int64_t horizon(const rw_audit *a, rw_head_class class, const char *name,
                       double limit, int below, char reason[256], int64_t *recovers,
                       uint32_t *n_recovers)
{
    int64_t found = 0;
    double last = (double)NAN;
    *n_recovers = 0;
    for (uint32_t c = 0; c < a->n_context; c++) {
        const double m = median(summary_at(a, class, a->context[c]), name);
        if (isnan(m)) continue;
        last = m;
        const int crossed = below ? m < limit : m > limit;
        if (crossed && !found) found = a->context[c];
        if (!crossed && found) recovers[(*n_recovers)++] = a->context[c];
    }
    char n[32];
    if (found)
        (void)snprintf(reason, 256, "first listed context at which the median is %s %g",
                       below ? "below" : "above", limit);
    else if (isnan(last))
        (void)snprintf(
            reason, 256,
            "no answer: no head with rotary positions was examined, or scores do not "
            "depend on distance");
    else
        (void)snprintf(
            reason, 256,
            "not crossed up to %s tokens: the median there is %.2f, the limit %g",
            grouped(a->context[a->n_context - 1], n), last, limit);
    return found;
}

/* Where the advertised context falls in the list: the largest context not above it. */
static int64_t listed_advertised(const rw_audit *a)
{
    int64_t at = a->context[0];
    for (uint32_t c = 0; c < a->n_context; c++)
        if (a->context[c] <= a->advertised) at = a->context[c];
    return at;
}

static void headline(rw_audit *a, const rw_summary *s, const char *name)
{
    rw_verdict *v = &a->verdict;
    char ctx[32], advertised[32], hp[32], ht[32], where[128];
    const double preference = median(s, "preference"), flip = median(s, "token_flip");
    const int position_lost = v->horizon_position && v->horizon_position <= a->advertised;
    const int token_lost = v->horizon_token && v->horizon_token <= a->advertised;
    grouped(s->context, ctx);
    grouped(a->advertised, advertised);
    grouped(v->horizon_position, hp);
    grouped(v->horizon_token, ht);
    if (s->context == a->advertised)
        (void)snprintf(where, sizeof where, "At its advertised %s tokens", ctx);
    else
        (void)snprintf(where, sizeof where,
                       "At %s tokens (%s are advertised, not examined)", ctx, advertised);
    if (isnan(preference) || isnan(flip))
        say(v, "caution",
            "%s the scores of %s's median head do not depend on distance, or its sampled "
            "keys are "
            "all alike: no preference and no order can be stated.",
            where, name);
    else if (position_lost && token_lost)
        say(v, "finding",
            "Within its advertised context %s's rotary heads lose both: the median head "
            "stops "
            "preferring near or far at %s tokens, and stops keeping two keys in order at "
            "%s.",
            name, hp, ht);
    else if (position_lost)
        say(v, "finding",
            "Within its advertised context %s's median head stops preferring near or far "
            "(at %s "
            "tokens), but still keeps two keys in order more often than not.",
            name, hp);
    else if (token_lost)
        say(v, "finding",
            "At %s tokens, within the advertised context, distance reorders two keys of "
            "%s's "
            "median head almost as often as a coin would; its preference between near "
            "and far "
            "holds (%.2f at %s tokens).",
            ht, name, preference, ctx);
    else
        say(v,
            s->context == a->advertised && (!a->trained || s->context <= a->trained)
                ? "good"
                : "plain", /* beyond training nothing is praised */
            "%s single query-key pairs in %s's median head still prefer near or far "
            "(strength "
            "%.2f; below 0.10 counts as lost), and two keys mostly keep one order "
            "(chance that two "
            "random distances order them differently: %.2f; above 0.40 counts as lost, "
            "0.50 is a "
            "coin).",
            where, name, preference, flip);
}

/* Heads of a kind, from the share. */
static int count_of(const rw_summary *s, rw_kind kind)
{
    return (int)(s->kind_share[kind] * s->n_head + 0.5);
}

static void describe(rw_audit *a, const rw_summary *s)
{
    rw_verdict *v = &a->verdict;
    char ctx[32];
    grouped(s->context, ctx);
    const double p = median(s, "random.position_inversion");
    const double attended = median(s, "attended.position_inversion");
    if (!isnan(p))
        say(v, "plain",
            "In the median head the same key vector, drawn at random and moved from the "
            "near to "
            "the far half of %s tokens, scores higher in %.0f %% of position pairs (50 "
            "%% = no "
            "preference); attended keys, which are chosen for a high score near by, in "
            "%.0f %%.",
            ctx, 100.0 * p, 100.0 * attended);
    say(v, s->kind_share[RW_KIND_CHAOTIC] > 0.25 ? "caution" : "plain",
        "Of the %u heads with %s attention %d are local (near scores higher), %d "
        "anti-local, %d "
        "mixed, %d position-blind and %d chaotic. Chaotic is the published failure: "
        "scores that "
        "vary with distance and prefer neither near nor far.",
        s->n_head, rw_head_class_name(s->head_class), count_of(s, RW_KIND_LOCAL),
        count_of(s, RW_KIND_ANTI_LOCAL), count_of(s, RW_KIND_MIXED),
        count_of(s, RW_KIND_BLIND), count_of(s, RW_KIND_CHAOTIC));
    const double r = median(s, "attended_random.token_inversion");
    const double null = median(s, "random_random.token_inversion");
    if (!isnan(r))
        say(v, r > 0.25 ? "caution" : "plain",
            "An attended key and a random one stand in another order than side by side "
            "at %.0f %% "
            "of the distances below %s in the median head (two random keys: %.0f %%; "
            "part of the "
            "difference is that attended keys are chosen for a high score).",
            100.0 * r, ctx, 100.0 * null);
}

/* Rounded scores, beside what any score of that type does. */
static void tell_aliasing(rw_audit *a, const rw_summary *s)
{
    rw_verdict *v = &a->verdict;
    double alias = (double)NAN;
    int64_t total = 0;
    for (uint32_t i = 0; i < a->n_baseline; i++)
        if (a->baseline[i].context == s->context &&
            a->baseline[i].dtype == a->first_dtype) {
            alias = (double)a->baseline[i].gaussian;
            total = a->baseline[i].total;
        }
    const double mine = median(s, "random.position_aliasing");
    if (isnan(mine) || !total) return;
    char n1[32], n2[32], n3[32];
    say(v, "plain",
        "Rounded to %s, %s of %s position pairs of a random key alias in the median head "
        "(%.2f "
        "%%; a median Gaussian pair of vectors under the same rotation: %s). Fused "
        "attention "
        "kernels keep scores in float32 and do not have this failure.",
        rw_dtype_get(a->first_dtype)->name,
        grouped((int64_t)(mine * (double)total + 0.5), n1), grouped(total, n3),
        100.0 * mine, grouped((int64_t)alias, n2));
}

/* Beyond what was trained the slow pairs go on turning: far may come to score higher. */
static void turned(rw_audit *a, rw_head_class class)
{
    const rw_summary *inside = summary_at(a, class, listed_advertised(a));
    if (!(median(inside, "random.position_inversion") < 0.5)) return;
    for (uint32_t c = 0; c < a->n_context; c++) {
        const rw_summary *s = summary_at(a, class, a->context[c]);
        const double p = median(s, "random.position_inversion");
        if (a->context[c] <= a->advertised || !(p > 0.55)) continue;
        char n[32];
        say(&a->verdict, "caution",
            "Beyond the advertised context the direction turns: at %s tokens the same "
            "random key "
            "vector scores higher in the far half in %.0f %% of position pairs of the "
            "median head "
            "(%.0f %% of heads are anti-local there).",
            grouped(s->context, n), 100.0 * p, 100.0 * s->kind_share[RW_KIND_ANTI_LOCAL]);
        return;
    }
}

static void beyond(rw_audit *a, rw_head_class class)
{
    rw_verdict *v = &a->verdict;
    char last[32], hp[32], ht[32];
    const int64_t most = a->context[a->n_context - 1];
    const rw_summary *s = summary_at(a, class, most);
    if (!s || most <= a->advertised) return;
    grouped(most, last);
    turned(a, class);
    if (v->horizon_position)
        grouped(v->horizon_position, hp);
    else
        (void)snprintf(hp, sizeof hp, "none");
    if (v->horizon_token)
        grouped(v->horizon_token, ht);
    else
        (void)snprintf(ht, sizeof ht, "none");
    say(v, "plain",
        "Moved up to %s tokens: median preference %.2f, flip chance %.2f, %.0f %% of "
        "heads chaotic; "
        "horizons (first listed context that crosses): position %s, token %s. Beyond "
        "training this "
        "says what the rotation does, not what the model was taught.",
        last, median(s, "preference"), median(s, "token_flip"),
        100.0 * s->kind_share[RW_KIND_CHAOTIC], hp, ht);
}

/* The stricter null: one phase per frequency for the whole head. Said because it is often not met. */
static void tell_strict(rw_audit *a, const rw_summary *s)
{
    uint32_t kept = 0;
    for (uint32_t h = 0; h < a->n_head; h++) {
        const rw_head_result *x = &a->head[h];
        if (!x->context || x->head_class != s->head_class) continue;
        for (uint32_t c = 0; c < a->n_context; c++)
            kept +=
                a->context[c] == s->context && x->context[c].direction_p_shared <= 0.05;
    }
    say(&a->verdict, "plain",
        "A direction here means that the sampled vectors agree on it. Against surrogates "
        "that turn "
        "each frequency by one random phase for the whole head, %u of %u heads stay "
        "below p = 0.05 "
        "(%.0f would by chance).%s",
        kept, s->n_head, 0.05 * s->n_head,
        kept < s->n_head / 2
            ? " Where only a few slow pairs carry the gap, this cannot tell lucky "
              "phases from learned ones."
            : "");
}

static void tell_check(rw_audit *a)
{
    uint32_t worst = 0;
    for (uint32_t i = 1; i < a->n_rotation_check; i++)
        if (a->rotation_check[i] > a->rotation_check[worst]) worst = i;
    if (a->n_rotation_check)
        say(&a->verdict, "plain",
            "The frequencies are the executed ones: every captured vector was rotated "
            "again in "
            "float64 and agrees with the runtime within %.0f %% of the error its float32 "
            "running "
            "product allows (worst: layer %u).",
            100.0 * a->rotation_check[worst], a->rotation_check_layer[worst]);
}

static void tell_prediction(rw_audit *a, const rw_summary *s)
{
    for (uint32_t i = 0; i < s->n_value; i++) {
        const rw_quantiles *q = &s->value[i];
        if (strcmp(q->name, "random.position_inversion") != 0 ||
            isnan(q->predicted_median))
            continue;
        say(&a->verdict, "plain",
            "Theory (exact moments, scores assumed normal) predicts a median position "
            "inversion "
            "of %.3f for random keys; counted: %.3f.",
            q->predicted_median, q->median);
    }
}

/* The heads that make the verdict: chaotic at the advertised context, least preference first. */
static void name_heads(const rw_audit *a, rw_head_class class, uint32_t context,
                       char *out, size_t size, uint32_t *total)
{
    size_t used = 0;
    double after = -1.0;
    uint32_t after_head = 0; /* ties go by position in the list */
    *total = 0;
    out[0] = '\0';
    for (uint32_t shown = 0; shown < 6; shown++) {
        uint32_t best = UINT32_MAX;
        double least = (double)INFINITY;
        for (uint32_t h = 0; h < a->n_head; h++) {
            const rw_head_result *x = &a->head[h];
            if (!x->context || x->head_class != class ||
                x->context[context].kind != RW_KIND_CHAOTIC)
                continue;
            *total += shown == 0;
            const double p = x->context[context].preference;
            const int later = p > after || (!(p < after) && shown > 0 && h > after_head);
            if (later && p < least) {
                least = p;
                best = h;
            }
        }
        if (best == UINT32_MAX) return;
        after = least;
        after_head = best;
        const int n = snprintf(out + used, size - used, "%sL%u.H%u", used ? ", " : "",
                               a->head[best].layer, a->head[best].head);
        if (n < 0 || (size_t)n >= size - used) return;
        used += (size_t)n;
    }
}

static void give_advice(rw_audit *a, const rw_summary *s, uint32_t context)
{
    rw_verdict *v = &a->verdict;
    char n[32], heads[200];
    uint32_t chaotic;
    const int64_t h = v->horizon_position && (!v->horizon_token ||
                                              v->horizon_position < v->horizon_token)
                          ? v->horizon_position
                          : v->horizon_token;
    rw_advice *chunk = advise(v);
    if (h && h <= a->advertised) {
        (void)snprintf(
            chunk->text, sizeof chunk->text,
            "Where the task allows it, keep what must be related within about %s "
            "tokens: chunk or retrieve below that.",
            grouped(h / 2, n));
        (void)snprintf(
            chunk->because, sizeof chunk->because,
            "half of %" PRId64 " tokens, the first listed context at which the median "
            "head crosses a limit; a statement about attention scores, not about tasks",
            h);
    } else {
        const int examined = s->context == a->advertised;
        (void)snprintf(
            chunk->text, sizeof chunk->text,
            examined ? "No chunk length follows from the scores: use the advertised %s "
                       "tokens, not more, and judge by your task."
                     : "Examine the advertised %s tokens too (--context) before drawing "
                       "conclusions about them.",
            grouped(a->advertised, n));
        (void)snprintf(chunk->because, sizeof chunk->because, "%s",
                       examined ? "neither horizon lies within the advertised context"
                                : "the listed contexts leave it out");
    }
    name_heads(a, s->head_class, context, heads, sizeof heads, &chaotic);
    rw_advice *drive = advise(v);
    if (chaotic) {
        (void)snprintf(
            drive->text, sizeof drive->text,
            "%u of %u heads are chaotic at %s tokens; the clearest: %s. Look there "
            "first when changing the base, the scaling or the mechanism.",
            chaotic, s->n_head, grouped(s->context, n), heads);
        (void)snprintf(
            drive->because, sizeof drive->because,
            "their scores vary by at least %g nat with distance, yet on average no "
            "pair of vectors prefers near or far by more than %g",
            RW_BLIND_ENERGY_NATS, RW_CHAOTIC_PREFERENCE);
    } else {
        (void)snprintf(drive->text, sizeof drive->text,
                       "No single head needs attention: none is chaotic at %s tokens.",
                       grouped(s->context, n));
        (void)snprintf(drive->because, sizeof drive->because,
                       "every head prefers near or far, differs from vector to vector, "
                       "or hardly depends on "
                       "distance");
    }
    rw_advice *config = advise(v);
    uint32_t differ = 0;
    for (uint32_t i = 0; i < a->n_finding; i++)
        differ += strcmp(a->finding[i].severity, "info") != 0;
    if (differ) {
        (void)snprintf(
            config->text, sizeof config->text,
            "Settle the %u difference%s between what the file declares and what ran, "
            "listed under findings, before trusting any long-context result.",
            differ, differ == 1 ? "" : "s");
        (void)snprintf(config->because, sizeof config->because, "%.500s",
                       a->finding[0].message);
    } else if (a->compared) {
        (void)snprintf(
            config->text, sizeof config->text,
            "Nothing to mend in the configuration: the runtime executed the frequencies "
            "the file declares.");
        (void)snprintf(
            config->because, sizeof config->because,
            "declared and executed inv_freq, attention factor and softmax scale agree");
    } else {
        (void)snprintf(
            config->text, sizeof config->text,
            "Audit the model file itself to compare declared with executed RoPE.");
        (void)snprintf(config->because, sizeof config->because,
                       "this audit was made from captures alone");
    }
}

ropewalk_status rw_verdict_make(rw_audit *a, ropewalk_error *err)
{
    rw_verdict *v = &a->verdict;
    v->sentence = rw_calloc(MAX_SENTENCE, sizeof *v->sentence);
    v->advice = rw_calloc(MAX_ADVICE, sizeof *v->advice);
    if (!v->sentence || !v->advice) return rw_fail_memory(err, "the verdict");
    rw_head_class class = RW_CLASS_FULL;
    int64_t at = listed_advertised(a);
    if (!summary_at(a, class, at)) class = RW_CLASS_SLIDING;
    const rw_summary *s = summary_at(a, class, at);
    v->horizon_position = horizon(a, class, "preference", RW_HORIZON_PREFERENCE, 1,
                                  v->horizon_position_reason, v->position_recovers,
                                  &v->n_position_recovers);
    v->horizon_token =
        horizon(a, class, "token_flip", RW_HORIZON_TOKEN_FLIP, 0, v->horizon_token_reason,
                v->token_recovers, &v->n_token_recovers);
    if (!s) {
        say(v, "caution",
            "No layer of this model rotates queries and keys: there is no RoPE to "
            "audit.");
        return ROPEWALK_OK;
    }
    headline(a, s, a->model.name ? a->model.name : "the model");
    describe(a, s);
    beyond(a, class);
    tell_aliasing(a, s);
    tell_prediction(a, s);
    tell_strict(a, s);
    tell_check(a);
    if (a->unresolved)
        say(v, "caution",
            "%" PRId64 " comparisons stayed undecided even in double-double.",
            a->unresolved);
    say(v, "plain",
        "These are statements about fixed vectors moved about, not about answers: no "
        "task was run.");
    uint32_t context = 0;
    for (uint32_t c = 0; c < a->n_context; c++)
        if (a->context[c] == at) context = c;
    give_advice(a, s, context);
    return ROPEWALK_OK;
}
