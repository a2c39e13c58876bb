"""ONNX Runtime, on one thread, with its inputs and outputs bound before."""

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from . import clock


def timer(nodes, feeds, output, constants=None, is_optimised=True):
    """`nodes` are (type, inputs, output, attributes)."""
    made = [helper.make_node(kind, inputs, [result], **attributes) for kind, inputs, result, attributes in nodes]
    graph = helper.make_graph(
        made,
        "peer",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape) for name, array in feeds.items()],
        [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    if not is_optimised:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for name, array in feeds.items():
        binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
    binding.bind_ortvalue_output(output[0], ort.OrtValue.ortvalue_from_shape_and_type(list(output[1]), np.float32))
    return lambda: clock.measured(lambda: session.run_with_iobinding(binding))
