/* address.h - http(s) addresses: which are accepted, and what of them may be shown. */
#ifndef RW_NET_ADDRESS_H
#define RW_NET_ADDRESS_H
#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

enum { RW_MAX_ADDRESS = 8192 }; /* bytes; signed addresses of object stores are long */

typedef struct rw_address {
    bool https;
    char host[256];   /* lower case; an IPv6 host with its brackets */
    int port;         /* the scheme's own when none is given */
    const char *path; /* within what was split: "/a?b", "" when absent */
} rw_address;

/** Whether a PATH is meant as an address: "scheme://" at its beginning, of any scheme. */
bool rw_is_address(const char *path);

/** Take an address apart. E_ARGUMENT in one sentence, which shows neither credentials nor query:
 *  another scheme than http and https, a user or password before the host, a host or port that
 *  is none, bytes that belong into no address. Nothing here is more lenient than libcurl. */
ropewalk_status rw_address_split(const char *text, rw_address *out, ropewalk_error *err);

/** What is fetched for what a person pasted: a page of huggingface.co that shows a file
 *  (/ORG/REPO/blob/...) is the file, and a repository is its config.json. Everything else stays;
 *  a fragment goes. */
void rw_address_of_file(const char *text, const rw_address *address, rw_text *out);

/** Whether a redirect is followed: not from an encrypted to an unencrypted address. */
bool rw_address_may_lead_to(const rw_address *from, const rw_address *to);

/** For messages and provenance: without query and fragment, which may hold signatures. */
void rw_address_shown(const char *text, rw_text *out);

/** Whether a Hugging Face token may be sent there: only to huggingface.co itself, encrypted. */
bool rw_address_may_know_token(const rw_address *address);
#endif
