/* session.c - loading a model and tokenising, with llama.cpp's words kept for messages. */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <errno.h>
#include <ggml-backend.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"

static struct {
    bool verbose;
    char line[240];
} journal;

/* "llama_model_load: error loading model: ..." without the function's name. */
static const char *without_prefix(const char *s)
{
    const char *colon = strstr(s, ": ");
    if (!colon) return s;
    for (const char *c = s; c < colon; c++)
        if (*c == ' ') return s;
    return colon + 2;
}

static void on_log(enum ggml_log_level level, const char *text, void *user)
{
    (void)user;
    if (journal.verbose) (void)fputs(text, stderr);
    if (level != GGML_LOG_LEVEL_ERROR || journal.line[0]) return;
    snprintf(journal.line, sizeof journal.line, ": %s", without_prefix(text));
    for (char *c = journal.line; *c; c++)
        if (*c == '\n' || *c == '\r') *c = c[1] ? ' ' : '\0';
    size_t n = strlen(journal.line);
    while (n > 0 && journal.line[n - 1] == ' ')
        journal.line[--n] = '\0';
}

void rw_session_start(bool verbose)
{
    journal.verbose = verbose;
    llama_log_set(on_log, NULL);
    ggml_backend_load_all();
    llama_backend_init();
}

void rw_session_use_blas(uint32_t n_thread)
{
#ifdef RW_BLAS_MODULE
    char threads[24];
    if (access(RW_BLAS_MODULE, R_OK) != 0) return;
    /* No idle threads of its own, and none that spins while llama.cpp's work. */
    (void)snprintf(threads, sizeof threads, "%u", n_thread);
    (void)setenv("OPENBLAS_NUM_THREADS", threads, 0);
    (void)setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0);
    (void)ggml_backend_load(RW_BLAS_MODULE);
#else
    (void)n_thread;
#endif
}

void rw_session_stop(void)
{
    llama_backend_free();
}

void rw_session_log_reset(void)
{
    journal.line[0] = '\0';
}

const char *rw_session_log(void)
{
    return journal.line;
}

ropewalk_status rw_session_load(const char *path, bool vocab_only,
                                struct llama_model **out, ropewalk_error *err)
{
    *out = NULL;
    FILE *probe = fopen(path, "rb");
    if (!probe)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot open %s: %s", path,
                       strerror(errno));
    char magic[4] = {0};
    const size_t got = fread(magic, 1, sizeof magic, probe);
    (void)fclose(probe);
    if (got != sizeof magic || memcmp(magic, "GGUF", 4) != 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "%s is not a GGUF file", path);

    struct llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = 0;
    params.vocab_only = vocab_only;
    /* Without re-packed weights: one known path of arithmetic, and never ggml's AMX one, which
     * some compilers translate wrongly. */
    params.use_extra_bufts = false;
    rw_session_log_reset();
    *out = llama_model_load_from_file(path, params);
    if (!*out)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "llama.cpp cannot load %s%s", path,
                       rw_session_log());
    return ROPEWALK_OK;
}

