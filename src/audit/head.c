/* head.c - the sampled pairs of one head through counting and prediction. */
#include "audit/head.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "theory/highband.h"

enum { KEY_STREAM = 2000000 };

void rw_head_text_clear(rw_head_text *h)
{
    rw_free(h->context);
    rw_free(h->sampled);
    rw_free(h->direction);
    rw_free(h->curve);
    rw_free(h->sample.position);
    *h = (rw_head_text){0};
}

/* Everything of one head that is thrown away at the end. */
typedef struct work {
    const rw_head_job *job;
    const rw_unit *unit;
    rw_selection selection;
    uint32_t n_q, n_key; /* queries; keys a query at most: attended, random, sink */
    uint32_t n_effective;
    double *q, *k, *scratch; /* [n_q][d], [n_row][d], [2 n_row] */
    rw_coefficient *z;       /* [n_q][n_key] */
    double *terms;
    uint8_t *there;    /* [n_q][n_key]: the key exists */
    rw_single *single; /* [n_q][n_key][n_effective] */
    rw_single_prediction *single_prediction;
    rw_double *twin; /* [n_q][2][n_effective] */
    rw_double_prediction *twin_prediction;
    uint8_t *twin_there; /* [n_q][2] */
    double *r_high;      /* [n_q][2][n_effective] */
    double *turning;     /* [n_q][n_key][n_effective] */
    double *value;       /* [n_q][n_key] */
} work;

static void work_clear(work *w)
{
    rw_selection_clear(&w->selection);
    rw_free(w->q);
    rw_free(w->k);
    rw_free(w->scratch);
    rw_free(w->z);
    rw_free(w->terms);
    rw_free(w->there);
    rw_free(w->single);
    rw_free(w->single_prediction);
    rw_free(w->twin);
    rw_free(w->twin_prediction);
    rw_free(w->twin_there);
    rw_free(w->r_high);
    rw_free(w->turning);
    rw_free(w->value);
}

static ropewalk_status work_init(work *w, const rw_head_job *job, ropewalk_error *err)
{
    const rw_selection *s = job->queries;
    *w = (work){.job = job, .unit = job->unit, .n_q = s->found_query};
    w->n_key = s->n_attended + s->n_random + 1;
    w->n_effective = job->unit->n_effective;
    const size_t d = job->unit->head_dim, h = job->unit->rotation.rotary_dim / 2 + 1;
    const size_t pairs = (size_t)w->n_q * w->n_key,
                 twins = (size_t)w->n_q * RW_N_TWIN_STRATUM;
    ropewalk_status status =
        rw_selection_init(&w->selection, s->n_query, s->n_attended, s->n_random, err);
    if (status) return status;
    memcpy(w->selection.query, s->query, s->n_query * sizeof *s->query);
    w->selection.found_query = s->found_query;
    w->selection.has_sink = s->has_sink;
    w->q = rw_array(w->n_q * d, sizeof *w->q);
    w->k = rw_array((size_t)rw_qkfile_n_row(job->file) * d, sizeof *w->k);
    w->scratch = rw_array(2 * (size_t)rw_qkfile_n_row(job->file) + 1, sizeof *w->scratch);
    w->z = rw_calloc(pairs, sizeof *w->z);
    w->terms = rw_array(pairs * 2 * h, sizeof *w->terms);
    w->there = rw_calloc(pairs, 1);
    w->single = rw_calloc(pairs * w->n_effective, sizeof *w->single);
    w->single_prediction =
        rw_calloc(pairs * w->n_effective, sizeof *w->single_prediction);
    w->twin = rw_calloc(twins * w->n_effective, sizeof *w->twin);
    w->twin_prediction = rw_calloc(twins * w->n_effective, sizeof *w->twin_prediction);
    w->twin_there = rw_calloc(twins, 1);
    w->r_high = rw_calloc(twins * w->n_effective, sizeof *w->r_high);
    w->turning = rw_calloc(pairs * w->n_effective, sizeof *w->turning);
    w->value = rw_array(pairs, sizeof *w->value);
    if (w->q && w->k && w->scratch && w->z && w->terms && w->there && w->single &&
        w->single_prediction && w->twin && w->twin_prediction && w->twin_there &&
        w->r_high && w->turning && w->value)
        return ROPEWALK_OK;
    return rw_fail_memory(err, "the pairs of a head");
}

