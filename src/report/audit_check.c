/* audit_check.c - what an audit document must look like, as tables, and the walk that checks it. */
#include <stdio.h>
#include <string.h>

#include "report/audit_view.h"

enum kind { S = 1, N = 2, B = 4, A = 8, O = 16, ANY = 31, REQUIRED = 32 };

/* One member of an object. `items` are the kinds inside an array, `members` describe the object
 * or the objects inside the array; a key "*" describes every member of a map. */
typedef struct schema {
    const char *key;
    unsigned kinds, items;
    size_t max;
    const struct schema *members;
} schema;

enum { MANY = RW_REPORT_MAX_ROWS };

/* clang-format off */
static const schema cell[] = {
    {"measured", N, 0, 0, NULL}, {"predicted", N, 0, 0, NULL}, {"ci95", A, N, 2, NULL},
    {"n_q", N, 0, 0, NULL}, {"n_k", N, 0, 0, NULL}, {"unresolved", N, 0, 0, NULL}, {0}};
static const schema stratum[] = {
    {"position_inversion", O, 0, 0, cell}, {"position_inversion_local", O, 0, 0, cell},
    {"position_inversion_beyond", O, 0, 0, cell}, {"position_aliasing", O, 0, 0, cell},
    {"near_aliasing", O, 0, 0, cell}, {"positional_insensitivity", O, 0, 0, cell},
    {"alias_pairs", N, 0, 0, NULL}, {"alias_distances", N, 0, 0, NULL}, {0}};
static const schema tokens[] = {
    {"token_inversion", O, 0, 0, cell}, {"token_aliasing", O, 0, 0, cell},
    {"attention_invariance", O, 0, 0, cell}, {"cross_aliasing", O, 0, 0, cell}, {0}};
static const schema number_map[] = {{"*", N, 0, 0, NULL}, {0}};
static const schema any_map[] = {{"*", ANY, ANY, MANY, NULL}, {0}};
static const schema head_context[] = {
    {"context", N | REQUIRED, 0, 0, NULL}, {"effective_context", N, 0, 0, NULL},
    {"attended", O, 0, 0, stratum}, {"random", O, 0, 0, stratum}, {"sink", O, 0, 0, stratum},
    {"attended_random", O, 0, 0, tokens}, {"random_random", O, 0, 0, tokens},
    {"preference", N, 0, 0, NULL}, {"energy_nats", N, 0, 0, NULL}, {"kind", S, 0, 0, NULL},
    {"direction_p_value", N, 0, 0, NULL}, {"semantic_score", N, 0, 0, NULL},
    {"positional_score", N, 0, 0, NULL}, {"r_high", N, 0, 0, NULL},
    {"certificate", O, 0, 0, number_map}, {0}};
static const schema head[] = {
    {"layer", N | REQUIRED, 0, 0, NULL}, {"head", N | REQUIRED, 0, 0, NULL},
    {"kv_head", N, 0, 0, NULL}, {"class", S, 0, 0, NULL}, {"window", N, 0, 0, NULL},
    {"contexts", A, O, RW_REPORT_MAX_CONTEXTS, head_context}, {0}};
static const schema summary_value[] = {
    {"median", N, 0, 0, NULL}, {"p10", N, 0, 0, NULL}, {"p90", N, 0, 0, NULL},
    {"predicted_median", N, 0, 0, NULL}, {"bootstrap_ci95", A, N, 2, NULL}, {0}};
static const schema summary_values[] = {{"*", O, 0, 0, summary_value}, {0}};
static const schema summary[] = {
    {"context", N | REQUIRED, 0, 0, NULL}, {"class", S, 0, 0, NULL}, {"n_head", N, 0, 0, NULL},
    {"kinds", O, 0, 0, number_map}, {"values", O, 0, 200, summary_values}, {0}};
static const schema tool[] = {
    {"name", S, 0, 0, NULL}, {"version", S, 0, 0, NULL}, {"isa", S, 0, 0, NULL},
    {"threads", N, 0, 0, NULL}, {"compiler", S, 0, 0, NULL}, {"elapsed_s", N, 0, 0, NULL},
    {"created", S, 0, 0, NULL}, {0}};
static const schema model[] = {
    {"source", S, 0, 0, NULL}, {"name", S, 0, 0, NULL}, {"architecture", S, 0, 0, NULL},
    {"n_layer", N, 0, 0, NULL}, {"n_head_q", N, 0, 0, NULL}, {"n_head_kv", N, 0, 0, NULL},
    {"head_dim", N, 0, 0, NULL}, {"context_length", N, 0, 0, NULL},
    {"original_context_length", N, 0, 0, NULL}, {"dtype", S, 0, 0, NULL}, {0}};
