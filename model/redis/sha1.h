/* SHA-1 (RFC 3174), for DEBUG DIGEST alone. */
#ifndef MODEL_REDIS_SHA1_H
#define MODEL_REDIS_SHA1_H

#include <stddef.h>

#define SHA1_SIZE 20

void sha1(const void *bytes, size_t n, unsigned char digest[SHA1_SIZE]);

#endif
