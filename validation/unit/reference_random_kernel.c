#include "random_kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 160, DEPTH = 3 };

struct writer {
    char *text;
    size_t length;
    uint64_t state;
    bool has_floats;
    const char *type; /* of the loop's data */
    const char *index;
    int offset_most; /* of subscripts */
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written =
        vsnprintf(w->text + w->length, RANDOM_KERNEL_BYTES - w->length, format, arguments);
    va_end(arguments);
    if (written > 0 && w->length + (size_t)written < RANDOM_KERNEL_BYTES)
        w->length += (size_t)written;
}

static int draw(struct writer *w, int count)
{
    return (int)(random_next(&w->state) % (uint32_t)count);
}

static bool is_float(const struct writer *w)
{
    return w->type[0] == 'f';
}

/* An element near the index: in place, shifted, with a stride, or gathered. */
static void put_element(struct writer *w)
{
    static const char *const NAMES[] = {"x", "y", "z"};
    const char *name = NAMES[draw(w, 3)];
    switch (draw(w, 8)) {
    case 0:
        put(w, "%s[2 * %s + %d]", name, w->index, draw(w, 3));
        return;
    case 1:
        put(w, "%s[g[%s]]", name, w->index);
        return;
    case 2:
    case 3:
        put(w, "%s[%s + %d]", name, w->index, draw(w, w->offset_most + 1));
        return;
    default:
        put(w, "%s[%s]", name, w->index);
    }
}

static void put_expression(struct writer *w, int depth)
{
    static const char *const INTEGER[] = {"+", "-", "*", "&", "|", "^"};
    if (depth == 0 || draw(w, 4) == 0) {
        if (draw(w, 5) == 0)
            put(w, is_float(w) ? "0.%d" : "%d", 1 + draw(w, 9));
        else if (draw(w, 8) == 0)
            put(w, "%s(%s)", w->type, w->index);
        else
            put_element(w);
        return;
    }
    int kind = draw(w, is_float(w) ? 7 : 14);
    if (kind < 4) {
        put(w, "(");
        put_expression(w, depth - 1);
        put(w, " %s ", INTEGER[draw(w, is_float(w) ? 3 : 6)]);
        put_expression(w, depth - 1);
        put(w, ")");
    } else if (kind < 6) {
        put(w, "%s(", kind == 4 ? "min" : "max");
        put_expression(w, depth - 1);
        put(w, ", ");
        put_expression(w, depth - 1);
        put(w, ")");
    } else if (kind == 6) {
        put(w, "(");
        put_element(w);
        put(w, draw(w, 2) ? " < " : " == ");
        put_element(w);
        put(w, " ? ");
        put_expression(w, depth - 1);
        put(w, " : ");
        put_expression(w, depth - 1);
        put(w, ")");
    } else if (kind == 7) {
        put(w, "(");
        put_expression(w, depth - 1);
        put(w, " %s %d)", draw(w, 2) ? ">>" : "<<", draw(w, 4));
    } else if (kind == 8) {
        put(w, "abs(");
        put_expression(w, depth - 1);
        put(w, ")");
    } else if (kind == 9) {
        put(w, "%s(", draw(w, 2) ? "sadd" : "ssub");
        put_element(w);
        put(w, ", ");
        put_element(w);
        put(w, ")");
    } else if (kind == 10) {
        put(w, "sat_i16(i32(");
        put_expression(w, depth - 1);
        put(w, ") * %d)", 1 + draw(w, 900));
    } else if (kind == 11) {
        put(w, "(i32(");
        put_expression(w, depth - 1);
        put(w, ") %s %d)", draw(w, 2) ? "/" : "%", 1 << (1 + draw(w, 4)));
    } else {
        put(w, "%s(", draw(w, 2) ? "i16" : "u8");
        put_expression(w, depth - 1);
        put(w, ")");
    }
}

static void put_update(struct writer *w, const char *place)
{
    put(w, "%s ", place);
    switch (draw(w, is_float(w) ? 3 : 5)) {
    case 0:
        put(w, "-= ");
        break;
    case 1:
        put(w, "= max(%s, %s(", place, w->type);
        put_expression(w, 1);
        put(w, "))\n");
        return;
    case 3:
        put(w, "^= ");
        break;
    default:
        put(w, "+= ");
    }
    put_expression(w, 2);
    put(w, "\n");
}

