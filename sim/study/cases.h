/* The validation cases by name; validation.c lists them. */
#ifndef SIM_STUDY_CASES_H
#define SIM_STUDY_CASES_H

#include "sim/study/validation.h"

extern const struct validation_case CASE_AIE;
extern const struct validation_case CASE_CHAIN;
extern const struct validation_case CASE_CSR;
extern const struct validation_case CASE_DENSITY;
extern const struct validation_case CASE_DRAMSIM3;
extern const struct validation_case CASE_RAMULATOR;
extern const struct validation_case CASE_DSPLIB;
extern const struct validation_case CASE_GEMMINI;
extern const struct validation_case CASE_ONNXIM;
extern const struct validation_case CASE_SCALESIM;
extern const struct validation_case CASE_TPU_V1;
extern const struct validation_case CASE_SRAM;
extern const struct validation_case CASE_YIELD;

#endif