static ropewalk_status read_head(work *w, uint32_t index, uint32_t head,
                                 ropewalk_error *err)
{
    const rw_qkfile *file = w->job->file;
    const rw_qk_layer *layer = rw_qkfile_layer(file, index);
    const uint32_t d = layer->head_dim, kv = head / (layer->n_head_q / layer->n_head_kv);
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < w->n_q && !status; i++)
        status = rw_qkfile_read(file, 'q', index, w->selection.query[i], head,
                                w->q + (size_t)i * d, err);
    for (uint32_t row = 0; row < rw_qkfile_n_row(file) && !status; row++)
        status = rw_qkfile_read(file, 'k', index, row, kv, w->k + (size_t)row * d, err);
    return status;
}

/* Row of key j of a query: attended first, then random, then the sink; 0 when it is not there. */
static int key_row(const rw_selection *s, uint32_t query, uint32_t j, uint32_t *row)
{
    if (j < s->n_attended) {
        *row = s->attended[(size_t)query * s->n_attended + j];
        return j < s->found_attended[query];
    }
    if (j < s->n_attended + s->n_random) {
        *row = s->random[j - s->n_attended];
        return j - s->n_attended < s->found_random;
    }
    *row = 0;
    return s->has_sink;
}

static rw_stratum stratum_of(const rw_selection *s, uint32_t j)
{
    return j < s->n_attended                 ? RW_ATTENDED
           : j < s->n_attended + s->n_random ? RW_RANDOM
                                             : RW_SINK;
}

/* The two pairs of keys of a query: attended against random, random against random. */
static void choose_twins(const work *w, uint32_t query, uint32_t pick[2][2])
{
    const rw_selection *s = &w->selection;
    const uint32_t a = s->n_attended, found = s->found_attended[query],
                   r = s->found_random;
    const double *k = w->k;
    const size_t d = w->unit->head_dim;
    for (int t = 0; t < 2; t++)
        pick[t][0] = pick[t][1] = UINT32_MAX;
    if (r == 0) return;
    if (found) {
        const uint32_t first = query % found;
        uint32_t row;
        (void)key_row(s, query, first, &row);
        for (uint32_t i = 0; i < r;
             i++) { /* the first random key that is another vector */
            const uint32_t j = (query + i) % r;
            if (memcmp(k + row * d, k + s->random[j] * d, d * sizeof *k) == 0) continue;
            pick[0][0] = first;
            pick[0][1] = a + j;
            break;
        }
    }
    if (r > 1) {
        pick[1][0] = a + query % r;
        pick[1][1] = a + (query + 1) % r;
    }
}

/* Share of the energy in pairs that turn at least once within the window. */
static double turning_share(const double *freq, const rw_coefficient *z, int64_t window)
{
    double energy = 0.0, turning = 0.0;
    for (uint32_t n = 0; n < z->n_pair; n++) {
        const double e = z->re[n] * z->re[n] + z->im[n] * z->im[n];
        energy += e;
        if ((double)window * freq[n] >= 0x1.921fb54442d18p+2) turning += e;
    }
    return energy > 0.0 ? turning / energy : (double)NAN;
}

