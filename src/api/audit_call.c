/* audit_call.c - ropewalk_audit(): texts to captures, captures to one document. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/handle.h"
#include "audit/compare.h"
#include "audit/probe.h"
#include "audit/run.h"
#include "audit/runner.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/outfile.h"
#include "base/team.h"
#include "model/executed.h"
#include "model/model.h"
#include "report/audit_json.h"

enum { MAX_PATH = 4096, N_SHIPPED = 4, MAX_AT_ONCE = 4 };

/* One text to audit: from a file, or an existing capture. */
typedef struct source {
    char name[64], path[MAX_PATH];
    int shuffle, is_capture;
    int made; /* its capture, by this run */
} source;

typedef struct job {
    const ropewalk_audit_params *params;
    ropewalk_run run;
    rw_audit_settings settings;
    source source[RW_MAX_TEXT];
    uint32_t n_source;
    char folder[MAX_PATH]; /* of captures */
    int temporary;         /* the folder is ours to remove */
    char stage[64];
    char checkpoint[MAX_PATH]; /* "" without one */
    int automatic;             /* the checkpoint was not asked for: it goes when done */
    rw_audit_run *audit;
    rw_audit result;
} job;

static int forward_progress(void *ctx, const char *stage, int64_t done, int64_t total)
{
    const job *j = ctx;
    return j->run.progress ? j->run.progress(j->run.progress_ctx, stage, done, total) : 0;
}

static int capture_progress(void *ctx, int64_t done, int64_t total)
{
    const job *j = ctx;
    return forward_progress(ctx, j->stage, done, total);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A name from a file goes to terminals: no control characters. */
static void clean(char *name)
{
    for (; name && *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f) *name = '?';
}

static ropewalk_status check_params(const ropewalk_audit_params *p, ropewalk_error *err)
{
    if (!p->model == !p->n_capture)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "an audit needs either a GGUF model or captures (--qk)");
    if (p->n_capture > RW_MAX_TEXT || p->n_text > RW_MAX_TEXT)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "at most %d texts in one audit",
                       RW_MAX_TEXT);
    if (p->n_query < 0 || p->n_query > 256 || p->n_attended < 0 || p->n_attended > 128 ||
        p->n_random < 0 || p->n_random > 128)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "queries must be 1 to 256, attended and random keys 1 to 128 each");
    if (!isnan(p->score_scale) && !(p->score_scale > 0.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "score scale %g must be positive",
                       p->score_scale);
    if (!isnan(p->zeta) && !(p->zeta > 0.0 && p->zeta < 4.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "zeta %g must be between 0 and 4",
                       p->zeta);
    if (p->n_token < 0 || (p->n_token > 0 && p->n_token < 16))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%lld tokens are too few for an audit: at least 16",
                       (long long)p->n_token);
    return ROPEWALK_OK;
}

/* 1024, 2048, ... up to the larger of the advertised context and 131072, with the advertised
 * context itself and twice it where that is within reach. */
static ropewalk_status choose_contexts(job *j, int64_t advertised, ropewalk_error *err)
{
    const ropewalk_audit_params *p = j->params;
    int64_t list[RW_MAX_AUDIT_CONTEXT * 2];
    size_t n = 0;
    if (p->n_context > RW_MAX_AUDIT_CONTEXT - 1)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "an audit takes at most %d contexts",
                       RW_MAX_AUDIT_CONTEXT - 1);
    const int64_t most = advertised > 131072 ? advertised : 131072;
    for (size_t i = 0; i < p->n_context; i++)
        list[n++] = p->context[i];
    for (int64_t M = 1024; p->n_context == 0 && M <= most; M *= 2)
        list[n++] = M;
    if (advertised > 0 && p->n_context == 0) {
        list[n++] = advertised;
        if (2 * advertised <= most) list[n++] = 2 * advertised;
    }
    int64_t *sorted;
    uint32_t n_sorted;
    const ropewalk_status status = rw_sort_contexts(list, n, &sorted, &n_sorted, err);
    if (status) return status;
    memcpy(j->settings.context, sorted, n_sorted * sizeof *sorted);
    j->settings.n_context = n_sorted;
    rw_free(sorted);
    j->settings.advertised =
        advertised > 0 ? advertised : j->settings.context[n_sorted - 1];
    return ROPEWALK_OK;
}

