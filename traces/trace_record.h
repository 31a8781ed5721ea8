/* The reader's insides: one function per kind of record. Each takes a line behind its first
 * word and checks it against all that came before. Private to traces/. */
#ifndef TRACES_TRACE_RECORD_H
#define TRACES_TRACE_RECORD_H

#include "traces/trace.h"
#include "traces/trace_live.h"
#include "traces/trace_source.h"
#include "traces/trace_text.h"

enum { TRACE_ATTRIBUTES_MAX = 64, TRACE_SPEC_SLOTS = 1024 };

struct trace_reader {
    struct trace_source *source;
    struct live_table live;
    struct trace_counts counts; /* of the whole file, once checked */
    uint64_t tensors, operators;
    uint64_t next_number; /* tensor numbers ascend */
    bool is_checked, has_ended;
    struct live_tensor
        *dying[2 * OPERATOR_TENSORS_MAX]; /* owners used up by the last operator */
    uint32_t dying_count;
    /* Owners used up by each of the last operators: a ring of `hold_count` chains. */
    struct live_tensor **dead;
    uint64_t hold_count;
    /* Of the current operator; text and integers have room for a whole line. */
    const struct tensor *inputs[OPERATOR_TENSORS_MAX], *outputs[OPERATOR_TENSORS_MAX];
    bool is_last_use[OPERATOR_TENSORS_MAX];
    struct attribute attributes[TRACE_ATTRIBUTES_MAX];
    char *text;
    int64_t *integers;
    size_t room, text_used, integers_used;
    const struct operator_spec *specs[TRACE_SPEC_SLOTS]; /* by hash of the name */
};

void trace_index_specs(struct trace_reader *reader);
bool trace_read_tensor(struct trace_reader *reader, struct cursor *cursor, struct error *err);
bool trace_read_operator(struct trace_reader *reader, struct cursor *cursor,
                         struct operator* op, struct error *err);
/* "expected WHAT, found 'TEXT'" at the cursor; always false. */
bool trace_wanted(const struct trace_reader *reader, const struct cursor *cursor,
                  const char *what, struct error *err);

#endif