static const schema rotation[] = {
    {"mechanism", S, 0, 0, NULL}, {"rotary_dim", N, 0, 0, NULL}, {"rope_theta", N, 0, 0, NULL},
    {"attn_factor", N, 0, 0, NULL}, {"softmax_scale", N, 0, 0, NULL}, {"pairs", S, 0, 0, NULL},
    {"inv_freq", A, N, 8192, NULL}, {"parameters", O, 0, 500, any_map}, {"m_max", N, 0, 0, NULL},
    {"m_max_kind", S, 0, 0, NULL}, {"m_max_assumption", S, 0, 0, NULL},
    {"m_max_reason", S, 0, 0, NULL}, {"m_max_scale", N, 0, 0, NULL}, {0}};
static const schema layer[] = {
    {"layer", N, 0, 0, NULL}, {"attention", S, 0, 0, NULL}, {"window", N, 0, 0, NULL},
    {"rotation", N, 0, 0, NULL}, {"head_dim", N, 0, 0, NULL}, {"n_head_q", N, 0, 0, NULL},
    {"n_head_kv", N, 0, 0, NULL}, {0}};
static const schema source[] = {
    {"file", S, 0, 0, NULL}, {"key", S, 0, 0, NULL}, {"note", S, 0, 0, NULL}, {0}};
static const schema provenance[] = {{"*", O, 0, 0, source}, {0}};
static const schema finding[] = {
    {"rule", S, 0, 0, NULL}, {"severity", S, 0, 0, NULL}, {"message", S, 0, 0, NULL},
    {"evidence", ANY, ANY, MANY, any_map}, {"fix", S, 0, 0, NULL},
    {"where", S | O, 0, 50, any_map}, {0}};
static const schema not_evaluated[] = {{"rule", S, 0, 0, NULL}, {"why", S, 0, 0, NULL}, {0}};
static const schema text[] = {
    {"name", S, 0, 0, NULL}, {"source", S, 0, 0, NULL}, {"n_token", N, 0, 0, NULL}, {0}};
static const schema settings[] = {
    {"contexts", A, N, RW_REPORT_MAX_CONTEXTS, NULL}, {"advertised_context", N, 0, 0, NULL},
    {"trained_context", N, 0, 0, NULL}, {"dtype", S | A, S, 50, NULL},
    {"precision_profile", S, 0, 0, NULL}, {"score_scale", N | S, 0, 0, NULL},
    {"seed", N | S, 0, 0, NULL}, {"n_query", N, 0, 0, NULL}, {"n_key", N, 0, 0, NULL},
    {"n_attended", N, 0, 0, NULL}, {"n_random", N, 0, 0, NULL}, {"zeta", N, 0, 0, NULL},
    {"near_alias_nat", N, 0, 0, NULL}, {"n_surrogate", N, 0, 0, NULL},
    {"thresholds", O, 0, 100, number_map}, {"texts", A, O, 1000, text},
    {"excluded", O, 0, 100, any_map}, {0}};
static const schema by_text[] = {
    {"text", S, 0, 0, NULL}, {"context", N, 0, 0, NULL}, {"median_preference", N, 0, 0, NULL},
    {"median_position_inversion", N, 0, 0, NULL}, {"median_token_inversion", N, 0, 0, NULL}, {0}};
static const schema joint[] = {
    {"context", N, 0, 0, NULL}, {"dtype", S, 0, 0, NULL}, {"set_size", N | S, 0, 0, NULL},
    {"n_set", N, 0, 0, NULL}, {"mean_pairs", N, 0, 0, NULL}, {"min_pairs", N, 0, 0, NULL},
    {"max_pairs", N, 0, 0, NULL}, {"total", N, 0, 0, NULL}, {0}};
static const schema readout[] = {
    {"layer", N, 0, 0, NULL}, {"context", N, 0, 0, NULL}, {"d_best_head", N, 0, 0, NULL},
    {"d_all_heads", N, 0, 0, NULL}, {"n_head", N, 0, 0, NULL}, {0}};
static const schema baseline[] = {
    {"context", N, 0, 0, NULL}, {"dtype", S, 0, 0, NULL}, {"total", N, 0, 0, NULL},
    {"nope", N, 0, 0, NULL}, {"alibi", N, 0, 0, NULL}, {"gaussian_rope", N, 0, 0, NULL},
    {"pigeonhole_floor", N, 0, 0, NULL}, {0}};
static const schema disagreement[] = {
    {"event", S, 0, 0, NULL}, {"layer", N, 0, 0, NULL}, {"head", N, 0, 0, NULL},
    {"context", N, 0, 0, NULL}, {"effective_context", N, 0, 0, NULL},
    {"measured", N, 0, 0, NULL}, {"predicted", N, 0, 0, NULL}, {"error", N, 0, 0, NULL},
    {"certificate", N, 0, 0, NULL}, {"max_share", N, 0, 0, NULL}, {"n_eff", N, 0, 0, NULL},
    {"turning_share", N, 0, 0, NULL}, {"cause", S, 0, 0, NULL}, {0}};