/* The shipped texts: beside an installed program, in the source tree of a build, or here. */
static ropewalk_status find_texts(const ropewalk_audit_params *p, char folder[MAX_PATH],
                                  ropewalk_error *err)
{
    char probe[MAX_PATH + 16];
    const char *dir = p->program_dir ? p->program_dir : ".";
    static const char *const places[] = {"/../share/ropewalk/texts", "/../../data/texts",
                                         "/data/texts"};
    for (size_t i = 0; i < (p->text_dir ? 1 : sizeof places / sizeof *places); i++) {
        const int n = p->text_dir ? snprintf(folder, MAX_PATH, "%s", p->text_dir)
                                  : snprintf(folder, MAX_PATH, "%s%s", dir, places[i]);
        if (n < 0 || n >= MAX_PATH) continue;
        (void)snprintf(probe, sizeof probe, "%s/prose.txt", folder);
        if (access(probe, R_OK) == 0) return ROPEWALK_OK;
    }
    return rw_fail(
        err, ROPEWALK_E_IO, 0,
        "the shipped texts (prose.txt, code.txt, list.txt) were not found%s%s: name "
        "their folder or texts of your own",
        p->text_dir ? " in " : "", p->text_dir ? p->text_dir : "");
}

static ropewalk_status list_sources(job *j, ropewalk_error *err)
{
    const ropewalk_audit_params *p = j->params;
    for (size_t i = 0; i < p->n_capture + p->n_text; i++) {
        source *s = &j->source[j->n_source++];
        s->is_capture = i < p->n_capture;
        const char *path = s->is_capture ? p->capture[i] : p->text[i - p->n_capture];
        (void)snprintf(s->path, sizeof s->path, "%s", path);
        (void)snprintf(s->name, sizeof s->name, "%s", base_name(path));
    }
    if (j->n_source) return ROPEWALK_OK;
    static const char *const shipped[N_SHIPPED] = {"prose", "code", "list", "shuffled"};
    char folder[MAX_PATH];
    const ropewalk_status status = find_texts(p, folder, err);
    if (status) return status;
    for (int i = 0; i < N_SHIPPED; i++) {
        source *s = &j->source[j->n_source++];
        s->shuffle = i == N_SHIPPED - 1;
        (void)snprintf(s->name, sizeof s->name, "%s", shipped[i]);
        const int n = snprintf(s->path, sizeof s->path, "%s/%s.txt", folder,
                               s->shuffle ? "prose" : shipped[i]);
        if (n < 0 || n >= MAX_PATH)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "the path of the texts is too long");
    }
    return ROPEWALK_OK;
}

/* A new folder under TMPDIR. */
static ropewalk_status make_temporary(char folder[MAX_PATH], ropewalk_error *err)
{
    const char *tmp = getenv("TMPDIR");
    if (snprintf(folder, MAX_PATH, "%s/ropewalk.XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
        MAX_PATH - 256)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "TMPDIR is too long");
    if (mkdtemp(folder)) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_IO, 0, "cannot create a temporary folder %s: %s",
                   folder, strerror(errno));
}

/* What a temporary folder holds goes with it: a killed runner leaves its unfinished file. */
static void remove_folder(const char *folder)
{
    char path[MAX_PATH + 512];
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        const int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (n > 0 && n < (int)sizeof path && entry->d_name[0] != '.') (void)unlink(path);
    }
    if (dir) (void)closedir(dir);
    (void)rmdir(folder);
}

