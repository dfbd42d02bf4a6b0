/* given_record.c - a query's counts and predictions to bytes and back, in one order for both ways. */
#include "audit/given_record.h"

/* A member is added to `out`, or taken from `in`. */
typedef struct passage {
    rw_packer *out;
    rw_unpacker *in;
    bool bad; /* a value that no member of its kind has */
} passage;

static void real(passage *p, double *value)
{
    if (p->out)
        rw_pack_f64(p->out, *value);
    else
        *value = rw_unpack_f64(p->in);
}

static void whole(passage *p, int64_t *value)
{
    if (p->out)
        rw_pack_u64(p->out, (uint64_t)*value);
    else
        *value = rw_unpack_count(p->in, INT64_MAX);
}

/* A number below `n`. */
static uint32_t one_of(passage *p, uint32_t value, uint32_t n)
{
    if (p->out) {
        rw_pack_u32(p->out, value);
        return value;
    }
    const uint32_t got = rw_unpack_u32(p->in);
    p->bad = p->bad || got >= n;
    return got < n ? got : 0;
}

static void count(passage *p, rw_count *c)
{
    whole(p, &c->count);
    whole(p, &c->ties);
    whole(p, &c->total);
    whole(p, &c->unresolved);
}

static void alias(passage *p, rw_alias_count *c)
{
    whole(p, &c->pairs);
    whole(p, &c->distances);
    whole(p, &c->overflow);
    whole(p, &c->total);
    whole(p, &c->unresolved);
}

static void estimate(passage *p, rw_estimate *e)
{
    real(p, &e->value);
    e->kind = (rw_estimate_kind)one_of(p, e->kind, RW_ESTIMATE_ASYMPTOTIC + 1);
    e->state = (rw_estimate_state)one_of(p, e->state, RW_ESTIMATE_UNABLE + 1);
}

/* What is not a bool, and so has no padding beside it, must add up: a member more shows here. */
_Static_assert(sizeof(rw_single) == sizeof(double) + 5 * sizeof(rw_count) +
                                        8 * sizeof(double) +
                                        RW_N_DTYPE * sizeof(rw_alias_count),
               "a single has a member that its record leaves out");
_Static_assert(sizeof(rw_double) == sizeof(double) + sizeof(rw_count) + sizeof(double) +
                                        (size_t)3 * RW_N_DTYPE * sizeof(rw_alias_count),
               "a double has a member that its record leaves out");
_Static_assert(sizeof(rw_single_prediction) ==
                   6 * sizeof(double) + (4 + 2 * RW_N_DTYPE) * sizeof(rw_estimate),
               "a prediction has a member that its record leaves out");
_Static_assert(sizeof(rw_double_prediction) ==
                   sizeof(double) + (1 + RW_N_DTYPE) * sizeof(rw_estimate),
               "a prediction has a member that its record leaves out");

static void single(passage *p, rw_single *s)
{
    s->blind = one_of(p, s->blind, 2) != 0;
    rw_count *const counts[] = {&s->inversion, &s->inversion_local, &s->inversion_beyond,
                                &s->near_aliasing, &s->insensitivity};
    double *const reals[] = {
        &s->positional_score, &s->positional_max, &s->mean,  &s->variance,
        &s->ks_near,          &s->ks_far,         &s->n_eff, &s->max_share};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        count(p, counts[i]);
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        real(p, reals[i]);
    for (int d = 0; d < RW_N_DTYPE; d++)
        alias(p, &s->aliasing[d]);
}

static void single_prediction(passage *p, rw_single_prediction *s)
{
    rw_estimate *const estimates[] = {&s->inversion, &s->inversion_local,
                                      &s->inversion_beyond, &s->near_aliasing};
    double *const reals[] = {&s->mean,          &s->variance, &s->near_mean,
                             &s->near_variance, &s->far_mean, &s->far_variance};
    for (size_t i = 0; i < sizeof estimates / sizeof *estimates; i++)
        estimate(p, estimates[i]);
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        real(p, reals[i]);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        estimate(p, &s->alias_pairs[d]);
        estimate(p, &s->alias_distances[d]);
    }
}

static void twin(passage *p, rw_double *t)
{
    t->reference_tie = one_of(p, t->reference_tie, 2) != 0;
    t->swapped = one_of(p, t->swapped, 2) != 0;
    count(p, &t->inversion);
    real(p, &t->ks_difference);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        alias(p, &t->aliasing[d]);
        alias(p, &t->invariance[d]);
        alias(p, &t->cross[d]);
    }
}

static void twin_prediction(passage *p, rw_double_prediction *t)
{
    t->swapped = (int)one_of(p, (uint32_t)t->swapped, 2);
    estimate(p, &t->inversion);
    for (int d = 0; d < RW_N_DTYPE; d++)
        estimate(p, &t->aliasing[d]);
}

static void rows_of(passage *p, const rw_given *g, uint32_t query)
{
    const size_t singles = (size_t)g->n_k * g->n_context,
                 twins = (size_t)g->n_pair_of_keys * g->n_context;
    for (size_t i = query * singles; i < (query + (size_t)1) * singles; i++) {
        single(p, &g->single[i]);
        single_prediction(p, &g->single_prediction[i]);
    }
    for (size_t i = query * twins; i < (query + (size_t)1) * twins; i++) {
        twin(p, &g->twin[i]);
        twin_prediction(p, &g->twin_prediction[i]);
    }
}

void rw_given_pack(const rw_given *g, uint32_t query, rw_packer *out)
{
    passage p = {.out = out};
    rows_of(&p, g, query);
}

ropewalk_status rw_given_unpack(rw_unpacker *in, uint32_t query, rw_given *g,
                                ropewalk_error *err)
{
    passage p = {.in = in};
    rows_of(&p, g, query);
    if (!p.bad && rw_unpack_complete(in)) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                   "the result of query %u does not fit this measurement", query);
}
