"""TensorFlow, on one thread."""

import time

import tensorflow as tf
from tensorflow.python.client import pywrap_tf_session as c_api
from tensorflow.python.framework import c_api_util

from . import clock

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def timer(call, *arrays):
    """The best of a call as it is and as a compiled function, on tensors made before."""
    tensors = [tf.constant(array) for array in arrays]
    function = tf.function(lambda *given: call(*given)).get_concrete_function(*tensors)
    return lambda: min(clock.measured(lambda: call(*tensors)), clock.measured(lambda: function(*tensors)))


def compiled_timer(call, *arrays):
    """Compiled by XLA."""
    tensors = [tf.constant(array) for array in arrays]
    function = tf.function(call, jit_compile=True)
    return lambda: clock.measured(lambda: function(*tensors))


def chain_timer(count):
    """A graph of additions that nothing is folded in."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:

        @tf.function
        def chain(x, one):
            for _ in range(count):
                x = tf.raw_ops.Add(x=x, y=one)
            return x

        x, one = tf.constant(0.0), tf.constant(1.0)
        function = chain.get_concrete_function(x, one)
        function(x, one)
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    return lambda: clock.measured(lambda: function(x, one))


def import_timer(count):
    """Reading a binary graph of additions."""
    with tf.Graph().as_default() as graph:
        one = tf.constant(1.0)
        x = one
        for _ in range(count - 1):
            x = tf.raw_ops.Add(x=x, y=one)
        data = graph.as_graph_def().SerializeToString()
    options = c_api_util.ScopedTFImportGraphDefOptions()
    c_api.TF_ImportGraphDefOptionsSetPrefix(options.options, "")

    def measure():
        # What tf.import_graph_def calls, without its objects in Python for each block.
        start = time.perf_counter()
        buffer = c_api.TF_NewBufferFromString(data)
        with tf.Graph()._c_graph.get() as target:
            c_api.TF_GraphImportGraphDefWithResults(target, buffer, options.options)
        seconds = time.perf_counter() - start
        c_api.TF_DeleteBuffer(buffer)
        return seconds

    return measure
