/* ropewalk.h - numerical audit of positional embeddings: the whole public interface.
 *
 * What is not declared here is internal and may change without notice.
 * Threads: different calls are independent; a result is read-only once made and may be
 * read from several threads. No function here prints, exits, or changes the
 * floating-point environment. Documents are passed as JSON text: their keys are in
 * docs/formats.md and carry a schema_version. */
#ifndef ROPEWALK_H
#define ROPEWALK_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ROPEWALK_API __attribute__((visibility("default")))
#define ROPEWALK_CHECKED __attribute__((warn_unused_result))
#else
#define ROPEWALK_API
#define ROPEWALK_CHECKED
#endif

/* Values are part of the ABI: append, never renumber. */
typedef enum ropewalk_status {
    ROPEWALK_OK = 0,
    ROPEWALK_E_ARGUMENT = 1,    /* an argument is outside its documented range */
    ROPEWALK_E_MEMORY = 2,      /* allocation failed, or a size does not fit size_t */
    ROPEWALK_E_IO = 3,          /* the operating system refused a read or a write */
    ROPEWALK_E_FORMAT = 4,      /* the file contradicts its own format */
    ROPEWALK_E_UNSUPPORTED = 5, /* well formed, but a feature that is not modelled */
    ROPEWALK_E_INTERRUPTED = 6, /* the caller's progress function asked to stop */
} ropewalk_status;

/* The details of a failure. */
typedef struct ropewalk_error {
    ropewalk_status status;
    uint64_t offset;   /* byte in the file at fault, or 0 */
    char message[480]; /* one English sentence, no newline, always terminated */
} ropewalk_error;

/* Called now and then from the calling thread while work goes on; a nonzero return asks to stop
 * (the call then returns ROPEWALK_E_INTERRUPTED and no result). `stage` is a short English
 * phrase, valid during the call. */
typedef int (*ropewalk_progress)(void *ctx, const char *stage, int64_t done,
                                 int64_t total);

/* Other processes that make the same call with the same parameters and share its work. Rank 0 gets
 * the document and keeps the checkpoint; the others get an empty document. Calls come from the
 * calling thread only. Taken notice of by ropewalk_audit(), ropewalk_measure() and
 * ropewalk_sweep(). */
typedef struct ropewalk_team {
    size_t struct_size;
    int rank, size; /* 0 .. size-1 */
    int n_local;    /* ranks that share this machine's processors, at least 1 */
    void *ctx;
    /** Messages between two ranks arrive whole and in order. Nonzero: it cannot be sent. */
    int (*send)(void *ctx, int to, const void *bytes, size_t n_byte);
    /** 1 and the next message of any rank, valid until the next call; 0 when there is none now,
     *  without waiting; -1 when none will ever come. */
    int (*receive)(void *ctx, int *from, const void **bytes, size_t *n_byte);
} ropewalk_team;

/* How to run. Fill with ropewalk_run_init() and change what you need. */
typedef struct ropewalk_run {
    size_t struct_size;
    int n_thread; /* 0: one a processor, shared out over the ranks of a machine */
    const char *
        isa; /* NULL or "auto", "ref", "generic", "avx2", "avx512": never changes a count */
    uint64_t seed;
    int reproducible;           /* leave times, paths and CPU names out of documents */
    ropewalk_progress progress; /* may be NULL */
    void *progress_ctx;
    const ropewalk_team *team; /* NULL: this process alone */
} ropewalk_run;
ROPEWALK_API void ropewalk_run_init(ropewalk_run *run);

/* RoPE as given by the caller; NaN and NULL mean "not given". Names as in llama.cpp. */
typedef struct ropewalk_rope {
    double rope_theta;   /* > 1 */
    const char *scaling; /* a name of ropewalk_list("mechanisms") */
    double scale;        /* factor by which positions are stretched */
    double orig_ctx;     /* original context length */
    double ext_factor, attn_factor, beta_fast, beta_slow; /* yarn */
    double low_freq_factor, high_freq_factor;             /* llama3 */
} ropewalk_rope;

/* A document and the same for people. Owned by the caller: release with ropewalk_result_free(). */
typedef struct ropewalk_result ropewalk_result;
/** The document as one line of JSON or a whole HTML page; never NULL. @since 0.1 */
ROPEWALK_API const char *ropewalk_result_document(const ropewalk_result *result);
/** Plain text for a terminal; may be empty, never NULL. @since 0.1 */
ROPEWALK_API const char *ropewalk_result_text(const ropewalk_result *result);
/** The same as comma-separated values with a line of headings; empty where a call makes none,
 *  never NULL. @since 0.1 */
