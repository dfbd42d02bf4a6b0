/* waves.h - S(m) of every head as an audit's document keeps it: one query, and the key it attends. */
#ifndef RW_TASK_WAVES_H
#define RW_TASK_WAVES_H
#include <jansson.h>
#include <stdint.h>

#include "base/status.h"

/* S(m) = a constant + sum over pairs of Re(z_n e^{i m w_n}), in nats. Heads that share a rotation
 * share its frequencies. */
typedef struct rw_waves {
    uint32_t n_layer, n_head;
    uint32_t n_rotation;
    uint32_t *n_pair;   /* [n_rotation] */
    double **freq;      /* [n_rotation][n_pair] */
    uint32_t *rotation; /* [n_layer]; UINT32_MAX: none */
    double **re,
        **im; /* [n_layer * n_head][n_pair of its rotation]; NULL: nothing kept */
    char model[128];
} rw_waves;

/** From a document of `ropewalk audit`. E_FORMAT naming what is not there or not right. *out is
 *  empty on failure. */
ropewalk_status rw_waves_read(const json_t *audit, rw_waves *out, ropewalk_error *err);
void rw_waves_clear(rw_waves *w);
#endif
