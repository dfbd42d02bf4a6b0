/* theory_call.c - ropewalk_theory(): from options to frequency tables and vectors. */
#include <math.h>
#include <string.h>

#include "api/handle.h"
#include "api/league_call.h"
#include "api/model_path.h"
#include "api/vectors.h"
#include "audit/frontier_run.h"
#include "base/alloc.h"
#include "model/model.h"
#include "position/declared.h"
#include "report/theory_report.h"

enum { DEFAULT_DRAWS = 16, MAX_DRAWS = 10000, DEFAULT_COUNT_LIMIT = 1 << 20 };

void ropewalk_theory_params_init(ropewalk_theory_params *params)
{
    *params = (ropewalk_theory_params){.struct_size = sizeof *params,
                                       .layer = -1,
                                       .head = -1,
                                       .query_row = -1,
                                       .rotary_dim = -1,
                                       .rope = rw_no_rope,
                                       .score_scale = (double)NAN,
                                       .zeta = (double)NAN,
                                       .near_alias = (double)NAN};
}

/* What the options came to. Tables of a path borrow from `info`, the one of options from
 * `rotation`, that of a file from `vectors`. */
typedef struct inputs {
    rw_theory_table_input *table;
    rw_rotation *path_rotation; /* [n_table] of a path, frequencies borrowed */
    char **name;                /* [n_table], owned */
    uint32_t n_table;
    rw_rotation rotation;
    rw_model_info info;
    rw_vectors vectors;
    rw_family family[RW_N_FAMILY];
    uint32_t n_family;
    int64_t *context;
    uint32_t n_context;
} inputs;

static void inputs_init(inputs *in)
{
    *in = (inputs){0};
    rw_rotation_init(&in->rotation);
    rw_model_info_init(&in->info);
    rw_vectors_init(&in->vectors);
}

static void inputs_clear(inputs *in)
{
    for (uint32_t i = 0; in->name && i < in->n_table; i++)
        rw_free(in->name[i]);
    rw_free(in->name);
    rw_free(in->table);
    rw_free(in->path_rotation);
    rw_rotation_clear(&in->rotation);
    rw_model_info_clear(&in->info);
    rw_vectors_clear(&in->vectors);
    rw_free(in->context);
}

static ropewalk_status allocate(inputs *in, uint32_t n_table, ropewalk_error *err)
{
    in->n_table = n_table;
    in->table = rw_calloc(n_table, sizeof *in->table);
    in->path_rotation = rw_calloc(n_table, sizeof *in->path_rotation);
    in->name = rw_calloc(n_table, sizeof *in->name);
    return in->table && in->path_rotation && in->name
               ? ROPEWALK_OK
               : rw_fail_memory(err, "frequency tables");
}

/* --- where tables come from --------------------------------------------------------------- */

static ropewalk_status from_options(const ropewalk_theory_params *p, inputs *in,
                                    ropewalk_error *err)
{
    rw_pairs pairs;
    ropewalk_status status = rw_parse_pairs(p->pairs, &pairs, err);
    if (status) return status;
    if (p->head_dim < 1 || p->head_dim > RW_MAX_HEAD_DIM)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "head_dim %lld is outside 1 to %d",
                       (long long)p->head_dim, RW_MAX_HEAD_DIM);
    const int64_t dim = p->rotary_dim >= 0 ? p->rotary_dim : p->head_dim;
    if (dim > p->head_dim || dim % 2 != 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rotary_dim %lld must be even and at most head_dim %lld",
                       (long long)dim, (long long)p->head_dim);
    if (isnan(p->rope.rope_theta))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--head-dim needs --rope-theta: there is no default");
    const rw_layer_shape shape = {.head_dim = (uint32_t)p->head_dim,
                                  .rotary_dim = (uint32_t)dim,
                                  .n_head_q = 1,
                                  .n_head_kv = 1,
                                  .rope_theta = p->rope.rope_theta,
                                  .pairs = pairs};
    status = rw_declared_rotation(&p->rope, &shape, &in->rotation, err);
    if (!status) status = allocate(in, 1, err);
    if (status) return status;
    in->name[0] = rw_strdup("given");
    if (!in->name[0]) return rw_fail_memory(err, "a name");
    in->table[0] = (rw_theory_table_input){
        .name = in->name[0],
        .mechanism = p->rope.scaling ? p->rope.scaling : "none",
        .rotation = &in->rotation,
        .head_dim = shape.head_dim,
        .rope_theta = p->rope.rope_theta,
        .score_scale = p->model_scale          ? 1.0 / sqrt((double)p->head_dim)
                       : isnan(p->score_scale) ? 1.0
                                               : p->score_scale};
    return ROPEWALK_OK;
}

