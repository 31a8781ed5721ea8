/* Two words of hash: equal digests are taken for equal contents. Private to arch/chip. */
#ifndef ARCH_CHIP_DIGEST_H
#define ARCH_CHIP_DIGEST_H

#include <stddef.h>
#include <stdint.h>

struct digest {
    uint64_t a, b;
};

void digest_add(struct digest *digest, uint64_t word);
void digest_bytes(struct digest *digest, const void *bytes, size_t count);

#endif