static ropewalk_status examine_query(work *w, uint32_t query, int worker, double *freq,
                                     uint32_t n_freq, ropewalk_error *err)
{
    const rw_unit *u = w->unit;
    const rw_selection *s = &w->selection;
    const size_t d = u->head_dim, h = u->rotation.rotary_dim / 2 + 1,
                 n_eff = w->n_effective;
    rw_coefficient *packed = w->z + (size_t)query * w->n_key;
    uint32_t place[512] = {0}, slot_of[512] = {0},
             n = 0; /* slot j of the query -> packed index */
    for (uint32_t j = 0; j < w->n_key; j++) {
        uint32_t row;
        slot_of[j] = UINT32_MAX;
        if (!key_row(s, query, j, &row)) continue;
        packed[n].re = w->terms + ((size_t)query * w->n_key + n) * 2 * h;
        packed[n].im = packed[n].re + h;
        const ropewalk_status status = rw_coefficient_make(
            &u->rotation, u->head_dim, u->score_scale, w->q + (size_t)query * d,
            w->k + row * d, &packed[n], err);
        if (status) return status;
        place[n] = j;
        slot_of[j] = n++;
    }
    uint32_t pick[2][2];
    rw_key_pair pair[2] = {{0}};
    uint32_t twin_of[2] = {0};
    size_t n_pair = 0;
    choose_twins(w, query, pick);
    for (uint32_t t = 0; t < 2; t++)
        if (pick[t][0] != UINT32_MAX) {
            pair[n_pair] = (rw_key_pair){slot_of[pick[t][0]], slot_of[pick[t][1]]};
            twin_of[n_pair++] = t;
        }
    rw_single *single = rw_calloc((size_t)n * n_eff + 1, sizeof *single);
    rw_double *twin = rw_calloc(n_pair * n_eff + 1, sizeof *twin);
    ropewalk_status status = ROPEWALK_OK;
    if (!single || !twin) status = rw_fail_memory(err, "the keys of a query");
    if (!status)
        status = rw_group_measure(&u->workspace[worker], packed, n, single, pair, n_pair,
                                  twin, err);
    for (uint32_t i = 0; i < n && !status; i++) {
        const size_t to = ((size_t)query * w->n_key + place[i]) * n_eff;
        w->there[(size_t)query * w->n_key + place[i]] = 1;
        for (size_t e = 0; e < n_eff; e++) {
            w->single[to + e] = single[i * n_eff + e];
            w->turning[to + e] = turning_share(freq, &packed[i], u->effective[e]);
            rw_predict_single(&u->predictor, e, &packed[i],
                              &w->single_prediction[to + e]);
        }
    }
    for (size_t p = 0; p < n_pair && !status; p++) {
        const size_t to = ((size_t)query * 2 + twin_of[p]) * n_eff;
        const rw_coefficient *a = &packed[pair[p].k1], *b = &packed[pair[p].k2];
        w->twin_there[(size_t)query * 2 + twin_of[p]] = 1;
        for (size_t e = 0; e < n_eff; e++) {
            w->twin[to + e] = twin[p * n_eff + e];
            rw_predict_double(&u->predictor, e, a, b, &w->twin_prediction[to + e]);
            w->r_high[to + e] =
                rw_high_band_share(freq, n_freq, u->rope_theta, u->effective[e], a, b);
        }
    }
    rw_free(single);
    rw_free(twin);
    return status;
}

static double ratio(const rw_count *c)
{
    return c->total > 0 ? (double)c->count / (double)c->total : (double)NAN;
}

/* A rate of one key, its prediction, and what was left unresolved. */
static double single_rate(const rw_single *s, const rw_single_prediction *p, rw_rate rate,
                          double *predicted, int64_t *unresolved)
{
    const rw_count *c = &s->inversion;
    const rw_estimate *e = &p->inversion;
    *predicted = (double)NAN;
    *unresolved = 0;
    if (s->blind) return (double)NAN;
    if (rate >= RW_RATE_ALIASING) {
        const int dtype = (int)rate - RW_RATE_ALIASING;
        const rw_alias_count *a = &s->aliasing[dtype];
        *predicted = p->alias_pairs[dtype].value;
        *unresolved = a->unresolved;
        return a->total > 0 ? (double)a->pairs / (double)a->total : (double)NAN;
    }
    if (rate == RW_RATE_INVERSION_LOCAL) c = &s->inversion_local, e = &p->inversion_local;
    if (rate == RW_RATE_INVERSION_BEYOND)
        c = &s->inversion_beyond, e = &p->inversion_beyond;
    if (rate == RW_RATE_NEAR_ALIASING) c = &s->near_aliasing, e = &p->near_aliasing;
    if (rate == RW_RATE_INSENSITIVITY) c = &s->insensitivity, e = NULL;
    if (e && c->total > 0) *predicted = e->value;
    *unresolved = c->unresolved;
    return ratio(c);
}

