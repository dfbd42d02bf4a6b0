/* league_call.c - from shipped facts to rows: layers that attend and turn alike. */
#include "api/league_call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/handle.h"
#include "audit/league_run.h"
#include "base/alloc.h"
#include "model/facts.h"
#include "model/model.h"
#include "report/league_report.h"

static const double TWO_PI = 6.283185307179586476925286766559;

enum { MAX_ROW = 8 }; /* of one model */

typedef struct builder {
    rw_league league;
    rw_theory_table_input *table; /* [n_row], like the rotations they point to */
    rw_rotation *rotation;
    uint32_t room;
} builder;

static void builder_clear(builder *b)
{
    for (uint32_t i = 0; b->rotation && i < b->league.n_row; i++)
        rw_rotation_clear(&b->rotation[i]);
    rw_free(b->rotation);
    rw_free(b->table);
    rw_league_clear(&b->league);
}

/* Layers alike in what a row says. */
static bool same_row(const rw_layer_info *a, const rw_layer_info *b)
{
    return a->rotation == b->rotation && a->attention == b->attention &&
           a->window == b->window && a->head_dim == b->head_dim;
}

static uint32_t count_slow(const rw_rotation *rotation, int64_t length)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < rotation->rotary_dim / 2; i++)
        n += rotation->inv_freq[i] > 0.0 &&
             rotation->inv_freq[i] * (double)length < TWO_PI;
    return n;
}

static int64_t within(int64_t length, int64_t window)
{
    return window > 0 && window < length ? window : length;
}

static ropewalk_status of_layers(const rw_model_info *info, const rw_layer_info *first,
                                 char **list, uint32_t *n_layer, ropewalk_error *err)
{
    rw_text text;
    uint32_t *layers = rw_array(info->n_layer, sizeof *layers), n = 0;
    if (!layers) return rw_fail_memory(err, "a list of layers");
    for (uint32_t i = 0; i < info->n_layer; i++)
        if (same_row(&info->layers[i], first)) layers[n++] = i;
    rw_text_init(&text);
    rw_text_runs(&text, layers, n);
    rw_free(layers);
    *n_layer = n;
    *list = text.failed ? NULL : rw_strdup(text.data);
    rw_text_clear(&text);
    return *list ? ROPEWALK_OK : rw_fail_memory(err, "a list of layers");
}

static ropewalk_status add_row(builder *b, const rw_fact *fact, const rw_model_info *info,
                               const rw_layer_info *layer, double score_scale,
                               ropewalk_error *err)
{
    const uint32_t at = b->league.n_row++;
    rw_league_row *row = &b->league.row[at];
    rw_rotation *rotation = &b->rotation[at];
    rw_rotation_init(rotation);
    *row = (rw_league_row){.model = rw_strdup(fact->name),
                           .title = rw_strdup(fact->title),
                           .attention = layer->attention,
                           .head_dim = layer->head_dim,
                           .rope_theta = (double)NAN,
                           .attn_factor = (double)NAN,
                           .context = info->context_length,
                           .trained = info->original_context_length,
                           .window = layer->window,
                           .effective = within(info->context_length, layer->window)};
    if (!row->model || !row->title) return rw_fail_memory(err, "a model");
    ropewalk_status status = of_layers(info, layer, &row->layers, &row->n_layer, err);
    if (status || layer->rotation < 0) return status;
    const rw_rotation_info *from = &info->rotations[layer->rotation];
    (void)snprintf(row->mechanism, sizeof row->mechanism, "%s", from->mechanism);
    row->rotary_dim = from->rotary_dim;
    row->rope_theta = from->rope_theta;
    row->attn_factor = from->attn_factor;
    if (!from->inv_freq) {
        row->why = "its frequencies are unknown";
        return ROPEWALK_OK;
    }
    status = rw_rotation_alloc(rotation, from->rotary_dim, err);
    if (status) return status;
    memcpy(rotation->inv_freq, from->inv_freq,
           from->rotary_dim / 2 * sizeof *from->inv_freq);
    rotation->attn_factor = from->attn_factor;
    /* which dimensions form a pair is no matter for families: models that differ in nothing
     * else share their draws */
    rotation->pairs = RW_PAIRS_HALF_SPLIT;
    for (uint32_t i = 0; i < from->rotary_dim / 2; i++)
        row->n_pair += rotation->inv_freq[i] > 0.0;
    row->never_turned = count_slow(rotation, row->effective);
    row->never_turned_trained = count_slow(rotation, within(row->trained, row->window));
    b->table[at] = (rw_theory_table_input){.head_dim = layer->head_dim > from->rotary_dim
                                                           ? layer->head_dim
                                                           : from->rotary_dim,
                                           .rope_theta = from->rope_theta,
                                           .score_scale = score_scale};
    return ROPEWALK_OK;
}

