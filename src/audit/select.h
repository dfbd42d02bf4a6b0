/* select.h - which queries and keys of a captured head are examined (A1).
 *
 * Queries: distinct rows of the second half of the text. Random keys: rows of the first half,
 * the same for every query of a head, so that queries and keys are crossed. Attended keys: for
 * each query the rows of highest real softmax weight among all earlier captured rows (within the
 * window of a sliding layer). The sink is the row of position 0, always apart. Special tokens,
 * the query itself and keys whose vector repeats one already chosen are never keys. */
#ifndef RW_AUDIT_SELECT_H
#define RW_AUDIT_SELECT_H
#include "format/qkfile.h"
#include "position/rotation.h"

typedef struct rw_selection {
    uint32_t n_query, n_attended,
        n_random;    /* wanted; what was found is in the counts below */
    uint32_t *query; /* [n_query] rows */
    uint32_t found_query;
    uint32_t *random; /* [n_random] rows, shared by the queries */
    uint32_t found_random;
    uint32_t *attended;       /* [n_query][n_attended] */
    uint32_t *found_attended; /* [n_query] */
    int has_sink;             /* row 0 is position 0 */
    int64_t skipped_identical, skipped_special;
} rw_selection;

/* cos and sin of position times frequency for every captured row: [n_row][n_pair][2]. */
typedef struct rw_angles {
    uint32_t n_row, n_pair;
    double *cos_sin;
} rw_angles;
ropewalk_status rw_angles_init(rw_angles *a, const rw_qkfile *file,
                               const rw_rotation *rot, ropewalk_error *err);
void rw_angles_clear(rw_angles *a);

ropewalk_status rw_selection_init(rw_selection *s, uint32_t n_query, uint32_t n_attended,
                                  uint32_t n_random, ropewalk_error *err);
void rw_selection_clear(rw_selection *s);

/** The same query rows for every head of a text. E_ARGUMENT when the text is too short. */
ropewalk_status rw_select_queries(rw_selection *s, const rw_qkfile *file, uint64_t seed,
                                  uint64_t stream, ropewalk_error *err);

/** Keys for one head. q: [n_query][head_dim] of the selected rows, k: [n_row][head_dim].
 *  window 0: full attention. scratch: 2 n_row doubles. */
void rw_select_keys(rw_selection *s, const rw_qkfile *file, const rw_rotation *rot,
                    const rw_angles *angles, uint32_t head_dim, int64_t window,
                    const double *q, const double *k, uint64_t seed, uint64_t stream,
                    double *scratch);
#endif
