/* selftest.c - the instrument checks itself on the user's machine: known counts, and every
 * instruction set against the reference. */
#include <math.h>
#include <string.h>

#include "api/handle.h"
#include "audit/given_run.h"
#include "base/alloc.h"
#include "base/random.h"

typedef struct check {
    ropewalk_result *result;
    const ropewalk_run *run;
    int done;
} check;

static void note(check *c, const char *what, int ok)
{
    c->done++;
    c->result->failures += !ok;
    rw_text_printf(&c->result->text, "%-8s %s\n", ok ? "ok" : "FAILED", what);
}

static ropewalk_status measure(const check *c, const rw_kernels *kernels,
                               const rw_rotation *rot, const double *q, const double *k,
                               uint32_t n_k, uint32_t head_dim, const int64_t *context,
                               uint32_t n_context, rw_given *out, ropewalk_error *err)
{
    const rw_given_input in = {.q = q,
                               .k = k,
                               .n_q = 1,
                               .n_k = n_k,
                               .head_dim = head_dim,
                               .rotation = rot,
                               .rope_theta = (double)NAN,
                               .score_scale = 1.0,
                               .context = context,
                               .n_context = n_context,
                               .dtypes = 1u << RW_BF16,
                               .events = RW_ALL_EVENTS,
                               .zeta = 0.01,
                               .near_alias = 0.1,
                               .n_thread = c->run->n_thread,
                               .kernels = kernels};
    return rw_given_run(&in, out, err);
}

/* The phase-aligned key of docs/theory.md: all z_n = 1, base 5e5, 128 dimensions. Counts from a
 * 60-digit evaluation of the definition (tests/vectors/measure). */
static ropewalk_status check_aligned(check *c, ropewalk_error *err)
{
    static const int64_t context[] = {600, 1024, 4600, 8192};
    static const int64_t inversions[] = {9477, 37110, 793283, 2890539};
    double q[128], k[128];
    for (int i = 0; i < 128; i++)
        q[i] = i < 64 ? 1.0 : 0.0, k[i] = q[i];
    rw_rotation rot;
    rw_rotation_init(&rot);
    ropewalk_status status = rw_rotation_alloc(&rot, 128, err);
    if (status) return status;
    rw_inv_freq_unscaled(5e5, 128, rot.inv_freq);
    rot.attn_factor = 1.0;
    rw_given g;
    rw_given_init(&g);
    status =
        measure(c, rw_kernels_pick(c->run->isa), &rot, q, k, 1, 128, context, 4, &g, err);
    if (!status) {
        int ok = 1;
        for (int i = 0; i < 4; i++)
            ok &= g.single[i].inversion.count == inversions[i] &&
                  g.single[i].inversion.unresolved == 0;
        note(c, "position inversions of a phase-aligned key equal the known counts", ok);
        note(c, "the prediction at 8192 is 0.1792, as published formulas give",
             fabs(g.single_prediction[3].inversion.value - 0.1792) < 5e-5);
    }
    rw_given_clear(&g);
    rw_rotation_clear(&rot);
    return status;
}

static int same_counts(const rw_given *a, const rw_given *b)
{
    int same = 1;
    for (size_t i = 0; i < (size_t)a->n_q * a->n_k * a->n_context; i++) {
        const rw_single *x = &a->single[i], *y = &b->single[i];
        same &=
            memcmp(&x->inversion, &y->inversion, sizeof x->inversion) == 0 &&
            memcmp(&x->near_aliasing, &y->near_aliasing, sizeof x->near_aliasing) == 0 &&
            memcmp(&x->insensitivity, &y->insensitivity, sizeof x->insensitivity) == 0 &&
            memcmp(&x->aliasing[RW_BF16], &y->aliasing[RW_BF16], sizeof x->aliasing[0]) ==
                0;
    }
    for (size_t i = 0; i < (size_t)a->n_q * a->n_pair_of_keys * a->n_context; i++) {
        const rw_double *x = &a->twin[i], *y = &b->twin[i];
        same &= memcmp(&x->inversion, &y->inversion, sizeof x->inversion) == 0 &&
                x->invariance[RW_BF16].pairs == y->invariance[RW_BF16].pairs &&
                x->cross[RW_BF16].pairs == y->cross[RW_BF16].pairs &&
                x->aliasing[RW_BF16].distances == y->aliasing[RW_BF16].distances;
    }
    return same;
}

static ropewalk_status check_isa(check *c, ropewalk_error *err)
{
    static const int64_t context[] = {1, 2, 777, 16384};
    enum { DIM = 96, KEYS = 3 };
    double q[DIM], k[KEYS * DIM];
    for (uint64_t i = 0; i < DIM; i++)
        q[i] = rw_random_normal(c->run->seed, 1, i);
    for (uint64_t i = 0; i < (uint64_t)KEYS * DIM; i++)
        k[i] = rw_random_normal(c->run->seed, 2, i);
    rw_rotation rot;
    rw_rotation_init(&rot);
    ropewalk_status status = rw_rotation_alloc(&rot, 64, err);
    if (status) return status;
    rw_inv_freq_unscaled(1e4, 64, rot.inv_freq);
    rot.attn_factor = 1.0;
    rw_given reference, other;
    rw_given_init(&other);
    status =
        measure(c, &rw_kernels_ref, &rot, q, k, KEYS, DIM, context, 4, &reference, err);
    const rw_kernels *kernels;
    int runs;
    for (size_t i = 0; !status && (kernels = rw_kernels_list(i, &runs)); i++) {
        if (!runs || kernels == &rw_kernels_ref) continue;
        status = measure(c, kernels, &rot, q, k, KEYS, DIM, context, 4, &other, err);
        if (status) break;
        char what[96];
        (void)snprintf(what, sizeof what, "%s counts equal the reference's",
                       kernels->name);
        note(c, what, same_counts(&reference, &other));
        rw_given_clear(&other);
    }
    rw_given_clear(&reference);
    rw_rotation_clear(&rot);
    return status;
}

ropewalk_status ropewalk_selftest(const ropewalk_run *run, ropewalk_result **result,
                                  ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (status) return status;
    check c = {.result = rw_result_new(err), .run = &settings};
    if (!c.result) return ROPEWALK_E_MEMORY;
    status = check_aligned(&c, err);
    if (!status) status = check_isa(&c, err);
    if (status) {
        ropewalk_result_free(c.result);
        return status;
    }
    rw_text_printf(&c.result->text, "%d checks, %d failed\n", c.done, c.result->failures);
    *result = c.result;
    return rw_result_finish(
        result, "selftest",
        json_pack("{s:i, s:i}", "checks", c.done, "failed", c.result->failures),
        &settings, err);
}
