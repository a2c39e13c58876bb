"""TensorFlow, in a process of its own: an operation that ends the process costs one case, not the run."""

import inspect
import multiprocessing
import os
import sys

import numpy as np

from . import dtypes


class Refused:
    """TensorFlow said no; `is_missing`: it has no such operation, dtype or kernel."""

    def __init__(self, message, is_missing=False):
        self.message, self.is_missing = message, is_missing


class Crashed:
    """TensorFlow's process ended."""


class Oracle:
    def __init__(self):
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self):
        self._pipe, child = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(child,), daemon=True)
        self._process.start()
        child.close()

    def submit(self, calls):
        """Takes a list of (operation, inputs by pin, attrs, cycles), and of what ``update`` takes; `results` gives the answers in their order.

        With two more, what flows back to each result and a list of (pin, member), the answer is the gradients for these inputs."""
        self._pipe.send(calls)
        self._waiting = calls

    def results(self):
        answers = []
        while len(answers) < len(self._waiting):
            try:
                answers.append(self._pipe.recv())
            except (EOFError, ConnectionResetError):
                answers.append(Crashed())
                self._start()
                self._pipe.send(self._waiting[len(answers) :])
        return answers

    def version(self):
        self.submit([("version", [], {}, 1)])
        answer = self.results()[0]
        return answer if isinstance(answer, str) else sys.exit("TensorFlow does not start")

    def stop(self):
        self._process.terminate()


