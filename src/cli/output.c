/* output.c - whether the outputs can be written, asked before any work is done. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static int
refuse(ropewalk_error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err->status = ROPEWALK_E_ARGUMENT;
    err->offset = 0;
    (void)vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    return -1;
}

/* Where the last part of a path begins. */
static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The folder a path stands in. */
static int folder_of(const char *path, char folder[PATH_MAX])
{
    const size_t n = (size_t)(last_part(path) - path);
    if (n + 2 > PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, path, n);
    memcpy(folder + n, n ? "" : ".", n ? 1 : 2);
    return 0;
}

static int writable(const char *path, ropewalk_error *err)
{
    struct stat st;
    char folder[PATH_MAX];
    const int there = stat(path, &st) == 0;
    if (there && S_ISDIR(st.st_mode))
        return refuse(err, "cannot write %s: it is a folder", path);
    if (!there && (errno != ENOENT || !*last_part(path)))
        return refuse(err, "cannot write %s: %s", path, strerror(errno));
    if (there && access(path, W_OK) != 0)
        return refuse(err, "cannot write %s: %s", path, strerror(errno));
    if (there && !S_ISREG(st.st_mode)) return 0; /* a device is written in place */
    if (folder_of(path, folder) || access(folder, W_OK | X_OK) != 0)
        return refuse(err, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

static int same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether two paths are one regular file, now or once written. */
static int one_file(const char *a, const char *b)
{
    struct stat at_a, at_b;
    char folder_a[PATH_MAX], folder_b[PATH_MAX];
    const int there_a = stat(a, &at_a) == 0, there_b = stat(b, &at_b) == 0;
    if (there_a && there_b) return S_ISREG(at_a.st_mode) && same(&at_a, &at_b);
    return !there_a && !there_b && strcmp(last_part(a), last_part(b)) == 0 &&
           folder_of(a, folder_a) == 0 && folder_of(b, folder_b) == 0 &&
           stat(folder_a, &at_a) == 0 && stat(folder_b, &at_b) == 0 && same(&at_a, &at_b);
}

static int ends_in(const char *name, const char *suffix)
{
    const size_t n = strlen(name), n_suffix = strlen(suffix);
    return n >= n_suffix && strcmp(name + n - n_suffix, suffix) == 0;
}

/* Whether an output is what reading `input` reads too: a folder's config.json or weights, or
 * another file of a split GGUF set. */
static int belongs(const char *output, const char *input)
{
    struct stat at_in, at_out;
    char folder[PATH_MAX];
    const char *name = last_part(output);
    if (access(output, F_OK) || folder_of(output, folder) || stat(folder, &at_out) ||
        stat(input, &at_in))
        return 0;
    if (S_ISDIR(at_in.st_mode))
        return same(&at_in, &at_out) &&
               (strcmp(name, "config.json") == 0 || ends_in(name, ".safetensors"));
    return ends_in(name, ".gguf") && folder_of(input, folder) == 0 &&
           stat(folder, &at_in) == 0 && same(&at_in, &at_out);
}

int outputs_check(const common *c, const char *const *input, size_t n_input,
                  ropewalk_error *err)
{
    if (c->run.team && c->run.team->rank != 0) return 0; /* it writes nothing */
    static const char *const name[] = {"-o", "--json", "--csv"};
    const char *const given[] = {c->output, c->json, c->csv};
    const char *outputs[3] = {NULL, NULL, NULL};
    for (size_t o = 0; o < 3; o++) /* - is standard output but for -o */
        if (given[o] && (o == 0 || strcmp(given[o], "-") != 0)) outputs[o] = given[o];
    if (c->json && c->csv && !outputs[1] && !outputs[2])
        return refuse(err, "--json and --csv both name standard output");
    for (size_t o = 0; o < 3; o++) {
        if (!outputs[o]) continue;
        if (writable(outputs[o], err)) return -1;
        for (size_t i = 0; i < n_input; i++)
            if (input[i] &&
                (one_file(outputs[o], input[i]) || belongs(outputs[o], input[i])))
                return refuse(err, "%s %s is an input and would be written over", name[o],
                              outputs[o]);
    }
    for (size_t a = 0; a < 3; a++)
        for (size_t b = a + 1; b < 3; b++)
            if (outputs[a] && outputs[b] && one_file(outputs[a], outputs[b]))
                return refuse(err, "%s and %s name the same file %s", name[a], name[b],
                              outputs[b]);
    return 0;
}