static double alias_rate(const rw_alias_count *a, int by_distance)
{
    if (a->total <= 0) return (double)NAN;
    return (double)(by_distance ? a->distances : a->pairs) / (double)a->total;
}

static double twin_rate(const rw_double *d, const rw_double_prediction *p,
                        rw_twin_rate rate, double *predicted, int64_t *unresolved)
{
    *predicted = (double)NAN;
    *unresolved = 0;
    if (rate == RW_TWIN_INVERSION) {
        *unresolved = d->inversion.unresolved;
        if (d->reference_tie) return (double)NAN;
        *predicted = p->inversion.value;
        return ratio(&d->inversion);
    }
    if (rate < RW_TWIN_INVARIANCE) {
        const int dtype = (int)rate - RW_TWIN_ALIASING;
        *predicted = p->aliasing[dtype].value;
        *unresolved = d->aliasing[dtype].unresolved;
        return alias_rate(&d->aliasing[dtype], 1);
    }
    const rw_alias_count *a = rate < RW_TWIN_CROSS
                                  ? &d->invariance[(int)rate - RW_TWIN_INVARIANCE]
                                  : &d->cross[(int)rate - RW_TWIN_CROSS];
    *unresolved = a->unresolved;
    return alias_rate(a, 0);
}

/* A running mean that ignores what has no answer. */
typedef struct average {
    double sum;
    size_t n;
} average;

static void add(average *a, double value)
{
    if (isnan(value)) return;
    a->sum += value;
    a->n++;
}

static double average_of(const average *a)
{
    return a->n ? a->sum / (double)a->n : (double)NAN;
}

static void summarise_single(work *w, uint32_t e, rw_stratum stratum, rw_rate rate,
                             rw_rate_mean *out)
{
    const rw_selection *s = &w->selection;
    const uint32_t first = stratum == RW_ATTENDED ? 0
                           : stratum == RW_RANDOM ? s->n_attended
                                                  : s->n_attended + s->n_random;
    const uint32_t n = stratum == RW_ATTENDED ? s->n_attended
                       : stratum == RW_RANDOM ? s->n_random
                                              : 1;
    average predictions = {0};
    out->unresolved = 0;
    for (uint32_t q = 0; q < w->n_q; q++)
        for (uint32_t j = 0; j < n; j++) {
            const size_t at = (size_t)q * w->n_key + first + j;
            double predicted = (double)NAN;
            int64_t unresolved = 0;
            w->value[q * n + j] =
                w->there[at] ? single_rate(&w->single[at * w->n_effective + e],
                                           &w->single_prediction[at * w->n_effective + e],
                                           rate, &predicted, &unresolved)
                             : (double)NAN;
            add(&predictions, predicted);
            out->unresolved += unresolved;
        }
    out->mean = stratum == RW_RANDOM ? rw_interval_crossed(w->value, w->n_q, n)
                                     : rw_interval_nested(w->value, w->n_q, n);
    out->predicted = average_of(&predictions);
}

static void summarise_twin(work *w, uint32_t e, rw_twin_stratum stratum,
                           rw_twin_rate rate, rw_rate_mean *out)
{
    average predictions = {0};
    out->unresolved = 0;
    for (uint32_t q = 0; q < w->n_q; q++) {
        const size_t at = ((size_t)q * 2 + (size_t)stratum);
        double predicted = (double)NAN;
        int64_t unresolved = 0;
        w->value[q] = w->twin_there[at]
                          ? twin_rate(&w->twin[at * w->n_effective + e],
                                      &w->twin_prediction[at * w->n_effective + e], rate,
                                      &predicted, &unresolved)
                          : (double)NAN;
        add(&predictions, predicted);
        out->unresolved += unresolved;
    }
    out->mean = rw_interval_nested(w->value, w->n_q, 1);
    out->predicted = average_of(&predictions);
}

