/* Writing needs to know the last use of a tensor before it writes the uses, so records are
 * spooled to an unnamed file as they come, with a note per tensor of the operator that used its
 * bytes last; `finish` reads the spool once, adds the marks, and renames the result into place.
 */
#include "traces/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/trace_output.h"

static const uint64_t NEVER = UINT64_MAX;

struct written_tensor {
    struct tensor tensor; /* first: the address is the tensor's */
    struct tensor_contents contents;
    uint64_t last_use; /* operator that used the bytes last; kept at their owner */
};

struct trace_writer {
    struct sink sink; /* first */
    struct arena arena;
    char *path;
    FILE *spool;
    struct error error;
    struct written_tensor **tensors;
    size_t tensor_count, tensor_room;
    uint64_t operators;
    struct trace_output *output;
};

static struct written_tensor *owner_of(const struct tensor *tensor)
{
    return (struct written_tensor *)(uintptr_t)tensor_owner(tensor);
}

static void spool_quoted(FILE *to, const char *text)
{
    putc('"', to);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(to, "\\x%02x", c);
        else
            putc(c, to);
    }
    putc('"', to);
}

static void spool_contents(struct trace_writer *writer, const struct tensor *tensor)
{
    unsigned char bytes[4096 * 8];
    size_t width = tensor->format.bits / 8u;
    const struct tensor_contents *contents = tensor->contents;
    for (uint64_t done = 0; done < contents->count;) {
        size_t part = contents->count - done < 4096 ? (size_t)(contents->count - done) : 4096;
        if (!trace_contents_pack(tensor->format, contents->values + done, part, bytes))
            error_set(&writer->error, "contents of tensor \"%.100s\" do not fit its format",
                      tensor->name);
        fwrite(bytes, width, part, writer->spool);
        done += part;
    }
    putc('\n', writer->spool);
}

static void spool_tensor(struct trace_writer *writer, const struct tensor *tensor)
{
    FILE *to = writer->spool;
    char format[16], density[NUMBER_TEXT_BYTES];
    number_format_name(tensor->format, format);
    fprintf(to, "tensor %%%llu ", (unsigned long long)tensor->id);
    spool_quoted(to, tensor->name);
    fputs(" [", to);
    for (int32_t i = 0; i < tensor->rank; i++)
        fprintf(to, "%s%lld", i ? "," : "", (long long)tensor->shape[i]);
    fprintf(to, "] %s %s", format, tensor_role_name(tensor->role));
    if (tensor->density != 1) {
        trace_real_text(tensor->density, density);
        fprintf(to, " density=%s", density);
    }
    if (tensor->view_of)
        fprintf(to, " view=%%%llu", (unsigned long long)tensor->view_of->id);
    if (!tensor->contents) {
        putc('\n', to);
        return;
    }
    int width = trace_contents_width(tensor->format);
    if (!width || tensor->contents->count != tensor_elements(tensor)) {
        error_set(
            &writer->error,
            "contents of tensor \"%.100s\" need one value per element and an integer format",
            tensor->name);
        return;
    }
    fprintf(to, " contents=%llu\n",
            (unsigned long long)(tensor->contents->count * (uint64_t)width));
    spool_contents(writer, tensor);
}

static const struct tensor *add_tensor(struct sink *sink, const struct tensor *declaration)
{
    struct trace_writer *writer = (struct trace_writer *)sink;
    if (writer->tensor_count == writer->tensor_room) {
        size_t room = writer->tensor_room ? writer->tensor_room * 2 : 256;
        writer->tensors = arena_grow(&writer->arena, writer->tensors, writer->tensor_count,
                                     room, sizeof *writer->tensors);
        writer->tensor_room = room;
    }
    struct written_tensor *tensor = arena_alloc(&writer->arena, sizeof *tensor);
    tensor->tensor = *declaration;
    tensor->tensor.id = writer->tensor_count;
    tensor->tensor.name = arena_copy_text(&writer->arena, declaration->name);
    tensor->last_use = NEVER;
    writer->tensors[writer->tensor_count++] = tensor;
    spool_tensor(writer, &tensor->tensor);
    if (declaration->contents && declaration->contents->count <= TENSOR_RANK_MAX * 2) {
        /* Short ones (shapes, axes) stay readable for shape rules; long ones are on disk. */
        size_t count = (size_t)declaration->contents->count;
        int64_t *values = arena_array(&writer->arena, count ? count : 1, sizeof *values);
        memcpy(values, declaration->contents->values, count * sizeof *values);
        tensor->contents = (struct tensor_contents){count, values};
        tensor->tensor.contents = &tensor->contents;
    } else
        tensor->tensor.contents = NULL;
    return &tensor->tensor;
}

static void spool_use(struct trace_writer *writer, const struct tensor *tensor)
{
    if (!tensor) {
        fputs(" -", writer->spool);
        return;
    }
    owner_of(tensor)->last_use = writer->operators;
    fprintf(writer->spool, " %%%llu", (unsigned long long)tensor->id);
}