ROPEWALK_API const char *ropewalk_result_csv(const ropewalk_result *result);
/** The text for a terminal: UTF-8, coloured by sequences ESC [ ... m. Empty but for an audit. */
ROPEWALK_API const char *ropewalk_result_terminal(const ropewalk_result *result);
/** How many findings the document holds at or above a severity: 0 info, 1 warn, 2 error. */
ROPEWALK_API int ropewalk_result_findings(const ropewalk_result *result, int severity);
/** Failed checks of a self-test; paths that lint could not read; else 0. */
ROPEWALK_API int ropewalk_result_failures(const ropewalk_result *result);
/** NULL is a no-op. */
ROPEWALK_API void ropewalk_result_free(ropewalk_result *result);

/* What to count. Fill with ropewalk_measure_params_init(). */
typedef struct ropewalk_measure_params {
    size_t struct_size;
    const char *qk;         /* safetensors with q and k, or a capture */
    int layer, head;        /* of a capture; -1: not given */
    int64_t query_row;      /* of a capture: row of the query; -1: the last */
    const int64_t *key_row; /* of a capture: rows of the keys */
    size_t n_key_row;       /* 0: the eight rows before the query */
    const int64_t *context; /* each 1 .. 2^31 */
    size_t n_context;       /* 0: 8192 */
    const char *dtypes;     /* "bf16,f16"; NULL: bf16 */
    const char *events;     /* names by commas; NULL: all */
    const char *pairs;      /* "half" or "interleaved"; NULL: half */
    int64_t rotary_dim;     /* -1: the whole head_dim */
    double score_scale;     /* NaN: the model's own (captures), 1 otherwise */
    int model_scale;        /* nonzero: the model's own is wanted */
    double zeta;            /* NaN: 0.01 */
    double near_alias;      /* NaN: 0.1 nat */
    ropewalk_rope rope;     /* required for given vectors without `inv_freq` */
} ropewalk_measure_params;
ROPEWALK_API void ropewalk_measure_params_init(ropewalk_measure_params *params);

/** Count and predict every event for given vectors.
 *  @return OK; _E_ARGUMENT for a value outside its range or a missing rope_theta; _E_IO,
 *          _E_FORMAT for the file; _E_MEMORY; _E_INTERRUPTED. *result is NULL unless OK. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_measure(const ropewalk_measure_params *params, const ropewalk_run *run,
                 ropewalk_result **result, ropewalk_error *err);

/* A model's description, and how to read it. Fill with ropewalk_inspect_params_init(). PATH is a
 * GGUF file (the first of a split set), a config.json, a folder with one, an http(s) address of
 * either (only headers are fetched), or "model:NAME" of ropewalk_list("models"). */
typedef struct ropewalk_inspect_params {
    size_t struct_size;
    const char *path;
    int64_t context; /* tokens served; 0: the model's own */
    int64_t length;  /* tokens so far, for tables that grow with them; 0: context */
    const char *hf_overrides; /* JSON object merged over a config.json; may be NULL */
    ropewalk_rope rope;       /* overrides what the file says, where given */
    const char *engine;       /* whose rules; NULL: the one the file kind belongs to */
    const char *precision;    /* profiles by commas, or "all"; NULL: none */
} ropewalk_inspect_params;
ROPEWALK_API void ropewalk_inspect_params_init(ropewalk_inspect_params *params);

/** The effective RoPE of every layer, each value with where it came from.
 *  @return OK; _E_ARGUMENT; _E_IO (file or network); _E_FORMAT; _E_UNSUPPORTED (a network without
 *          libcurl, an engine that does not read this kind of file); _E_MEMORY; _E_INTERRUPTED. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_inspect(const ropewalk_inspect_params *params, const ropewalk_run *run,
                 ropewalk_result **result, ropewalk_error *err);

/* What to check. Fill with ropewalk_lint_params_init(). */
typedef struct ropewalk_lint_params {
    size_t struct_size;
    const char *const *path; /* as in ropewalk_inspect_params */
    size_t n_path;
    const char *engines;      /* names by commas; NULL or "all": every one */
    int64_t target_context;   /* "what if it is served at N"; 0: the model's own */
    const char *hf_overrides; /* for every path */
    ropewalk_rope rope;
    const char *ignore_file; /* rules to pass over, each with a reason; may be NULL */
    int sarif;               /* nonzero: the document is SARIF 2.1.0 */
} ropewalk_lint_params;
ROPEWALK_API void ropewalk_lint_params_init(ropewalk_lint_params *params);

