/* folder.c - lists a folder, sorted. */
#define _POSIX_C_SOURCE 200809L
#include "format/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "format/limits.h"

bool rw_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool ends_in(const char *name, const char *suffix)
{
    const size_t n = strlen(name), n_suffix = strlen(suffix);
    return name[0] != '.' && n > n_suffix && strcmp(name + n - n_suffix, suffix) == 0;
}

static int compare(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static ropewalk_status collect(DIR *dir, const char *path, const char *suffix,
                               rw_folder *out, ropewalk_error *err)
{
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (!ends_in(entry->d_name, suffix)) continue;
        if (out->n == RW_MAX_SHARD)
            return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                           "%.300s holds more than %u files named *%s", path,
                           RW_MAX_SHARD, suffix);
        char **names = rw_realloc(out->names, out->n + 1, sizeof *names);
        if (!names) return rw_fail_memory(err, "names of files");
        out->names = names;
        out->names[out->n] = rw_strdup(entry->d_name);
        if (!out->names[out->n]) return rw_fail_memory(err, "names of files");
        out->n++;
    }
    if (out->n) qsort(out->names, out->n, sizeof *out->names, compare);
    return ROPEWALK_OK;
}

ropewalk_status rw_folder_list(const char *path, const char *suffix, rw_folder *out,
                               ropewalk_error *err)
{
    *out = (rw_folder){0};
    DIR *dir = opendir(path);
    if (!dir)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot read folder %.300s: %s", path,
                       strerror(errno));
    const ropewalk_status status = collect(dir, path, suffix, out, err);
    (void)closedir(dir);
    if (status) rw_folder_clear(out);
    return status;
}

void rw_folder_clear(rw_folder *folder)
{
    for (size_t i = 0; i < folder->n; i++)
        rw_free(folder->names[i]);
    rw_free(folder->names);
    *folder = (rw_folder){0};
}

char *rw_folder_path(const char *folder, const char *name)
{
    const size_t n = strlen(folder) + strlen(name) + 2;
    char *path = rw_malloc(n);
    if (!path) return NULL;
    const size_t n_folder = strlen(folder);
    const char *slash = n_folder && folder[n_folder - 1] == '/' ? "" : "/";
    (void)snprintf(path, n, "%s%s%s", folder, slash, name);
    return path;
}