static ropewalk_status from_vectors(const ropewalk_theory_params *p, inputs *in,
                                    ropewalk_error *err)
{
    const rw_vector_choice choice = RW_VECTOR_CHOICE(p);
    ropewalk_status status = rw_vectors_read(&choice, &in->vectors, err);
    if (!status) status = allocate(in, 1, err);
    if (status) return status;
    in->name[0] = rw_strdup("given");
    if (!in->name[0]) return rw_fail_memory(err, "a name");
    in->table[0] = (rw_theory_table_input){.name = in->name[0],
                                           .mechanism = p->rope.scaling,
                                           .rotation = &in->vectors.rotation,
                                           .head_dim = in->vectors.head_dim,
                                           .rope_theta = in->vectors.rope_theta,
                                           .score_scale = in->vectors.score_scale};
    return ROPEWALK_OK;
}

/* "rotation 1, layers 0-4, 6-10" and the shape of the first of them. */
static ropewalk_status of_rotation(const rw_model_info *info, uint32_t index, char **name,
                                   rw_theory_table_input *out, ropewalk_error *err)
{
    rw_text text;
    uint32_t *list = rw_array((size_t)info->n_layer + 1, sizeof *list), n = 0;
    if (!list) return rw_fail_memory(err, "a list of layers");
    bool unlimited = false;
    for (uint32_t i = 0; info->layers && i < info->n_layer; i++) {
        const rw_layer_info *layer = &info->layers[i];
        if (layer->rotation != (int32_t)index) continue;
        list[n++] = i;
        if (layer->head_dim > out->head_dim) out->head_dim = layer->head_dim;
        if (layer->window <= 0) unlimited = true;
        if (layer->window > out->window) out->window = layer->window;
    }
    if (unlimited) out->window = 0;
    rw_text_init(&text);
    rw_text_printf(&text, "rotation %u, layers ", (unsigned)index);
    rw_text_runs(&text, list, n);
    rw_free(list);
    *name = text.failed ? NULL : rw_strdup(text.data);
    rw_text_clear(&text);
    return *name ? ROPEWALK_OK : rw_fail_memory(err, "a name");
}

