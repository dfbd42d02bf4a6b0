/* lint.c - one file under every engine's rules, and every rule over it. */
#include "lint/lint.h"

#include "lint/fact_match.h"

/* What is described for one file, owned. */
typedef struct described {
    rw_model_info own, fact, engine[RW_MAX_ENGINE];
    rw_hparams fact_hp;
} described;

static void described_init(described *d)
{
    rw_model_info_init(&d->own);
    rw_model_info_init(&d->fact);
    for (size_t i = 0; i < RW_MAX_ENGINE; i++)
        rw_model_info_init(&d->engine[i]);
    rw_hparams_init(&d->fact_hp);
}

static void described_clear(described *d)
{
    rw_model_info_clear(&d->own);
    rw_model_info_clear(&d->fact);
    for (size_t i = 0; i < RW_MAX_ENGINE; i++)
        rw_model_info_clear(&d->engine[i]);
    rw_hparams_clear(&d->fact_hp);
}

/* What an engine, a conversion or a fact cannot do is no fault of the file. */
static bool fatal(ropewalk_status status)
{
    return status && status != ROPEWALK_E_FORMAT && status != ROPEWALK_E_UNSUPPORTED;
}

static ropewalk_status describe_engines(const rw_hparams *hp, described *d,
                                        rw_lint_input *in, ropewalk_error *err)
{
    for (size_t i = 0; i < in->n_engine; i++) {
        const rw_engine *engine = in->engine[i];
        const rw_model_use use = {.engine = engine, .context = in->target_context};
        if (hp->kind == RW_FILE_GGUF && !engine->reads_gguf) continue;
        const ropewalk_status status = rw_model_describe(hp, &use, &d->engine[i], err);
        if (fatal(status)) return status;
        if (!status) in->engine_info[i] = &d->engine[i];
    }
    return ROPEWALK_OK;
}

static ropewalk_status find_fact(const rw_hparams *hp, described *d, rw_lint_input *in,
                                 ropewalk_error *err)
{
    const rw_fact *fact = rw_fact_match(hp->name, hp->file);
    if (!fact) return ROPEWALK_OK;
    ropewalk_status status = rw_fact_read(fact, &d->fact_hp, err);
    if (status || !rw_fact_fits(&d->fact_hp, hp))
        return fatal(status) ? status : ROPEWALK_OK;
    const rw_model_use use = {0};
    status = rw_model_describe(&d->fact_hp, &use, &d->fact, err);
    if (status) return fatal(status) ? status : ROPEWALK_OK;
    in->fact = fact;
    in->fact_info = &d->fact;
    return ROPEWALK_OK;
}

static ropewalk_status describe(const rw_hparams *hp, described *d, rw_lint_input *in,
                                ropewalk_error *err)
{
    const rw_model_use use = {.context = in->target_context};
    ropewalk_status status = rw_model_describe(hp, &use, &d->own, err);
    if (status) return status;
    in->info = &d->own;
    in->arch = rw_arch_of(hp);
    status = find_fact(hp, d, in, err);
    return status ? status : describe_engines(hp, d, in, err);
}

ropewalk_status rw_lint_run(const rw_hparams *hp, const rw_engine *const *engines,
                            size_t n_engine, int64_t target_context, rw_findings *out,
                            ropewalk_error *err)
{
    rw_lint_input in = {.hp = hp, .target_context = target_context};
    described d;
    rw_findings_init(out);
    in.engine_chosen = n_engine > 0;
    for (size_t i = 0; n_engine ? i < n_engine : rw_engine_table[i] != NULL; i++) {
        if (in.n_engine == RW_MAX_ENGINE)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d engines are given",
                           (int)RW_MAX_ENGINE);
        in.engine[in.n_engine++] = n_engine ? engines[i] : rw_engine_table[i];
    }
    described_init(&d);
    ropewalk_status status = describe(hp, &d, &in, err);
    for (size_t i = 0; !status && rw_rule_table[i]; i++)
        status = rw_rule_table[i]->check(&in, out, err);
    described_clear(&d);
    if (!status) status = rw_findings_worst_first(out, err);
    if (status) rw_findings_clear(out);
    return status;
}