def _serve(pipe):
    """The process: answers every call with the outputs by pin, or with Refused."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # Its own kernels, whatever the processor: oneDNN's quantise otherwise.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    # What its C++ prints about processors is of no interest here.
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    import tensorflow as tf
    from tensorflow.python.eager import context
    from tensorflow.python.framework import op_def_registry

    # One order of additions, whatever the machine.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    def call(name, inputs, attrs, cycles, upstreams=None, wanted=None):
        if name == "version":
            return tf.__version__
        definition = op_def_registry.get(name)
        if definition is None:
            return Refused(f"there is no operation {name}", is_missing=True)
        kinds = {attr.name: attr.type for attr in definition.attr}
        function = getattr(tf.raw_ops, name)
        made = [_tensors(tf, item) for item in inputs]
        named = dict(zip(_arguments(function, definition), made))
        for key, value in attrs.items():
            if key not in kinds:
                return Refused(f"{name} has no attr {key}", is_missing=True)
            named[_parameter(function, definition, key)] = _attr(tf, kinds[key], value)
        for attr in definition.attr:
            if attr.name not in named and attr.type == "type" and not attr.HasField("default_value") and _is_needed(definition, attr.name):
                return Refused(f"{name} needs {attr.name}", is_missing=True)
        if wanted is not None:
            return _gradients(tf, function, named, [made[pin][member] if isinstance(made[pin], list) else made[pin] for pin, member in wanted], upstreams)
        if definition.is_stateful:
            # Otherwise an operation with the same seeds would go on where another one ended.
            context.context().clear_kernel_cache()
        for _ in range(cycles):
            outputs = function(**named)
        if len(definition.output_arg) == 1:
            outputs = [outputs]
        return [_arrays(item) for item in outputs]

    def update(name, inputs, attrs, names, updated, cycles):
        """The outputs of the last of some calls that change variables, and the variables after it."""
        definition = op_def_registry.get(name)
        if definition is None:
            return Refused(f"there is no operation {name}", is_missing=True)
        kinds = {attr.name: attr.type for attr in definition.attr}
        function = getattr(tf.raw_ops, name)
        attrs = {key: _attr(tf, kinds[key], value) for key, value in attrs.items()}
        if not any(argument.is_ref for argument in definition.input_arg):
            variables = {key: tf.Variable(_tensors(tf, array)) for key, array in zip(names, inputs) if key in updated}
            named = {key: variables[key].handle if key in updated else _tensors(tf, array) for key, array in zip(names, inputs)}
            for _ in range(cycles):
                function(**named, **attrs)
            return [_arrays(variables[key]) for key in updated]
        # Variables of this kind live in graphs only.
        with tf.Graph().as_default(), tf.compat.v1.Session(config=single) as session:
            named = {key: _tensors(tf, array) for key, array in zip(names, inputs)}
            first = []
            for key in updated:
                variable = tf.raw_ops.VariableV2(shape=named[key].shape, dtype=named[key].dtype, container="", shared_name="")
                first.append(tf.raw_ops.Assign(ref=variable, value=named[key], validate_shape=True, use_locking=True).op)
                named[key] = variable
            output = function(**named, **attrs)
            values = [tf.identity(named[key]) for key in updated]
            session.run(first)
            for _ in range(cycles):
                result = session.run(output)
            return [_array(result)] + [_array(value) for value in session.run(values)]

    single = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    # It would leave out operations whose constants do nothing (ScatterAdd of 0), with what they refuse or flush.
    single.graph_options.rewrite_options.disable_meta_optimizer = True
    try:
        while True:
            for request in pipe.recv():
                try:
                    answer = (call if isinstance(request[3], int) else update)(*request)
                except tf.errors.NotFoundError as error:
                    answer = Refused(str(error), is_missing=True)
                except (tf.errors.OpError, ValueError, TypeError, OverflowError, LookupError) as error:
                    answer = Refused(f"{type(error).__name__}: {error}", is_missing="is not in the list of allowed values" in str(error))
                pipe.send(answer)
    except (EOFError, KeyboardInterrupt):
        pass


def _gradients(tf, function, named, watched, upstreams):
    with tf.GradientTape() as tape:
        tape.watch(watched)
        outputs = tf.nest.flatten(function(**named))
    flowing = [(output, tf.constant(upstream)) for output, upstream in zip(outputs, upstreams) if upstream is not None]
    found = tape.gradient([output for output, _ in flowing], watched, [upstream for _, upstream in flowing])
    if any(gradient is None for gradient in found):
        return Refused("an input has no gradient", is_missing=True)
    return [_arrays(tf.convert_to_tensor(gradient)) for gradient in found]


def _arguments(function, definition):
    """The inputs' names in Python, where some are called otherwise than in the definition, in the definition's order."""
    written = [argument.name for argument in definition.input_arg]
    attrs = {attr.name for attr in definition.attr}
    others = iter([name for name in inspect.signature(function).parameters if name not in written and name not in attrs and name != "name"])
    known = set(inspect.signature(function).parameters)
    return [name if name in known else next(others) for name in written]


def _parameter(function, definition, attr):
    """What an attr is called in Python, where that is something else than in the definition."""
    known = inspect.signature(function).parameters
    written = {argument.name for argument in definition.input_arg} | {attr.name for attr in definition.attr} | {"name"}
    return attr if attr in known else next(name for name in known if name not in written)


def _is_needed(definition, variable):
    return not any(argument.type_attr == variable for argument in definition.input_arg)


def _attr(tf, kind, value):
    if kind == "type":
        return getattr(tf, {"float": "float32", "double": "float64"}.get(value, value))
    return float(value) if kind == "float" else value


def _tensors(tf, item):
    if isinstance(item, list):
        return [_tensors(tf, one) for one in item]
    if item.dtype.names:
        return tf.bitcast(tf.constant(dtypes.stored(item)), getattr(tf, dtypes.name(item)))
    return tf.constant(item.tolist() if item.dtype == np.object_ and item.size else item, tf.string if item.dtype == np.object_ else None, item.shape)


def _arrays(item):
    if isinstance(item, (list, tuple)):
        return [_arrays(one) for one in item]
    array = _array(item.numpy())
    return np.ascontiguousarray(array).view(dtypes.QUANTIZED[item.dtype.name]).reshape(array.shape) if item.dtype.name in dtypes.QUANTIZED else array


def _array(array):
    if isinstance(array, bytes):
        made = np.empty((), np.object_)
        made[()] = array
        return made
    return np.asarray(array)