/** Findings RW001... about one or more descriptions. A path that cannot be read is an error when
 *  it is the only one; among several it stands in the document with its reason, the others are
 *  judged all the same, and ropewalk_result_failures() counts it.
 *  @return OK; _E_ARGUMENT; _E_IO, _E_FORMAT (also of the ignore file, naming the line),
 *          _E_UNSUPPORTED; _E_MEMORY; _E_INTERRUPTED. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_lint(const ropewalk_lint_params *params, const ropewalk_run *run,
              ropewalk_result **result, ropewalk_error *err);
/** What a rule checks, why, and the bugs it was made from. @param rule  "RW008". */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_lint_explain(const char *rule, ropewalk_result **result, ropewalk_error *err);

/* What to compare: `a` with exactly one of another description, engines, a capture. Paths are as
 * in ropewalk_inspect_params. Fill with ropewalk_diff_params_init(). */
typedef struct ropewalk_diff_params {
    size_t struct_size;
    const char *a, *b; /* two descriptions of one model; b NULL: none */
    const char
        *engines; /* names by commas, the first the reference, or "all"; NULL: none */
    const char *executed;     /* capture, or NULL */
    int64_t target_context;   /* tokens served; 0: the larger advertised context */
    const int64_t *position;  /* where phases are compared, each 1 .. 2^31, at most 16 */
    size_t n_position;        /* 0: 4096, 32768, the advertised and the target context */
    const char *hf_overrides; /* for a */
    ropewalk_rope rope;       /* for a */
} ropewalk_diff_params;
ROPEWALK_API void ropewalk_diff_params_init(ropewalk_diff_params *params);

/** Frequencies, phases and factors side by side, per class of layers, with findings.
 *  @return OK; _E_ARGUMENT; _E_IO (file or network); _E_FORMAT; _E_UNSUPPORTED (layers of more
 *          kinds than can be shown); _E_MEMORY; _E_INTERRUPTED. What one engine or the converter
 *          cannot make of `a` is told in the document. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_diff(const ropewalk_diff_params *params, const ropewalk_run *run,
              ropewalk_result **result, ropewalk_error *err);

/* About what theory speaks: exactly one of `path`, `models`, `head_dim` and `qk` says which frequency tables.
 * Fill with ropewalk_theory_params_init(). */
typedef struct ropewalk_theory_params {
    size_t struct_size;
    const char
        *path; /* as in ropewalk_inspect_params: each of its rotations is a table */
    /* nonzero: a league table of the shipped models named in path by commas, of all of them where
     * it is NULL, each at its advertised context */
    int models;
    const char *hf_overrides; /* of path */
    int64_t head_dim;         /* with rope.rope_theta; 0: not given */
    const char *qk;           /* the next five as in ropewalk_measure_params */
    int layer, head;
    int64_t query_row;
    const int64_t *key_row;
    size_t n_key_row;
    const char *pairs;  /* "half" or "interleaved"; NULL: half */
    int64_t rotary_dim; /* -1: the whole head_dim */
    ropewalk_rope rope;
    const char *coefficients; /* families of vectors, by commas; NULL: aligned,gaussian */
    int64_t n_draw;           /* of each family, 1 .. 10000; 0: 16 */
    const int64_t *context;   /* each 1 .. 2^31 */
    size_t n_context;         /* 0: the advertised context of path, else 8192 */
    const char *dtypes;       /* "bf16,f16"; NULL: bf16 */
    double score_scale;       /* NaN: 1; of a capture the model's own */
    int model_scale;          /* nonzero: the model's own is wanted */
    double zeta, near_alias;  /* NaN: 0.01, 0.1 */
    int base_bound; /* nonzero: search for the bases that pass each context (seconds each) */
    int count;      /* nonzero: exact counts beside the predictions ... */
    int64_t count_limit; /* ... at contexts up to this; 0: 1048576 */
    int frontier;        /* nonzero: the frontier of every table and context too */
} ropewalk_theory_params;
ROPEWALK_API void ropewalk_theory_params_init(ropewalk_theory_params *params);

