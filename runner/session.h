/* session.h - a model and its tokens: loading, llama.cpp's log, and text to token ids. */
#ifndef RW_RUNNER_SESSION_H
#define RW_RUNNER_SESSION_H
#include <jansson.h>
#include <llama.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef enum rw_add_bos { RW_ADD_BOS_AUTO, RW_ADD_BOS_YES, RW_ADD_BOS_NO } rw_add_bos;

/** Start llama.cpp. Its log is silent unless `verbose`; the first error line is kept for messages. */
void rw_session_start(bool verbose);
void rw_session_stop(void);
/** Before a model is loaded: large products by a BLAS, if one was set up beside llama.cpp. It keeps
 *  activations in float32 where llama.cpp's own products of quantised weights round them. */
void rw_session_use_blas(uint32_t n_thread);
/** Forget the kept error line. */
void rw_session_log_reset(void);
/** ": what llama.cpp said", or "" when it said nothing. */
const char *rw_session_log(void);

ropewalk_status rw_session_load(const char *path, bool vocab_only,
                                struct llama_model **out, ropewalk_error *err);

/** A whole text file. E_FORMAT naming the byte when it is not UTF-8 or holds a NUL byte. */
ropewalk_status rw_session_read_text(const char *path, char **text, size_t *n_byte,
                                     ropewalk_error *err);
/** @param tokens  rw_malloc'ed. Special words inside the text stay plain text. */
ropewalk_status rw_session_tokenize(const struct llama_vocab *vocab, const char *text,
                                    size_t n_byte, rw_add_bos add_bos,
                                    llama_token **tokens, uint32_t *n_token,
                                    ropewalk_error *err);
/** A control token, or one that begins or ends a text. */
bool rw_session_is_special(const struct llama_vocab *vocab, llama_token token);
/** The token's text as JSON; bytes that are no UTF-8 by themselves become U+FFFD. */
json_t *rw_session_piece(const struct llama_vocab *vocab, llama_token token);
/** A metadata string of the model, or the fallback. */
void rw_session_meta(const struct llama_model *model, const char *key,
                     const char *fallback, char *out, size_t n);
#endif
