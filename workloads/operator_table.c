/* The vocabulary: one row an operator, in the order of strcmp. A row reads: name, meaning,
 * inputs from-to, outputs from-to, whether its products count as macs, shape rule, lowering,
 * and the simple and transcendental operations per element of maps and folds. */
#include "workloads/lowering.h"

static bool check_declared(const struct operator* op, struct error *err);

/* clang-format off */
#define OP(NAME, SUMMARY, IN_MIN, IN_MAX, OUT_MIN, OUT_MAX, IS_CONTRACTION, RULE, LOWERING, S, T)  \
    {NAME, SUMMARY, IN_MIN, IN_MAX, OUT_MIN, OUT_MAX, IS_CONTRACTION, check_declared,              \
     lower_##LOWERING, infer_##RULE, {S, T}},

static const struct operator_spec TABLE[] = {
    OP("Abs", "one simple operation per element", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("Acos", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Acosh", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Add", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("AffineGrid", "positions of an affine map", 2, 2, 1, 1, 0, grid, fill, 6, 0)
    OP("And", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("ArgMax", "position of the extreme", 1, 1, 1, 1, 0, argument, argument, 1, 0)
    OP("ArgMin", "position of the extreme", 1, 1, 1, 1, 0, argument, argument, 1, 0)
    OP("Asin", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Asinh", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Atan", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Atanh", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Attention", "softmax(Q K^T) V with grouped heads",
       3, 7, 1, 4, 1, attention, attention, 0, 0)
    OP("AveragePool", "mean of a sliding window", 1, 1, 1, 1, 0, pool, pool, 1, 0)
    OP("BatchNormalization", "scale and shift per channel",
       5, 5, 1, 5, 0, batch_norm, batch_norm, 2, 0)
    OP("Bernoulli", "random numbers", 1, 1, 1, 1, 0, fill, fill, 4, 0)
    OP("BiasGelu", "gelu(x + bias)", 2, 2, 1, 1, 0, broadcast, map, 5, 1)
    OP("BitShift", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("BitwiseAnd", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("BitwiseNot", "one simple operation per element", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("BitwiseOr", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("BitwiseXor", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("BlackmanWindow", "values of a window function", 1, 1, 1, 1, 0, declared, fill, 2, 1)
    OP("Cast", "another number format", 1, 1, 1, 1, 0, cast, map, 1, 0)
    OP("CastLike", "number format of the second input", 2, 2, 1, 1, 0, cast, map, 1, 0)
    OP("Ceil", "one simple operation per element", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("Celu", "exponential rectifier", 1, 1, 1, 1, 0, same, map, 3, 1)
    OP("CenterCropPad", "cropped or padded", 2, 2, 1, 1, 0, declared, slice, 0, 0)
    OP("Clip", "min(max(x, low), high)", 1, 3, 1, 1, 0, same, map, 2, 0)
    OP("Col2Im", "blocks added into an image", 3, 3, 1, 1, 0, declared, unpool, 1, 0)
    OP("Compress", "elements that fulfil a condition",
       2, 2, 1, 4, 0, selection, selection, 1, 0)
    OP("Concat", "tensors behind one another", 1, 64, 1, 1, 0, concat, concat, 0, 0)
    OP("Constant", "a value of the model", 0, 0, 1, 1, 0, fill, nothing, 0, 0)
    OP("ConstantOfShape", "one value everywhere", 0, 1, 1, 1, 0, fill, fill, 0, 0)
    OP("Conv", "convolution in one to three axes",
       2, 3, 1, 1, 1, convolution, convolution, 0, 0)
    OP("ConvInteger", "convolution of integers", 2, 4, 1, 1, 1, convolution, convolution, 0, 0)
    OP("ConvTranspose", "transposed convolution",
       2, 3, 1, 1, 1, transposed_convolution, transposed_convolution, 0, 0)
    OP("Cos", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Cosh", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("CumSum", "running sums along an axis", 1, 2, 1, 1, 0, scan, scan, 1, 0)
    OP("DFT", "Fourier transform", 1, 2, 1, 1, 0, declared, fourier, 0, 0)
    OP("DeformConv", "convolution at shifted places (X, W, offsets, bias, mask)",
       3, 5, 1, 1, 1, convolution, deformed_convolution, 0, 0)
    OP("DepthToSpace", "channels to pixels", 1, 1, 1, 1, 0, space_depth, copy, 0, 0)
    OP("DequantizeLinear", "from integers by scale and zero point",
       2, 3, 1, 1, 0, quantize, quantize, 2, 0)
    OP("Det", "determinants", 1, 1, 1, 1, 0, declared, opaque, 0, 0)
    OP("Div", "one division per pair", 2, 2, 1, 1, 0, broadcast, map, 0, 1)
    OP("Dropout", "the same bytes at inference", 1, 3, 1, 2, 0, same, copy, 0, 0)
    OP("DynamicQuantizeLinear", "to u8 by the range of the values",
       1, 1, 3, 3, 0, dynamic_quantize, dynamic_quantize, 4, 0)
    OP("Einsum", "sum of products by letters", 1, 8, 1, 1, 1, einsum, einsum, 1, 0)
    OP("Elu", "exponential rectifier", 1, 1, 1, 1, 0, same, map, 3, 1)
    OP("Equal", "comparison per pair", 2, 2, 1, 1, 0, compare, map, 1, 0)
    OP("Erf", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Exp", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Expand", "stretched to a shape", 1, 2, 1, 1, 0, expand, expand, 0, 0)
    OP("EyeLike", "ones on a diagonal", 1, 1, 1, 1, 0, fill, fill, 0, 0)
    OP("FastGelu", "gelu by tanh, with bias", 1, 2, 1, 1, 0, same, map, 6, 1)
    OP("Flatten", "the same elements in another shape", 1, 1, 1, 1, 0, reshape, copy, 0, 0)
    OP("Floor", "one simple operation per element", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("FusedMatMul", "product with transposed operands", 2, 2, 1, 1, 1, matmul, matmul, 0, 0)
    OP("GRU", "recurrent layer", 3, 6, 1, 2, 1, recurrent, recurrent, 0, 0)
    OP("Gather", "records by index along an axis", 2, 2, 1, 1, 0, gather, gather, 0, 0)
    OP("GatherElements", "elements by index", 2, 2, 1, 1, 0, gather_elements, gather, 0, 0)
    OP("GatherND", "records by index vectors", 2, 2, 1, 1, 0, gather_nd, gather, 0, 0)
    OP("Gelu", "x/2 (1 + erf(x / sqrt 2))", 1, 1, 1, 1, 0, same, map, 4, 1)
    OP("Gemm", "A B + C", 2, 3, 1, 1, 1, gemm, gemm, 0, 0)
    OP("GlobalAveragePool", "fold over all positions",
       1, 1, 1, 1, 0, global_pool, global_pool, 1, 0)
    OP("GlobalLpPool", "fold over all positions", 1, 1, 1, 1, 0, global_pool, global_pool, 2, 0)
    OP("GlobalMaxPool", "fold over all positions",
       1, 1, 1, 1, 0, global_pool, global_pool, 1, 0)
    OP("Greater", "comparison per pair", 2, 2, 1, 1, 0, compare, map, 1, 0)
    OP("GreaterOrEqual", "comparison per pair", 2, 2, 1, 1, 0, compare, map, 1, 0)
    OP("GridSample", "sampled at given positions", 2, 2, 1, 1, 0, grid, resize, 0, 0)
    OP("GroupNormalization", "by mean and deviation per group of channels",
       3, 3, 1, 1, 0, normalize, normalize, 4, 0)
    OP("GroupQueryAttention", "attention with shared key and value heads",
       3, 9, 1, 3, 1, attention, attention, 0, 0)
    OP("HammingWindow", "values of a window function", 1, 1, 1, 1, 0, declared, fill, 2, 1)
    OP("HannWindow", "values of a window function", 1, 1, 1, 1, 0, declared, fill, 2, 1)
    OP("HardSigmoid", "clipped line", 1, 1, 1, 1, 0, same, map, 3, 0)
    OP("HardSwish", "x times a clipped line", 1, 1, 1, 1, 0, same, map, 4, 0)
    OP("Hardmax", "1 at the maximum", 1, 1, 1, 1, 0, softmax, softmax, 1, 0)
    OP("Identity", "the same bytes", 1, 1, 1, 1, 0, same, copy, 0, 0)
    OP("InstanceNormalization", "by mean and deviation per channel and sample",
       3, 3, 1, 1, 0, normalize, normalize, 4, 0)
    OP("IsInf", "test of a float", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("IsNaN", "test of a float", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("LRN", "by the energy of neighbouring channels",
       1, 1, 1, 1, 0, same, local_response, 2, 2)
    OP("LSTM", "recurrent layer", 3, 8, 1, 3, 1, recurrent, recurrent, 0, 0)
    OP("LayerNormalization", "by mean and deviation over the last axes",
       2, 3, 1, 3, 0, normalize, normalize, 4, 0)
    OP("LeakyRelu", "rectifier with a slope or threshold", 1, 1, 1, 1, 0, same, map, 2, 0)
    OP("Less", "comparison per pair", 2, 2, 1, 1, 0, compare, map, 1, 0)
    OP("LessOrEqual", "comparison per pair", 2, 2, 1, 1, 0, compare, map, 1, 0)
    OP("Log", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("LogSoftmax", "logarithm of the softmax", 1, 1, 1, 1, 0, softmax, softmax, 1, 1)
    OP("LpNormalization", "by the norm of a line", 1, 1, 1, 1, 0, normalize, normalize, 1, 0)
    OP("LpPool", "norm of a sliding window", 1, 1, 1, 1, 0, pool, pool, 2, 0)
    OP("MatMul", "product of matrices, batches stretched; optional bias",
       2, 3, 1, 1, 1, matmul, matmul, 0, 0)
    OP("MatMulInteger", "product of integers",
       2, 4, 1, 1, 1, quantized_matmul, quantized_matmul, 0, 0)
    OP("Max", "fold over the inputs", 1, 64, 1, 1, 0, broadcast, map, 1, 0)
    OP("MaxPool", "maximum of a sliding window", 1, 1, 1, 2, 0, pool, pool, 1, 0)
    OP("MaxRoiPool", "maximum per bin of a region", 2, 2, 1, 1, 0, roi, roi, 1, 0)
    OP("MaxUnpool", "maxima back to their places", 2, 3, 1, 1, 0, declared, unpool, 0, 0)
    OP("Mean", "mean over the inputs", 1, 64, 1, 1, 0, broadcast, map, 2, 0)
    OP("MeanVarianceNormalization", "by mean and deviation",
       1, 1, 1, 1, 0, normalize, normalize, 2, 0)
    OP("MelWeightMatrix", "weights of mel bands", 5, 5, 1, 1, 0, declared, fill, 4, 1)
    OP("Min", "fold over the inputs", 1, 64, 1, 1, 0, broadcast, map, 1, 0)
    OP("Mish", "x tanh(softplus(x))", 1, 1, 1, 1, 0, same, map, 2, 3)
    OP("Mod", "one division per pair", 2, 2, 1, 1, 0, broadcast, map, 0, 1)
    OP("Mul", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("MultiHeadAttention", "attention over flat heads",
       3, 8, 1, 3, 1, attention, attention, 0, 0)
    OP("Multinomial", "samples of a distribution", 1, 1, 1, 1, 0, selection, selection, 4, 1)
    OP("Neg", "one simple operation per element", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("NegativeLogLikelihoodLoss", "loss of log probabilities",
       2, 3, 1, 1, 0, loss, loss, 1, 0)
    OP("NonMaxSuppression", "boxes that do not overlap better ones",
       2, 5, 1, 1, 0, selection, selection, 8, 1)
    OP("NonZero", "elements that fulfil a condition", 1, 1, 1, 4, 0, selection, selection, 1, 0)
    OP("Not", "one simple operation per element", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("OneHot", "1 at the index", 3, 3, 1, 1, 0, one_hot, fill, 0, 0)
    OP("Or", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("PRelu", "rectifier with learned slope", 2, 2, 1, 1, 0, broadcast, map, 2, 0)
    OP("Pad", "a border around a tensor", 1, 4, 1, 1, 0, pad, expand, 0, 0)
    OP("Pow", "power per pair", 2, 2, 1, 1, 0, broadcast, map, 0, 2)
    OP("QLinearAdd", "pair of quantised tensors", 7, 8, 1, 1, 0, declared, opaque, 0, 0)
    OP("QLinearConv", "quantised convolution", 8, 9, 1, 1, 1, convolution, convolution, 0, 0)
    OP("QLinearMatMul", "quantised product",
       8, 8, 1, 1, 1, quantized_matmul, quantized_matmul, 0, 0)
    OP("QLinearMul", "pair of quantised tensors", 7, 8, 1, 1, 0, declared, opaque, 0, 0)
    OP("QuantizeLinear", "to integers by scale and zero point",
       2, 3, 1, 1, 0, quantize, quantize, 4, 0)
    OP("QuickGelu", "x sigmoid(1.702 x)", 1, 1, 1, 1, 0, same, map, 4, 2)
    OP("RMSNormalization", "by the root mean square", 2, 2, 1, 1, 0, normalize, normalize, 2, 0)
    OP("RNN", "recurrent layer", 3, 6, 1, 2, 1, recurrent, recurrent, 0, 0)
    OP("RandomNormal", "random numbers", 0, 0, 1, 1, 0, fill, fill, 4, 1)
    OP("RandomNormalLike", "random numbers", 1, 1, 1, 1, 0, fill, fill, 4, 1)
    OP("RandomUniform", "random numbers", 0, 0, 1, 1, 0, fill, fill, 4, 0)
    OP("RandomUniformLike", "random numbers", 1, 1, 1, 1, 0, fill, fill, 4, 0)
    OP("Range", "numbers in steps", 0, 3, 1, 1, 0, fill, fill, 1, 0)
    OP("Reciprocal", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("ReduceL1", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 2, 0)
    OP("ReduceL2", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 2, 0)
    OP("ReduceLogSum", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 1, 0)
    OP("ReduceLogSumExp", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 1, 1)
    OP("ReduceMax", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 1, 0)
    OP("ReduceMean", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 1, 0)
    OP("ReduceMin", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 1, 0)
    OP("ReduceProd", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 1, 0)
    OP("ReduceSum", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 1, 0)
    OP("ReduceSumSquare", "fold over axes", 1, 2, 1, 1, 0, reduce, reduce, 2, 0)
    OP("Relu", "max(x, 0)", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("Reshape", "the same elements in another shape", 1, 2, 1, 1, 0, reshape, copy, 0, 0)
    OP("Resize", "resampled", 1, 4, 1, 1, 0, resize, resize, 0, 0)
    OP("ReverseSequence", "leading parts reversed", 2, 2, 1, 1, 0, same, copy, 0, 0)
    OP("RoiAlign", "bilinear samples per bin of a region", 3, 3, 1, 1, 0, roi, roi, 2, 0)
    OP("RotaryEmbedding", "pairs of values rotated by position (x, cos, sin)",
       3, 4, 1, 1, 0, same, map, 3, 0)
    OP("Round", "one simple operation per element", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("STFT", "Fourier transforms of windows", 2, 4, 1, 1, 0, declared, fourier, 0, 0)
    OP("Scatter", "records written by index", 3, 3, 1, 1, 0, scatter, scatter, 0, 0)
    OP("ScatterElements", "records written by index", 3, 3, 1, 1, 0, scatter, scatter, 0, 0)
    OP("ScatterND", "records written by index", 3, 3, 1, 1, 0, scatter, scatter, 0, 0)
    OP("Selu", "exponential rectifier", 1, 1, 1, 1, 0, same, map, 3, 1)
    OP("Shape", "the shape of a tensor", 1, 1, 1, 1, 0, shape, nothing, 0, 0)
    OP("Shrink", "rectifier with a slope or threshold", 1, 1, 1, 1, 0, same, map, 2, 0)
    OP("Sigmoid", "1 / (1 + exp(-x))", 1, 1, 1, 1, 0, same, map, 2, 2)
    OP("Sign", "one simple operation per element", 1, 1, 1, 1, 0, same, map, 1, 0)
    OP("SimplifiedLayerNormalization", "by the root mean square",
       2, 2, 1, 2, 0, normalize, normalize, 2, 0)
    OP("Sin", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Sinh", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Size", "the shape of a tensor", 1, 1, 1, 1, 0, shape, nothing, 0, 0)
    OP("SkipLayerNormalization", "residual sum, then layer normalisation",
       3, 5, 1, 4, 0, normalize, normalize, 4, 0)
    OP("SkipSimplifiedLayerNormalization", "residual sum, then root mean square",
       3, 4, 1, 4, 0, normalize, normalize, 2, 0)
    OP("Slice", "a part of a tensor", 1, 5, 1, 1, 0, slice, slice, 0, 0)
    OP("Softmax", "exponentials that add up to 1", 1, 1, 1, 1, 0, softmax, softmax, 0, 1)
    OP("SoftmaxCrossEntropyLoss", "loss of scores", 2, 3, 1, 2, 0, loss, loss, 1, 0)
    OP("Softplus", "smooth rectifier", 1, 1, 1, 1, 0, same, map, 1, 2)
    OP("Softsign", "smooth rectifier", 1, 1, 1, 1, 0, same, map, 1, 2)
    OP("SpaceToDepth", "pixels to channels", 1, 1, 1, 1, 0, space_depth, copy, 0, 0)
    OP("Split", "parts along an axis", 1, 2, 1, 64, 0, split, split, 0, 0)
    OP("Sqrt", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Squeeze", "the same elements in another shape", 1, 2, 1, 1, 0, reshape, copy, 0, 0)
    OP("Sub", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("Sum", "fold over the inputs", 1, 64, 1, 1, 0, broadcast, map, 1, 0)
    OP("Swish", "x sigmoid(x)", 1, 1, 1, 1, 0, same, map, 3, 2)
    OP("Tan", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("Tanh", "one transcendental per element", 1, 1, 1, 1, 0, same, map, 0, 1)
    OP("TfIdfVectorizer", "counts of word groups", 1, 1, 1, 1, 0, declared, opaque, 0, 0)
    OP("ThresholdedRelu", "rectifier with a slope or threshold", 1, 1, 1, 1, 0, same, map, 2, 0)
    OP("Tile", "repeated along axes", 1, 2, 1, 1, 0, tile, expand, 0, 0)
    OP("TopK", "largest k values and their positions", 1, 2, 1, 2, 0, top_k, top_k, 1, 0)
    OP("Transpose", "axes in another order", 1, 1, 1, 1, 0, transpose, transpose, 0, 0)
    OP("Trilu", "a triangle of a matrix", 1, 2, 1, 1, 0, same, copy, 0, 0)
    OP("Unique", "elements that fulfil a condition", 1, 1, 1, 4, 0, selection, selection, 1, 0)
    OP("Unsqueeze", "the same elements in another shape", 1, 2, 1, 1, 0, reshape, copy, 0, 0)
    OP("Upsample", "resampled", 1, 2, 1, 1, 0, resize, resize, 0, 0)
    OP("Where", "select per element", 3, 3, 1, 1, 0, where, where, 1, 0)
    OP("Xor", "one simple operation per pair", 2, 2, 1, 1, 0, broadcast, map, 1, 0)
    OP("adam", "optimiser step (weight, gradient, mean, variance)",
       4, 4, 1, 3, 0, update, update, 10, 2)
    OP("axpy", "a x + y", 3, 3, 1, 1, 0, broadcast, map, 2, 0)
    OP("batch-norm-grad", "(dY, X, scale): dX, dScale, dShift",
       2, 3, 1, 3, 0, gradient, gradient, 6, 0)
    OP("bfs-step", "one level of a breadth-first search (pointers, columns, frontier, visited)",
       4, 4, 1, 1, 0, sparse_product, frontier, 0, 0)
    OP("clip-grad", "(dY, X): dX", 2, 2, 1, 1, 0, gradient, gradient, 2, 0)
    OP("conv-input-grad", "gradient of a convolution for its input (dY, W, X)",
       3, 3, 1, 1, 1, input_gradient, input_gradient, 0, 0)
    OP("conv-weight-grad", "gradient of a convolution for its weight (dY, X, W)",
       3, 3, 1, 1, 1, weight_gradient, weight_gradient, 0, 0)
    OP("decision-forest", "trees walked per sample (nodes, samples)",
       2, 2, 1, 1, 0, declared, chase, 0, 0)
    OP("embedding-bag", "sums of table rows (table, indices, offsets)",
       2, 4, 1, 1, 0, embedding_bag, embedding_bag, 0, 0)
    OP("embedding-grad", "(dY, table, indices): gradient of the table",
       3, 3, 1, 1, 0, gradient, embedding_gradient, 1, 0)
    OP("fft", "Fourier transform, radix 2", 1, 1, 1, 1, 0, same, fourier, 0, 0)
    OP("gate-grad", "(dY, X): gradients of recurrent gates",
       2, 3, 1, 1, 0, gradient, gradient, 20, 0)
    OP("gelu-grad", "(dY, X): dX", 2, 2, 1, 1, 0, gradient, gradient, 8, 2)
    OP("hash-probe", "chains walked per key (table, keys)",
       2, 2, 1, 1, 0, declared, chase, 0, 0)
    OP("layer-norm-grad", "(dY, X, scale): dX, dScale, dShift",
       2, 3, 1, 3, 0, gradient, gradient, 6, 0)
    OP("loss-grad", "(scores, scores, labels): gradient of the scores",
       2, 3, 1, 1, 0, gradient, gradient, 1, 0)
    OP("opaque", "an operator nobody knows: its bytes are moved",
       0, 64, 0, 64, 0, opaque, opaque, 0, 0)
    OP("pagerank-step", "one power iteration (pointers, columns, ranks)",
       3, 3, 1, 1, 0, sparse_product, sparse_product, 0, 0)
    OP("pool-grad", "(dY, X): dX", 2, 2, 1, 1, 0, gradient, gradient, 1, 0)
    OP("recurrent-grad", "(dY, X, W, R): dX, dW, dR through all steps",
       4, 4, 3, 3, 1, recurrent_gradient, recurrent_gradient, 0, 0)
    OP("relu-grad", "(dY, X): dX", 2, 2, 1, 1, 0, gradient, gradient, 1, 0)
    OP("sddmm", "products at stored positions (pointers, columns, A, B)",
       4, 4, 1, 1, 1, sparse_product, sampled_product, 0, 0)
    OP("sgd", "optimiser step (weight, gradient, momentum)",
       2, 3, 1, 2, 0, update, update, 4, 0)
    OP("sigmoid-grad", "(dY, Y): dX", 2, 2, 1, 1, 0, gradient, gradient, 3, 0)
    OP("smith-waterman", "alignment of two sequences", 2, 2, 1, 1, 0, declared, wavefront, 0, 0)
    OP("softmax-grad", "(dY, Y): dX", 2, 2, 1, 1, 0, gradient, gradient, 2, 0)
    OP("spgemm", "product of two stored sparse matrices",
       6, 6, 1, 3, 1, sparse_product, sparse_sparse, 0, 0)
    OP("spmm", "stored sparse matrix times dense (pointers, columns, values, dense)",
       4, 4, 1, 1, 1, sparse_product, sparse_product, 0, 0)
    OP("spmv", "stored sparse matrix times dense (pointers, columns, values, dense)",
       4, 4, 1, 1, 1, sparse_product, sparse_product, 0, 0)
    OP("sptrsv", "sparse triangular solve (pointers, columns, values, b)",
       4, 4, 1, 1, 1, sparse_product, solve, 0, 0)
    OP("squared-error", "mean squared distance (x, target)", 2, 2, 1, 1, 0, loss, loss, 3, 0)
    OP("stencil", "every point from its neighbours, in sweeps",
       1, 1, 1, 1, 0, same, stencil, 0, 0)
    OP("swish-grad", "(dY, X): dX", 2, 2, 1, 1, 0, gradient, gradient, 6, 2)
    OP("tanh-grad", "(dY, Y): dX", 2, 2, 1, 1, 0, gradient, gradient, 3, 0)
    OP("triangle-count", "triangles of a graph (pointers, columns)",
       2, 2, 1, 1, 0, sparse_product, intersect, 0, 0)
};
/* clang-format on */

const struct operator_spec *operator_table(size_t *count)
{
    *count = sizeof TABLE / sizeof TABLE[0];
    return TABLE;
}

/* The declared outputs are what the rule says, where it says anything. Formats are the trace's
 * to choose: a tensor has one stored type, picked by whoever made the trace. */
static bool check_declared(const struct operator* op, struct error *err)
{
    struct tensor outputs[OPERATOR_TENSORS_MAX];
    if (!operator_infer(op, outputs, err))
        return false;
    for (uint32_t i = 0; i < op->output_count; i++) {
        const struct tensor *declared = op->outputs[i];
        if (!declared || outputs[i].rank < 0)
            continue;
        if (declared->rank != outputs[i].rank)
            return operator_error(op, err, "output %u has rank %d, must have %d", i,
                                  declared->rank, outputs[i].rank);
        for (int32_t d = 0; d < declared->rank; d++)
            if (declared->shape[d] != outputs[i].shape[d])
                return operator_error(
                    op, err, "output %u has size %lld in dimension %d, must have %lld", i,
                    (long long)declared->shape[d], d, (long long)outputs[i].shape[d]);
    }
    return true;
}