/** Moments, predictions and bounds, each with its kind and what it assumes. Nothing is counted
 *  unless asked for: time does not grow with the context.
 *  @return OK; _E_ARGUMENT; _E_IO, _E_FORMAT, _E_UNSUPPORTED for path and qk; _E_MEMORY;
 *          _E_INTERRUPTED. @since 0.1 */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_theory(const ropewalk_theory_params *params, const ropewalk_run *run,
                ropewalk_result **result, ropewalk_error *err);

/* What to capture with the runner program. Fill with ropewalk_capture_params_init(). */
typedef struct ropewalk_capture_params {
    size_t struct_size;
    const char *model;  /* GGUF */
    const char *output; /* safetensors to write */
    const char *text;   /* file with the text */
    int64_t n_token;    /* 0: 2048 */
    int64_t n_position; /* 0: keep every position */
    int shuffle;        /* nonzero: token order shuffled with the run's seed */
    int rotated;        /* nonzero: keep vectors after RoPE too */
    const char *runner; /* path of ropewalk-llama; NULL: beside the program, then PATH */
    const char *program_dir;  /* folder of the running program, or NULL */
    const char *const *extra; /* further words for the runner, passed on unchanged */
    size_t n_extra;
} ropewalk_capture_params;
ROPEWALK_API void ropewalk_capture_params_init(ropewalk_capture_params *params);

/** Run the model on a text in another process and keep its queries and keys.
 *  A runner that is missing, fails, crashes or is killed is _E_IO with its own sentence. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_capture(
    const ropewalk_capture_params *params, const ropewalk_run *run, ropewalk_error *err);

/* What to audit. Fill with ropewalk_audit_params_init(). */
typedef struct ropewalk_audit_params {
    size_t struct_size;
    const char *model;          /* GGUF; NULL when captures are given */
    const char *const *capture; /* captures, one a text */
    size_t n_capture;
    const char *text_dir;    /* folder with prose.txt, code.txt, list.txt; NULL: found */
    const char *const *text; /* the user's own text files instead of the shipped ones */
    size_t n_text;
    const char *capture_dir;  /* keep and reuse captures there; NULL: temporary */
    int64_t n_token;          /* 0: 2048 */
    int n_query;              /* a head, shared out over the texts; 0: 8 */
    int n_attended, n_random; /* keys a query; 0: 3, 5 */
    const int64_t *context;
    size_t n_context;        /* 0: 1024, 2048, ... as documented */
    const char *dtypes;      /* NULL: bf16 */
    double score_scale;      /* NaN: the model's own */
    double zeta, near_alias; /* NaN: 0.01, 0.1 */
    const char *probe_query,
        *probe_keys; /* NULL: " pet", " cat, dog, number"; "" for none */
    int probe_layer, probe_head;
    const char *runner, *program_dir;
    /* file that finished heads go to and come from; NULL: none, or one in capture_dir for as long
     * as the audit is not done */
    const char *checkpoint;
} ropewalk_audit_params;
ROPEWALK_API void ropewalk_audit_params_init(ropewalk_audit_params *params);

/** The main job. The document is report.json (docs/formats.md), the text a verdict. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_audit(const ropewalk_audit_params *params, const ropewalk_run *run,
               ropewalk_result **result, ropewalk_error *err);

/* A grid to sweep. Fill with ropewalk_sweep_params_init(). Lists need no order; repeats count
 * once. */
typedef struct ropewalk_sweep_params {
    size_t struct_size;
    const double *rope_theta; /* required; each above 1 */
    size_t n_rope_theta;
    const int64_t *head_dim; /* even */
    size_t n_head_dim;       /* 0: 128 */
    const int64_t *context;  /* each 1 .. 2^31 */
    size_t n_context;        /* 0: 8192 */
    const char *dtypes;      /* NULL: bf16 */
    const char *events;      /* NULL: all */
    const char *scalings; /* names of ropewalk_list("mechanisms") by commas; NULL: none */
    ropewalk_rope rope;   /* parameters of the scalings; its rope_theta, scaling unused */
    const char
        *coefficients;  /* "aligned", "gaussian", "flat", "slow-heavy", "fast-heavy" by
                                 commas; NULL: aligned, gaussian */
    int n_draw;         /* of each; 0: 16 */
    const char *pairs;  /* NULL: half */
    int64_t rotary_dim; /* -1: the whole head_dim */
    double score_scale; /* NaN: 1 */
    int model_scale;    /* nonzero: 1 / sqrt(head_dim) */
    double zeta;        /* NaN: 0.01 */
    const char *
        qk; /* real vectors under other bases in place of coefficients: safetensors with q
                       and k, or a capture; NULL: none */
    int layer, head;  /* of a capture; -1: not given */
    const char *loss; /* "max" or "sum" of both inversion rates; NULL: max */
    double threshold; /* of "a base keeps both"; NaN: 0.25 */
    const char
        *models; /* names by commas as points beside the curves, "all" or "none"; NULL:
                               all with a head_dim of the grid, where there are curves */
    const char *checkpoint; /* file that finished cells go to and come from, or NULL */
    int yes;                /* nonzero: even if it will take more than an hour */
} ropewalk_sweep_params;
ROPEWALK_API void ropewalk_sweep_params_init(ropewalk_sweep_params *params);