static ropewalk_status make_folder(job *j, ropewalk_error *err)
{
    const char *wanted = j->params->capture_dir;
    if (wanted) {
        if (snprintf(j->folder, sizeof j->folder, "%s", wanted) >= MAX_PATH - 256)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "the path of the captures is too long");
        if (mkdir(wanted, 0777) == 0 || errno == EEXIST) return ROPEWALK_OK;
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot create %s: %s", wanted,
                       strerror(errno));
    }
    const ropewalk_status status = make_temporary(j->folder, err);
    j->temporary = !status;
    return status;
}

/* FNV-1a over a file's first `most` bytes, or all of a short one. */
static uint64_t hash_file(uint64_t hash, const char *path, size_t most)
{
    unsigned char bytes[4096];
    FILE *f = fopen(path, "rb");
    size_t n = 0, done = 0;
    while (f && done < most && (n = fread(bytes, 1, sizeof bytes, f)) > 0) {
        for (size_t i = 0; i < n; i++)
            hash = (hash ^ bytes[i]) * 0x100000001b3u;
        done += n;
    }
    if (f) (void)fclose(f);
    return hash;
}

/* A kept capture is found again by what went into it: the model (size, time, head), the text's
 * content, its length, the order of its tokens, and this version. */
static void capture_path(const job *j, const source *s, char out[MAX_PATH + 512])
{
    struct stat st = {0};
    const int64_t n_token = j->params->n_token ? j->params->n_token : 2048;
    (void)stat(j->params->model, &st);
    const uint64_t parts[] = {(uint64_t)st.st_size, (uint64_t)st.st_mtime,
                              (uint64_t)n_token, (uint64_t)s->shuffle,
                              s->shuffle ? j->run.seed : 0};
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = (hash ^ parts[i]) * 0x100000001b3u;
    for (const char *c = ropewalk_version(); *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    hash = hash_file(hash, j->params->model, 65536);
    hash = hash_file(hash, s->path, (size_t)1 << 30);
    (void)snprintf(out, MAX_PATH + 512, "%s/%.100s.%.64s.%lld.%016llx.safetensors",
                   j->folder, base_name(j->params->model), s->name, (long long)n_token,
                   (unsigned long long)hash);
}

static rw_runner_job runner_job(job *j, const char *text, const char *output,
                                int64_t n_token, int shuffle)
{
    return (rw_runner_job){.program = j->params->runner,
                           .program_dir = j->params->program_dir,
                           .model = j->params->model,
                           .output = output,
                           .text = text,
                           .n_token = n_token,
                           .shuffle = shuffle,
                           .n_thread = j->run.n_thread,
                           .seed = j->run.seed,
                           .progress = capture_progress,
                           .progress_ctx = j};
}

/* Asked for by name, or beside kept captures under a name made of what was asked. */
static ropewalk_status open_checkpoint(job *j, ropewalk_error *err)
{
    const ropewalk_audit_params *p = j->params;
    uint64_t key;
    if (!rw_team_leads(j->run.team)) return ROPEWALK_OK;
    const ropewalk_status status = rw_audit_key(&j->settings, &key, err);
    j->automatic = !p->checkpoint && p->capture_dir && p->model;
    if (status || (!p->checkpoint && !j->automatic)) return status;
    const int n = p->checkpoint
                      ? snprintf(j->checkpoint, MAX_PATH, "%s", p->checkpoint)
                      : snprintf(j->checkpoint, MAX_PATH, "%s/%.100s.%016llx.checkpoint",
                                 j->folder, base_name(p->model), (unsigned long long)key);
    if (n < 0 || n >= MAX_PATH) {
        j->checkpoint[0] = '\0';
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the path of the checkpoint is too long");
    }
    return rw_journal_open(j->checkpoint, key, &j->settings.journal, err);
}

static ropewalk_status begin(job *j, const rw_qkfile *file, ropewalk_error *err)
{
    if (!j->params->model) {
        ropewalk_status status =
            rw_model_from_capture(file, j->params->capture[0], &j->result.model, err);
        if (!status) status = choose_contexts(j, j->result.model.context_length, err);
        if (status) return status;
        clean(j->result.model.name);
        clean(j->result.model.architecture);
    }
    ropewalk_status status = j->params->model ? ROPEWALK_OK : open_checkpoint(j, err);
    if (!status) status = rw_keep_rotation_check(file, &j->result, err);
    if (!status) status = rw_audit_begin(&j->settings, file, &j->audit, err);
    if (status || !j->params->model) return status;
    return rw_compare_executed(file, &j->result, err);
}

/* Texts captured side by side: each program has a model's buffers, each capture its place on the disk. */
static uint32_t at_once(const job *j)
{
    const int n = j->run.n_thread;
    return n < 1 ? 1 : n < MAX_AT_ONCE ? (uint32_t)n : MAX_AT_ONCE;
}

/* The captures of the sources from `first` on that are not kept from before, as many as are made
 * at once. *at: the source that an error is about. */
static ropewalk_status make_captures(job *j, uint32_t first, uint32_t *at,
                                     ropewalk_error *err)
{
    const int64_t n_token = j->params->n_token ? j->params->n_token : 2048;
    const uint32_t left = j->n_source - first, n = at_once(j) < left ? at_once(j) : left;
    char(*path)[MAX_PATH + 512] = rw_array(n, sizeof *path);
    rw_runner_job *runner = rw_array(n, sizeof *runner);
    uint32_t *of = rw_array(n, sizeof *of);
    uint32_t n_job = 0;
    int len = snprintf(j->stage, sizeof j->stage, "capturing");
    ropewalk_status status = ROPEWALK_OK;
    if (!path || !runner || !of) status = rw_fail_memory(err, "captures");
    for (uint32_t i = 0; i < n && !status; i++) {
        source *s = &j->source[first + i];
        if (s->is_capture) continue;
        capture_path(j, s, path[i]);
        uint32_t same =
            0; /* the same text twice is captured once, and goes after the last */
        while (same < i &&
               (j->source[first + same].is_capture || strcmp(path[same], path[i]) != 0))
            same++;
        if (same < i) {
            s->made = j->source[first + same].made;
            j->source[first + same].made = 0;
            continue;
        }
        if (!j->temporary && access(path[i], R_OK) == 0) continue;
        s->made = 1;
        of[n_job] = first + i;
        runner[n_job++] = runner_job(j, s->path, path[i], n_token, s->shuffle);
        if (len > 0 && len < (int)sizeof j->stage)
            len += snprintf(j->stage + len, sizeof j->stage - (size_t)len, "%s %.40s",
                            n_job > 1 ? "," : "", s->name);
    }
    size_t failed = 0;
    if (!status)
        status = rw_runner_capture_all(runner, n_job, j->run.n_thread, capture_progress,
                                       j, &failed, err);
    if (status && n_job) *at = of[failed];
    rw_free(path);
    rw_free(runner);
    rw_free(of);
    return status;
}

/* Where the capture of a text is: rank 0 sees that it is there, and tells the others. */
static ropewalk_status find_capture(job *j, uint32_t i, uint32_t *at,
                                    char path[MAX_PATH + 512], ropewalk_error *err)
{
    const ropewalk_team *team = j->run.team;
    const source *s = &j->source[i];
    if (s->is_capture) {
        (void)snprintf(path, MAX_PATH + 512, "%s", s->path);
        return ROPEWALK_OK;
    }
    if (!rw_team_leads(team)) {
        (void)snprintf(j->stage, sizeof j->stage, "capturing %.40s", s->name);
        return rw_team_hear(team, path, MAX_PATH + 512, capture_progress, j, err);
    }
    ropewalk_status status = ROPEWALK_OK;
    if (i % at_once(j) == 0) status = make_captures(j, i, at, err);
    capture_path(j, s, path);
    if (!status && team) status = rw_team_tell(team, path, err);
    return status;
}

/* *at: the source that an error is about, i or one captured beside it. */
static ropewalk_status audit_source(job *j, uint32_t i, uint32_t *at, ropewalk_error *err)
{
    const source *s = &j->source[i];
    char path[MAX_PATH + 512];
    *at = i;
    ropewalk_status status = find_capture(j, i, at, path, err);
    rw_qkfile *file = NULL;
    if (!status) status = rw_qkfile_open(path, &file, err);
    if (!status && i == 0) status = begin(j, file, err);
    uint64_t digest = 0;
    if (!status && j->settings.journal) status = rw_digest_file(path, &digest, err);
    if (!status)
        status = rw_audit_add_text(j->audit, file, s->name,
                                   j->run.reproducible ? base_name(s->path) : s->path,
                                   digest, err);
    rw_qkfile_close(file);
    if (s->made && j->temporary) (void)unlink(path);
    return status;
}

/* The probe's words as a text of their own, captured like any other. */
static ropewalk_status run_probe(job *j, ropewalk_error *err)
{
    const ropewalk_audit_params *p = j->params;
    const char *query = p->probe_query ? p->probe_query : " pet";
    rw_probe_words words;
    if (!*query) {
        (void)snprintf(j->result.probe.absent_reason,
                       sizeof j->result.probe.absent_reason, "not asked for");
        return ROPEWALK_OK;
    }
    ropewalk_status status = rw_probe_parse(
        query, p->probe_keys ? p->probe_keys : " cat, dog, number", &words, err);
    if (status) return status;
    char folder[MAX_PATH], probe_file[MAX_PATH + 64], capture[MAX_PATH + 64],
        content[1024];
    const char *path = p->n_capture ? p->capture[0] : capture;
    if (!p->n_capture) {
        status = make_temporary(folder, err);
        if (status) return status;
        (void)snprintf(probe_file, sizeof probe_file, "%s/probe.txt", folder);
        (void)snprintf(capture, sizeof capture, "%s/probe.safetensors", folder);
        size_t n = (size_t)snprintf(content, sizeof content, "%s", words.query);
        for (uint32_t k = 0; k < words.n_key; k++)
            n += (size_t)snprintf(content + n, sizeof content - n, "%s", words.key[k]);
        status = rw_outfile_save(probe_file, content, n, err);
        (void)snprintf(j->stage, sizeof j->stage, "capturing the probe");
        const rw_runner_job runner = runner_job(j, probe_file, capture, 64, 0);
        if (!status) status = rw_runner_capture(&runner, err);
    }
    rw_qkfile *file = NULL;
    if (!status) status = rw_qkfile_open(path, &file, err);
    const rw_dtype first = rw_dtype_first(j->settings.dtypes);
    if (!status)
        status =
            rw_probe_run(file, &words, (uint32_t)p->probe_layer, (uint32_t)p->probe_head,
                         j->settings.context, j->settings.n_context, first,
                         j->settings.kernels, j->run.n_thread, &j->result.probe, err);
    rw_qkfile_close(file);
    if (!p->n_capture) remove_folder(folder);
    return status;
}

static void job_clear(job *j)
{
    rw_audit_end(j->audit);
    rw_audit_clear(&j->result);
    rw_journal_close(j->settings.journal);
    if (j->temporary) remove_folder(j->folder);
}

/* People know a model by its file; what the file calls itself goes into the provenance. */
static ropewalk_status name_by_file(rw_model_info *info, const char *path,
                                    ropewalk_error *err)
{
    const char *base = base_name(path);
    size_t n = strlen(base);
    if (n > 5 && strcmp(base + n - 5, ".gguf") == 0) n -= 5;
    char *name = rw_strndup(base, n);
    if (!name) return rw_fail_memory(err, "the model's name");
    ropewalk_status status = ROPEWALK_OK;
    if (info->name)
        status = rw_model_info_note(info, "name", path, "general.name", info->name, err);
    rw_free(info->name);
    info->name = name;
    clean(info->name);
    clean(info->architecture);
    return status;
}

static ropewalk_status prepare_model(job *j, ropewalk_error *err)
{
    const rw_model_info *m = &j->result.model;
    ropewalk_status status =
        rw_model_open_gguf(j->params->model, 0, &j->result.model, err);
    if (!status) status = name_by_file(&j->result.model, j->params->model, err);
    if (!status) status = choose_contexts(j, m->context_length, err);
    if (status) return status;
    j->settings.trained =
        m->original_context_length ? m->original_context_length : m->context_length;
    return rw_team_leads(j->run.team) ? make_folder(j, err) : ROPEWALK_OK;
}

static ropewalk_status prepare(job *j, ropewalk_error *err)
{
    const ropewalk_audit_params *p = j->params;
    rw_audit_settings *s = &j->settings;
    ropewalk_status status = check_params(p, err);
    if (!status) status = rw_parse_dtypes(p->dtypes, &s->dtypes, err);
    if (status) return status;
    s->score_scale = p->score_scale;
    s->zeta = isnan(p->zeta) ? 0.01 : p->zeta;
    s->near_alias = isnan(p->near_alias) ? 0.1 : p->near_alias;
    s->n_query = p->n_query ? (uint32_t)p->n_query : 8;
    s->n_attended = p->n_attended ? (uint32_t)p->n_attended : 3;
    s->n_random = p->n_random ? (uint32_t)p->n_random : 5;
    s->n_surrogate = 999;
    s->seed = j->run.seed;
    s->n_thread = j->run.n_thread;
    s->team = j->run.team;
    s->progress = forward_progress;
    s->progress_ctx = j;
    if (p->model) status = prepare_model(j, err);
    if (!status) status = list_sources(j, err);
    if (j->n_source) /* the head's queries are shared out over its texts */
        s->n_query = (s->n_query + j->n_source - 1) / j->n_source;
    /* without a model the settings are known only with the first capture */
    if (!status && p->model) status = open_checkpoint(j, err);
    return status;
}

ropewalk_status ropewalk_audit(const ropewalk_audit_params *params,
                               const ropewalk_run *run, ropewalk_result **result,
                               ropewalk_error *err)
{
    const double start = rw_clock_wall();
    job *j = rw_calloc(1, sizeof *j);
    *result = NULL;
    if (!j) return rw_fail_memory(err, "an audit");
    j->params = params;
    rw_audit_init(&j->result);
    ropewalk_status status = rw_run_resolve(run, &j->run, &j->settings.kernels, err);
    const int leads = rw_team_leads(j->run.team);
    if (!status) status = prepare(j, err);
    for (uint32_t i = 0; i < j->n_source && !status; i++) {
        uint32_t at;
        status = audit_source(j, i, &at, err);
        if (status && status != ROPEWALK_E_INTERRUPTED)
            status = rw_fail_context(err, status, "text %s", j->source[at].name);
    }
    if (!status && leads) status = run_probe(j, err);
    if (!status) status = rw_audit_finish(j->audit, &j->result, err);
    if (!status) {
        j->result.elapsed_s = rw_clock_wall() - start;
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (!status && leads) {
        rw_audit_text(&j->result, &(*result)->text);
        rw_audit_terminal(&j->result, &(*result)->terminal);
        status = rw_result_finish(result, "audit",
                                  rw_audit_json(&j->result, j->run.reproducible), &j->run,
                                  err);
    }
    if (!status && j->automatic && j->settings.journal) (void)unlink(j->checkpoint);
    rw_team_fail(j->run.team, status, err);
    job_clear(j);
    rw_free(j);
    return status;
}