static void spool_attribute(FILE *to, const struct attribute *attribute)
{
    char real[NUMBER_TEXT_BYTES];
    fprintf(to, " %s=", attribute->name);
    switch (attribute->kind) {
    case ATTRIBUTE_INTEGERS:
        for (uint32_t i = 0; i < attribute->count; i++)
            fprintf(to, "%s%lld", i ? "," : "", (long long)attribute->integers[i]);
        break;
    case ATTRIBUTE_REAL:
        trace_real_text(attribute->real, real);
        fputs(real, to);
        break;
    case ATTRIBUTE_TEXT:
        spool_quoted(to, attribute->text);
        break;
    }
}

/* A generator's or importer's mistake shows here, at the operator that has it. */
static void add_operator(struct sink *sink, const struct operator* op)
{
    struct trace_writer *writer = (struct trace_writer *)sink;
    FILE *to = writer->spool;
    if (writer->error.is_set || !op->spec->check(op, &writer->error))
        return;
    fprintf(to, "op %s ", op->spec->name);
    spool_quoted(to, op->name);
    for (uint32_t i = 0; i < op->input_count; i++)
        spool_use(writer, op->inputs[i]);
    fputs(" ->", to);
    for (uint32_t i = 0; i < op->output_count; i++)
        spool_use(writer, op->outputs[i]);
    for (uint32_t i = 0; i < op->attribute_count; i++)
        spool_attribute(to, &op->attributes[i]);
    putc('\n', to);
    writer->operators++;
}

static const struct tensor *tensor_at(const struct trace_writer *writer, const char *digits)
{
    return &writer->tensors[strtoull(digits, NULL, 10)]->tensor;
}

/* Copies an operator's line and marks the last uses: a '%' outside of quotes is a tensor. */
static void finish_operator(struct trace_writer *writer, const char *line, uint64_t index)
{
    bool is_quoted = false;
    const char *from = line, *at = line;
    for (; *at; at++) {
        if (is_quoted && *at == '\\')
            at++;
        else if (*at == '"')
            is_quoted = !is_quoted;
        else if (*at == '%' && !is_quoted) {
            const char *digits = at + 1;
            at += strspn(digits, "0123456789");
            trace_output_add(writer->output, from, (size_t)(at + 1 - from));
            from = at + 1;
            if (owner_of(tensor_at(writer, digits))->last_use == index)
                trace_output_add(writer->output, "!", 1);
        }
    }
    trace_output_add(writer->output, from, (size_t)(at - from));
}

static bool copy_block(struct trace_writer *writer, uint64_t count, bool is_kept)
{
    char bytes[64 * 1024];
    while (count > 0) {
        size_t part = count < sizeof bytes ? (size_t)count : sizeof bytes;
        if (fread(bytes, 1, part, writer->spool) != part)
            return error_set(&writer->error, "the spool cannot be read back");
        if (is_kept)
            trace_output_add(writer->output, bytes, part);
        count -= part;
    }
    return true;
}

static bool copy_spool(struct trace_writer *writer)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t index = 0, tensors = 0;
    ssize_t length;
    bool is_good = true;
    rewind(writer->spool);
    trace_output_add(writer->output, "cleave-trace 1\n", 15);
    while (is_good && (length = getline(&line, &room, writer->spool)) > 0) {
        if (line[0] == 'o') {
            finish_operator(writer, line, index++);
            continue;
        }
        bool is_kept = owner_of(tensor_at(writer, line + 8))->last_use != NEVER;
        if (is_kept)
            trace_output_add(writer->output, line, (size_t)length);
        tensors += is_kept;
        /* A quoted name may hold these letters too: the mark stands behind the last quote. */
        const char *contents = strstr(strrchr(line, '"'), " contents=");
        if (contents)
            is_good = copy_block(writer, strtoull(contents + 10, NULL, 10) + 1, is_kept);
    }
    free(line);
    if (is_good)
        trace_output_end(writer->output, tensors, index);
    return is_good;
}

void trace_writer_abandon(struct sink *sink)
{
    struct trace_writer *writer = (struct trace_writer *)sink;
    if (!writer)
        return;
    trace_output_abandon(writer->output);
    if (writer->spool)
        fclose(writer->spool);
    arena_free(&writer->arena);
    free(writer->path);
    free(writer);
}

static bool finish(struct sink *sink, struct error *err)
{
    struct trace_writer *writer = (struct trace_writer *)sink;
    if (!writer->error.is_set && (fflush(writer->spool) != 0 || ferror(writer->spool)))
        error_set(&writer->error, "%.200s: cannot be spooled: %s", writer->path,
                  strerror(errno));
    bool is_good = !writer->error.is_set && copy_spool(writer);
    if (is_good) {
        is_good = trace_output_close(writer->output, &writer->error);
        writer->output = NULL;
    }
    if (!is_good)
        error_set(err, "%s", writer->error.text);
    trace_writer_abandon(sink);
    return is_good;
}

struct sink *trace_writer_open(const char *path, struct error *err)
{
    struct trace_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        error_set(err, "no memory to write %.200s", path);
        return NULL;
    }
    writer->sink = (struct sink){add_tensor, add_operator, finish};
    writer->path = strdup(path);
    writer->spool = tmpfile();
    writer->output = writer->spool ? trace_output_open(path, err) : NULL;
    if (!writer->path || !writer->output) {
        error_set(err, "%.200s: cannot be written: %s", path, strerror(errno));
        trace_writer_abandon(&writer->sink);
        return NULL;
    }
    return &writer->sink;
}
