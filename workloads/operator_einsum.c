/* Einsum: letters are sorted by who has them, and the product follows. More than two operands
 * are folded from the left. An ellipsis stands for leading dimensions, which must be equal. */
#include "workloads/lowering.h"

#include <ctype.h>
#include <string.h>

enum { LETTERS = 26 + 26 + TENSOR_RANK_MAX, TERMS_MAX = 8 };

struct term {
    int count;
    int letters[TENSOR_RANK_MAX];
};

struct einsum {
    uint32_t term_count;
    struct term terms[TERMS_MAX], out;
    int64_t size[LETTERS]; /* 0: not used */
};

static int letter_index(char letter)
{
    return islower((unsigned char)letter) ? letter - 'a' : 26 + letter - 'A';
}

static const char *read_term(const char *text, int ellipsis, struct term *term)
{
    for (;; text++) {
        if (*text == ' ')
            continue;
        if (strncmp(text, "...", 3) == 0) {
            for (int i = 0; i < ellipsis; i++) {
                if (term->count == TENSOR_RANK_MAX)
                    return NULL;
                term->letters[term->count++] = 52 + i;
            }
            text += 2;
        } else if (isalpha((unsigned char)*text) && (unsigned char)*text < 128) {
            if (term->count == TENSOR_RANK_MAX)
                return NULL;
            term->letters[term->count++] = letter_index(*text);
        } else
            return text;
    }
}

static int letters_in(const char *text)
{
    int count = 0;
    for (; *text && *text != ',' && *text != '-'; text++)
        count += isalpha((unsigned char)*text) != 0;
    return count;
}

/* Without an arrow the result has the letters that stand once, in alphabetical order. */
static void implicit_result(struct einsum *e)
{
    int seen[LETTERS] = {0};
    for (uint32_t t = 0; t < e->term_count; t++)
        for (int i = 0; i < e->terms[t].count; i++)
            seen[e->terms[t].letters[i]]++;
    for (int pass = 0; pass < 2; pass++)
        for (int i = pass ? 0 : 52; i < (pass ? 52 : LETTERS); i++)
            if ((pass ? seen[i] == 1 : seen[i] > 0) && e->out.count < TENSOR_RANK_MAX)
                e->out.letters[e->out.count++] = i;
}

static bool read_einsum(const struct operator* op, struct einsum *e, struct error *err)
{
    const char *text = operator_text(op, "equation", "");
    int ellipsis = 0;
    *e = (struct einsum){.term_count = op->input_count};
    for (uint32_t t = 0; t < op->input_count; t++) {
        const struct tensor *in = op->inputs[t];
        if (!need_input(op, t, err))
            return false;
        const char *dots = strstr(text, "..."), *comma = strpbrk(text, ",-");
        if (dots && (!comma || dots < comma)) {
            ellipsis = in->rank - letters_in(text);
            if (ellipsis < 0)
                return operator_error(op, err, "input %u has too few dimensions", t);
        }
        text = read_term(text, ellipsis, &e->terms[t]);
        if (!text || e->terms[t].count != in->rank)
            return operator_error(op, err, "equation does not fit input %u of rank %d", t,
                                  in->rank);
        for (int i = 0; i < in->rank; i++) {
            int64_t *size = &e->size[e->terms[t].letters[i]];
            if (*size > 1 && in->shape[i] != *size && in->shape[i] != 1)
                return operator_error(op, err, "one letter has sizes %lld and %lld",
                                      (long long)*size, (long long)in->shape[i]);
            if (*size < 2)
                *size = in->shape[i];
        }
        if (t + 1 < op->input_count && *text++ != ',')
            return operator_error(op, err, "equation has fewer terms than inputs");
    }
    if (text[0] == '-' && text[1] == '>')
        text = read_term(text + 2, ellipsis, &e->out);
    else
        implicit_result(e);
    if (!text || *text)
        return operator_error(op, err, "equation is not understood");
    for (int i = 0; i < e->out.count; i++)
        if (!e->size[e->out.letters[i]])
            return operator_error(op, err, "result has a letter that no input has");
    return true;
}

static bool has(const struct term *term, int letter)
{
    for (int i = 0; i < term->count; i++)
        if (term->letters[i] == letter)
            return true;
    return false;
}

/* The product of `left` (so far) and term t, kept: letters that are still wanted. */
static struct contraction product_with(const struct einsum *e, const struct term *left,
                                       uint32_t t, struct term *result)
{
    const struct term *right = &e->terms[t];
    struct contraction c = contraction_product(1, 1, 1, 1);
    *result = (struct term){0};
    for (int i = 0; i < LETTERS; i++) {
        bool is_left = has(left, i), is_right = has(right, i), is_kept = has(&e->out, i);
        for (uint32_t later = t + 1; later < e->term_count; later++)
            is_kept = is_kept || has(&e->terms[later], i);
        if (!is_left && !is_right)
            continue;
        enum dim dim = !is_kept ? DIM_C : is_left && is_right ? DIM_G : is_left ? DIM_P : DIM_K;
        c.size[dim] *= e->size[i];
        if (is_kept && result->count < TENSOR_RANK_MAX)
            result->letters[result->count++] = i;
    }
    c.extent[1] = c.size[DIM_P];
    return c;
}

bool infer_einsum(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct einsum e;
    if (!read_einsum(op, &e, err))
        return false;
    outputs[0].rank = e.out.count;
    for (int i = 0; i < e.out.count; i++)
        outputs[0].shape[i] = e.size[e.out.letters[i]];
    outputs[0].format = op->inputs[0]->format;
    struct term left = e.terms[0], result;
    for (uint32_t t = 1; t < e.term_count; t++) {
        struct contraction c = product_with(&e, &left, t, &result);
        if (!contraction_fits(op, &c, err))
            return false;
        left = result;
    }
    return true;
}

void lower_einsum(const struct operator* op, struct primitive_list *list)
{
    struct einsum e;
    read_einsum(op, &e, NULL);
    const struct tensor *out = op->outputs[0];
    if (e.term_count == 1) { /* a transposition or a sum */
        uint64_t outputs = tensor_elements(out), elements = tensor_elements(op->inputs[0]);
        if (outputs >= elements)
            append_move(list, "", operand_of(op->inputs[0]), operand_of(out), 1);
        else
            add_input(append_reduce(list, "", outputs, elements / outputs, op->spec->work,
                                    operand_of(out)),
                      operand_of(op->inputs[0]));
        return;
    }
    struct term left = e.terms[0], result;
    struct primitive_operand so_far = operand_of(op->inputs[0]);
    for (uint32_t t = 1; t < e.term_count; t++) {
        struct contraction c = product_with(&e, &left, t, &result);
        struct primitive_operand to =
            t + 1 == e.term_count
                ? operand_of(out)
                : operand_between(contraction_elements(&c, OPERAND_OUTPUT), out->format);
        append_contraction(list, "", c, so_far, operand_of(op->inputs[t]), to);
        so_far = to;
        left = result;
    }
}
