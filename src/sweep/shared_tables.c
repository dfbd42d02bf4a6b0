/* shared_tables.c - tables of a rotation, made by the first worker that needs them. */
#include "sweep/shared_tables.h"

#include "base/alloc.h"

/* Windows whose moments a predictor holds at most. */
enum { N_FORM = 5 };

uint64_t rw_tables_bytes(uint32_t n_pair, int64_t n_distance, uint32_t n_context)
{
    const uint64_t h = n_pair, n_block = ((uint64_t)n_distance / RW_STRIP + 1) * RW_ROWS;
    return 16 * h * (RW_BLOCK_HALF + n_block) +
           (uint64_t)n_context * N_FORM * (32 * h * h + 16 * h);
}

ropewalk_status rw_tables_init(rw_tables *t, const rw_sweep_plan *plan,
                               int64_t n_distance, ropewalk_error *err)
{
    *t = (rw_tables){.plan = plan, .n_distance = n_distance, .n_made = plan->n_thread};
    t->made = rw_calloc((size_t)t->n_made, sizeof *t->made);
    if (!t->made) return rw_fail_memory(err, "the tables of a sweep");
    for (int i = 0; i < t->n_made; i++)
        t->made[i].table = -1;
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->changed, NULL);
    return ROPEWALK_OK;
}

static void empty(rw_made *m)
{
    rw_predictor_clear(&m->predictor);
    for (uint32_t i = 0; m->steps && i < m->n_step; i++)
        rw_moment_form_clear(&m->steps[i]);
    rw_free(m->steps);
    rw_free(m->freq);
    m->steps = NULL;
    m->freq = NULL;
    rw_scoretable_clear(&m->scores);
    m->table = -1;
    m->ready = false;
}

void rw_tables_clear(rw_tables *t)
{
    if (!t->made) return;
    for (int i = 0; i < t->n_made; i++)
        empty(&t->made[i]);
    rw_free(t->made);
    (void)pthread_cond_destroy(&t->changed);
    (void)pthread_mutex_destroy(&t->lock);
    *t = (rw_tables){0};
}

/* The forms of steps between neighbours, where their event is asked for. */
static ropewalk_status make_steps(const rw_sweep_plan *p, const rw_rotation *rotation,
                                  rw_made *m, ropewalk_error *err)
{
    if (!(p->events >> RW_EVENT_POSITIONAL_INSENSITIVITY & 1)) return ROPEWALK_OK;
    m->n_step = p->n_context;
    m->steps = rw_calloc(p->n_context, sizeof *m->steps);
    m->freq = rw_array(rotation->rotary_dim / 2 + 1, sizeof *m->freq);
    if (!m->steps || !m->freq) return rw_fail_memory(err, "the steps of a table");
    const uint32_t n_pair = rw_active_freq(rotation, m->freq);
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < p->n_context && !status && n_pair > 0; i++)
        if (p->context[i] > 1)
            status = rw_moment_form_init(&m->steps[i], m->freq, n_pair, 0,
                                         p->context[i] - 1, err);
    return status;
}

static ropewalk_status make(const rw_tables *t, int64_t table, rw_made *m,
                            ropewalk_error *err)
{
    const rw_sweep_plan *p = t->plan;
    const rw_rotation *rotation = &p->table[table].rotation;
    ropewalk_status status =
        rw_scoretable_init(&m->scores, p->kernels, rotation, t->n_distance, err);
    if (status) return status;
    status = rw_predictor_init(&m->predictor, rotation, p->context, p->n_context,
                               p->dtypes, 0.0, 0, err);
    return status ? status : make_steps(p, rotation, m, err);
}

/* The tables asked for, being made or ready; else a place for them. */
static rw_made *find(rw_tables *t, int64_t table)
{
    rw_made *place = t->made;
    for (int i = 0; i < t->n_made; i++) {
        rw_made *m = &t->made[i];
        if (m->table == table) return m;
        /* the oldest goes first: its cells are the likeliest to be done */
        if (m->n_user == 0 && (place->n_user > 0 || m->table < place->table)) place = m;
    }
    return place;
}

/* Waits while another worker makes them; false when that one failed. Called and left locked. */
static bool wait_for(rw_tables *t, rw_made *m, int64_t table)
{
    m->n_user++;
    while (!m->ready && m->table == table)
        (void)pthread_cond_wait(&t->changed, &t->lock);
    if (m->ready) return true;
    m->n_user--;
    return false;
}

ropewalk_status rw_tables_acquire(rw_tables *t, int64_t table, rw_made **out,
                                  ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    (void)pthread_mutex_lock(&t->lock);
    rw_made *m = find(t, table);
    while (m->table == table && !wait_for(t, m, table))
        m = find(t, table); /* to fail with a sentence of one's own */
    if (m->table != table) {
        empty(m);
        m->table = table;
        m->n_user = 1;
        (void)pthread_mutex_unlock(&t->lock);
        status = make(t, table, m, err);
        (void)pthread_mutex_lock(&t->lock);
        m->ready = !status;
        if (status) {
            empty(m);
            m->n_user--;
        }
        (void)pthread_cond_broadcast(&t->changed);
    }
    (void)pthread_mutex_unlock(&t->lock);
    *out = status ? NULL : m;
    return status;
}

void rw_tables_release(rw_tables *t, rw_made *made)
{
    (void)pthread_mutex_lock(&t->lock);
    made->n_user--;
    (void)pthread_mutex_unlock(&t->lock);
}
