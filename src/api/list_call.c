/* list_call.c - what this build knows: mechanisms, models, rules, events, engines, instruction sets. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/handle.h"
#include "lint/lint.h"
#include "model/engine.h"
#include "model/facts.h"
#include "model/model.h"
#include "position/mechanism.h"
#include "result/measured.h"
#include "task/task.h"

/* One list being made: people read `text`, programs `names` and, where there is more to say,
 * `rows`. A failed allocation leaves a shorter array, found out by their lengths. */
typedef struct listing {
    rw_text *text;
    json_t *names, *rows;
    size_t n;
    bool failed;
} listing;

static void add(listing *l, const char *name, json_t *row)
{
    l->n++;
    l->failed |= json_array_append_new(l->names, rw_json_str(name)) != 0;
    if (row) l->failed |= json_array_append_new(l->rows, row) != 0;
}

static void set(listing *l, json_t *object, const char *key, json_t *value)
{
    l->failed |= json_object_set_new(object, key, value) != 0;
}

static void mechanisms(listing *l)
{
    for (size_t i = 0; rw_mech_table[i]; i++) {
        add(l, rw_mech_table[i]->name, NULL);
        rw_text_printf(l->text, "%-14s %s\n", rw_mech_table[i]->name,
                       rw_mech_table[i]->source);
    }
}

static void events(listing *l)
{
    for (int e = 0; e < RW_N_EVENT; e++) {
        add(l, rw_event_name((rw_event)e), NULL);
        rw_text_printf(l->text, "%s\n", rw_event_name((rw_event)e));
    }
}

static void instruction_sets(listing *l)
{
    const rw_kernels *k;
    int runs;
    for (size_t i = 0; (k = rw_kernels_list(i, &runs)); i++) {
        add(l, k->name, NULL);
        rw_text_printf(l->text, "%-8s %s\n", k->name,
                       runs ? "runs here" : "not on this CPU");
    }
}

static void tasks(listing *l)
{
    for (size_t i = 0; rw_task_table[i]; i++) {
        const rw_task *task = rw_task_table[i];
        json_t *row = json_object(), *factors = json_object();
        rw_text_printf(l->text, "%-7s %s [%s]\n", task->name, task->what, task->source);
        for (int f = 0; f < RW_MAX_TASK_FACTOR && task->factor[f].name; f++) {
            json_t *values = json_array();
            rw_text_printf(l->text, "        %s:", task->factor[f].name);
            for (size_t v = 0; task->factor[f].value[v]; v++) {
                rw_json_add(&values, rw_json_str(task->factor[f].value[v]));
                rw_text_printf(l->text, " %s", task->factor[f].value[v]);
            }
            rw_text_append(l->text, "\n");
            set(l, factors, task->factor[f].name, values);
        }
        set(l, row, "task", rw_json_str(task->name));
        set(l, row, "version", json_integer(task->version));
        set(l, row, "what", rw_json_str(task->what));
        set(l, row, "source", rw_json_str(task->source));
        set(l, row, "chance", rw_json_f64(task->chance));
        set(l, row, "factors", factors);
        add(l, task->name, row);
    }
}

static void rules(listing *l)
{
    for (size_t i = 0; rw_rule_table[i]; i++) {
        const rw_rule *rule = rw_rule_table[i];
        json_t *row = json_object();
        set(l, row, "rule", rw_json_str(rule->id));
        set(l, row, "severity", rw_json_str(rw_severity_name(rule->severity)));
        set(l, row, "title", rw_json_str(rule->title));
        add(l, rule->id, row);
        rw_text_printf(l->text, "%s  %-5s  %s\n", rule->id,
                       rw_severity_name(rule->severity), rule->title);
    }
}

static void engines(listing *l)
{
    for (size_t i = 0; rw_engine_table[i]; i++) {
        const rw_engine *e = rw_engine_table[i];
        json_t *row = json_object(), *notes = json_array();
        set(l, row, "name", rw_json_str(e->name));
        set(l, row, "version", rw_json_str(e->version));
        set(l, row, "reads", rw_json_str(e->reads_gguf ? "gguf" : "config.json"));
        rw_text_printf(l->text, "%s%s %s\n", i ? "\n" : "", e->name, e->version);
        for (size_t k = 0; k < e->n_note; k++) {
            const rw_engine_note *note = &e->notes[k];
            json_t *one = json_object();
            set(l, one, "point", rw_json_str(note->point));
            set(l, one, "does", rw_json_str(note->does));
            set(l, one, "source", rw_json_str(note->source));
            l->failed |= json_array_append_new(notes, one) != 0;
            rw_text_printf(l->text, "  %s: %s (%s%s)\n", note->point, note->does,
                           note->source ? "read in " : "believed, not read",
                           note->source ? note->source : "");
        }
        set(l, row, "notes", notes);
        add(l, e->name, row);
    }
}

/* Whether one of `keys` (by blanks) is among those that could not be confirmed. */
static const char *mark(const rw_fact *fact, const char *keys)
{
    for (const char *key = keys; *key;) {
        const size_t n = strcspn(key, " ");
        for (const char *s = fact->unconfirmed; *s;) {
            const size_t m = strcspn(s, ",");
            if (m == n && strncmp(s, key, n) == 0) return " (u)";
            s += m;
            s += strspn(s, ", ");
        }
        key += n;
        key += strspn(key, " ");
    }
    return "";
}

static void cell(rw_text *t, int width, const char *mark_or_empty, const char *text)
{
    char both[96];
    (void)snprintf(both, sizeof both, "%s%s", text, mark_or_empty);
    rw_text_printf(t, "%-*s ", width, both);
}

