/* The descriptions; their rows stand in workload_table.c. Private to workloads/dense. */
#ifndef WORKLOADS_DENSE_MODELS_H
#define WORKLOADS_DENSE_MODELS_H

#include "workloads/dense/build.h"

typedef void description(struct builder *b);
description build_gemm, build_gemv, build_conv, build_vec_add, build_axpy, build_dot_prod,
    build_prefix_sum;
description build_alexnet, build_alexnet_2012, build_vgg16, build_resnet18, build_resnet50,
    build_mobilenet_v2, build_efficientnet_b0, build_yolo_v3, build_unet, build_dcgan;
description build_lstm_lm, build_gru_lm, build_seq2seq, build_transformer_base,
    build_transformer_big, build_bert_base, build_bert_large, build_vit_b_16, build_gpt2,
    build_gpt3, build_llama, build_moe, build_dlrm, build_diffusion_unet;

#endif
