/* sweep_call.c - ropewalk_sweep(): from lists to a grid, from the grid to one document. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "api/sweep_vectors.h"
#include "api/vectors.h"
#include "base/alloc.h"
#include "base/team.h"
#include "model/facts.h"
#include "model/model.h"
#include "position/mechanism.h"
#include "report/sweep_report.h"
#include "sweep/cost.h"
#include "sweep/grid.h"

enum { MAX_NAMES = 32, MOST_DRAWS = 1 << 20 };
static const double AN_HOUR = 3600.0;

typedef struct job {
    const ropewalk_sweep_params *params;
    ropewalk_run run;
    rw_sweep_axes axes;
    rw_sweep_plan plan;
    double *rope_theta;
    uint32_t *head_dim;
    int64_t *context;
    char name[MAX_NAMES][24]; /* of scalings */
    const char *scaling[MAX_NAMES];
    rw_family family[RW_N_FAMILY];
    rw_sweep_vectors vectors; /* of a file */
    uint8_t *chosen;          /* a flag for each row of rw_fact_table */
    uint32_t n_point;         /* beside the curves: of models, or the vectors' own */
    rw_sweep_table *table;
    rw_sweep_model *model;
} job;

static int forward_progress(void *ctx, const char *stage, int64_t done, int64_t total)
{
    const job *j = ctx;
    return j->run.progress ? j->run.progress(j->run.progress_ctx, stage, done, total) : 0;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ascending, each once. */
static ropewalk_status sort_bases(job *j, ropewalk_error *err)
{
    const ropewalk_sweep_params *p = j->params;
    if (p->n_rope_theta == 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a sweep needs --rope-theta: the bases, such as 1e4,5e5 or "
                       "1e3:1e8:log:26");
    for (size_t i = 0; i < p->n_rope_theta; i++)
        if (!(p->rope_theta[i] > 1.0) || !(p->rope_theta[i] <= 1e30))
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "rope_theta %g must be above 1 and at most 1e+30",
                           p->rope_theta[i]);
    j->rope_theta = rw_array(p->n_rope_theta, sizeof *j->rope_theta);
    if (!j->rope_theta) return rw_fail_memory(err, "the bases");
    memcpy(j->rope_theta, p->rope_theta, p->n_rope_theta * sizeof *j->rope_theta);
    qsort(j->rope_theta, p->n_rope_theta, sizeof *j->rope_theta, by_value);
    uint32_t kept = 0;
    for (size_t i = 0; i < p->n_rope_theta; i++)
        if (kept == 0 || j->rope_theta[i] > j->rope_theta[kept - 1])
            j->rope_theta[kept++] = j->rope_theta[i];
    j->axes.rope_theta = j->rope_theta;
    j->axes.n_rope_theta = kept;
    return ROPEWALK_OK;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static ropewalk_status sort_dims(job *j, ropewalk_error *err)
{
    static const int64_t usual = 128;
    const ropewalk_sweep_params *p = j->params;
    const int64_t *list = p->n_head_dim ? p->head_dim : &usual;
    const size_t n = p->n_head_dim ? p->n_head_dim : 1;
    j->head_dim = rw_array(n, sizeof *j->head_dim);
    if (!j->head_dim) return rw_fail_memory(err, "the head dimensions");
    for (size_t i = 0; i < n; i++) {
        if (list[i] < 2 || list[i] > RW_MAX_HEAD_DIM || list[i] % 2 != 0)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "head_dim %lld must be even and 2 to %d", (long long)list[i],
                           RW_MAX_HEAD_DIM);
        j->head_dim[i] = (uint32_t)list[i];
    }
    qsort(j->head_dim, n, sizeof *j->head_dim, by_size);
    uint32_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || j->head_dim[i] > j->head_dim[kept - 1])
            j->head_dim[kept++] = j->head_dim[i];
    j->axes.head_dim = j->head_dim;
    j->axes.n_head_dim = kept;
    return ROPEWALK_OK;
}

/* The names of a comma list, each once. */
static ropewalk_status split_names(const char *list, const char *what,
                                   char name[MAX_NAMES][24], uint32_t *n,
                                   ropewalk_error *err)
{
    *n = 0;
    for (const char *s = list;; s++) {
        const size_t length = strcspn(s, ",");
        if (length == 0 || length >= sizeof name[0])
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "%s \"%.40s\" is not a list of names", what, list);
        uint32_t i = 0;
        while (i < *n && (strlen(name[i]) != length || strncmp(name[i], s, length) != 0))
            i++;
        if (i == MAX_NAMES)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%s: more than %d names", what,
                           MAX_NAMES);
        if (i == *n) {
            (void)snprintf(name[i], sizeof name[i], "%.*s", (int)length, s);
            ++*n;
        }
        s += length;
        if (!*s) return ROPEWALK_OK;
    }
}

