/* The vector family: lanes that do anything element by element. Every chip's activation and
 * pooling unit is one, and so is the unit of last resort: it supports all ten primitives. */
#ifndef ARCH_VECTOR_VECTOR_H
#define ARCH_VECTOR_VECTOR_H

#include "arch/family/family.h"

extern const struct family VECTOR_FAMILY;

#endif