static const schema probe_key[] = {
    {"key", S, 0, 0, NULL}, {"position_inversion", N | O, 0, 0, cell},
    {"position_aliasing_pairs", N | O, 0, 0, cell},
    {"position_aliasing_distances", N | O, 0, 0, cell}, {0}};
static const schema probe_pair[] = {
    {"key1", S, 0, 0, NULL}, {"key2", S, 0, 0, NULL}, {"token_inversion", N | O, 0, 0, cell},
    {"token_aliasing", N | O, 0, 0, cell}, {"attention_invariance", N | O, 0, 0, cell}, {0}};
static const schema probe_context[] = {
    {"context", N, 0, 0, NULL}, {"keys", A, O, 100, probe_key},
    {"pairs", A, O, 1000, probe_pair}, {0}};
static const schema published[] = {
    {"what", S, 0, 0, NULL}, {"value", ANY, ANY, 100, any_map}, {"model", S, 0, 0, NULL}, {0}};
static const schema probe[] = {
    {"layer", N, 0, 0, NULL}, {"head", N, 0, 0, NULL}, {"query", S, 0, 0, NULL},
    {"keys", A, S, 100, NULL}, {"score_scale", N | S, 0, 0, NULL}, {"dtype", S, 0, 0, NULL},
    {"contexts", A, O, RW_REPORT_MAX_CONTEXTS, probe_context},
    {"published", A, O, 200, published}, {"note", S, 0, 0, NULL}, {0}};
static const schema curve[] = {
    {"layer", N, 0, 0, NULL}, {"head", N, 0, 0, NULL}, {"kind", S, 0, 0, NULL},
    {"text", S, 0, 0, NULL}, {"stratum", S, 0, 0, NULL}, {"query_position", N, 0, 0, NULL},
    {"key_position", N, 0, 0, NULL}, {"query_token", S, 0, 0, NULL},
    {"key_token", S, 0, 0, NULL}, {"distance", A, N, 1000000, NULL},
    {"score", A, N, 1000000, NULL}, {0}};
static const schema kept_vector[] = {
    {"layer", N, 0, 0, NULL}, {"head", N, 0, 0, NULL}, {"kv_head", N, 0, 0, NULL},
    {"stratum", S, 0, 0, NULL}, {"position", N, 0, 0, NULL}, {"token", S, 0, 0, NULL},
    {"f32", S, 0, 0, NULL}, {0}};
static const schema vectors[] = {
    {"text", S, 0, 0, NULL}, {"queries", A, O, MANY, kept_vector},
    {"keys", A, O, (size_t)2 * MANY, kept_vector}, {0}};
static const schema sentence[] = {{"text", S, 0, 0, NULL}, {"tone", S, 0, 0, NULL}, {0}};
static const schema verdict[] = {
    {"horizon_position", N, 0, 0, NULL}, {"horizon_position_reason", S, 0, 0, NULL},
    {"horizon_position_recovers", A, N, RW_REPORT_MAX_CONTEXTS, NULL},
    {"horizon_token", N, 0, 0, NULL}, {"horizon_token_reason", S, 0, 0, NULL},
    {"horizon_token_recovers", A, N, RW_REPORT_MAX_CONTEXTS, NULL},
    {"sentences", A, O, 200, sentence}, {0}};
static const schema advice[] = {{"text", S, 0, 0, NULL}, {"because", S, 0, 0, NULL}, {0}};
static const schema audit_schema[] = {
    {"schema_version", S | REQUIRED, 0, 0, NULL}, {"kind", S | REQUIRED, 0, 0, NULL},
    {"tool", O, 0, 0, tool}, {"model", O, 0, 0, model}, {"rotations", A, O, 1000, rotation},
    {"layers", A, O, MANY, layer}, {"provenance", O, 0, MANY, provenance},
    {"findings", A, O, 1000, finding}, {"not_evaluated", A, O, 1000, not_evaluated},
    {"settings", O, 0, 0, settings}, {"heads", A, O, RW_REPORT_MAX_HEADS, head},
    {"summary", A, O, 1000, summary}, {"by_text", A, O, MANY, by_text},
    {"joint_aliasing", A, O, MANY, joint}, {"readout", A, O, MANY, readout},
    {"baselines", A, O, 1000, baseline}, {"disagreements", A, O, 1000, disagreement},
    {"probe", O, 0, 0, probe}, {"score_curves", A, O, 200, curve}, {"vectors", O, 0, 0, vectors},
    {"verdict", O, 0, 0, verdict},
    {"what_to_do", A, O, 200, advice}, {"limits", A, S, 200, NULL}, {0}};
