/* Which tensor holds the bytes of a storage while recorded calls are walked. Private to
 * traces/import_aten*.c. */
#ifndef TRACES_IMPORT_ATEN_STORAGE_H
#define TRACES_IMPORT_ATEN_STORAGE_H

#include "traces/import_aten.h"

/* The newest tensor in a storage, and the last view of it that was declared. */
struct aten_stored {
    uint64_t storage; /* 0: free slot */
    const struct tensor *owner, *view;
};

struct aten_storage {
    struct import_context *context;
    struct aten_stored *stored;
    size_t stored_count, stored_capacity; /* a power of two */
    uint64_t names;                       /* tensors named so far */
    bool has_input;                       /* the first tensor nobody wrote is the data */
};

const char *aten_name(struct aten_storage *table); /* of the next tensor */
struct tensor aten_tensor_of(struct aten_storage *table, const struct aten_argument *argument,
                             enum tensor_role role);
bool aten_is_same(const struct tensor *a, const struct tensor *b);
const struct tensor *aten_read_tensor(struct aten_storage *table,
                                      const struct aten_argument *argument, const char *place,
                                      struct error *err);
void aten_write_tensor(struct aten_storage *table, const struct aten_argument *argument,
                       const struct tensor *tensor);

#endif