/** Every event over base, context, head_dim, dtype, scaling and coefficients, counted and
 *  predicted; which base keeps positions, which keeps tokens. The cells are also CSV.
 *  @return OK; _E_ARGUMENT for a value outside its range, and for a grid that would take more than
 *          an hour without `yes`; _E_FORMAT for another sweep's checkpoint; _E_IO; _E_MEMORY;
 *          _E_INTERRUPTED. @since 0.1 */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_sweep(const ropewalk_sweep_params *params, const ropewalk_run *run,
               ropewalk_result **result, ropewalk_error *err);

/** Two audits' report.json: what moved beyond noise. ropewalk_report() makes a page of the document.
 *  @param name  what errors call the two, such as their paths; NULL: the first, the second.
 *  @since 0.1 */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_compare(
    const char *a, size_t n_a, const char *b, size_t n_b, const char *const *name,
    const ropewalk_run *run, ropewalk_result **result, ropewalk_error *err);
/** report.json as a page of HTML. @param json  the document, n_byte long. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_report(const char *json,
                                                              size_t n_byte,
                                                              ropewalk_result **result,
                                                              ropewalk_error *err);
/** Several documents as one page: that of the first audit, with others in sections of their own:
 *  audits, compared with it, bench, diff, inspect, lint, sweep, task.
 *  @param name  what errors call each, such as its path; NULL: its number. @since 0.1 */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_report_several(
    const char *const *json, const size_t *n_byte, const char *const *name, size_t n,
    ropewalk_result **result, ropewalk_error *err);

/** A page that explains how rotary positions fail and counts in the browser; it needs no document.
 *  @since 0.1 */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_explore(ropewalk_result **result,
                                                               ropewalk_error *err);

/** Read a whole file of at most 1 GiB; *bytes is terminated and released with
 *  ropewalk_bytes_free(). */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_file_read(const char *path,
                                                                 char **bytes,
                                                                 size_t *n_byte,
                                                                 ropewalk_error *err);
ROPEWALK_API void ropewalk_bytes_free(char *bytes);
/** Write a whole file, complete or not at all (devices and pipes directly). */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_file_write(const char *path,
                                                                  const char *bytes,
                                                                  size_t n_byte,
                                                                  ropewalk_error *err);