static ropewalk_status from_path(const ropewalk_theory_params *p, const ropewalk_run *run,
                                 inputs *in, ropewalk_error *err)
{
    rw_hparams hp;
    const rw_model_use use = {0};
    rw_hparams_init(&hp);
    if (p->pairs || p->rotary_dim >= 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--pairs and --rotary-dim go with --head-dim: %s says them itself",
                       p->path);
    ropewalk_status status =
        rw_path_read(p->path, p->hf_overrides, &p->rope, run, &hp, err);
    if (!status) status = rw_model_describe(&hp, &use, &in->info, err);
    rw_hparams_clear(&hp);
    if (status) return status;
    const rw_model_info *info = &in->info;
    if (info->n_rotation == 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%s has no rotary positions (%s): there is no frequency table",
                       p->path, rw_positions_name(info->positions));
    status = allocate(in, info->n_rotation, err);
    for (uint32_t i = 0; i < info->n_rotation && !status; i++) {
        const rw_rotation_info *r = &info->rotations[i];
        rw_theory_table_input *table = &in->table[i];
        if (!r->inv_freq)
            return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                           "the frequencies of rotation %u of %s are unknown: see "
                           "`ropewalk inspect`",
                           (unsigned)i, p->path);
        in->path_rotation[i] = (rw_rotation){
            .rotary_dim = r->rotary_dim,
            .pairs = r->interleaved ? RW_PAIRS_INTERLEAVED : RW_PAIRS_HALF_SPLIT,
            .attn_factor = r->attn_factor,
            .inv_freq = r->inv_freq};
        status = of_rotation(info, i, &in->name[i], table, err);
        if (table->head_dim < r->rotary_dim) table->head_dim = r->rotary_dim;
        table->name = in->name[i];
        table->mechanism = r->mechanism;
        table->n_layer = info->n_layer;
        table->rotation = &in->path_rotation[i];
        table->rope_theta = r->rope_theta;
        table->score_scale = p->model_scale          ? r->softmax_scale
                             : isnan(p->score_scale) ? 1.0
                                                     : p->score_scale;
        if (isnan(table->score_scale))
            table->score_scale = 1.0 / sqrt((double)table->head_dim);
    }
    return status;
}

/* --- checks ------------------------------------------------------------------------------- */

static ropewalk_status parse_families(const char *list, inputs *in, ropewalk_error *err)
{
    const char *s = list ? list : "aligned,gaussian";
    for (;;) {
        char item[32];
        const size_t n = strcspn(s, ",");
        rw_family family;
        const size_t kept = n < sizeof item ? n : sizeof item - 1;
        memcpy(item, s, kept);
        item[kept] = '\0';
        if (n != kept || !rw_family_find(item, &family))
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "coefficients \"%s\" are not one of aligned, gaussian, flat, "
                           "slow-heavy, fast-heavy",
                           item);
        for (uint32_t i = 0; i < in->n_family; i++)
            if (in->family[i] == family)
                return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                               "coefficients \"%s\" are given twice", item);
        in->family[in->n_family++] = family;
        if (!s[n]) return ROPEWALK_OK;
        s += n + 1;
    }
}

static ropewalk_status check_options(const ropewalk_theory_params *p, ropewalk_error *err)
{
    const int n_source = (p->path != NULL) + (p->head_dim != 0) + (p->qk != NULL);
    if (p->models && (p->head_dim || p->qk || p->hf_overrides || p->n_context ||
                      p->frontier || p->model_scale))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--models takes the shipped tables, each at its advertised "
                       "context: --head-dim, --qk, --hf-overrides, --context, --frontier "
                       "and --score-scale model do not go with it");
    if (n_source == 0 && !p->models)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "theory needs a frequency table: --head-dim with --rope-theta, a "
                       "PATH such as model:NAME, or --qk");
    if (n_source > 1)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "give one of --head-dim, PATH and --qk: each brings a frequency "
                       "table");
    if (p->qk && (p->coefficients || p->n_draw))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--coefficients and --draws make vectors: --qk has its own");
    if (!p->qk && (p->layer >= 0 || p->head >= 0 || p->query_row >= 0 || p->n_key_row))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--layer, --head and rows choose vectors of a capture: --qk names "
                       "it");
    if (p->hf_overrides && !p->path)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--hf-overrides needs a config.json to override");
    if (p->n_draw < 0 || p->n_draw > MAX_DRAWS)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "draws %lld are outside 1 to %d",
                       (long long)p->n_draw, MAX_DRAWS);
    if (p->count_limit < 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "count limit %lld is negative",
                       (long long)p->count_limit);
    return rw_check_thresholds(p->score_scale, p->zeta, p->near_alias, err);
}

/* --- the call ----------------------------------------------------------------------------- */

