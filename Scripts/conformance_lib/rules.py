"""What cannot be read from an entry: a row for each type that is a special case.

A type without a row is compared with the TensorFlow operation of its own name, on inputs that can be broadcast, and every bit
of its results must agree. Families may keep their rows, `RULES`, in modules of their own.
"""

import numpy as np

from . import (
    arrays, dtypes, gather_rules, linear, networks, quantization, quantized_rules, randoms, reductions, segment_rules, slicing_rules, special_rules,
    updates,
)
from .bounds import EXACT, Near, Rounded, Sums, Ulps, Zeros, wider
from .rule import Rule
from .updates import Steps


RULES = {
    # Blocks that are no TensorFlow operation.
    "ClientSession": Rule(skip="says what runs"),
    "Scope": Rule(skip="has no effect"),
    "AddSymbolicGradients": Rule(skip="is compared by --gradients"),
    "BroadcastAxes": Rule(skip="is one half of TensorFlow's BroadcastGradientArgs, and compared by --gradients"),
    "Placeholder": Rule(skip="has no value of its own"),
    # Blocks that touch files: the format is enuflow's own.
    **{name: Rule(skip="files") for name in ("Save", "SaveV2", "SaveSlices", "Restore", "RestoreV2", "RestoreSlice")},
    "Operation": Rule(skip="brings no tensor"),
    "Variable": Rule(skip="is what the blocks below update"),
    "TemporaryVariable": Rule(skip="is a variable"),
    "DestroyTemporaryVariable": Rule(skip="hands a variable on"),
    "IsVariableInitialized": Rule(skip="is always true"),
    # Values that go through texts or wires: what comes out is what went in.
    "Const": Rule("Identity", is_literal=True),
    "Const_ex": Rule("Identity", arrays.constant, is_literal=True),
    "Input": Rule("Identity", arrays.constant, is_literal=True),
    "Tensor": Rule("Identity", arrays.constant, is_literal=True),
    "Input_Initializer": Rule("Identity"),
    "Output": Rule(skip="picks what InputList gathers"),
    "InputList": Rule("IdentityN", arrays.any_list),
    # TensorFlow's Add for Python's +.
    "Add": Rule("AddV2", leaves_out={"string": "strings are not joined"}),
    # TensorFlow's C++ names that differ from its operations.
    "Subtract": Rule("Sub"),
    "Multiply": Rule("Mul", bound=Rounded(linear.product, halves=None, reach=linear.product_reach)),
    "Div": Rule(bound=Rounded(linear.quotient, halves=None)),
    "RealDiv": Rule(bound=Rounded(linear.quotient, halves=None)),
    "Square": Rule(bound=Rounded(linear.square, halves=None, reach=linear.square_reach)),
    "SquaredDifference": Rule(bound=Rounded(linear.squared_difference, reach=linear.difference_reach)),
    "Sign": Rule(bound=Rounded(linear.sign, halves=None)),
    "ComplexAbs": Rule(bound=Ulps(2, linear.magnitude)),
    "AddN": Rule(bound=Sums(linear.added)),
    "Sqrt": Rule(bound=Rounded(linear.root, halves=None)),
    "Reciprocal": Rule(bound=Rounded(lambda case: 1 / wider(case.inputs[0]), halves=None)),
    **{name: Rule(bound=Zeros()) for name in ("Minimum", "Maximum", "Relu", "Relu6")},
    "FloorDiv": Rule(bound=Rounded(linear.floor_quotient, complex_limit=None)),
    "Softsign": Rule(bound=Rounded(networks.softsign, complex_limit=None)),
    "Negate": Rule("Neg"),
    # TensorFlow's kernel returns zeros for every integer; its Python function gives them back as they are.
    "Round": Rule(ops={"int32": "Identity", "int64": "Identity"}),
    # Arrays.
    "Reshape": Rule(draw=arrays.reshape),
    "Transpose": Rule(draw=arrays.transpose),
    "Concat": Rule("ConcatV2", arrays.concat),
    "Split": Rule(draw=arrays.split),
    "OneHot": Rule(draw=arrays.one_hot),
    # Sums of many terms.
    "MatMul": Rule(draw=linear.mat_mul, bound=Sums(linear.mat_mul_terms, is_straight=True)),
    "Sum": Rule(draw=reductions.draw, bound=Sums(reductions.sum_terms)),
    "Mean": Rule(draw=reductions.draw, bound=Sums(reductions.mean_terms)),
    # Functions that no standard defines to the last bit.
    "Exp": Rule(draw=linear.near(104, 746), bound=Ulps(1, linear.exp), is_near=True),
    "Log": Rule(bound=Ulps(1, linear.log)),
    "Tanh": Rule(draw=linear.near(10, 20), bound=Ulps(1.5, linear.tanh), is_near=True),
    "Sigmoid": Rule(draw=linear.near(104, 746), bound=Ulps(1.5, linear.sigmoid), is_near=True),
    "Expm1": Rule(draw=linear.near(104, 746), bound=Ulps(2, networks.expm1), is_near=True),
    "Log1p": Rule(bound=Ulps(2, networks.log1p)),
    "Rsqrt": Rule(bound=Ulps(1.5, networks.rsqrt)),
    # Neural networks.
    "Elu": Rule(draw=linear.near(20, 40), bound=Ulps(2, networks.elu), is_near=True),
    "Selu": Rule(draw=linear.near(20, 40), bound=Ulps(3, networks.selu), is_near=True),
    "Softplus": Rule(draw=linear.near(104, 746), bound=Ulps(2.5, networks.softplus), is_near=True),
    "ReluGrad": Rule(draw=networks.same_shapes, is_near=True),
    "Relu6Grad": Rule(draw=networks.same_shapes, is_near=True),
    "EluGrad": Rule(draw=networks.same_shapes, bound=Rounded(networks.elu_gradient, complex_limit=None), is_near=True),
    "SeluGrad": Rule(draw=networks.same_shapes, bound=Rounded(networks.selu_gradient, complex_limit=None), is_near=True),
    "SoftplusGrad": Rule(draw=networks.same_shapes, bound=Ulps(3, networks.softplus_gradient), is_near=True),
    "SoftsignGrad": Rule(draw=networks.same_shapes, bound=Rounded(networks.softsign_gradient, complex_limit=None), is_near=True),
    "SigmoidGrad": Rule(draw=networks.same_shapes, bound=Rounded(networks.sigmoid_gradient, complex_limit=8, reach=networks.gradient_reach, scale=networks.gradient_scale), is_near=True),
    "TanhGrad": Rule(draw=networks.same_shapes, bound=Rounded(networks.tanh_gradient, complex_limit=8, reach=networks.gradient_reach, scale=networks.gradient_scale), is_near=True),
    "SqrtGrad": Rule(draw=networks.same_shapes, bound=Rounded(networks.root_gradient, complex_limit=8), is_near=True),
    "RsqrtGrad": Rule(draw=networks.same_shapes, bound=Rounded(networks.inverse_root_gradient, complex_limit=8, reach=networks.gradient_reach), is_near=True),
    "ReciprocalGrad": Rule(draw=networks.same_shapes, bound=Rounded(networks.reciprocal_gradient, complex_limit=8, reach=networks.gradient_reach), is_near=True),
    "Softmax": Rule(draw=networks.rows, bound=networks.Rows(networks.softmax)),
    "LogSoftmax": Rule(draw=networks.rows, bound=networks.Rows(networks.log_softmax)),
    "SoftmaxCrossEntropyWithLogits": Rule(draw=networks.cross_entropy, bound=networks.Rows(networks.cross_entropy_terms)),
    "SparseSoftmaxCrossEntropyWithLogits": Rule(draw=networks.sparse_cross_entropy, bound=networks.Rows(networks.sparse_cross_entropy_terms)),
    "L2Loss": Rule(draw=networks.loss, bound=Sums(networks.l2_terms)),
    "BiasAdd": Rule(draw=networks.bias_add),
    "BiasAddGrad": Rule(draw=networks.bias_add_gradient, bound=Sums(networks.bias_terms)),
    "TopK": Rule("TopKV2", networks.top_k, bound=networks.Ranks(), leaves_out={"int64": "k is int32", "int16": "k is int32"}),
    "InTopK": Rule(draw=networks.in_top_k),
    # The greatest, the smallest, the product.
    "Max": Rule(draw=networks.extreme),
    "Min": Rule(draw=networks.extreme),
    "Prod": Rule(draw=reductions.draw, bound=networks.Products()),
    "All": Rule(draw=reductions.draw),
    "Any": Rule(draw=reductions.draw),
    "Cumsum": Rule(draw=reductions.scan, bound=Sums(reductions.running_terms)),
    "Cumprod": Rule(draw=reductions.scan, bound=reductions.RunningProducts()),
    "ArgMax": Rule(draw=networks.argument, leaves_out={"int16": "axes are int32 or int64"}),
    "ArgMin": Rule(draw=networks.argument, leaves_out={"int16": "axes are int32 or int64"}),
    # Filling and choosing. TensorFlow's C++ name for Select.
    "Fill": Rule(draw=networks.fill),
    "Where3": Rule("Select", networks.where3),
    "GatherNd": Rule(draw=arrays.gather_nd, leaves_out={"int16": "indices are int32 or int64"}),
    "ScatterNd": Rule(
        draw=arrays.scatter_nd, bound=Sums(arrays.scattered_terms),
        leaves_out={"int16": "indices are int32 or int64", "bool": "sums are of numbers", "string": "sums are of numbers"},
    ),
    "ExpandDims": Rule(draw=networks.expand_dims),
    "Tile": Rule(draw=networks.tile, leaves_out={"uint16": "TensorFlow takes scalars only"}),
    # Fake quantisation.
    "FakeQuantWithMinMaxArgs": Rule(draw=quantization.args),
    "FakeQuantWithMinMaxArgsGradient": Rule(draw=quantization.args),
    "FakeQuantWithMinMaxVars": Rule(draw=quantization.variables),
    "FakeQuantWithMinMaxVarsGradient": Rule(draw=quantization.variables, bound=Sums(quantization.gradient_terms, is_no_worse=True)),
    "FakeQuantWithMinMaxVarsPerChannel": Rule(draw=quantization.per_channel),
    "FakeQuantWithMinMaxVarsPerChannelGradient": Rule(
        draw=quantization.per_channel, bound=Sums(quantization.gradient_terms, is_no_worse=True)
    ),
    # Random numbers.
    "RandomUniform": Rule(draw=randoms.filled, is_random=True),
    "RandomUniformInt": Rule(draw=randoms.uniform_int, is_random=True),
    "RandomNormal": Rule("RandomStandardNormal", randoms.filled, Near(4), is_random=True),
    "RandomNormal_ex": Rule("RandomStandardNormal", randoms.filled_ex, Near(4), is_random=True, arguments=randoms.with_shape),
    "TruncatedNormal": Rule(draw=randoms.filled, bound=Near(4), is_random=True),
    "ParameterizedTruncatedNormal": Rule(draw=randoms.truncated, bound=Near(8, reach=randoms.means), is_random=True),
    "RandomShuffle": Rule(draw=randoms.shuffled, is_random=True),
    "Multinomial": Rule(draw=randoms.multinomial, is_random=True),
    "RandomGamma": Rule(draw=randoms.gamma, bound=Near(1, doubles=4096), is_random=True),
    # The original's RandomPoisson, whose results have the dtype of the rates, is no longer in TensorFlow.
    "RandomPoisson": Rule(
        "RandomPoissonV2", randoms.poisson, is_random=True, arguments=lambda inputs, attrs: (inputs, attrs | {"dtype": dtypes.name(inputs[1])}),
        leaves_out={"int32": "the original has floats only", "int64": "the original has floats only"},
    ),
}