static ropewalk_status make_room(builder *b, ropewalk_error *err)
{
    if (b->league.n_row + MAX_ROW <= b->room) return ROPEWALK_OK;
    const uint32_t room = 2 * b->room + 2 * MAX_ROW;
    void *rows = rw_realloc(b->league.row, room, sizeof *b->league.row);
    if (rows) b->league.row = rows;
    void *tables = rw_realloc(b->table, room, sizeof *b->table);
    if (tables) b->table = tables;
    void *rotations = rw_realloc(b->rotation, room, sizeof *b->rotation);
    if (rotations) b->rotation = rotations;
    if (!rows || !tables || !rotations) return rw_fail_memory(err, "a list of models");
    b->room = room;
    return ROPEWALK_OK;
}

/* Layers that see everything come first; those without attention over positions are left out. */
static ropewalk_status add_model(builder *b, const rw_fact *fact, double score_scale,
                                 ropewalk_error *err)
{
    rw_hparams hp;
    rw_model_info info;
    const rw_model_use use = {0};
    rw_model_info_init(&info);
    ropewalk_status status = rw_fact_read(fact, &hp, err);
    if (!status) status = rw_model_describe(&hp, &use, &info, err);
    rw_hparams_clear(&hp);
    if (!status) status = make_room(b, err);
    const uint32_t start = b->league.n_row;
    for (int full = 1; full >= 0 && !status; full--)
        for (uint32_t i = 0; info.layers && i < info.n_layer && !status; i++) {
            const rw_layer_info *layer = &info.layers[i];
            if ((layer->attention == RW_ATTENTION_FULL) != full ||
                layer->attention == RW_ATTENTION_LINEAR ||
                layer->attention == RW_ATTENTION_NONE)
                continue;
            uint32_t seen = 0;
            while (seen < i && !same_row(&info.layers[seen], layer))
                seen++;
            if (seen == i && b->league.n_row - start < MAX_ROW) {
                b->table[b->league.n_row] = (rw_theory_table_input){0};
                status = add_row(b, fact, &info, layer, score_scale, err);
            }
        }
    rw_model_info_clear(&info);
    return status ? rw_fail_context(err, status, "%s", fact->name) : ROPEWALK_OK;
}

static ropewalk_status add_models(builder *b, const char *names, double score_scale,
                                  ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (const rw_fact *fact = rw_fact_table; !names && fact->name && !status; fact++)
        status = add_model(b, fact, score_scale, err);
    for (const char *s = names; s && !status;) {
        char name[64];
        const size_t n = strcspn(s, ",");
        (void)snprintf(name, sizeof name, "%.*s", n < 63 ? (int)n : 63, s);
        const rw_fact *fact = rw_fact_find(name);
        status = fact ? add_model(b, fact, score_scale, err)
                      : rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                                "no model is called \"%s\" here: see `ropewalk list "
                                "models`",
                                name);
        s = s[n] ? s + n + 1 : NULL;
    }
    return status;
}

/* Pointers into lists that no longer move. */
static void connect(builder *b)
{
    for (uint32_t i = 0; i < b->league.n_row; i++) {
        b->table[i].name = b->league.row[i].model;
        b->table[i].mechanism = b->league.row[i].mechanism;
        b->table[i].rotation = b->rotation[i].inv_freq ? &b->rotation[i] : NULL;
    }
}

ropewalk_status rw_league_call(const char *names, double score_scale,
                               const rw_theory_input *settings, const ropewalk_run *run,
                               ropewalk_result **result, ropewalk_error *err)
{
    builder b = {0};
    *result = NULL;
    ropewalk_status status = add_models(&b, names, score_scale, err);
    if (!status) {
        connect(&b);
        status = rw_league_run(&b.league, b.table, settings, err);
    }
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (!status) {
        rw_league_text(&b.league, &(*result)->text);
        rw_league_csv(&b.league, &(*result)->csv);
        status = rw_result_finish(result, "league", rw_league_json(&b.league), run, err);
    }
    builder_clear(&b);
    return status;
}
