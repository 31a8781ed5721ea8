/* What could be decided at one operator: places for the tensors that get one there, and copies
 * that are taken back before it. */
#include <string.h>

#include "arch/chip/look_join.h"

void look_plain(struct trial_choice *choice)
{
    memset(choice, 0, sizeof *choice);
    memset(choice->tensors, OUTLOOK_NONE, sizeof choice->tensors);
}

enum { WISHES_MAX = 2 * CHIP_MEMORIES_MAX + 1 };

/* Where a tensor that gets its place at operator `index` might rest. Copies of what is given
 * would have to be made; results are written to both at once. */
static int32_t list_wishes(const struct look_ahead *look, uint8_t tensor, bool is_output,
                           int32_t index, struct rest_wish wishes[WISHES_MAX])
{
    const struct chip *chip = look->player->chip;
    const struct outlook_tensor *held = &look->outlook.tensors[tensor];
    int32_t count = 0;
    for (int32_t i = 0; i < chip->memory_count; i++) {
        if (chip->memories[i].kind != MEMORY_SRAM ||
            !rest_takes(&chip->memories[i], held->role))
            continue;
        wishes[count++] = (struct rest_wish){i, false};
        if (is_output && held->last - index > 2)
            wishes[count++] = (struct rest_wish){i, true};
    }
    if (count)
        wishes[count++] = (struct rest_wish){rest_main_memory(chip, held->role), false};
    return count;
}

/* Tensors that get their place at an operator and are worth a thought: the largest ones. */
struct look_question {
    uint8_t tensors[TRIAL_CHOSEN_MAX];
    bool is_output[TRIAL_CHOSEN_MAX];
};

static bool is_worth(const struct look_ahead *look, uint8_t tensor)
{
    const struct chip *chip = look->player->chip;
    for (int32_t i = 0; i < chip->memory_count; i++)
        if (chip->memories[i].kind == MEMORY_SRAM &&
            rest_takes(&chip->memories[i], look->outlook.tensors[tensor].role) &&
            64 * look->outlook.tensors[tensor].bytes >= chip->memories[i].capacity)
            return true;
    return false;
}

static void add_question(const struct look_ahead *look, const struct trial_state *state,
                         uint8_t tensor, bool is_output, struct look_question *question)
{
    const struct outlook_tensor *tensors = look->outlook.tensors;
    if (tensor == OUTLOOK_NONE || state->place[tensor] || !is_worth(look, tensor))
        return;
    for (int i = 0; i < TRIAL_CHOSEN_MAX; i++) {
        uint8_t other = question->tensors[i];
        if (other == tensor)
            return;
        if (other != OUTLOOK_NONE && tensors[other].bytes >= tensors[tensor].bytes)
            continue;
        memmove(&question->tensors[i + 1], &question->tensors[i],
                (size_t)(TRIAL_CHOSEN_MAX - 1 - i) * sizeof question->tensors[0]);
        memmove(&question->is_output[i + 1], &question->is_output[i],
                (size_t)(TRIAL_CHOSEN_MAX - 1 - i) * sizeof question->is_output[0]);
        question->tensors[i] = tensor;
        question->is_output[i] = is_output;
        return;
    }
}

static struct look_question ask(const struct look_ahead *look, int32_t index,
                                const struct trial_state *state)
{
    struct look_question question;
    const struct outlook_operator *seen = &look->outlook.operators[index];
    memset(question.tensors, OUTLOOK_NONE, sizeof question.tensors);
    for (uint32_t i = 0; i < seen->ahead->op.input_count; i++)
        add_question(look, state, seen->inputs[i], false, &question);
    for (uint32_t i = 0; i < seen->ahead->op.output_count; i++)
        add_question(look, state, seen->outputs[i], true, &question);
    return question;
}

/* Copies that the operator does not read, by a tensor in their place. */
static void list_leaving(const struct look_ahead *look, int32_t index,
                         const struct trial_state *state, struct trial_choice *choice)
{
    const struct outlook_operator *seen = &look->outlook.operators[index];
    for (int32_t tensor = 0; tensor < look->outlook.tensor_count; tensor++) {
        uint8_t place = state->place[tensor];
        bool is_read = !place || !state->copy[place - 1];
        for (uint32_t i = 0; i < seen->ahead->op.input_count && !is_read; i++)
            is_read = seen->inputs[i] != OUTLOOK_NONE && state->place[seen->inputs[i]] == place;
        if (!is_read && choice->leaving_count < TRIAL_LEAVING_MAX)
            choice->leaving[choice->leaving_count++] = (uint8_t)tensor;
    }
}

struct look_visit {
    bool (*visit)(struct look_ahead *look, int32_t index, int32_t before,
                  const struct trial_choice *choice);
    struct look_ahead *look;
    int32_t index, before;
};

/* Every combination of places for the tensors asked about. */
static void visit_wishes(const struct look_visit *visit, const struct look_question *question,
                         struct trial_choice *choice)
{
    struct rest_wish wishes[TRIAL_CHOSEN_MAX][WISHES_MAX];
    int32_t count[TRIAL_CHOSEN_MAX];
    for (int i = 0; i < TRIAL_CHOSEN_MAX; i++) {
        count[i] = question->tensors[i] == OUTLOOK_NONE
                       ? 0
                       : list_wishes(visit->look, question->tensors[i], question->is_output[i],
                                     visit->index, wishes[i]);
        choice->tensors[i] = count[i] ? question->tensors[i] : OUTLOOK_NONE;
    }
    for (int32_t a = 0; a < count[0]; a++) {
        choice->wishes[0] = wishes[0][a];
        for (int32_t b = 0; b < count[1] || b == 0; b++) {
            if (count[1])
                choice->wishes[1] = wishes[1][b];
            visit->visit(visit->look, visit->index, visit->before, choice);
        }
    }
}

void look_choices(struct look_ahead *look, int32_t index, const struct trial_state *state,
                  bool (*visit)(struct look_ahead *look, int32_t index, int32_t before,
                                const struct trial_choice *choice),
                  int32_t before)
{
    struct look_visit visiting = {visit, look, index, before};
    struct trial_choice plain, leaving;
    look_plain(&plain);
    leaving = plain;
    bool is_open = visit(look, index, before, &plain);
    list_leaving(look, index, state, &leaving);
    if (leaving.leaving_count)
        is_open = visit(look, index, before, &leaving) || is_open;
    if (!is_open)
        return;
    struct look_question question = ask(look, index, state);
    visit_wishes(&visiting, &question, &plain);
    if (leaving.leaving_count)
        visit_wishes(&visiting, &question, &leaving);
}
