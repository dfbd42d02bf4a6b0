/* given_record.h - what one query's measurement found, as bytes: between processes. */
#ifndef RW_AUDIT_GIVEN_RECORD_H
#define RW_AUDIT_GIVEN_RECORD_H
#include "base/pack.h"
#include "base/status.h"
#include "result/given.h"

void rw_given_pack(const rw_given *g, uint32_t query, rw_packer *out);
/** Into the query's rows of `g`, which has its shape already. E_FORMAT for bytes that are no such
 *  record. */
ropewalk_status rw_given_unpack(rw_unpacker *in, uint32_t query, rw_given *g,
                                ropewalk_error *err);
#endif
