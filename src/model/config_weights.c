/* config_weights.c - what the headers of a folder's safetensors files add to its config.json. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "format/filemap.h"
#include "format/folder.h"
#include "format/safetensors.h"
#include "model/config.h"

enum { N_TYPE = RW_DTYPE_F4 + 1 };

typedef struct weights {
    double n_element[N_TYPE]; /* of matrices */
    uint64_t rows_q, rows_k;
    uint32_t n_file, n_pointer; /* read; and Git LFS pointers in their place */
} weights;

/* Layer 0 of the language model, not of a vision or audio tower beside it. */
static bool is_projection(const char *name, const char *which)
{
    static const char *const before[] = {
        "",
        "model.",
        "model.language_model.",
        "language_model.model.",
        "language_model.",
        "model.text_model.",
        "thinker.model.",
        "llm.model.",
    };
    char wanted[96];
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        (void)snprintf(wanted, sizeof wanted, "%slayers.0.self_attn.%s_proj.weight",
                       before[i], which);
        if (strcmp(name, wanted) == 0) return true;
    }
    return false;
}

static void read_tensors(const rw_safetensors *st, weights *w)
{
    for (uint32_t i = 0; i < rw_safetensors_n_tensor(st); i++) {
        const rw_st_tensor *t = rw_safetensors_tensor_at(st, i);
        if (t->n_dim < 2) continue;
        w->n_element[t->dtype] += (double)t->n_element;
        if (is_projection(t->name, "q")) w->rows_q = t->shape[0];
        if (is_projection(t->name, "k")) w->rows_k = t->shape[0];
    }
    w->n_file++;
}

static ropewalk_status read_file(const char *path, weights *w, ropewalk_error *err)
{
    static const char lfs[] = "version https://git-lfs";
    rw_filemap map;
    ropewalk_status status = rw_filemap_open(&map, path, err);
    if (status) return status;
    if (map.size >= sizeof lfs - 1 && memcmp(map.bytes, lfs, sizeof lfs - 1) == 0) {
        w->n_pointer++;
    } else {
        rw_safetensors *st;
        status = rw_safetensors_open_memory(map.bytes, map.size, 0, path, &st, err);
        if (!status) read_tensors(st, w);
        rw_safetensors_close(st);
    }
    rw_filemap_close(&map);
    return status;
}

static void apply(const weights *w, rw_hparams *hp)
{
    int best = 0;
    for (int i = 1; i < N_TYPE; i++)
        if (w->n_element[i] > w->n_element[best]) best = i;
    hp->rows_q = w->rows_q;
    hp->rows_k = w->rows_k;
    char pointers[48] = "";
    if (w->n_pointer)
        (void)snprintf(pointers, sizeof pointers, "; %u more are Git LFS pointers",
                       (unsigned)w->n_pointer);
    if (w->n_file && w->n_element[best] > 0) {
        const char *found = rw_st_dtype_name((rw_st_dtype)best);
        if (hp->dtype && strcmp(hp->dtype, found) != 0) {
            (void)snprintf(hp->note_dtype, sizeof hp->note_dtype,
                           "of most weights; %.24s says %.8s%.38s", hp->key_dtype,
                           hp->dtype, pointers);
            hp->key_dtype[0] = '\0';
        } else {
            (void)snprintf(hp->note_dtype, sizeof hp->note_dtype,
                           "the type of most weights%s", pointers);
        }
        hp->dtype = found;
    } else if (w->n_pointer) {
        (void)snprintf(hp->note_dtype, sizeof hp->note_dtype,
                       "no weights at hand: %u files are Git LFS pointers",
                       (unsigned)w->n_pointer);
    }
}

ropewalk_status rw_config_weights(const char *folder, rw_hparams *hp, ropewalk_error *err)
{
    rw_folder files;
    weights w = {{0}, 0, 0, 0, 0};
    ropewalk_status status = rw_folder_list(folder, ".safetensors", &files, err);
    if (status) return status;
    /* Some folders hold the same weights twice, under names of other programs. */
    bool named_model = false;
    for (size_t i = 0; i < files.n; i++)
        named_model = named_model || strncmp(files.names[i], "model", 5) == 0;
    for (size_t i = 0; i < files.n && !status; i++) {
        if (named_model && strncmp(files.names[i], "model", 5) != 0) continue;
        char *path = rw_folder_path(folder, files.names[i]);
        status = path ? read_file(path, &w, err) : rw_fail_memory(err, "a file's name");
        rw_free(path);
    }
    rw_folder_clear(&files);
    if (!status) apply(&w, hp);
    return status;
}