RULES |= gather_rules.RULES | quantized_rules.RULES | segment_rules.RULES | slicing_rules.RULES | special_rules.RULES

for _name in (
    "GradientDescent", "Momentum", "Adam", "Adadelta", "Adagrad", "AdagradDA", "Ftrl", "RMSProp", "CenteredRMSProp", "ProximalAdagrad",
    "ProximalGradientDescent",
):
    for _kind in ("Apply", "ResourceApply", "SparseApply", "ResourceSparseApply"):
        # 1/√x is a step of these; the dense RMSProps divide by the root.
        _has_inverse = _name in ("Adadelta", "Adagrad", "ProximalAdagrad") or ("Sparse" in _kind and "RMSProp" in _name)
        RULES[_kind + _name] = Rule(
            draw=updates.optimizer,
            bound=Steps(powers=_name == "Ftrl") if _has_inverse or _name == "Ftrl" else EXACT,
            names={"rh": "rho"} if _kind + _name == "SparseApplyAdadelta" else None,
        )
for _name in ("Update", "Add", "Sub", "Mul", "Div"):
    RULES["Scatter" + _name] = Rule(draw=updates.scatter)
    RULES["ScatterNd" + _name] = Rule(draw=updates.scatter_nd)
RULES["CountUpTo"] = Rule(draw=updates.count_up_to)

def rule(block_type):
    return RULES.get(block_type.name, Rule())


def call(block_type, case, inputs=None):
    """A case for TensorFlow: operation, inputs, attrs. dtypes that follow from the inputs are not said."""
    own = {attr.name for attr in block_type.attrs if attr.kind == "type" and any(pin.variable == attr.name for pin in block_type.inputs)}
    attrs = {name: value for name, value in case.attrs.items() if name not in own}
    row = rule(block_type)
    inputs = case.inputs if inputs is None else inputs
    own_op = row.ops and isinstance(inputs[0], np.ndarray) and row.ops.get(dtypes.name(inputs[0]))
    if row.arguments:
        inputs, attrs = row.arguments(inputs, attrs)
    name = own_op or row.op or block_type.name
    if not case.updated:
        return name, inputs, attrs, case.cycles
    called = row.names or {}
    return name, inputs, attrs, [called.get(pin, pin) for pin, _ in case.pins], [called.get(pin, pin) for pin in case.updated], case.cycles
