/* arch.c - looking an architecture up, in the table of the file's kind. */
#include "model/arch.h"

#include <string.h>

static const rw_arch *find_n(const rw_arch *row, const char *name, size_t n)
{
    for (; row->name; row++)
        if (strncmp(row->name, name, n) == 0 && !row->name[n]) return row;
    return NULL;
}

const rw_arch *rw_arch_find(rw_file_kind kind, const char *name)
{
    static const char suffix[] = "_text"; /* of the language part of a multimodal model */
    const size_t n = strlen(name), n_suffix = sizeof suffix - 1;
    const rw_arch *table = kind == RW_FILE_GGUF ? rw_arch_gguf : rw_arch_config;
    const rw_arch *row = find_n(table, name, n);
    if (!row && kind == RW_FILE_CONFIG && n > n_suffix &&
        strcmp(name + n - n_suffix, suffix) == 0)
        row = find_n(table, name, n - n_suffix);
    return row;
}

const rw_arch *rw_arch_of(const rw_hparams *hp)
{
    const rw_arch *row = rw_arch_find(hp->kind, hp->architecture);
    return row || !hp->outer_architecture[0]
               ? row
               : rw_arch_find(hp->kind, hp->outer_architecture);
}

const rw_arch *rw_arch_generic(void)
{
    static const rw_arch generic = {
        .name = "", .pairs = RW_PAIRS_HALF_SPLIT, .yarn_beta = true, .yarn_ext = true};
    return &generic;
}
