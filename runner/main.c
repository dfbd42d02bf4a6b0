/* main.c - ropewalk-llama: the options of the program that runs llama.cpp. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "capture.h"
#include "llama_shim.h"
#include "rw_version.h"
#include "serve.h"

static const char usage[] =
    "usage: ropewalk-llama capture MODEL.gguf -o FILE.safetensors --text FILE [options]\n"
    "       ropewalk-llama serve MODEL.gguf [--context N] [options]\n"
    "       ropewalk-llama tokenize MODEL.gguf --json --string S [--string S ...]\n"
    "       ropewalk-llama --version\n"
    "\n"
    "capture runs a text and writes the queries and keys of every layer before RoPE.\n"
    "  --tokens N            at most N tokens of the text (default 2048)\n"
    "  --positions N         keep N evenly spread rows, the first and the last included\n"
    "  --rotated             store the vectors after RoPE too\n"
    "  --shuffle SEED        run the tokens in a random order\n"
    "  --add-bos auto|yes|no begin with the model's BOS token (default auto: as the "
    "model says)\n"
    "  --progress            lines 'progress DONE TOTAL' on stderr\n"
    "  --quiet, --verbose    no summary; llama.cpp's log too\n"
    "  --test-perturb LAYER  for tests: spoil one rotated value, which must be refused\n"
    "\n"
    "serve answers requests, one line of JSON each, until standard input ends.\n"
    "  --context N           tokens (default: as trained)\n"
    "\n"
    "Both take:\n"
    "  --threads N           default: one a processor\n"
    "  --rope-theta X  --rope-scaling none|linear|yarn  --rope-scale X\n"
    "  --yarn-orig-ctx N  --yarn-ext-factor X  --yarn-attn-factor X\n"
    "  --yarn-beta-fast X  --yarn-beta-slow X       run with another RoPE than the "
    "model's\n";

static int complain(const char *message)
{
    fprintf(stderr, "ropewalk-llama: %s\n", message);
    return 2;
}

/* --- options -------------------------------------------------------------------------------- */

typedef struct arguments {
    int argc;
    char **argv;
    int at;
    ropewalk_error err;
} arguments;

static bool is(const arguments *a, const char *name)
{
    return strcmp(a->argv[a->at], name) == 0;
}

static const char *value(arguments *a)
{
    if (a->at + 1 >= a->argc) {
        rw_fail(&a->err, ROPEWALK_E_ARGUMENT, 0, "%s needs a value", a->argv[a->at]);
        return NULL;
    }
    return a->argv[++a->at];
}

static bool integer(arguments *a, long long lo, long long hi, long long *out)
{
    const char *name = a->argv[a->at], *s = value(a);
    if (!s) return false;
    if (!rw_parse_int(s, true, out) || *out < lo || *out > hi) {
        rw_fail(&a->err, ROPEWALK_E_ARGUMENT, 0, "%s must be from %lld to %lld, not '%s'",
                name, lo, hi, s);
        return false;
    }
    return true;
}

static bool number(arguments *a, double above, float *out)
{
    const char *name = a->argv[a->at], *s = value(a);
    double x;
    if (!s) return false;
    if (!rw_parse_double(s, &x) || !(x > above) || x > 1e30) {
        rw_fail(&a->err, ROPEWALK_E_ARGUMENT, 0, "%s must be a number above %g, not '%s'",
                name, above, s);
        return false;
    }
    *out = (float)x;
    return true;
}

/* One of several words. */
static bool word(arguments *a, const char *const *words, int n, int *out)
{
    const char *name = a->argv[a->at], *s = value(a);
    if (!s) return false;
    for (int i = 0; i < n; i++)
        if (strcmp(s, words[i]) == 0) {
            *out = i;
            return true;
        }
    rw_fail(&a->err, ROPEWALK_E_ARGUMENT, 0, "%s does not know '%s'", name, s);
    return false;
}

static bool seed(arguments *a, uint64_t *out)
{
    long long n;
    if (!integer(a, 0, INT64_MAX, &n)) return false;
    *out = (uint64_t)n;
    return true;
}