/* clang-format on */

typedef struct walk {
    char path[200]; /* of the value being looked at */
    ropewalk_error *err;
} walk;

static unsigned kind_of(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT: return O;
    case JSON_ARRAY: return A;
    case JSON_STRING: return S;
    case JSON_INTEGER: return N;
    case JSON_REAL: return N;
    case JSON_TRUE: return B;
    case JSON_FALSE: return B;
    case JSON_NULL: return 0;
    }
    return 0;
}

static const char *kind_words(unsigned kinds)
{
    switch (kinds & ANY) {
    case S: return "a string";
    case N: return "a number";
    case A: return "an array";
    case O: return "an object";
    case S | N: return "a number or a string";
    case S | A: return "a string or an array";
    case S | O: return "a string or an object";
    case N | O: return "a number or an object";
    default: return "of another kind";
    }
}

static ropewalk_status wrong(const walk *w, unsigned kinds)
{
    return rw_fail(w->err, ROPEWALK_E_FORMAT, 0, "key \"%s\" must be %s", w->path,
                   kind_words(kinds));
}

/* Append to the path; returns its length before, for cutting back. Keys of maps are foreign
 * and are cut to 40 bytes. */
static size_t path_push(walk *w, const char *key, size_t index)
{
    const size_t at = strlen(w->path);
    if (key)
        (void)snprintf(w->path + at, sizeof w->path - at, "%s%.40s", at ? "." : "", key);
    else
        (void)snprintf(w->path + at, sizeof w->path - at, "[%zu]", index);
    return at;
}

static ropewalk_status check_value(walk *w, const json_t *v, const schema *s);

static ropewalk_status check_object(walk *w, const json_t *obj, const schema *members,
                                    size_t max)
{
    if (max && json_object_size(obj) > max)
        return rw_fail(w->err, ROPEWALK_E_FORMAT, 0,
                       "key \"%s\" has %zu members; at most %zu are read", w->path,
                       json_object_size(obj), max);
    if (strcmp(members->key, "*") == 0) {
        json_t *map = (json_t *)(uintptr_t)obj; /* jansson's iterator is not const */
        const char *key;
        json_t *member;
        json_object_foreach (map, key, member) {
            const size_t at = path_push(w, key, 0);
            const ropewalk_status status = check_value(w, member, members);
            if (status) return status;
            w->path[at] = '\0';
        }
        return ROPEWALK_OK;
    }
    for (const schema *s = members; s->key; s++) {
        const json_t *member = json_object_get(obj, s->key);
        const size_t at = path_push(w, s->key, 0);
        if ((!member || json_is_null(member)) && s->kinds & REQUIRED)
            return wrong(w, s->kinds);
        if (member) {
            const ropewalk_status status = check_value(w, member, s);
            if (status) return status;
        }
        w->path[at] = '\0';
    }
    return ROPEWALK_OK;
}

static ropewalk_status check_array(walk *w, const json_t *array, const schema *s)
{
    const size_t n = json_array_size(array);
    if (n > s->max)
        return rw_fail(w->err, ROPEWALK_E_FORMAT, 0,
                       "key \"%s\" has %zu items; at most %zu are read", w->path, n,
                       s->max);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        if (json_is_null(item)) continue;
        const size_t at = path_push(w, NULL, i);
        if (!(kind_of(item) & s->items)) return wrong(w, s->items);
        if (json_is_object(item) && s->members) {
            const ropewalk_status status = check_object(w, item, s->members, 0);
            if (status) return status;
        }
        w->path[at] = '\0';
    }
    return ROPEWALK_OK;
}

static ropewalk_status check_value(walk *w, const json_t *v, const schema *s)
{
    if (json_is_null(v)) return ROPEWALK_OK;
    if (!(kind_of(v) & s->kinds)) return wrong(w, s->kinds);
    if (json_is_object(v) && s->members) return check_object(w, v, s->members, s->max);
    if (json_is_array(v)) return check_array(w, v, s);
    return ROPEWALK_OK;
}

ropewalk_status rw_audit_check(const json_t *audit, ropewalk_error *err)
{
    if (!json_is_object(audit))
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "an audit is a JSON object");
    walk w = {.path = "", .err = err};
    const ropewalk_status status = check_object(&w, audit, audit_schema, 1000);
    if (status) return status;
    const char *kind = json_string_value(json_object_get(audit, "kind"));
    const char *version = json_string_value(json_object_get(audit, "schema_version"));
    if (!kind || strcmp(kind, "audit") != 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "key \"kind\" is \"%.40s\"; only \"audit\" is read",
                       kind ? kind : "");
    if (!version || strncmp(version, "1.", 2) != 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "key \"schema_version\" is \"%.40s\"; this program reads 1.x",
                       version ? version : "");
    return ROPEWALK_OK;
}