/* Bytes of the UTF-8 sequence at s, 0 when it is none. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80) return 1;
    const size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || len > n) return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    const bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    const bool outside = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return overlong || outside ? 0 : len;
}

static ropewalk_status check_text(const char *what, const char *text, size_t n,
                                  ropewalk_error *err)
{
    if (n == 0) return rw_fail(err, ROPEWALK_E_FORMAT, 0, "%s is empty", what);
    for (size_t i = 0; i < n;) {
        if (text[i] == '\0')
            return rw_fail(err, ROPEWALK_E_FORMAT, i,
                           "%s has a NUL byte at byte %zu: not a text", what, i);
        const size_t len = utf8_length((const unsigned char *)text + i, n - i);
        if (len == 0)
            return rw_fail(err, ROPEWALK_E_FORMAT, i, "%s is not UTF-8 at byte %zu", what,
                           i);
        i += len;
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_session_read_text(const char *path, char **text, size_t *n_byte,
                                     ropewalk_error *err)
{
    *text = NULL;
    *n_byte = 0;
    FILE *f = fopen(path, "rb");
    if (!f)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot open %s: %s", path,
                       strerror(errno));
    size_t cap = 0, len = 0;
    char *data = NULL;
    ropewalk_status status = ROPEWALK_OK;
    for (;;) {
        if (len == cap) {
            const size_t larger = cap ? cap * 2 : 65536;
            char *grown = larger > INT_MAX ? NULL : rw_realloc(data, larger, 1);
            if (!grown) {
                status =
                    rw_fail(err, ROPEWALK_E_MEMORY, 0, "%s is too long a text", path);
                break;
            }
            data = grown;
            cap = larger;
        }
        const size_t got = fread(data + len, 1, cap - len, f);
        len += got;
        if (got == 0) break;
    }
    if (!status && ferror(f))
        status =
            rw_fail(err, ROPEWALK_E_IO, 0, "cannot read %s: %s", path, strerror(errno));
    (void)fclose(f);
    if (!status) status = check_text(path, data, len, err);
    if (status) {
        rw_free(data);
        return status;
    }
    *text = data;
    *n_byte = len;
    return ROPEWALK_OK;
}

ropewalk_status rw_session_tokenize(const struct llama_vocab *vocab, const char *text,
                                    size_t n_byte, rw_add_bos add_bos,
                                    llama_token **tokens, uint32_t *n_token,
                                    ropewalk_error *err)
{
    *tokens = NULL;
    *n_token = 0;
    if (n_byte > INT_MAX - 64)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a text of %zu bytes is too long",
                       n_byte);
    const bool automatic = add_bos == RW_ADD_BOS_AUTO;
    /* At most one token a byte, and the special ones around them; one place kept in front. */
    const int32_t room = (int32_t)n_byte + 16;
    llama_token *list = rw_malloc(((size_t)room + 1) * sizeof *list);
    if (!list) return rw_fail_memory(err, "tokens");
    int32_t n =
        llama_tokenize(vocab, text, (int32_t)n_byte, list + 1, room, automatic, false);
    if (n < 0 && n != INT32_MIN) { /* a vocabulary may split finer */
        const int32_t wanted = -n;
        llama_token *grown = rw_realloc(list, (size_t)wanted + 1, sizeof *grown);
        if (!grown) {
            rw_free(list);
            return rw_fail_memory(err, "tokens");
        }
        list = grown;
        n = llama_tokenize(vocab, text, (int32_t)n_byte, list + 1, wanted, automatic,
                           false);
    }
    if (n < 0) {
        rw_free(list);
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "llama.cpp cannot tokenise the text%s",
                       rw_session_log());
    }
    const llama_token bos = llama_vocab_bos(vocab);
    if (add_bos == RW_ADD_BOS_YES && bos != LLAMA_TOKEN_NULL) {
        list[0] = bos;
        n++;
    } else {
        memmove(list, list + 1, (size_t)n * sizeof *list);
    }
    *tokens = list;
    *n_token = (uint32_t)n;
    return ROPEWALK_OK;
}

bool rw_session_is_special(const struct llama_vocab *vocab, llama_token token)
{
    return llama_vocab_is_control(vocab, token) || llama_vocab_is_eog(vocab, token) ||
           token == llama_vocab_bos(vocab) || token == llama_vocab_eos(vocab);
}

json_t *rw_session_piece(const struct llama_vocab *vocab, llama_token token)
{
    char piece[1024];
    int32_t n =
        llama_token_to_piece(vocab, token, piece, (int32_t)sizeof piece - 1, 0, true);
    if (n < 0) return rw_json_str("\xef\xbf\xbd");
    for (int32_t i = 0; i < n; i++)
        if (piece[i] == '\0')
            piece[i] = '\xff'; /* becomes U+FFFD like any other stray byte */
    piece[n] = '\0';
    return rw_json_str(piece);
}

void rw_session_meta(const struct llama_model *model, const char *key,
                     const char *fallback, char *out, size_t n)
{
    if (llama_model_meta_val_str(model, key, out, n) <= 0)
        snprintf(out, n, "%s", fallback);
}
