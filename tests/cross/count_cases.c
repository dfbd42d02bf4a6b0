/* count_cases.c - every event of made-up pairs, counted with every kernel set that runs, as text: the same on every
 * machine (check_arm64.py compares). Only integers are printed, and vectors are made without the C library's functions. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/group.h"

enum { N_KEY = 4, N_TWIN = 3, MAX_DIM = 512 };

static const int64_t contexts[] = {1, 2, 3, 128, 777, 2048, 4099};
enum { N_CONTEXT = sizeof contexts / sizeof *contexts };

static const rw_key_pair twins[N_TWIN] = {{0, 1}, {1, 2}, {2, 3}};

typedef struct vectors {
    const char *name;
    uint32_t head_dim, rotary_dim;
    rw_pairs pairs;
    double rope_theta, size;
    int kind; /* what is done to plain vectors, below */
} vectors;

enum { PLAIN, ONE_FREQUENCY, PERIODIC, ZERO_KEY, SAME_KEYS, FAR_FROM_ZERO };

static const vectors cases[] = {
    {"one pair", 2, 2, RW_PAIRS_HALF_SPLIT, 1e4, 1.0, PLAIN},
    {"three pairs", 6, 6, RW_PAIRS_INTERLEAVED, 1e4, 1.0, PLAIN},
    {"64", 64, 64, RW_PAIRS_HALF_SPLIT, 1e5, 1.0, PLAIN},
    {"partly rotated", 80, 32, RW_PAIRS_INTERLEAVED, 1e4, 1.0, PLAIN},
    {"128", 128, 128, RW_PAIRS_HALF_SPLIT, 5e5, 1.0, PLAIN},
    {"512", 512, 512, RW_PAIRS_HALF_SPLIT, 1e6, 1.0, PLAIN},
    {"one frequency", 16, 16, RW_PAIRS_HALF_SPLIT, 1e4, 1.0, ONE_FREQUENCY},
    {"periodic", 8, 8, RW_PAIRS_HALF_SPLIT, 1e4, 1.0, PERIODIC},
    {"a key of zeros", 32, 32, RW_PAIRS_HALF_SPLIT, 1e4, 1.0, ZERO_KEY},
    {"equal keys", 32, 32, RW_PAIRS_HALF_SPLIT, 1e4, 1.0, SAME_KEYS},
    {"far from zero", 66, 64, RW_PAIRS_HALF_SPLIT, 1e4, 1.0, FAR_FROM_ZERO},
    {"huge", 64, 64, RW_PAIRS_HALF_SPLIT, 1e4, 0x1p60, PLAIN},
    {"tiny", 64, 64, RW_PAIRS_HALF_SPLIT, 1e4, 0x1p-60, PLAIN},
};

/* Multiples of 2^-10 in [-2, 2]: many values lie on the edges of types. */
static void draw(const vectors *c, uint64_t stream, double *out)
{
    for (uint32_t i = 0; i < c->head_dim; i++)
        out[i] =
            c->size * 0x1p-10 * ((double)rw_random_below(7, stream, i, 4097) - 2048.0);
}

static void make(const vectors *c, rw_rotation *rot, double *q, double k[N_KEY][MAX_DIM])
{
    const uint32_t n_pair = c->rotary_dim / 2;
    rw_inv_freq_unscaled(c->rope_theta, c->rotary_dim, rot->inv_freq);
    rot->pairs = c->pairs;
    draw(c, 0, q);
    for (uint64_t j = 0; j < N_KEY; j++)
        draw(c, 1 + j, k[j]);
    if (c->kind == ONE_FREQUENCY || c->kind == PERIODIC)
        for (uint32_t n = 0; n < n_pair;
             n++) /* pi, pi/2, pi/4, ... are near to periodic */
            rot->inv_freq[n] =
                c->kind == PERIODIC ? 0x1.921fb54442d18p+1 / (double)(1u << n) : 0.01;
    if (c->kind == ZERO_KEY) memset(k[1], 0, sizeof k[1]);
    if (c->kind == SAME_KEYS) memcpy(k[1], k[0], sizeof k[1]);
    if (c->kind == FAR_FROM_ZERO)
        for (int j = 0; j < N_KEY; j++)
            q[64] = 64.0, k[j][64] = 8000.0;
}