static void put_statement(struct writer *w, int depth)
{
    char place[64];
    snprintf(place, sizeof place, "r[%s + %d]", w->index, draw(w, 3) ? 0 : draw(w, 4));
    switch (draw(w, 10)) {
    case 0:
    case 1:
        put_update(w, draw(w, 2) ? "s" : "t");
        return;
    case 2: /* a recurrence through memory */
        put(w, "r[%s + %d] = %s(r[%s] + ", w->index, 1 + draw(w, 3), w->type, w->index);
        put_expression(w, 1);
        put(w, ")\n");
        return;
    case 3:
        put(w, "t = %s(t ", w->type);
        put(w, is_float(w) ? "* 0.5 + " : ">> 1) + %s(", w->type);
        put_expression(w, 1);
        put(w, ")\n");
        return;
    case 4:
    case 5:
        if (depth > 0) {
            put(w, "if ");
            put_element(w);
            put(w, " > ");
            put_element(w);
            put(w, " {\n");
            put_statement(w, depth - 1);
            put(w, "}");
            if (draw(w, 2)) {
                put(w, " else {\n");
                put_statement(w, depth - 1);
                put(w, "}");
            }
            put(w, "\n");
            return;
        }
        /* fall through */
    default:
        put(w, "%s = %s(", place, w->type);
        put_expression(w, DEPTH);
        put(w, ")\n");
    }
}

/* A sum of products over an inner loop, as filters and matrices have them. */
static void put_products(struct writer *w)
{
    int taps = 1 + draw(w, 12);
    put(w, "a : i32 = 0\n");
    if (is_float(w))
        put(w, "b : %s = 0.0\n", w->type);
    put(w, "for k in 0 .. %d { ", taps);
    if (is_float(w))
        put(w, "b %s x[%s + k] * y[k] }\n", draw(w, 4) ? "+=" : "-=", w->index);
    else
        put(w, "a %s x[%s + k] * y[k]%s }\n", draw(w, 4) ? "+=" : "-=", w->index,
            draw(w, 3) ? "" : " - z[k]");
    put(w, "r[%s] = %s(%s)\n", w->index, w->type, is_float(w) ? "b" : "a >> 2");
}

static void put_hints(struct writer *w)
{
    if (draw(w, 3) == 0)
        put(w, " unroll %d", 1 + draw(w, 9));
    if (draw(w, 12) == 0)
        put(w, " sequential");
}

void random_kernel_make(char text[RANDOM_KERNEL_BYTES], uint64_t seed, bool has_floats)
{
    static const char *const TYPES[] = {"i16", "i16", "u8", "i32", "i8", "u16", "f32"};
    struct writer w = {.text = text, .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 11};
    random_next(&w.state);
    w.type = TYPES[draw(&w, has_floats ? 7 : 6)];
    w.offset_most = 7;
    text[0] = '\0';
    put(&w, "kernel k\n");
    for (const char *name = "xyz"; *name; name++)
        put(&w, "array %c[%d] : %s%s\n", *name, ROOM, w.type,
            draw(&w, 4) == 0 ? " aligned 4" : "");
    put(&w, "array g[%d] : i32 = random 0 .. %d\narray r[%d] : %s\n", ROOM, ROOM - 1, ROOM,
        w.type);
    put(&w, "scalar s : %s = 3\nscalar t : %s = 1\n", is_float(&w) ? w.type : "i32", w.type);
    int shape = draw(&w, 5), trips = 1 + draw(&w, 70);
    w.index = "i";
    if (shape == 0) { /* a nest with an inner loop of products */
        put(&w, "for i in %d .. %d", draw(&w, 3), 2 + draw(&w, 30));
        put(&w, " {\n");
        put_products(&w);
        put(&w, "}\n");
        return;
    }
    if (shape == 1) { /* a triangle, or rows of data */
        put(&w, "for o in 0 .. %d {\nfor i in %s .. %s", 1 + draw(&w, 9),
            draw(&w, 2) ? "0" : "o", draw(&w, 2) ? "o + 11" : "g[o] / 4 + o");
        put_hints(&w);
    } else {
        put(&w, "for i in %d .. %d", draw(&w, 4), trips);
        put_hints(&w);
    }
    put(&w, " {\n");
    for (int statements = 1 + draw(&w, 3); statements > 0; statements--)
        put_statement(&w, 2);
    put(&w, "}\n%s", shape == 1 ? "}\n" : "");
    if (draw(&w, 3) == 0) /* a second loop reads what the first has left */
        put(&w, "for j in 0 .. %d { z[j] = %s(s + r[j]) }\n", 1 + draw(&w, 40), w.type);
}
