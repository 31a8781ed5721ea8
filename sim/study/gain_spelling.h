/* Spellings of accelerators: submitters write "NVIDIA Tesla V100-SXM3-32GB (450W)", users V100.
 * A spelling is words of letters and digits; vendors are left out; the words before the first
 * that tells a board (SXM2, PCIe, 32GB, 450W) are the model. */
#ifndef SIM_STUDY_GAIN_SPELLING_H
#define SIM_STUDY_GAIN_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

struct gain_spelling {
    char words[16][24]; /* upper case */
    size_t count, model_count;
};

void gain_spell(const char *text, struct gain_spelling *spelling);
/* Whether key means the accelerator: the model of the key is a run of the accelerator's model
 * words written together (TPUv4 is TPU v4, V100 is not V100S), and every board word agrees. */
bool gain_spelling_matches(const struct gain_spelling *key,
                           const struct gain_spelling *accelerator);
/* The model words written together. */
void gain_spelling_model(const struct gain_spelling *spelling, char *text, size_t size);
/* Watts of a board word such as 450W, or 0. */
double gain_spelling_watts(const struct gain_spelling *spelling);

#endif