static void print_count(const char *what, const rw_count *n)
{
    printf(" %s %lld %lld %lld %lld", what, (long long)n->count, (long long)n->ties,
           (long long)n->total, (long long)n->unresolved);
}

static void print_alias(const char *what, const rw_alias_count *n)
{
    for (int d = 0; d < RW_N_DTYPE; d++)
        printf(" %s%d %lld %lld %lld %lld %lld", what, d, (long long)n[d].pairs,
               (long long)n[d].distances, (long long)n[d].overflow, (long long)n[d].total,
               (long long)n[d].unresolved);
}

static void print_all(const vectors *c, const rw_single *single, const rw_double *twin)
{
    for (int i = 0; i < N_KEY * N_CONTEXT; i++) {
        const rw_single *s = &single[i];
        printf("%s: key %d, context %lld:", c->name, i / N_CONTEXT,
               (long long)contexts[i % N_CONTEXT]);
        print_count("inversion", &s->inversion);
        print_count("local", &s->inversion_local);
        print_count("beyond", &s->inversion_beyond);
        print_count("near", &s->near_aliasing);
        print_count("insensitive", &s->insensitivity);
        print_alias("aliasing", s->aliasing);
        printf("\n");
    }
    for (int i = 0; i < N_TWIN * N_CONTEXT; i++) {
        const rw_double *d = &twin[i];
        printf("%s: keys %zu and %zu, context %lld:", c->name, twins[i / N_CONTEXT].k1,
               twins[i / N_CONTEXT].k2, (long long)contexts[i % N_CONTEXT]);
        print_count("inversion", &d->inversion);
        print_alias("aliasing", d->aliasing);
        print_alias("invariance", d->invariance);
        print_alias("cross", d->cross);
        printf("\n");
    }
}

static ropewalk_status count(const vectors *c, const rw_kernels *kernels,
                             ropewalk_error *err)
{
    static double q[MAX_DIM], k[N_KEY][MAX_DIM];
    static double re[N_KEY][MAX_DIM / 2], im[N_KEY][MAX_DIM / 2];
    static rw_single single[N_KEY * N_CONTEXT];
    static rw_double twin[N_TWIN * N_CONTEXT];
    const rw_measure_plan plan = {.context = contexts,
                                  .n_context = N_CONTEXT,
                                  .n_distance =
                                      rw_measure_span_beyond(contexts, N_CONTEXT),
                                  .dtypes = (1u << RW_N_DTYPE) - 1,
                                  .events = RW_ALL_EVENTS,
                                  .zeta = 0.01,
                                  .near_alias = 0.1};
    rw_rotation rot;
    rw_scoretable table = {0};
    rw_workspace ws = {0};
    rw_coefficient z[N_KEY];
    rw_rotation_init(&rot);
    ropewalk_status status = rw_rotation_alloc(&rot, c->rotary_dim, err);
    if (!status) {
        rot.attn_factor = 1.0;
        make(c, &rot, q, k);
        status = rw_scoretable_init(&table, kernels, &rot, plan.n_distance, err);
    }
    for (int j = 0; j < N_KEY && !status; j++) {
        z[j] = (rw_coefficient){.re = re[j], .im = im[j]};
        status = rw_coefficient_make(&rot, c->head_dim, 0.125, q, k[j], &z[j], err);
    }
    if (!status) status = rw_workspace_init(&ws, &table, &plan, N_KEY, err);
    if (!status)
        status = rw_group_measure(&ws, z, N_KEY, single, twins, N_TWIN, twin, err);
    if (!status) print_all(c, single, twin);
    rw_workspace_clear(&ws);
    rw_scoretable_clear(&table);
    rw_rotation_clear(&rot);
    return status;
}

int main(void)
{
    const rw_kernels *kernels;
    int runs;
    for (size_t i = 0; (kernels = rw_kernels_list(i, &runs)); i++) {
        if (!runs) continue;
        printf("= %s\n", kernels->name);
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
            ropewalk_error err = {0};
            if (count(&cases[c], kernels, &err)) {
                fprintf(stderr, "%s, %s: %s\n", kernels->name, cases[c].name,
                        err.message);
                return 1;
            }
        }
    }
    return 0;
}
