/* rule_RW012.c - layers without RoPE: stated where, read alike by whom, turned over or not. */
#include "lint/look.h"

/* Attention layers of a description, told apart by whether they rotate. */
typedef struct schedule {
    uint32_t rotate, plain;
} schedule;

static bool attends(const rw_layer_info *layer)
{
    return layer->attention == RW_ATTENTION_FULL ||
           layer->attention == RW_ATTENTION_SLIDING ||
           layer->attention == RW_ATTENTION_CHUNKED;
}

static schedule count(const rw_model_info *info)
{
    schedule s = {0, 0};
    for (uint32_t i = 0; i < info->n_layer; i++) {
        if (!attends(&info->layers[i])) continue;
        if (info->layers[i].rotation >= 0)
            s.rotate++;
        else
            s.plain++;
    }
    return s;
}

static ropewalk_status counts(rw_finding *f, schedule s, ropewalk_error *err)
{
    ropewalk_status status = rw_finding_number(f, "layers_with_rope", s.rotate, err);
    return status ? status : rw_finding_number(f, "layers_without", s.plain, err);
}

/* A base that no layer uses. */
static ropewalk_status dead_base(const rw_lint_input *in, schedule s, rw_findings *out,
                                 ropewalk_error *err)
{
    const rw_hvalue *theta = &in->hp->v[RW_HP_ROPE_THETA];
    if (!theta->known || !s.plain || in->info->positions == RW_POSITIONS_ROPE)
        return ROPEWALK_OK;
    rw_finding *f;
    const ropewalk_status status = rw_finding_add(
        out, "RW012", RW_INFO, in->hp->file, theta->key, &f, err,
        "a base of %g is written, and no layer of this architecture rotates", theta->num);
    return status ? status : counts(f, s, err);
}

/* Layers that rotate in one description and not in the other; *first is one of them. */
static uint32_t n_differ(const rw_model_info *a, const rw_model_info *b, uint32_t *first)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n_layer && i < b->n_layer; i++) {
        if (!attends(&a->layers[i]) || !attends(&b->layers[i]) ||
            (a->layers[i].rotation >= 0) == (b->layers[i].rotation >= 0))
            continue;
        if (n++ == 0) *first = i;
    }
    return n;
}

static ropewalk_status engines(const rw_lint_input *in, rw_findings *out,
                               ropewalk_error *err)
{
    for (size_t i = 0; i < in->n_engine; i++) {
        uint32_t first = 0;
        const uint32_t n =
            in->engine_info[i] ? n_differ(in->info, in->engine_info[i], &first) : 0;
        if (!n) continue;
        rw_finding *f;
        const bool rotates = in->engine_info[i]->layers[first].rotation >= 0;
        ropewalk_status status = rw_finding_add(
            out, "RW012", RW_WARN, in->hp->file, in->hp->key_rope_on, &f, err,
            "%s reads another schedule of layers without RoPE: %u layers differ, and "
            "layer "
            "%u %s there",
            in->engine[i]->name, n, first, rotates ? "rotates" : "does not rotate");
        if (!status) status = rw_finding_text(f, "engine", in->engine[i]->name, err);
        if (!status) status = rw_finding_number(f, "layers_differ", n, err);
        if (!status) status = rw_finding_number(f, "first_layer", first, err);
        if (!status)
            status = rw_finding_fix(
                f, err,
                in->engine[i]->reads_gguf
                    ? "no GGUF key carries the schedule: use an engine that reads "
                      "config.json, or a build whose code has this schedule"
                    : "use an engine that reads the schedule of the file");
        if (status) return status;
    }
    return ROPEWALK_OK;
}

static ropewalk_status stated(const rw_lint_input *in, schedule s, rw_findings *out,
                              ropewalk_error *err)
{
    rw_finding *f;
    ropewalk_status status;
    if (!in->hp->rope_on)
        status = rw_finding_add(
            out, "RW012", RW_INFO, in->hp->file, NULL, &f, err,
            "%u of %u attention layers run without RoPE by the code of "
            "%s; %s says which",
            s.plain, s.plain + s.rotate, in->info->architecture,
            in->hp->kind == RW_FILE_GGUF ? "no GGUF key" : "nothing in the file");
    else if (s.plain > s.rotate) {
        status = rw_finding_add(out, "RW012", RW_WARN, in->hp->file, in->hp->key_rope_on,
                                &f, err,
                                "%u of %u attention layers would run without RoPE: 1 "
                                "means that a layer rotates, "
                                "and the list looks turned over",
                                s.plain, s.plain + s.rotate);
        if (!status)
            status = rw_finding_fix(f, err,
                                    "write 1 for each layer that rotates: "
                                    "\"no_rope_layers\": [1, 1, 1, 0, ...]");
    } else
        status = rw_finding_add(out, "RW012", RW_INFO, in->hp->file, in->hp->key_rope_on,
                                &f, err,
                                "%u of %u attention layers run without RoPE; in this "
                                "list 1 means that a layer "
                                "rotates, against what its name suggests",
                                s.plain, s.plain + s.rotate);
    return status ? status : counts(f, s, err);
}

static ropewalk_status check(const rw_lint_input *in, rw_findings *out,
                             ropewalk_error *err)
{
    const schedule s = count(in->info);
    if (!s.rotate && !in->hp->rope_on) return dead_base(in, s, out, err);
    const ropewalk_status status = s.plain ? stated(in, s, out, err) : ROPEWALK_OK;
    return status ? status : engines(in, out, err);
}

const rw_rule rw_rule_RW012 = {
    .id = "RW012",
    .severity = RW_WARN,
    .title = "layers without RoPE: not in this format, turned over, or read differently",
    .check = check,
};
