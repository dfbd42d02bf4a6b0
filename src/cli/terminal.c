/* terminal.c - whether standard output is a terminal that shows UTF-8, and whether it may be coloured. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const char *set(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The first of the three that is set decides, as in POSIX. */
static int shows_utf8(void)
{
    const char *locale = set("LC_ALL");
    if (!locale) locale = set("LC_CTYPE");
    if (!locale) locale = set("LANG");
    return locale && (strstr(locale, "UTF-8") || strstr(locale, "utf8") ||
                      strstr(locale, "utf-8") || strstr(locale, "UTF8"));
}

int on_terminal(void)
{
    const char *term = set("TERM");
    return isatty(STDOUT_FILENO) && shows_utf8() && term && strcmp(term, "dumb") != 0;
}

int print_coloured(const char *text)
{
    if (!set("NO_COLOR")) return fputs(text, stdout);
    while (*text) { /* without ESC [ ... m */
        const char *escape = strstr(text, "\x1b[");
        const size_t n = escape ? (size_t)(escape - text) : strlen(text);
        if (fwrite(text, 1, n, stdout) != n) return EOF;
        if (!escape) break;
        const char *end = strchr(escape, 'm');
        if (!end) break;
        text = end + 1;
    }
    return 0;
}
