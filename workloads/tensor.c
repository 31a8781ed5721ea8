#include "workloads/tensor.h"

uint64_t tensor_elements(const struct tensor *tensor)
{
    uint64_t elements = 1;
    for (int i = 0; i < tensor->rank; i++)
        elements *= (uint64_t)tensor->shape[i];
    return elements;
}

uint64_t tensor_bytes(const struct tensor *tensor)
{
    return number_format_bytes(tensor->format, tensor_elements(tensor));
}

const struct tensor *tensor_owner(const struct tensor *tensor)
{
    while (tensor->view_of)
        tensor = tensor->view_of;
    return tensor;
}

const char *tensor_role_name(enum tensor_role role)
{
    static const char *const NAMES[] = {"const", "state", "input", "output", "temp"};
    return NAMES[role];
}
