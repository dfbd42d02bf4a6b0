/* sarif.c - findings as SARIF 2.1.0, the format that code hosts show beside changes. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "report/lint_report.h"
#include "report/rule_page.h"

static json_t *object1(const char *key, json_t *value)
{
    json_t *o = json_object();
    rw_json_set(&o, key, value);
    return o;
}

static json_t *array1(json_t *value)
{
    json_t *a = json_array();
    rw_json_add(&a, value);
    return a;
}

static const char *level(rw_severity severity)
{
    switch (severity) {
    case RW_INFO: return "note";
    case RW_WARN: return "warning";
    case RW_ERROR: return "error";
    }
    return "none";
}

/* A path as a URI: addresses and model:NAME as they are, an absolute path as file:, else relative,
 * with what a URI may not hold in percent form. */
static json_t *uri(const char *path)
{
    rw_text t;
    rw_text_init(&t);
    rw_text_append(&t, path[0] == '/' ? "file://" : "");
    const bool ready = strstr(path, "://") || strncmp(path, "model:", 6) == 0;
    for (const char *s = path; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        if (isalnum(c) || strchr("-._~/", c) || (ready && strchr(":?#&=%+@", c)))
            rw_text_append_n(&t, s, 1);
        else
            rw_text_printf(&t, "%%%02X", c);
    }
    json_t *value = t.failed ? NULL : rw_json_str(t.data);
    rw_text_clear(&t);
    return value;
}

static json_t *location(const char *file, const char *key)
{
    json_t *o = json_object();
    if (file)
        rw_json_set(&o, "physicalLocation",
                    object1("artifactLocation", object1("uri", uri(file))));
    if (key) {
        json_t *logical = object1("fullyQualifiedName", rw_json_str(key));
        rw_json_set(&logical, "kind", json_string("member"));
        rw_json_set(&o, "logicalLocations", array1(logical));
    }
    return o;
}

static json_t *about(const char *page)
{
    rw_text t;
    rw_text_init(&t);
    rw_rule_page_about(page, &t);
    json_t *value = t.failed ? NULL : rw_json_str(t.data);
    rw_text_clear(&t);
    return value;
}

static json_t *help(const char *page)
{
    rw_text t;
    rw_text_init(&t);
    rw_text_append(&t, "");
    rw_rule_page_plain(page, &t);
    json_t *o = object1("text", t.failed ? NULL : rw_json_str(t.data));
    rw_json_set(&o, "markdown", rw_json_str(page));
    rw_text_clear(&t);
    return o;
}

static json_t *rules(const rw_lint_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->n_rule; i++) {
        const rw_rule_text *rule = &report->rule[i];
        json_t *o = json_object();
        rw_json_set(&o, "id", rw_json_str(rule->id));
        rw_json_set(&o, "shortDescription", object1("text", rw_json_str(rule->title)));
        rw_json_set(&o, "defaultConfiguration",
                    object1("level", json_string(level(rule->severity))));
        size_t n;
        const char *link = rw_rule_page_link(rule->page, &n);
        if (rule->page[0]) {
            rw_json_set(&o, "fullDescription", object1("text", about(rule->page)));
            rw_json_set(&o, "help", help(rule->page));
        }
        /* The pages travel with the program and have no address: the first recorded bug does. */
        if (link) rw_json_set(&o, "helpUri", json_stringn(link, n));
        rw_json_add(&array, o);
    }
    return array;
}

static json_int_t index_of(const rw_lint_report *report, const char *rule)
{
    for (size_t i = 0; i < report->n_rule; i++)
        if (strcmp(report->rule[i].id, rule) == 0) return (json_int_t)i;
    return -1;
}

static json_t *result(const rw_lint_report *report, const rw_finding *f)
{
    json_t *o = json_object();
    rw_json_set(&o, "ruleId", rw_json_str(f->rule));
    rw_json_set(&o, "ruleIndex", json_integer(index_of(report, f->rule)));
    rw_json_set(&o, "level", json_string(level(f->severity)));
    rw_json_set(&o, "message", object1("text", rw_json_str(f->message)));
    rw_json_set(&o, "locations", array1(location(f->file, f->key)));
    if (f->ignored) {
        json_t *s = object1("kind", json_string("external"));
        rw_json_set(&s, "justification", rw_json_str(f->ignored));
        rw_json_set(&o, "suppressions", array1(s));
    }
    json_t *bag = object1("evidence", rw_evidence_json(f));
    if (f->fix) rw_json_set(&bag, "fix", rw_json_str(f->fix));
    rw_json_set(&o, "properties", bag);
    return o;
}

static json_t *results(const rw_lint_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->n_file; i++)
        for (uint32_t k = 0; k < report->file[i].findings.n; k++)
            rw_json_add(&array, result(report, &report->file[i].findings.list[k]));
    return array;
}

/* What could not be read or judged: notifications of the run, not results about the files. */
static json_t *notifications(const rw_lint_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->n_file; i++) {
        const rw_lint_file *file = &report->file[i];
        if (file->failure) {
            json_t *o = object1("level", json_string("error"));
            rw_json_set(&o, "message", object1("text", rw_json_str(file->failure)));
            rw_json_set(&o, "locations", array1(location(file->path, NULL)));
            rw_json_add(&array, o);
        }
        for (uint32_t k = 0; k < file->findings.n_skipped; k++) {
            const rw_not_evaluated *row = &file->findings.skipped[k];
            json_t *rule = object1("id", rw_json_str(row->rule));
            rw_json_set(&rule, "index", json_integer(index_of(report, row->rule)));
            json_t *o = object1("level", json_string("note"));
            rw_json_set(&o, "message", object1("text", rw_json_str(row->why)));
            rw_json_set(&o, "locations", array1(location(row->file, NULL)));
            rw_json_set(&o, "associatedRule", rule);
            rw_json_add(&array, o);
        }
    }
    return array;
}

json_t *rw_lint_sarif(const rw_lint_report *report, const char *version)
{
    bool read_all = true;
    for (size_t i = 0; i < report->n_file; i++)
        read_all = read_all && !report->file[i].failure;
    json_t *driver = object1("name", json_string("ropewalk"));
    rw_json_set(&driver, "version", rw_json_str(version));
    rw_json_set(&driver, "rules", rules(report));
    json_t *invocation = object1("executionSuccessful", json_boolean(read_all));
    rw_json_set(&invocation, "toolExecutionNotifications", notifications(report));
    json_t *run = object1("tool", object1("driver", driver));
    rw_json_set(&run, "invocations", array1(invocation));
    rw_json_set(&run, "results", results(report));
    json_t *o = object1("$schema", json_string("https://json.schemastore.org/"
                                               "sarif-2.1.0.json"));
    rw_json_set(&o, "version", json_string("2.1.0"));
    rw_json_set(&o, "runs", array1(run));
    return o;
}
