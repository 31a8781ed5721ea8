#include "arch/chip/digest.h"

#include <string.h>

void digest_add(struct digest *digest, uint64_t word)
{
    digest->a = (digest->a ^ word) * 0x9E3779B97F4A7C15u;
    digest->a ^= digest->a >> 29;
    digest->b = (digest->b + word) * 0xD6E8FEB86659FD93u;
    digest->b ^= digest->b >> 32;
}

void digest_bytes(struct digest *digest, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i += 8) {
        uint64_t word = 0;
        memcpy(&word, at + i, count - i < 8 ? count - i : 8);
        digest_add(digest, word);
    }
}