/** Check counts against built-in known answers and every instruction set against the reference. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_selftest(const ropewalk_run *run,
                                                                ropewalk_result **result,
                                                                ropewalk_error *err);
/* What to ask a model. Fill with ropewalk_task_params_init(). */
typedef struct ropewalk_task_params {
    size_t struct_size;
    /* Names by commas, factors after colons: "kth,curse:anchor=end:direction=backward"; a factor
     * that is not named has its first value. */
    const char *tasks;
    const char *model; /* GGUF; with an endpoint the model's name there */
    const char
        *endpoint;    /* "https://host/v1": an OpenAI-compatible server; NULL: run here */
    const char *key;  /* its API key, or NULL; stands in no output */
    int n_request;    /* under way at a time; 0: 4 */
    int n_attempt;    /* of a request that fails for a reason that may pass; 0: 6 */
    int64_t answer_s; /* seconds to wait for an answer; 0: 300 */
    const int64_t *length; /* tokens of a prompt; 0 of them: 512, 1024, 2048, 4096 */
    size_t n_length;
    const int64_t *item; /* items of a list, beside or instead of lengths */
    size_t n_item;
    const double
        *depth; /* of the item asked for, 0 first .. 1 last; 0 of them: anywhere */
    size_t n_depth;
    const char *strategies; /* "direct,indexed,chunked,recite"; NULL: direct */
    const int64_t
        *gap; /* tokens a list is moved away by; 0 of them: no such experiment */
    size_t n_gap;
    int64_t gap_item;       /* items of a list that is moved; 0: 16 */
    int64_t window;         /* items, of chunked; 0: 64 */
    int64_t context;        /* tokens the model is given; 0: what the plan needs */
    int n_list, n_question; /* a condition; 0: 10 */
    int chat;               /* nonzero: spoken to through the model's own template */
    int generate;           /* nonzero: it also writes answers */
    int no_gate;            /* nonzero: longer lists even where short ones fail */
    int attention; /* nonzero: how much each head attends to the answer in the list */
    const char
        *audit; /* document of an audit of the model: whether S(m) of its heads foretells
                          what distance costs; implies attention; NULL: not asked */
    size_t n_audit;         /* bytes */
    int dry_run;            /* nonzero: conditions and tokens, nothing is asked */
    const char *checkpoint; /* file finished questions go to and come from; may be NULL */
    const char *runner; /* path of ropewalk-llama; NULL: beside the program, then PATH */
    const char *program_dir; /* folder of the running program, or NULL */
    const char *const
        *extra; /* further words for the runner: RoPE in the model's place */
    size_t n_extra;
} ropewalk_task_params;
ROPEWALK_API void ropewalk_task_params_init(ropewalk_task_params *params);

/** Questions about lists: what a model can do at which length. The document has
 *  lm-evaluation-harness' keys, ropewalk_result_csv() one line of JSON a question.
 *  @return OK; _E_ARGUMENT for a plan that cannot be run; _E_IO (the runner, the checkpoint);
 *          _E_FORMAT; _E_UNSUPPORTED; _E_MEMORY; _E_INTERRUPTED. @since 0.1 */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_task(const ropewalk_task_params *params, const ropewalk_run *run,
              ropewalk_result **result, ropewalk_error *err);

/* What to time. Fill with ropewalk_bench_params_init(). */
typedef struct ropewalk_bench_params {
    size_t struct_size;
    int quick;            /* nonzero: few repetitions, parts of geometries */
    const char *geometry; /* names by commas, "all", "none"; NULL: the whole models */
    int geometries_only;  /* nonzero: neither the machine nor single stages */
    int64_t context;      /* distances of the stages; 0: 131072, quick 8192 */
    const char
        *vectors; /* write the first query and keys of the one geometry here, or NULL */
} ropewalk_bench_params;
ROPEWALK_API void ropewalk_bench_params_init(ropewalk_bench_params *params);

/** How fast the machine is, and each step of a measurement on it. With run->reproducible only
 *  counts are told.
 *  @return OK; _E_ARGUMENT; _E_IO for `vectors`; _E_MEMORY; _E_INTERRUPTED. @since 0.1 */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_bench(const ropewalk_bench_params *params, const ropewalk_run *run,
               ropewalk_result **result, ropewalk_error *err);

/* Which published claims to check. Fill with ropewalk_reproduce_params_init(). */
typedef struct ropewalk_reproduce_params {
    size_t struct_size;
    const char *folder; /* reproduction.md and reproduction/NAME.svg go here, or NULL */
    const char *audit;  /* report.json of a real model, or NULL */
    const char *only;   /* names by commas, NULL: all */
    int quick;          /* nonzero: short contexts and few draws; verdicts mean nothing */
} ropewalk_reproduce_params;
ROPEWALK_API void ropewalk_reproduce_params_init(ropewalk_reproduce_params *params);

/** The papers' claims beside our counts and predictions. The text is the document in Markdown
 *  without a folder, else its summary.
 *  @return OK; _E_ARGUMENT; _E_IO; _E_FORMAT for `audit`; _E_MEMORY; _E_INTERRUPTED. @since 0.1 */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status
ropewalk_reproduce(const ropewalk_reproduce_params *params, const ropewalk_run *run,
                   ropewalk_result **result, ropewalk_error *err);

/** "mechanisms", "models", "rules", "events", "tasks", "engines" or "isa": one name a line. */
ROPEWALK_API ROPEWALK_CHECKED ropewalk_status ropewalk_list(const char *what,
                                                            ropewalk_result **result,
                                                            ropewalk_error *err);

ROPEWALK_API const char *ropewalk_version(void);

#ifdef __cplusplus
}
#endif
#endif
