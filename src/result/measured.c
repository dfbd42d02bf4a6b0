/* measured.c - names of the events. */
#include "result/measured.h"

const char *rw_event_name(rw_event event)
{
    switch (event) {
    case RW_EVENT_POSITION_INVERSION: return "position_inversion";
    case RW_EVENT_POSITION_ALIASING: return "position_aliasing";
    case RW_EVENT_POSITIONAL_INSENSITIVITY: return "positional_insensitivity";
    case RW_EVENT_TOKEN_INVERSION: return "token_inversion";
    case RW_EVENT_TOKEN_ALIASING: return "token_aliasing";
    case RW_EVENT_ATTENTION_INVARIANCE: return "attention_invariance";
    case RW_EVENT_CROSS_ALIASING: return "cross_aliasing";
    case RW_N_EVENT: break;
    }
    return "unknown";
}
