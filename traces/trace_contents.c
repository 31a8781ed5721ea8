#include "traces/trace_contents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHUNK = 8192 };

int trace_contents_width(struct number_format format)
{
    if (format.class != NUMBER_SIGNED && format.class != NUMBER_UNSIGNED)
        return 0;
    switch (format.bits) {
    case 8:
    case 16:
    case 32:
    case 64:
        return format.bits / 8;
    default:
        return 0;
    }
}

static bool unpack(struct number_format format, const unsigned char *bytes, size_t count,
                   int64_t *values)
{
    unsigned width = format.bits / 8u, shift = 64u - format.bits;
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 0;
        for (unsigned b = 0; b < width; b++)
            value |= (uint64_t)bytes[i * width + b] << (8 * b);
        if (format.class == NUMBER_SIGNED && shift) {
            uint64_t sign = (uint64_t)1 << (format.bits - 1);
            value = (value ^ sign) - sign;
        } else if (format.class == NUMBER_UNSIGNED && value > INT64_MAX)
            return false;
        values[i] = (int64_t)value;
    }
    return true;
}

bool trace_contents_pack(struct number_format format, const int64_t *values, size_t count,
                         unsigned char *bytes)
{
    unsigned width = format.bits / 8u;
    for (size_t i = 0; i < count; i++) {
        uint64_t value = (uint64_t)values[i];
        for (unsigned b = 0; b < width; b++)
            bytes[i * width + b] = (unsigned char)(value >> (8 * b));
    }
    int64_t back;
    for (size_t i = 0; i < count; i++)
        if (!unpack(format, bytes + i * width, 1, &back) || back != values[i])
            return false;
    return true;
}

static bool read_values(struct trace_source *source, const struct live_tensor *record,
                        uint64_t count, int64_t *values, FILE *spilled, struct error *err)
{
    unsigned char bytes[CHUNK * 8];
    int64_t some[CHUNK];
    struct number_format format = record->tensor.format;
    size_t width = (size_t)trace_contents_width(format);
    for (uint64_t done = 0; done < count;) {
        size_t part = count - done < CHUNK ? (size_t)(count - done) : CHUNK;
        if (!trace_source_block(source, bytes, part * width, err))
            return false;
        if (!unpack(format, bytes, part, values ? values + done : some))
            return trace_source_error(source, err, "contents of \"%.100s\" exceed 2^63",
                                      record->tensor.name);
        if (spilled && fwrite(some, sizeof *some, part, spilled) != part)
            return trace_source_error(source, err, "contents cannot be spilled: %s",
                                      strerror(errno));
        done += part;
    }
    return true;
}

static bool spill(struct trace_source *source, struct live_tensor *record, uint64_t count,
                  struct error *err)
{
    FILE *file = tmpfile();
    if (!file)
        return trace_source_error(source, err, "contents cannot be spilled: %s",
                                  strerror(errno));
    bool is_good = read_values(source, record, count, NULL, file, err);
    if (is_good && fflush(file) != 0)
        is_good =
            trace_source_error(source, err, "contents cannot be spilled: %s", strerror(errno));
    if (is_good) {
        record->mapped_bytes = (size_t)count * sizeof(int64_t);
        void *mapped =
            mmap(NULL, record->mapped_bytes, PROT_READ, MAP_PRIVATE, fileno(file), 0);
        if (mapped == MAP_FAILED)
            is_good = trace_source_error(source, err, "contents cannot be mapped: %s",
                                         strerror(errno));
        else {
            record->mapped = mapped;
            record->contents.values = mapped;
        }
    }
    fclose(file);
    return is_good;
}

bool trace_contents_read(struct trace_source *source, struct live_tensor *record,
                         struct error *err)
{
    uint64_t count = tensor_elements(&record->tensor);
    record->contents.count = count;
    char feed;
    if (count * sizeof(int64_t) > TRACE_SPILL_BYTES) {
        if (!spill(source, record, count, err))
            return false;
    } else {
        int64_t *values = malloc(count ? (size_t)count * sizeof *values : 1);
        if (!values)
            return trace_source_error(source, err, "no memory for contents");
        record->contents.values = values;
        record->tensor.contents = &record->contents;
        if (!read_values(source, record, count, values, NULL, err))
            return false;
    }
    record->tensor.contents = &record->contents;
    if (!trace_source_block(source, &feed, 1, err))
        return false;
    return feed == '\n' ||
           trace_source_error(source, err,
                              "contents of \"%.100s\" are not followed by a line end",
                              record->tensor.name);
}