static ropewalk_status choose_scalings(job *j, ropewalk_error *err)
{
    const char *list = j->params->scalings ? j->params->scalings : "none";
    const ropewalk_status status =
        split_names(list, "rope scaling", j->name, &j->axes.n_scaling, err);
    if (status) return status;
    for (uint32_t i = 0; i < j->axes.n_scaling; i++) {
        j->scaling[i] = j->name[i];
        if (!rw_mech_find(j->name[i]))
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "rope scaling \"%s\" is unknown: see `ropewalk list "
                           "mechanisms`",
                           j->name[i]);
    }
    j->axes.scaling = j->scaling;
    return ROPEWALK_OK;
}

static ropewalk_status choose_families(job *j, ropewalk_error *err)
{
    const char *list =
        j->params->coefficients ? j->params->coefficients : "aligned,gaussian";
    char name[MAX_NAMES][24];
    const ropewalk_status status =
        split_names(list, "coefficients", name, &j->plan.n_family, err);
    if (status) return status;
    for (uint32_t i = 0; i < j->plan.n_family; i++)
        if (!rw_family_find(name[i], &j->family[i < RW_N_FAMILY ? i : 0]))
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "coefficients \"%s\" are not one of aligned, gaussian, flat, "
                           "slow-heavy, fast-heavy",
                           name[i]);
    j->plan.family = j->family;
    return ROPEWALK_OK;
}