/* What every context takes: *known says whether the word was one of these. */
static bool context_option(arguments *a, rw_context_options *o, bool *known)
{
    static const char *const scalings[] = {"none", "linear", "yarn"};
    static const int scaling_of[] = {LLAMA_ROPE_SCALING_TYPE_NONE,
                                     LLAMA_ROPE_SCALING_TYPE_LINEAR,
                                     LLAMA_ROPE_SCALING_TYPE_YARN};
    long long n = 0;
    int choice = 0;
    bool good = true;
    *known = true;
    if (is(a, "--threads") || is(a, "-t")) {
        good = integer(a, 1, 512, &n);
        o->n_thread = (uint32_t)n;
    } else if (is(a, "--rope-scaling")) {
        good = word(a, scalings, 3, &choice);
        o->rope_scaling = scaling_of[choice];
    } else if (is(a, "--rope-theta") || is(a, "--rope-freq-base")) {
        good = number(a, 0.0, &o->rope_theta);
    } else if (is(a, "--rope-scale")) {
        good = number(a, 0.0, &o->rope_scale);
    } else if (is(a, "--yarn-orig-ctx")) {
        good = integer(a, 1, INT32_MAX, &n);
        o->yarn_orig_ctx = (uint32_t)n;
    } else if (is(a, "--yarn-ext-factor")) {
        good = number(a, -1e-30, &o->yarn_ext_factor);
    } else if (is(a, "--yarn-attn-factor")) {
        good = number(a, 0.0, &o->yarn_attn_factor);
    } else if (is(a, "--yarn-beta-fast")) {
        good = number(a, 0.0, &o->yarn_beta_fast);
    } else if (is(a, "--yarn-beta-slow")) {
        good = number(a, 0.0, &o->yarn_beta_slow);
    } else {
        *known = false;
    }
    return good;
}

static bool capture_option(arguments *a, rw_capture_options *o)
{
    static const char *const bos[] = {"auto", "yes", "no"};
    long long n = 0;
    int choice = 0;
    bool known, good = context_option(a, &o->context, &known);
    if (known) return good;
    if (is(a, "-o") || is(a, "--output")) {
        good = (o->out_path = value(a)) != NULL;
    } else if (is(a, "--text")) {
        good = (o->text_path = value(a)) != NULL;
    } else if (is(a, "--tokens")) {
        good = integer(a, 2, 1 << 24, &n);
        o->n_token = (uint32_t)n;
    } else if (is(a, "--positions")) {
        good = integer(a, 2, 1 << 24, &n);
        o->n_position = (uint32_t)n;
    } else if (is(a, "--shuffle")) {
        o->shuffle = true;
        good = seed(a, &o->shuffle_seed);
    } else if (is(a, "--add-bos")) {
        good = word(a, bos, 3, &choice);
        o->add_bos = (rw_add_bos)choice;
    } else if (is(a, "--test-perturb")) {
        good = integer(a, 0, INT32_MAX, &n);
        o->perturb_layer = n;
    } else if (is(a, "--rotated")) {
        o->rotated = true;
    } else if (is(a, "--progress")) {
        o->progress = true;
    } else if (is(a, "--quiet") || is(a, "-q")) {
        o->quiet = true;
    } else if (is(a, "--verbose")) {
        o->verbose = true;
    } else if (a->argv[a->at][0] != '-' && !o->model_path) {
        o->model_path = a->argv[a->at];
    } else {
        rw_fail(&a->err, ROPEWALK_E_ARGUMENT, 0, "capture does not know '%s'",
                a->argv[a->at]);
        good = false;
    }
    return good;
}

static int capture_command(arguments *a)
{
    rw_capture_options o = {
        .n_token = 2048, .context = rw_context_options_default(), .perturb_layer = -1};
    for (; a->at < a->argc; a->at++)
        if (!capture_option(a, &o)) return complain(a->err.message);
    if (!o.model_path) return complain("capture needs a MODEL.gguf");
    if (!o.text_path) return complain("capture needs --text FILE");
    if (!o.out_path) return complain("capture needs -o FILE.safetensors");
    rw_session_start(o.verbose);
    char summary[256];
    const ropewalk_status status = rw_capture_run(&o, summary, sizeof summary, &a->err);
    rw_session_stop();
    if (status) return complain(a->err.message);
    if (!o.quiet) fprintf(stderr, "%s\n", summary);
    return 0;
}

/* --- serve ---------------------------------------------------------------------------------- */

static int serve_command(arguments *a)
{
    rw_serve_options o = {.context = rw_context_options_default()};
    for (; a->at < a->argc; a->at++) {
        long long n = 0;
        bool known, good = context_option(a, &o.context, &known);
        if (!known) {
            good = true;
            if (is(a, "--context") || is(a, "-c")) {
                good = integer(a, 8, 1 << 24, &n);
                o.n_ctx = (uint32_t)n;
            } else if (is(a, "--verbose")) {
                o.verbose = true;
            } else if (a->argv[a->at][0] != '-' && !o.model_path) {
                o.model_path = a->argv[a->at];
            } else {
                rw_fail(&a->err, ROPEWALK_E_ARGUMENT, 0, "serve does not know '%s'",
                        a->argv[a->at]);
                good = false;
            }
        }
        if (!good) return complain(a->err.message);
    }
    if (!o.model_path) return complain("serve needs a MODEL.gguf");
    rw_session_start(o.verbose);
    const ropewalk_status status = rw_serve_run(&o, &a->err);
    rw_session_stop();
    return status ? complain(a->err.message) : 0;
}

