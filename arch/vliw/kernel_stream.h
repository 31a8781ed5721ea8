/* What a kernel on one core asks of the memory behind its cache, in the order and at the cycles
 * of its schedule: cycle 0 is the call, and bank stalls are included, but not the waits for
 * memory, which whoever plays the events adds. A core in lock-step never reorders accesses, so
 * which of them miss does not hang on when the answers come.
 *
 * Exact, but not access by access: when one iteration of a loop has missed nothing, those that
 * follow touch the same lines in the same order until a stream enters a new line; they hit, and
 * leave the order of use as it is. They are skipped. */
#ifndef ARCH_VLIW_KERNEL_STREAM_H
#define ARCH_VLIW_KERNEL_STREAM_H

#include "arch/vliw/bank_stall.h"
#include "arch/vliw/kernel_record.h"
#include "arch/vliw/kernel_tally.h"
#include "arch/vliw/line_cache.h"

enum cache_writes {
    CACHE_ALLOCATE, /* written lines are fetched and written back when they leave */
    CACHE_AROUND,   /* writes that miss go on to the next level; those that hit stay */
    CACHE_THROUGH   /* every write goes on */
};

struct cache_rules {
    int64_t sets, ways, line_bytes; /* sets 0: no cache */
    enum cache_writes writes;
};

enum kernel_event_kind {
    KERNEL_READ,   /* a line that a load waits for */
    KERNEL_FETCH,  /* a line that is written to */
    KERNEL_WRITE,  /* leaves for the next level */
    KERNEL_BUNDLE, /* accesses of one bundle (is_bundled) */
    KERNEL_END
};

struct kernel_event {
    uint64_t cycle; /* of issue; KERNEL_END: all cycles but waits */
    enum kernel_event_kind kind;
    uint64_t address;
    int64_t bytes;
    int latency; /* KERNEL_READ: cycles after which the data is used */
    /* KERNEL_BUNDLE: accesses and iteration of their loop; borrowed until the next call. */
    const struct kernel_access *accesses;
    int access_count;
    int64_t iteration, passes; /* an access works on pass iteration - stage, if that is one */
};

struct kernel_stream {
    struct arena *arena;
    struct kernel_walk walk;
    struct kernel_tally tally;
    struct data_layout layout;
    struct access_list **lists; /* per schedule; NULL: not seen yet */
    struct bank_count *banks;
    struct cache_rules rules;
    struct line_cache cache;
    const struct kernel_record *record; /* steps come from here; NULL: from the walk */
    size_t recorded;                    /* steps taken */
    bool is_bundled; /* every bundle that accesses data is an event; bank stalls are left out */
    bool is_quiet;   /* every line is there, and nothing ever leaves */
    bool is_ended;
    /* The part at hand. */
    struct kernel_step step;
    struct kernel_part parts[2];
    int part_count, part_at;
    struct access_list *list; /* NULL: none is under way */
    int64_t iteration, iterations;
    uint64_t start;
    struct kernel_event *events; /* not taken yet */
    size_t event_at, event_count, event_room;
};

/* Over regions from `first` up to `end` (NULL: all). */
/* `record` may be set before the first kernel_stream_next. */
bool kernel_stream_begin(struct kernel_stream *stream, struct kernel_plan *plan,
                         const struct region *first, const struct region *end,
                         const struct cache_rules *rules, struct arena *arena,
                         struct error *err);
/* Starts again over passes [from, to) of a loop of the top list (NULL: all), cache kept. */
void kernel_stream_restart(struct kernel_stream *stream, const struct region *first,
                           const struct loop_statement *part, int64_t from, int64_t to);
/* False with err set; after KERNEL_END it must not be called. */
bool kernel_stream_next(struct kernel_stream *stream, struct kernel_event *event);

#endif