static ropewalk_status choose_numbers(job *j, ropewalk_error *err)
{
    const ropewalk_sweep_params *p = j->params;
    const char *loss = p->loss ? p->loss : "max";
    if (p->n_draw < 0 || p->n_draw > MOST_DRAWS)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "draws must be 1 to %d, not %d",
                       MOST_DRAWS, p->n_draw);
    if (!isnan(p->score_scale) && (!isfinite(p->score_scale) || p->score_scale <= 0.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "score scale %g must be positive",
                       p->score_scale);
    if (!isnan(p->zeta) && !(p->zeta > 0.0 && p->zeta < 4.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "zeta %g must be between 0 and 4",
                       p->zeta);
    if (!isnan(p->threshold) && !(p->threshold > 0.0 && p->threshold < 1.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "threshold %g must be between 0 and 1", p->threshold);
    if (strcmp(loss, "max") != 0 && strcmp(loss, "sum") != 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "loss \"%s\" is not max or sum",
                       loss);
    j->plan.n_draw = p->n_draw ? (uint32_t)p->n_draw : 16;
    j->plan.zeta = isnan(p->zeta) ? 0.01 : p->zeta;
    j->plan.threshold = isnan(p->threshold) ? 0.25 : p->threshold;
    j->plan.loss = strcmp(loss, "sum") == 0 ? RW_LOSS_SUM : RW_LOSS_MAX;
    j->axes.score_scale = p->model_scale          ? (double)NAN
                          : isnan(p->score_scale) ? 1.0
                                                  : p->score_scale;
    return ROPEWALK_OK;
}

/* What a file decides is not asked for. */
static ropewalk_status read_vectors(job *j, ropewalk_error *err)
{
    const ropewalk_sweep_params *p = j->params;
    rw_sweep_vectors *v = &j->vectors;
    if (!p->qk && (p->layer >= 0 || p->head >= 0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--layer and --head choose vectors of a capture: --qk names it");
    if (!p->qk) return ROPEWALK_OK;
    if (p->n_head_dim || p->coefficients || p->models)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--qk brings its own vectors: --head-dim, --coefficients and "
                       "--models are for synthetic ones");
    const ropewalk_status status = rw_sweep_vectors_read(
        p->qk, p->layer, p->head, j->plan.n_draw, j->run.seed, v, err);
    if (status) return status;
    if (p->layer >= 0 && (p->pairs || p->rotary_dim >= 0)) /* a capture */
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a capture brings its layout: --pairs and --rotary-dim are for "
                       "plain vectors");
    const char *slash = strrchr(p->qk, '/');
    v->given.source = j->run.reproducible && slash ? slash + 1 : p->qk;
    j->plan.given = &v->given;
    j->plan.n_family = 1;
    j->head_dim[0] = v->given.head_dim;
    j->axes.n_head_dim = 1;
    if (v->own.inv_freq && p->rotary_dim < 0) j->axes.rotary_dim = v->own.rotary_dim;
    if (p->layer >= 0) j->axes.pairs = v->own.pairs;
    if (p->layer >= 0 && isnan(p->score_scale)) j->axes.score_scale = v->score_scale;
    return ROPEWALK_OK;
}

static ropewalk_status choose(job *j, ropewalk_error *err)
{
    static const int64_t usual = 8192;
    const ropewalk_sweep_params *p = j->params;
    ropewalk_status status = sort_bases(j, err);
    if (!status) status = sort_dims(j, err);
    if (!status)
        status = rw_sort_contexts(p->n_context ? p->context : &usual,
                                  p->n_context ? p->n_context : 1, &j->context,
                                  &j->plan.n_context, err);
    if (!status) status = rw_parse_dtypes(p->dtypes, &j->plan.dtypes, err);
    if (!status) status = rw_parse_events(p->events, &j->plan.events, err);
    if (!status) status = choose_scalings(j, err);
    if (!status) status = choose_families(j, err);
    if (!status) status = choose_numbers(j, err);
    if (!status) status = rw_parse_pairs(p->pairs, &j->axes.pairs, err);
    j->axes.rotary_dim = p->rotary_dim;
    if (!status) status = read_vectors(j, err);
    if (status) return status;
    j->axes.rope = &p->rope;
    j->axes.context = j->context[j->plan.n_context - 1];
    j->plan.context = j->context;
    j->plan.n_base = j->axes.n_rope_theta;
    j->plan.seed = j->run.seed;
    j->plan.n_thread = j->run.n_thread;
    j->plan.team = j->run.team;
    j->plan.progress = forward_progress;
    j->plan.progress_ctx = j;
    return ROPEWALK_OK;
}

/* Which models are asked for. */
static ropewalk_status choose_models(job *j, ropewalk_error *err)
{
    const char *list = j->params->models;
    uint32_t n_fact = 0;
    while (rw_fact_table[n_fact].name)
        n_fact++;
    j->chosen = rw_calloc((size_t)n_fact + 1, sizeof *j->chosen);
    if (!j->chosen) return rw_fail_memory(err, "the models");
    if (!list && (j->plan.n_base < 2 || j->plan.given)) list = "none";
    if (!list || strcmp(list, "all") == 0) {
        memset(j->chosen, 1, n_fact);
        return ROPEWALK_OK;
    }
    for (const char *s = list; strcmp(list, "none") != 0; s++) {
        char name[48];
        const size_t length = strcspn(s, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, s);
        const rw_fact *fact = length < sizeof name ? rw_fact_find(name) : NULL;
        if (!fact) {
            const rw_fact *like = rw_fact_like(name);
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "model \"%s\" is not among the shipped ones%s%s: see "
                           "`ropewalk list models`",
                           name, like ? "; the nearest is " : "", like ? like->name : "");
        }
        j->chosen[fact - rw_fact_table] = 1;
        s += length;
        if (!*s) break;
    }
    return ROPEWALK_OK;
}

/* The layer that makes a model a point: none for one without frequencies, or with heads of another width. */
static const rw_layer_info *point_of(const job *j, const rw_model_info *info)
{
    const rw_layer_info *layer = rw_model_info_speaker(info);
    if (!layer || layer->rotation < 0) return NULL;
    const rw_rotation_info *r = &info->rotations[layer->rotation];
    if (!r->inv_freq || !r->rotary_dim) return NULL;
    for (uint32_t i = 0; i < j->axes.n_head_dim; i++)
        if (j->axes.head_dim[i] == layer->head_dim) return layer;
    return NULL;
}

typedef ropewalk_status take_model(job *j, const rw_fact *fact, const rw_model_info *info,
                                   const rw_layer_info *layer, ropewalk_error *err);

/* Every chosen model that is a point. */
static ropewalk_status each_model(job *j, take_model *take, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; rw_fact_table[i].name && !status; i++) {
        rw_hparams hp;
        rw_model_info info;
        if (!j->chosen[i]) continue;
        status = rw_fact_read(&rw_fact_table[i], &hp, err);
        if (status) return status;
        status = rw_model_describe(&hp, &(rw_model_use){0}, &info, err);
        rw_hparams_clear(&hp);
        const rw_layer_info *layer = status ? NULL : point_of(j, &info);
        if (layer) status = take(j, &rw_fact_table[i], &info, layer, err);
        rw_model_info_clear(&info);
    }
    return status;
}