static ropewalk_status gather(const ropewalk_theory_params *p, const ropewalk_run *run,
                              inputs *in, ropewalk_error *err)
{
    ropewalk_status status = p->path ? from_path(p, run, in, err)
                             : p->qk ? from_vectors(p, in, err)
                                     : from_options(p, in, err);
    if (status) return status;
    const int64_t advertised = in->info.context_length;
    const int64_t fallback = advertised > 0 ? advertised : 8192;
    return rw_sort_contexts(p->n_context ? p->context : &fallback,
                            p->n_context ? p->n_context : 1, &in->context, &in->n_context,
                            err);
}

static int forward(void *ctx, const char *stage, int64_t done, int64_t total)
{
    const ropewalk_run *run = ctx;
    return run->progress ? run->progress(run->progress_ctx, stage, done, total) : 0;
}

/* Without folders where the document shall not depend on where it was made. */
static const char *source_of(const rw_model_info *info, int reproducible)
{
    if (info->name || !info->source) return info->name;
    const char *slash = strrchr(info->source, '/');
    return slash && reproducible ? slash + 1 : info->source;
}

static ropewalk_status present(const rw_theory_view *view, const ropewalk_run *run,
                               ropewalk_result **result, ropewalk_error *err)
{
    *result = rw_result_new(err);
    if (!*result) return ROPEWALK_E_MEMORY;
    rw_theory_text(view, &(*result)->text);
    rw_theory_csv(view, &(*result)->csv);
    return rw_result_finish(result, "theory", rw_theory_json(view), run, err);
}

ropewalk_status ropewalk_theory(const ropewalk_theory_params *p, const ropewalk_run *run,
                                ropewalk_result **result, ropewalk_error *err)
{
    ropewalk_run settings;
    rw_theory_input job = {0};
    rw_theory theory;
    rw_frontier_list frontier = {0};
    inputs in;
    *result = NULL;
    inputs_init(&in);
    rw_theory_init(&theory);
    ropewalk_status status = rw_run_resolve(run, &settings, &job.kernels, err);
    if (!status) status = check_options(p, err);
    if (!status) status = rw_parse_dtypes(p->dtypes, &job.dtypes, err);
    if (!status && !p->qk) status = parse_families(p->coefficients, &in, err);
    if (!status && !p->models) status = gather(p, &settings, &in, err);
    if (!status) {
        job.table = in.table;
        job.n_table = in.n_table;
        job.context = in.context;
        job.n_context = in.n_context;
        job.zeta = isnan(p->zeta) ? 0.01 : p->zeta;
        job.near_alias = isnan(p->near_alias) ? 0.1 : p->near_alias;
        job.family = in.family;
        job.n_family = in.n_family;
        job.n_draw = p->n_draw ? (uint32_t)p->n_draw : DEFAULT_DRAWS;
        job.seed = settings.seed;
        job.q = in.vectors.q;
        job.k = in.vectors.k;
        job.n_q = in.vectors.n_q;
        job.n_k = in.vectors.n_k;
        job.bases = p->base_bound != 0;
        job.count = p->count != 0;
        job.count_limit = p->count_limit ? p->count_limit : DEFAULT_COUNT_LIMIT;
        job.n_thread = settings.n_thread;
        job.progress = forward;
        job.progress_ctx = &settings;
        status = p->models ? rw_league_call(p->path,
                                            isnan(p->score_scale) ? 1.0 : p->score_scale,
                                            &job, &settings, result, err)
                           : rw_theory_run(&job, &theory, err);
    }
    if (!status && !p->models) status = rw_theory_search_bases(&theory, 1, &job, err);
    if (!status && p->frontier) status = rw_frontier_run(&job, &frontier, err);
    if (!status && !p->models) {
        const rw_theory_view view = {
            .theory = &theory,
            .frontier = p->frontier ? &frontier : NULL,
            .source = p->path ? source_of(&in.info, settings.reproducible) : NULL};
        status = present(&view, &settings, result, err);
    }
    rw_frontier_list_clear(&frontier);
    rw_theory_clear(&theory);
    inputs_clear(&in);
    return status;
}
