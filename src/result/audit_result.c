/* audit_result.c - names, and memory, of an audit's result. */
#include "result/audit_result.h"

#include "base/alloc.h"

const char *rw_kind_name(rw_kind kind)
{
    switch (kind) {
    case RW_KIND_BLIND: return "blind";
    case RW_KIND_LOCAL: return "local";
    case RW_KIND_ANTI_LOCAL: return "anti-local";
    case RW_KIND_CHAOTIC: return "chaotic";
    case RW_KIND_MIXED: return "mixed";
    case RW_N_KIND: break;
    }
    return "unknown";
}

const char *rw_head_class_name(rw_head_class c)
{
    switch (c) {
    case RW_CLASS_FULL: return "full";
    case RW_CLASS_SLIDING: return "sliding";
    case RW_CLASS_NOPE: return "nope";
    }
    return "unknown";
}

const char *rw_disagreement_cause_name(rw_disagreement_cause cause)
{
    static const char *const name[RW_N_CAUSE] = {[RW_CAUSE_DOMINANT_PAIR] =
                                                     "dominant pair",
                                                 [RW_CAUSE_SHORT_WINDOW] = "short window",
                                                 [RW_CAUSE_FEW_PAIRS] = "few pairs",
                                                 [RW_CAUSE_NONE] = "none of these"};
    return name[cause];
}

void rw_audit_init(rw_audit *a)
{
    *a = (rw_audit){0};
}

void rw_kept_vectors_clear(rw_kept_vectors *v)
{
    for (uint32_t i = 0; i < v->n_query; i++)
        rw_free(v->query[i].value);
    for (uint32_t i = 0; i < v->n_key; i++)
        rw_free(v->key[i].value);
    rw_free(v->query);
    rw_free(v->key);
    *v = (rw_kept_vectors){0};
}

void rw_audit_clear(rw_audit *a)
{
    rw_model_info_clear(&a->model);
    rw_free(a->m_max);
    rw_free(a->m_max_scale);
    rw_free(a->rotation_check);
    rw_free(a->rotation_check_layer);
    for (uint32_t i = 0; i < a->n_head; i++) {
        rw_free(a->head[i].context);
        for (uint32_t t = 0; a->head[i].sample && t < a->n_text; t++)
            rw_free(a->head[i].sample[t].position);
        rw_free(a->head[i].sample);
    }
    rw_free(a->head);
    for (uint32_t i = 0; i < a->n_summary; i++)
        rw_free(a->summary[i].value);
    rw_free(a->summary);
    rw_free(a->by_text);
    rw_free(a->joint);
    rw_free(a->readout);
    rw_free(a->baseline);
    rw_free(a->disagreement);
    for (uint32_t i = 0; i < a->n_curve; i++) {
        rw_free(a->curve[i].distance);
        rw_free(a->curve[i].score);
    }
    rw_free(a->curve);
    rw_kept_vectors_clear(&a->kept);
    rw_free(a->finding);
    rw_free(a->probe.context);
    rw_free(a->probe.single);
    rw_free(a->probe.twin);
    rw_free(a->verdict.sentence);
    rw_free(a->verdict.advice);
    *a = (rw_audit){0};
}