static ropewalk_status count_model(job *j, const rw_fact *fact, const rw_model_info *info,
                                   const rw_layer_info *layer, ropewalk_error *err)
{
    (void)fact;
    (void)info;
    (void)layer;
    (void)err;
    j->n_point++;
    return ROPEWALK_OK;
}

static ropewalk_status count_points(job *j, ropewalk_error *err)
{
    j->n_point = j->plan.given && j->vectors.own.inv_freq;
    return j->plan.given ? ROPEWALK_OK : each_model(j, count_model, err);
}

/* "40 minutes", "3.2e+04 years" */
static void say_time(double seconds, char out[32])
{
    static const struct {
        const char *name;
        double seconds;
    } unit[] = {
        {"years", 31556952.0}, {"days", 86400.0}, {"hours", 3600.0}, {"minutes", 60.0}};
    size_t i = 0;
    while (i < 3 && seconds < 2.0 * unit[i].seconds)
        i++;
    (void)snprintf(out, 32, "%.3g %s", seconds / unit[i].seconds, unit[i].name);
}

/* Asked before anything of the grid's size is made: from one of its tables. */
static ropewalk_status check_time(const job *j, ropewalk_error *err)
{
    if (j->params->yes || !rw_team_leads(j->run.team)) return ROPEWALK_OK;
    rw_sweep_table first;
    rw_sweep_plan plan = j->plan;
    /* the widest heads, or some that are timed in an instant: moments grow with the square */
    const uint32_t usual = 256;
    rw_sweep_axes timed = j->axes;
    uint32_t last = timed.n_head_dim - 1;
    while (last > 0 && timed.head_dim[last] > usual)
        last--;
    const double wider =
        timed.head_dim[timed.n_head_dim - 1] / (double)timed.head_dim[last];
    timed.head_dim += last;
    timed.n_head_dim = 1;
    double seconds = 0.0;
    ropewalk_status status = rw_sweep_axes_table(&timed, 0, &first, err);
    if (status) return status;
    plan.table = &first;
    const double n_table = rw_sweep_axes_count(&j->axes) + j->n_point;
    status = rw_sweep_estimate(&plan, n_table, &seconds, err);
    rw_rotation_clear(&first.rotation);
    seconds *= wider * wider;
    if (status || seconds <= AN_HOUR) return status;
    char words[32];
    say_time(seconds, words);
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "this grid of %.6g cells will take about %s here: --yes starts it all "
                   "the same (with --checkpoint it can be interrupted)",
                   n_table * j->plan.n_family * j->plan.n_draw, words);
}

/* A point beside the curves: a rotation as a model, or a file, has it. */
typedef struct beside {
    const char *name, *scaling;
    uint32_t head_dim, rotary_dim;
    double rope_theta, attn_factor;
    const double *inv_freq;
    int64_t advertised;
} beside;

static int same_rotation(const rw_sweep_table *t, const beside *b)
{
    return t->info.head_dim == b->head_dim && t->info.rotary_dim == b->rotary_dim &&
           !(t->info.attn_factor < b->attn_factor) &&
           !(t->info.attn_factor > b->attn_factor) &&
           memcmp(t->rotation.inv_freq, b->inv_freq,
                  b->rotary_dim / 2 * sizeof *b->inv_freq) == 0;
}

/* Its table is one that is there already, or a new one behind the grid. */
static ropewalk_status add_point(job *j, const beside *b, ropewalk_error *err)
{
    uint32_t i = 0;
    while (i < j->plan.n_table && !same_rotation(&j->table[i], b))
        i++;
    if (i == j->plan.n_table) {
        rw_sweep_table *t = &j->table[i];
        const ropewalk_status status =
            rw_rotation_alloc(&t->rotation, b->rotary_dim, err);
        if (status) return status;
        memcpy(t->rotation.inv_freq, b->inv_freq,
               b->rotary_dim / 2 * sizeof *b->inv_freq);
        t->rotation.attn_factor = b->attn_factor;
        t->rotation.pairs = j->axes.pairs;
        t->info = (rw_sweep_table_info){
            .head_dim = b->head_dim,
            .rotary_dim = b->rotary_dim,
            .rope_theta = b->rope_theta,
            .attn_factor = b->attn_factor,
            .score_scale = isnan(j->axes.score_scale) ? 1.0 / sqrt((double)b->head_dim)
                                                      : j->axes.score_scale};
        (void)snprintf(t->info.scaling, sizeof t->info.scaling, "%s", b->scaling);
        j->plan.n_table++;
    }
    rw_sweep_model *model = &j->model[j->plan.n_model++];
    (void)snprintf(model->name, sizeof model->name, "%s", b->name);
    model->table = i;
    model->advertised = b->advertised;
    return ROPEWALK_OK;
}

