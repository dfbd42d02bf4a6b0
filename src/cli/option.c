/* option.c - parsing of options and of lists of integers. */
#include "cli/option.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static int
say(ropewalk_error *err, const char *fmt, ...);

static int say(ropewalk_error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err->status = ROPEWALK_E_ARGUMENT;
    err->offset = 0;
    (void)vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    return -1;
}

/* digits, 2^n, or digits with k (1024) or m (1048576); *s moves past it. */
static int parse_integer(const char **s, int64_t *value)
{
    char *end;
    if (!strchr("-0123456789", **s) || !**s) return -1;
    errno = 0;
    long long v = strtoll(*s, &end, 10);
    if (end == *s || errno) return -1;
    if (v == 2 && *end == '^') {
        const char *power = end + 1;
        if (*power < '0' || *power > '9') return -1;
        const long n = strtol(power, &end, 10);
        if (n > 40) return -1;
        v = 1LL << n;
    } else if (*end == 'k' || *end == 'K' || *end == 'm' || *end == 'M') {
        const long long unit = *end == 'k' || *end == 'K' ? 1024 : 1048576;
        if (v > INT64_MAX / unit || v < INT64_MIN / unit) return -1;
        v *= unit;
        end++;
    }
    *s = end;
    *value = v;
    return 0;
}

/* What is wrong with a list. */
enum { NO_LIST = -1, TOO_LONG = 1 };

static int push(int_list *list, int64_t v)
{
    if (list->n == MAX_INTS) return TOO_LONG;
    list->value[list->n++] = v;
    return 0;
}

/* One item: a, or a:b:x2 (factor) or a:b:+s (step), both ends included where met. */
static int parse_item(const char **s, int_list *list)
{
    int64_t a, b, step;
    if (parse_integer(s, &a)) return -1;
    if (**s != ':') return push(list, a);
    (*s)++;
    if (parse_integer(s, &b) || **s != ':' || b < a) return -1;
    (*s)++;
    const char how = *(*s)++;
    if ((how != 'x' && how != '+') || parse_integer(s, &step)) return -1;
    if (how == 'x' ? step < 2 || a < 1 : step < 1) return -1;
    for (int64_t v = a; v <= b; v = how == 'x' ? v * step : v + step) {
        if (push(list, v)) return TOO_LONG;
        if (v > INT64_MAX / step / 2) break;
    }
    return 0;
}

static int parse_list(const char *text, int_list *list)
{
    list->n = 0;
    const char *s = text;
    for (;;) {
        const int wrong = parse_item(&s, list);
        if (wrong || !*s) return wrong;
        if (*s++ != ',') return NO_LIST;
    }
}

/* A decimal, 2^n, or digits with k or m; *s moves past it. */
static int parse_number(const char **s, double *value)
{
    int64_t whole;
    const char *at = *s;
    char *end;
    if (parse_integer(&at, &whole) == 0 && (!*at || strchr(",:", *at))) {
        *s = at;
        *value = (double)whole;
        return 0;
    }
    if (!strchr("-.0123456789", **s) || !**s) return -1;
    *value = strtod(*s, &end);
    if (end == *s || !isfinite(*value)) return -1;
    *s = end;
    return 0;
}

/* Twelve digits: the same list whichever machine raised the powers. */
static double rounded(double v)
{
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%.12g", v);
    return strtod(digits, NULL);
}

static int push_real(real_list *list, double v)
{
    if (list->n == MAX_INTS) return TOO_LONG;
    list->value[list->n++] = v;
    return 0;
}

/* a:b:log:n and a:b:lin:n: n values, the first a and the last b exactly. */
static int spread_reals(double a, double b, int is_log, int64_t n, real_list *list)
{
    if (n < 2 || (is_log && !(a > 0.0))) return NO_LIST;
    if (n > MAX_INTS) return TOO_LONG;
    for (int64_t i = 0; i < n; i++) {
        const double t = (double)i / (double)(n - 1);
        const double v = is_log ? a * pow(b / a, t) : a + (b - a) * t;
        if (push_real(list, i == 0 ? a : i == n - 1 ? b : rounded(v))) return TOO_LONG;
    }
    return 0;
}

/* One item: a, or a range; both ends included where met. */
static int parse_real_item(const char **s, real_list *list)
{
    double a, b, step;
    if (parse_number(s, &a)) return -1;
    if (**s != ':') return push_real(list, a);
    (*s)++;
    if (parse_number(s, &b) || **s != ':' || b < a) return -1;
    (*s)++;
    const int is_log = strncmp(*s, "log:", 4) == 0;
    if (is_log || strncmp(*s, "lin:", 4) == 0) {
        int64_t n;
        *s += 4;
        return parse_integer(s, &n) ? -1 : spread_reals(a, b, is_log, n, list);
    }
    const char how = **s;
    if (how != 'x' && how != '+') return -1;
    (*s)++;
    if (parse_number(s, &step)) return -1;
    if (how == 'x' ? !(step > 1.0 && a > 0.0) : !(step > 0.0)) return -1;
    const double most =
        b * (1.0 + 1e-12); /* 1:2:x1.1892 meets its end but for rounding */
    for (int64_t i = 0;; i++) {
        const double v = how == 'x' ? a * pow(step, (double)i) : a + (double)i * step;
        if (!(v <= most)) return 0;
        if (push_real(list, rounded(v))) return TOO_LONG;
    }
}