static void summarise_scalars(const work *w, uint32_t e, rw_head_text_context *out)
{
    average preference = {0}, inversion = {0}, energy = {0}, positional = {0}, flip = {0};
    average semantic = {0}, r_high = {0}, near = {0}, far = {0}, share = {0},
            difference = {0}, n_eff = {0}, turning = {0};
    average pairs[RW_N_STRATUM] = {{0}}, distances[RW_N_STRATUM] = {{0}};
    const rw_dtype dtype = rw_dtype_first(w->job->dtypes);
    for (size_t at = 0; at < (size_t)w->n_q * w->n_key; at++) {
        if (!w->there[at]) continue;
        const rw_single *s = &w->single[at * w->n_effective + e];
        const rw_stratum stratum = stratum_of(&w->selection, (uint32_t)(at % w->n_key));
        add(&pairs[stratum], (double)s->aliasing[dtype].pairs);
        add(&distances[stratum], (double)s->aliasing[dtype].distances);
        /* attended keys were chosen for a high score at a short distance: they would bias
         * everything that says what a head prefers */
        if (stratum != RW_RANDOM) continue;
        const double p = s->blind ? (double)NAN : ratio(&s->inversion);
        add(&preference, fabs(2.0 * p - 1.0));
        add(&inversion, p);
        add(&energy, sqrt(s->variance));
        add(&positional, s->positional_score);
        add(&near, s->ks_near);
        add(&far, s->ks_far);
        add(&share, s->max_share);
        add(&n_eff, s->blind ? (double)NAN : s->n_eff);
        add(&turning, w->turning[at * w->n_effective + e]);
    }
    for (size_t at = 0; at < (size_t)w->n_q * 2; at++) {
        if (!w->twin_there[at]) continue;
        const rw_double *d = &w->twin[at * w->n_effective + e];
        if (at % 2 == RW_RANDOM_RANDOM) {
            add(&semantic, d->reference_tie ? (double)NAN : 1.0 - ratio(&d->inversion));
            add(&r_high, w->r_high[at * w->n_effective + e]);
        }
        add(&difference, d->ks_difference);
        if (at % 2 != RW_ATTENDED_RANDOM || d->reference_tie) continue;
        const double r = ratio(&d->inversion);
        add(&flip, 2.0 * r * (1.0 - r));
    }
    out->preference = average_of(&preference);
    out->mean_inversion = average_of(&inversion);
    out->energy = average_of(&energy);
    out->positional = average_of(&positional);
    out->token_flip = average_of(&flip);
    out->semantic = average_of(&semantic);
    out->r_high = average_of(&r_high);
    out->ks_near = average_of(&near);
    out->ks_far = average_of(&far);
    out->ks_difference = average_of(&difference);
    out->max_share = average_of(&share);
    out->n_eff = average_of(&n_eff);
    out->turning_share = average_of(&turning);
    for (int s = 0; s < RW_N_STRATUM; s++) {
        out->alias_pairs[s] = average_of(&pairs[s]);
        out->alias_distances[s] = average_of(&distances[s]);
    }
}

/* For the record: the positions of every key. */
static ropewalk_status keep_sample(const work *w, rw_head_sample *out,
                                   ropewalk_error *err)
{
    const rw_selection *s = &w->selection;
    *out = (rw_head_sample){
        .n_random = s->found_random, .n_query = w->n_q, .n_attended = s->n_attended};
    const size_t n_attended = (size_t)w->n_q * s->n_attended;
    out->position = rw_array(out->n_random + n_attended + 1, sizeof *out->position);
    if (!out->position) return rw_fail_memory(err, "the sample of a head");
    for (uint32_t i = 0; i < s->found_random; i++)
        out->position[i] = rw_qkfile_position(w->job->file, s->random[i]);
    for (size_t i = 0; i < n_attended; i++)
        out->position[out->n_random + i] =
            i % s->n_attended < s->found_attended[i / s->n_attended]
                ? rw_qkfile_position(w->job->file, s->attended[i])
                : -1;
    return ROPEWALK_OK;
}