/* --- tokenize ------------------------------------------------------------------------------- */

static ropewalk_status tokenize_one(const struct llama_vocab *vocab, const char *text,
                                    json_t *strings, ropewalk_error *err)
{
    json_t *ids = json_array(), *pieces = json_array(), *one = json_object();
    llama_token *tokens = NULL;
    uint32_t n = 0;
    ropewalk_status status = ROPEWALK_OK;
    if (*text)
        status = rw_session_tokenize(vocab, text, strlen(text), RW_ADD_BOS_NO, &tokens,
                                     &n, err);
    for (uint32_t i = 0; i < n; i++) {
        json_array_append_new(ids, json_integer(tokens[i]));
        json_array_append_new(pieces, rw_session_piece(vocab, tokens[i]));
    }
    rw_free(tokens);
    json_object_set_new(one, "text", rw_json_str(text));
    json_object_set_new(one, "ids", ids);
    json_object_set_new(one, "pieces", pieces);
    json_array_append_new(strings, one);
    return status;
}

static int tokenize_command(arguments *a)
{
    const char *path = NULL;
    bool verbose = false, json = false;
    int first = a->at, n_string = 0;
    for (; a->at < a->argc; a->at++) {
        if (is(a, "--string")) {
            if (!value(a)) return complain(a->err.message);
            n_string++;
        } else if (is(a, "--verbose")) {
            verbose = true;
        } else if (is(a, "--json")) {
            json = true; /* the only form there is */
        } else if (a->argv[a->at][0] != '-' && !path) {
            path = a->argv[a->at];
        } else {
            rw_fail(&a->err, ROPEWALK_E_ARGUMENT, 0, "tokenize does not know '%s'",
                    a->argv[a->at]);
            return complain(a->err.message);
        }
    }
    if (!path || !json || n_string == 0)
        return complain(
            "tokenize needs a MODEL.gguf, --json and at least one --string S");
    rw_session_start(verbose);
    struct llama_model *model = NULL;
    json_t *strings = json_array(), *doc = json_object();
    ropewalk_status status = rw_session_load(path, true, &model, &a->err);
    for (a->at = first; a->at < a->argc && !status; a->at++)
        if (is(a, "--string"))
            status = tokenize_one(llama_model_get_vocab(model), a->argv[++a->at], strings,
                                  &a->err);
    json_object_set_new(doc, "strings", strings);
    rw_text out;
    rw_text_init(&out);
    rw_json_write(doc, 0, &out);
    json_decref(doc);
    if (model) llama_model_free(model);
    rw_session_stop();
    if (!status &&
        (out.failed || fwrite(out.data, 1, out.len, stdout) != out.len ||
         (out.data[out.len - 1] != '\n' && putchar('\n') == EOF) || fflush(stdout)))
        status = rw_fail(&a->err, ROPEWALK_E_IO, 0, "cannot write to stdout");
    rw_text_clear(&out);
    return status ? complain(a->err.message) : 0;
}

/* ggml's threads wait for each other by spinning, which on a busy machine costs five times the
 * run itself. libgomp reads its limit when it is loaded: set it, and begin again. */
static void wait_politely(char **argv)
{
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
    if (setenv("GOMP_SPINCOUNT", "1000", 1) == 0) execv("/proc/self/exe", argv);
    /* Not on this system: run as we are. */
}

int main(int argc, char **argv)
{
    arguments a = {.argc = argc, .argv = argv, .at = 2};
    if (argc < 2) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (strcmp(argv[1], "capture") == 0) {
        wait_politely(argv);
        return capture_command(&a);
    }
    if (strcmp(argv[1], "serve") == 0) {
        wait_politely(argv);
        return serve_command(&a);
    }
    if (strcmp(argv[1], "tokenize") == 0) return tokenize_command(&a);
    if (strcmp(argv[1], "--version") == 0) {
        char version[256];
        rw_shim_version(version, sizeof version);
        printf("ropewalk-llama %s\n%s\n", RW_VERSION, version);
        return 0;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    rw_fail(&a.err, ROPEWALK_E_ARGUMENT, 0,
            "no command '%s': capture, serve, tokenize, --version", argv[1]);
    return complain(a.err.message);
}
