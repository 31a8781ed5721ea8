#include "sim/study/gain_expression.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *whole, *at;
    const struct gain_names *names;
    struct error *err;
    int depth;
};

enum { DEEPEST = 50 };

static bool sum(struct parser *p, double *value);

static char next(struct parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
    return *p->at;
}

static bool refuse(struct parser *p, const char *wanted)
{
    return error_set(p->err, "'%s' is no expression: %s at '%s'", p->whole, wanted,
                     *p->at ? p->at : "its end");
}

static bool atom(struct parser *p, double *value)
{
    char c = next(p);
    if (c == '(') {
        p->at++;
        if (++p->depth > DEEPEST)
            return refuse(p, "too many parentheses");
        if (!sum(p, value))
            return false;
        p->depth--;
        if (next(p) != ')')
            return refuse(p, "wanted ')'");
        p->at++;
        return true;
    }
    if (isdigit((unsigned char)c)) {
        char *end;
        *value = strtod(p->at, &end);
        p->at = end;
        return true;
    }
    if (isalpha((unsigned char)c) || c == '_') {
        char name[64];
        size_t length = 0;
        for (; isalnum((unsigned char)*p->at) || *p->at == '_'; p->at++)
            if (length + 1 < sizeof name)
                name[length++] = *p->at;
        name[length] = '\0';
        return p->names->find(p->names, name, value, p->err);
    }
    return refuse(p, "wanted a number, a name or '('");
}

static bool power(struct parser *p, double *value)
{
    if (!atom(p, value))
        return false;
    while (next(p) == '^') {
        double exponent;
        p->at++;
        if (!atom(p, &exponent))
            return false;
        *value = pow(*value, exponent);
    }
    return true;
}

static bool product(struct parser *p, double *value)
{
    if (!power(p, value))
        return false;
    for (char c = next(p); c == '*' || c == '/'; c = next(p)) {
        double right;
        p->at++;
        if (!power(p, &right))
            return false;
        *value = c == '*' ? *value * right : *value / right;
    }
    return true;
}

static bool sum(struct parser *p, double *value)
{
    if (!product(p, value))
        return false;
    for (char c = next(p); c == '+' || c == '-'; c = next(p)) {
        double right;
        p->at++;
        if (!product(p, &right))
            return false;
        *value = c == '+' ? *value + right : *value - right;
    }
    return true;
}

bool gain_expression(const char *text, const struct gain_names *names, double *value,
                     struct error *err)
{
    struct parser p = {text, text, names, err, 0};
    if (!sum(&p, value))
        return false;
    return next(&p) == '\0' || refuse(&p, "wanted an operator");
}
