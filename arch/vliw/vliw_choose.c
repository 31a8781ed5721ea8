/* Which of the machine's operations does a piece of work. */
#include <string.h>

#include "arch/vliw/vliw_machine.h"

static bool is_listed(const char *const *words, int count, const char *name)
{
    for (int w = 0; w < count; w++)
        if (strcmp(words[w], name) == 0)
            return true;
    return false;
}

/* Two's complement gives the same bits for both signs. */
static bool is_sign_free(enum meaning meaning)
{
    switch (meaning) {
    case MEANING_ADD:
    case MEANING_SUB:
    case MEANING_AND:
    case MEANING_OR:
    case MEANING_XOR:
    case MEANING_SHL:
    case MEANING_SELECT:
    case MEANING_BSWAP:
    case MEANING_BITREV:
    case MEANING_POPCOUNT:
    case MEANING_EXTEND:
    case MEANING_PACK:
    case MEANING_MOVE:
        return true;
    default:
        return false;
    }
}

static const struct vliw_variant *find_exactly(const struct vliw_machine *machine,
                                               enum meaning meaning, struct number_format type,
                                               struct number_format narrow, int lanes,
                                               int depth, const struct vliw_choice *choice)
{
    const struct vliw_variant *best = NULL;
    int best_worth = 0;
    for (int r = 0; r < machine->row_count; r++) {
        const struct vliw_row *row = &machine->rows[r];
        const struct vliw_variant *variant = row->variant;
        if (row->meaning != meaning || variant->depth > depth ||
            !number_format_equal(row->narrow, narrow))
            continue;
        bool is_any = row->type.class == NUMBER_NONE;
        bool is_same = row->type.class == type.class && row->type.bits == type.bits &&
                       row->type.exponent == type.exponent;
        if (!is_any && !is_same)
            continue;
        /* More lanes than there is work for: the fewer the better, and only if need be. */
        int worth = variant->lanes > lanes
                        ? 1
                        : 1024 + variant->lanes * variant->depth * 2 + (is_any ? 0 : 1);
        if (variant->lanes > lanes && variant->lanes < 1024)
            worth = 1024 - variant->lanes;
        if (choice && is_listed(choice->avoid, choice->avoid_count, variant->name))
            continue;
        if (choice && is_listed(choice->use, choice->use_count, variant->name))
            worth += 1 << 20;
        if (worth > best_worth) {
            best_worth = worth;
            best = variant;
        }
    }
    return best;
}

const struct vliw_variant *vliw_machine_find(const struct vliw_machine *machine,
                                             enum meaning meaning, struct number_format type,
                                             int lanes, int depth,
                                             const struct vliw_choice *choice)
{
    struct number_format same = {0};
    const struct vliw_variant *found =
        find_exactly(machine, meaning, type, same, lanes, depth, choice);
    if (found || type.class == NUMBER_FLOAT || type.class == NUMBER_NONE)
        return found;
    /* Wider integers hold the values of narrower ones, one to a register. */
    static const uint8_t WIDTHS[] = {8, 16, 32, 64};
    for (size_t w = 0; w < sizeof WIDTHS; w++) {
        struct number_format wide = type;
        if (WIDTHS[w] < type.bits)
            continue;
        wide.bits = WIDTHS[w];
        int most = WIDTHS[w] == type.bits ? lanes : 1;
        found = find_exactly(machine, meaning, wide, same, most, depth, choice);
        wide.class = type.class == NUMBER_SIGNED ? NUMBER_UNSIGNED : NUMBER_SIGNED;
        if (!found && (is_sign_free(meaning) || wide.bits > type.bits))
            found = find_exactly(machine, meaning, wide, same, most, depth, choice);
        if (found)
            return found;
    }
    return NULL;
}

const struct vliw_variant *
vliw_machine_find_product(const struct vliw_machine *machine, enum meaning meaning,
                          struct number_format type, struct number_format other, int lanes,
                          int depth, const struct vliw_choice *choice)
{
    const struct vliw_variant *found =
        other.bits < type.bits
            ? find_exactly(machine, meaning, type, other, lanes, depth, choice)
            : NULL;
    return found ? found : vliw_machine_find(machine, meaning, type, lanes, depth, choice);
}

const struct vliw_variant *vliw_machine_access(const struct vliw_machine *machine,
                                               enum meaning meaning, int bits,
                                               const struct vliw_choice *choice)
{
    for (int r = 0; r < machine->row_count; r++) {
        const struct vliw_row *row = &machine->rows[r];
        if (row->meaning == meaning && row->access_bits == bits &&
            !(choice && is_listed(choice->avoid, choice->avoid_count, row->variant->name)))
            return row->variant;
    }
    return NULL;
}