/* The rotation the vectors were made for; all others are counterfactual. */
static ropewalk_status add_own(job *j, ropewalk_error *err)
{
    const rw_sweep_vectors *v = &j->vectors;
    ropewalk_status status = ROPEWALK_OK;
    if (v->own.inv_freq) {
        const beside own = {v->name,           "own",        v->given.head_dim,
                            v->own.rotary_dim, v->own_theta, v->own.attn_factor,
                            v->own.inv_freq,   v->advertised};
        status = add_point(j, &own, err);
    }
    for (uint32_t i = 0; i < j->plan.n_table && !status; i++)
        j->table[i].info.counterfactual = !j->plan.n_model || j->model[0].table != i;
    return status;
}

static ropewalk_status add_model(job *j, const rw_fact *fact, const rw_model_info *info,
                                 const rw_layer_info *layer, ropewalk_error *err)
{
    const rw_rotation_info *r = &info->rotations[layer->rotation];
    const beside own = {fact->name,    r->mechanism,        layer->head_dim,
                        r->rotary_dim, r->rope_theta,       r->attn_factor,
                        r->inv_freq,   info->context_length};
    return add_point(j, &own, err);
}

static ropewalk_status make_tables(job *j, ropewalk_error *err)
{
    if (!(rw_sweep_axes_count(&j->axes) < 0x1p24))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%.4g frequency tables are more than one sweep takes (2^24)",
                       rw_sweep_axes_count(&j->axes));
    j->model = rw_calloc((size_t)j->n_point + 1, sizeof *j->model);
    if (!j->model) return rw_fail_memory(err, "the models");
    const ropewalk_status status =
        rw_sweep_axes_tables(&j->axes, j->n_point, &j->table, &j->plan.n_grid, err);
    j->plan.table = j->table;
    j->plan.model = j->model;
    j->plan.n_table = j->plan.n_grid;
    if (status) return status;
    return j->plan.given ? add_own(j, err) : each_model(j, add_model, err);
}

static ropewalk_status open_checkpoint(job *j, ropewalk_error *err)
{
    uint64_t key;
    if (!j->params->checkpoint || !rw_team_leads(j->run.team)) return ROPEWALK_OK;
    const ropewalk_status status = rw_sweep_key(&j->plan, &key, err);
    if (status) return status;
    return rw_journal_open(j->params->checkpoint, key, &j->plan.journal, err);
}

static void job_clear(job *j)
{
    rw_journal_close(j->plan.journal);
    rw_sweep_tables_free(j->table, j->plan.n_table);
    rw_sweep_vectors_clear(&j->vectors);
    rw_free(j->model);
    rw_free(j->chosen);
    rw_free(j->rope_theta);
    rw_free(j->head_dim);
    rw_free(j->context);
    rw_free(j);
}

ropewalk_status ropewalk_sweep(const ropewalk_sweep_params *params,
                               const ropewalk_run *run, ropewalk_result **result,
                               ropewalk_error *err)
{
    rw_sweep sweep;
    *result = NULL;
    rw_sweep_init(&sweep);
    job *j = rw_calloc(1, sizeof *j);
    if (!j) return rw_fail_memory(err, "a sweep");
    j->params = params;
    ropewalk_status status = rw_run_resolve(run, &j->run, &j->plan.kernels, err);
    const int leads = rw_team_leads(j->run.team);
    if (!status) status = choose(j, err);
    if (!status) status = choose_models(j, err);
    if (!status) status = count_points(j, err);
    if (!status) status = check_time(j, err);
    if (!status) status = make_tables(j, err);
    if (!status) status = open_checkpoint(j, err);
    if (!status) status = rw_sweep_run(&j->plan, &sweep, err);
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (!status && leads) {
        rw_sweep_text(&sweep, &(*result)->text);
        rw_sweep_csv(&sweep, &(*result)->csv);
        status = rw_result_finish(result, "sweep", rw_sweep_json(&sweep), &j->run, err);
    }
    rw_team_fail(j->run.team, status, err);
    rw_sweep_clear(&sweep);
    job_clear(j);
    return status;
}
