/* league_result.h - the shipped models side by side, each at its advertised context: plain data. */
#ifndef RW_RESULT_LEAGUE_RESULT_H
#define RW_RESULT_LEAGUE_RESULT_H
#include "result/model_info.h"
#include "result/theory_result.h"

/* Layers of one model that attend alike and turn alike. */
typedef struct rw_league_row {
    char *model, *title, *layers; /* owned: "llama-3.1-8b", "Llama-3.1-8B", "0-31" */
    rw_attention attention;
    uint32_t n_layer; /* of this row */
    char mechanism[24];
    uint32_t head_dim, rotary_dim;
    double rope_theta, attn_factor;
    int64_t context, trained,
        window;                    /* advertised; before scaling; 0: not stated, none */
    int64_t effective;             /* the advertised context, at most the window */
    uint32_t n_pair;               /* that turn at all */
    uint32_t never_turned;         /* of them: not once within `effective` */
    uint32_t never_turned_trained; /* not once within the trained length (or window) */
    const char *why;               /* static: why there is no `theory`; else NULL */
    const rw_theory *theory; /* one table, one context; rows of one table share it */
} rw_league_row;

typedef struct rw_league {
    rw_league_row *row;
    uint32_t n_row;
    rw_theory *theory;
    uint32_t n_theory;
    uint32_t n_draw, dtypes;
    int64_t count_limit;
    bool counting;
} rw_league;

void rw_league_init(rw_league *l);
void rw_league_clear(rw_league *l);
#endif