/* Directions of the sampled pairs, and the pair to draw. */
static void keep_coefficients(const work *w, uint32_t n_freq, rw_head_text *out)
{
    for (uint32_t q = 0; q < w->n_q; q++) {
        uint32_t packed = 0;
        for (uint32_t j = 0; j < w->n_key; j++) {
            if (!w->there[(size_t)q * w->n_key + j]) continue;
            const rw_coefficient *z = &w->z[(size_t)q * w->n_key + packed++];
            if (stratum_of(&w->selection, j) != RW_RANDOM || !(z->energy > 0.0)) continue;
            rw_sampled_pair *pair = &out->sampled[out->n_sampled];
            double *direction = out->direction + (size_t)2 * n_freq * out->n_sampled++;
            const double scale = 1.0 / sqrt(z->energy);
            uint32_t row;
            (void)key_row(&w->selection, q, j, &row);
            *pair = (rw_sampled_pair){.query = q, .key = row, .direction = direction};
            for (uint32_t i = 0; i < n_freq; i++) {
                direction[2 * (size_t)i] = z->re[i] * scale;
                direction[2 * (size_t)i + 1] = z->im[i] * scale;
            }
        }
    }
    if (w->n_q && w->there[0] && w->selection.n_attended) {
        memcpy(out->curve, w->z[0].re, n_freq * sizeof(double));
        memcpy(out->curve + n_freq, w->z[0].im, n_freq * sizeof(double));
        out->curve[2 * (size_t)n_freq] = w->z[0].constant;
        out->curve_query_row = w->selection.query[0];
        (void)key_row(&w->selection, 0, 0, &out->curve_key_row);
    } else {
        rw_free(out->curve);
        out->curve = NULL;
    }
}

ropewalk_status rw_head_examine(const rw_head_job *job, uint32_t index, uint32_t head,
                                int worker, rw_head_text *out, ropewalk_error *err)
{
    const rw_unit *u = job->unit;
    const rw_qk_layer *layer = rw_qkfile_layer(job->file, index);
    work w;
    *out = (rw_head_text){0};
    ropewalk_status status = work_init(&w, job, err);
    double *freq = rw_array(u->rotation.rotary_dim / 2 + 1, sizeof *freq);
    if (!status && !freq) status = rw_fail_memory(err, "a head");
    const uint32_t n_freq = freq ? rw_active_freq(&u->rotation, freq) : 0;
    if (!status) {
        out->context = rw_calloc(u->n_effective, sizeof *out->context);
        const size_t pairs = (size_t)w.n_q * w.n_key;
        out->sampled = rw_calloc(pairs + 1, sizeof *out->sampled);
        out->direction = rw_array(pairs * 2 * n_freq + 1, sizeof *out->direction);
        out->curve = rw_calloc(2 * (size_t)n_freq + 1, sizeof *out->curve);
        if (!out->context || !out->sampled || !out->direction || !out->curve)
            status = rw_fail_memory(err, "a head");
    }
    if (!status) status = read_head(&w, index, head, err);
    if (!status) {
        const uint64_t stream = KEY_STREAM + ((uint64_t)job->text << 40) +
                                ((uint64_t)layer->layer << 16) + head;
        rw_select_keys(&w.selection, job->file, &u->rotation, job->angles, u->head_dim,
                       u->window, w.q, w.k, job->seed, stream, w.scratch);
        out->skipped_identical = w.selection.skipped_identical;
        out->skipped_special = w.selection.skipped_special;
    }
    for (uint32_t q = 0; q < w.n_q && !status; q++)
        status = examine_query(&w, q, worker, freq, n_freq, err);
    for (uint32_t e = 0; e < u->n_effective && !status; e++) {
        for (int s = 0; s < RW_N_STRATUM; s++)
            for (int r = 0; r < RW_N_RATE; r++)
                summarise_single(&w, e, (rw_stratum)s, (rw_rate)r,
                                 &out->context[e].single[s][r]);
        for (int s = 0; s < RW_N_TWIN_STRATUM; s++)
            for (int r = 0; r < RW_N_TWIN_RATE; r++)
                summarise_twin(&w, e, (rw_twin_stratum)s, (rw_twin_rate)r,
                               &out->context[e].twin[s][r]);
        summarise_scalars(&w, e, &out->context[e]);
    }
    if (!status) {
        keep_coefficients(&w, n_freq, out);
        status = keep_sample(&w, &out->sample, err);
    }
    rw_free(freq);
    work_clear(&w);
    if (status) {
        rw_head_text_clear(out);
        status = rw_fail_context(err, status, "layer %u head %u", layer->layer, head);
    }
    return status;
}