static int parse_reals(const char *text, real_list *list)
{
    list->n = 0;
    const char *s = text;
    for (;;) {
        const int wrong = parse_real_item(&s, list);
        if (wrong || !*s) return wrong;
        if (*s++ != ',') return NO_LIST;
    }
}

static int parse_real(const char *given, const char *text, double *value,
                      ropewalk_error *err)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text || *end || !isfinite(*value))
        return say(err, "%s: \"%s\" is not a number", given, text);
    return 0;
}

static int say_list(int wrong, const char *given, const char *text, const char *like,
                    ropewalk_error *err)
{
    if (wrong == TOO_LONG)
        return say(err, "%s: a list has at most %d numbers, and this one has more", given,
                   MAX_INTS);
    return wrong ? say(err, "%s: \"%s\" is not a list of %s", given, text, like) : 0;
}

static int store(const option *o, const char *given, const char *text,
                 ropewalk_error *err)
{
    switch (o->kind) {
    case OPTION_FLAG: *(int *)o->target = 1; return 0;
    case OPTION_TEXT: *(const char **)o->target = text; return 0;
    case OPTION_TEXTS: {
        text_list *list = o->target;
        if (list->n == MAX_TEXTS)
            return say(err, "%s is given more than %d times", given, MAX_TEXTS);
        list->value[list->n++] = text;
        return 0;
    }
    case OPTION_INT:
    case OPTION_INT64: {
        int64_t v;
        const char *s = text;
        if (parse_integer(&s, &v) || *s)
            return say(err, "%s: \"%s\" is not a whole number", given, text);
        if (v < o->lo || v > o->hi)
            return say(err, "%s: %s is outside %lld to %lld", given, text,
                       (long long)o->lo, (long long)o->hi);
        if (o->kind == OPTION_INT)
            *(int *)o->target = (int)v;
        else
            *(int64_t *)o->target = v;
        return 0;
    }
    case OPTION_SEED: {
        char *end;
        errno = 0;
        const unsigned long long v = strtoull(text, &end, 0);
        if (*text < '0' || *text > '9' || *end || errno)
            return say(err, "%s: \"%s\" is not a whole number", given, text);
        *(uint64_t *)o->target = v;
        return 0;
    }
    case OPTION_REAL: return parse_real(given, text, o->target, err);
    case OPTION_INVERSE: {
        double *target = o->target;
        if (parse_real(given, text, target, err)) return -1;
        if (!(*target > 0.0)) return say(err, "%s: %s must be positive", given, text);
        *target = 1.0 / *target;
        return 0;
    }
    case OPTION_SCALE: {
        score_scale *scale = o->target;
        scale->model = strcmp(text, "model") == 0;
        return scale->model ? 0 : parse_real(given, text, &scale->value, err);
    }
    case OPTION_INTS:
        return say_list(parse_list(text, o->target), given, text,
                        "whole numbers such as 1024,8k or 2^10:2^17:x2", err);
    case OPTION_REALS:
        return say_list(parse_reals(text, o->target), given, text,
                        "numbers such as 1e4,5e5 or 1e4:1e8:log:25", err);
    }
    return -1;
}

static const option *find(const option *table, const char *word, size_t n)
{
    for (; table->name; table++)
        if ((strlen(table->name) == n && strncmp(table->name, word, n) == 0) ||
            (table->alias && strlen(table->alias) == n &&
             strncmp(table->alias, word, n) == 0))
            return table;
    return NULL;
}

int options_parse(const option *table, int argc, char **argv, const char **words,
                  size_t max_words, size_t *n_words, ropewalk_error *err)
{
    int only_words = 0;
    *n_words = 0;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (only_words || word[0] != '-' || !word[1]) {
            if (*n_words == max_words)
                return say(err, "\"%s\" is one argument too many", word);
            words[(*n_words)++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_words = 1;
            continue;
        }
        const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
        const size_t n = equals ? (size_t)(equals - word) : strlen(word);
        const option *o = find(table, word, n);
        if (!o) return say(err, "option %.*s is unknown: see --help", (int)n, word);
        const char *text = equals ? equals + 1 : NULL;
        if (o->kind == OPTION_FLAG && equals)
            return say(err, "%s takes no value", o->name);
        if (o->kind != OPTION_FLAG && !text) {
            if (i + 1 >= argc) return say(err, "%s needs a value", o->name);
            text = argv[++i];
        }
        if (store(o, o->name, text, err)) return -1;
    }
    return 0;
}

void options_help(const option *table)
{
    for (; table->name; table++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%s%s%s%s", table->name,
                       table->alias ? ", " : "", table->alias ? table->alias : "",
                       table->value ? " " : "", table->value ? table->value : "");
        if (strlen(left) < 28)
            printf("  %-28s %s\n", left, table->help);
        else
            printf("  %s\n  %-28s %s\n", left, "", table->help);
    }
}