static void model_row(listing *l, const rw_fact *fact, const rw_model_info *info)
{
    const rw_layer_info *shape = rw_model_info_speaker(info);
    const rw_rotation_info *r =
        shape && shape->rotation >= 0 ? &info->rotations[shape->rotation] : NULL;
    const double theta = r ? r->rope_theta : (double)NAN;
    const char *scaling = r ? r->mechanism : rw_positions_name(info->positions);
    char text[64];
    json_t *row = json_object();
    set(l, row, "name", rw_json_str(fact->name));
    set(l, row, "title", rw_json_str(fact->title));
    set(l, row, "source", rw_json_str(fact->source));
    set(l, row, "unconfirmed", rw_json_str(fact->unconfirmed));
    set(l, row, "notes", rw_json_str(fact->notes));
    set(l, row, "n_layer", json_integer(info->n_layer));
    set(l, row, "n_head_q", shape ? json_integer(shape->n_head_q) : json_null());
    set(l, row, "n_head_kv", shape ? json_integer(shape->n_head_kv) : json_null());
    set(l, row, "head_dim", shape ? json_integer(shape->head_dim) : json_null());
    set(l, row, "rotary_dim", r ? json_integer(r->rotary_dim) : json_null());
    set(l, row, "rope_theta", rw_json_f64(theta));
    set(l, row, "scaling", rw_json_str(scaling));
    set(l, row, "context_length",
        info->context_length ? json_integer(info->context_length) : json_null());
    add(l, fact->name, row);

    cell(l->text, 25, "", fact->name);
    (void)snprintf(text, sizeof text, "%u", info->n_layer);
    cell(l->text, 7, mark(fact, "num_hidden_layers"), text);
    (void)snprintf(text, sizeof text, "%u/%u", shape ? shape->n_head_q : 0,
                   shape ? shape->n_head_kv : 0);
    cell(l->text, 9, mark(fact, "num_attention_heads num_key_value_heads"), text);
    (void)snprintf(text, sizeof text,
                   r && r->rotary_dim != shape->head_dim ? "%u (%u)" : "%u",
                   shape ? shape->head_dim : 0, r ? r->rotary_dim : 0);
    cell(l->text, 9, mark(fact, "head_dim"), text);
    (void)snprintf(text, sizeof text, isnan(theta) ? r ? "unknown" : "-" : "%.12g",
                   theta);
    cell(l->text, 13, mark(fact, "rope_theta"), text);
    cell(l->text, 16, mark(fact, "short_factor mscale low_freq_factor"), scaling);
    (void)snprintf(text, sizeof text, info->context_length ? "%lld" : "unknown",
                   (long long)info->context_length);
    rw_text_printf(l->text, "%s%s\n", text,
                   mark(fact, "max_position_embeddings seq_length"));
}

static ropewalk_status models(listing *l, ropewalk_error *err)
{
    rw_text_printf(l->text, "%-25s %-7s %-9s %-9s %-13s %-16s %s\n", "model", "layers",
                   "heads", "head_dim", "rope_theta", "scaling", "context");
    for (const rw_fact *fact = rw_fact_table; fact->name; fact++) {
        rw_hparams hp;
        rw_model_info info;
        ropewalk_status status = rw_fact_read(fact, &hp, err);
        if (status) return rw_fail_context(err, status, "%s", fact->name);
        status = rw_model_describe(&hp, &(rw_model_use){0}, &info, err);
        rw_hparams_clear(&hp);
        if (status) return rw_fail_context(err, status, "%s", fact->name);
        model_row(l, fact, &info);
        rw_model_info_clear(&info);
    }
    rw_text_append(l->text,
                   "\nheads: query/key-value; head_dim: rotated part in parentheses;\n"
                   "(u): not confirmed in the published file. Use one as model:NAME.\n");
    return ROPEWALK_OK;
}

static ropewalk_status fill(listing *l, const char *what, ropewalk_error *err)
{
    if (strcmp(what, "models") == 0) return models(l, err);
    if (strcmp(what, "mechanisms") == 0)
        mechanisms(l);
    else if (strcmp(what, "events") == 0)
        events(l);
    else if (strcmp(what, "isa") == 0)
        instruction_sets(l);
    else if (strcmp(what, "engines") == 0)
        engines(l);
    else if (strcmp(what, "rules") == 0)
        rules(l);
    else if (strcmp(what, "tasks") == 0)
        tasks(l);
    else
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "cannot list \"%s\": mechanisms, models, rules, events, tasks, engines, isa",
            what);
    return ROPEWALK_OK;
}

ropewalk_status ropewalk_list(const char *what, ropewalk_result **result,
                              ropewalk_error *err)
{
    *result = NULL;
    ropewalk_result *r = rw_result_new(err);
    if (!r) return ROPEWALK_E_MEMORY;
    json_t *body = json_object();
    listing l = {&r->text, json_array(), json_array(), 0, false};
    ropewalk_status status = fill(&l, what, err);
    const bool rows = json_array_size(l.rows) > 0;
    set(&l, body, "schema_version", json_string("1.0"));
    set(&l, body, "names", l.names);
    if (rows)
        set(&l, body, what, l.rows);
    else
        json_decref(l.rows);
    if (!status) {
        rw_json_write(body, 0, &r->document);
        rw_text_append(&r->document, "\n");
    }
    json_decref(body);
    if (!status && (l.failed || r->text.failed || r->document.failed))
        status = rw_fail_memory(err, "a list");
    if (status) {
        ropewalk_result_free(r);
        return status;
    }
    *result = r;
    return ROPEWALK_OK;
}
