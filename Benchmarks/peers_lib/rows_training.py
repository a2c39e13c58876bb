"""Pages that train: a cycle is a step."""

import numpy as np
import tensorflow as tf

from . import clock
from .enuflow import block
from .row import Row, ratio

LOOP = 1000


def names():
    return ["xor", "softmax"]


def measure(name, context):
    return _xor(context) if name == "xor" else _softmax(context)


# A network of two hidden units learns exclusive or. Its gradients are wired by hand, each step of the chain rule a block: 46 blocks.
XOR_INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
XOR_TARGETS = np.array([[0], [1], [1], [0]], np.float32)
XOR_STARTS = {
    "w1": np.full((2, 2), 0.5, np.float32),
    "b1": np.zeros((1, 2), np.float32),
    "w2": np.array([[0.45], [0.54]], np.float32),
    "b2": np.zeros((1, 1), np.float32),
}
XOR_BLOCKS = [
    ("s1", "MatMul", "a=x b=w1"), ("z1", "Add", "x=s1 y=b1"), ("h", "Sigmoid", "x=z1"),
    ("s2", "MatMul", "a=h b=w2"), ("z2", "Add", "x=s2 y=b2"), ("p", "Sigmoid", "x=z2"),
    ("lp", "Log", "x=p"), ("hit", "Multiply", "x=lp y=t"), ("q", "Subtract", "x:1 y=p"), ("lq", "Log", "x=q"),
    ("u", "Subtract", "x:1 y=t"), ("miss", "Multiply", "x=lq y=u"), ("both", "Add", "x=hit y=miss"), ("cost", "Negate", "x=both"),
    ("square", "Square", "x=cost"), ("mean", "Mean", "input=square"),
    ("qi", "Div", "x:1 y=q"), ("qu", "Multiply", "x=qi y=u"), ("pi", "Div", "x:1 y=p"), ("pt", "Multiply", "x=pi y=t"),
    ("slope", "Subtract", "x=qu y=pt"), ("weighed", "Multiply", "x=cost y=slope"),
    ("rest2", "Subtract", "x:1 y=p"), ("sig2", "Multiply", "x=p y=rest2"), ("back2", "Multiply", "x=weighed y=sig2"),
    ("gb2", "Mean", "input=back2"), ("gw2", "MatMul", "a=h b=back2 transpose_a"), ("to1", "MatMul", "a=back2 b=w2 transpose_b"),
    ("rest1", "Subtract", "x:1 y=h"), ("sig1", "Multiply", "x=h y=rest1"), ("back1", "Multiply", "x=sig1 y=to1"),
    ("gb1", "Mean", "input=back1"), ("gw1", "MatMul", "a=x b=back1 transpose_a"),
]


def _text(array):
    return "{" + ", ".join(_text(row) for row in array) + "}" if array.ndim else f"{array:g}"


def _xor_page():
    blocks = []
    for name, array in {"x": XOR_INPUTS, "t": XOR_TARGETS, "rate1": np.float32(0.1), "rate2": np.float32(0.1)}.items():
        blocks += block(name, "Const", {}, pins=f'<pin name="val">{_text(np.asarray(array))}</pin>')
    for name, array in XOR_STARTS.items():
        blocks += block(name, "Variable", {}, pins=f'<pin name="initvalues">{_text(array)}</pin>')
    for name, kind, words in XOR_BLOCKS:
        wires = dict(word.split("=") for word in words.split() if "=" in word)
        pins = "".join('<pin name="{}">{}</pin>'.format(*word.split(":")) for word in words.split() if ":" in word)
        flags = [word for word in words.split() if word.startswith("transpose")]
        attrs = " ".join(f'{flag}="true"' for flag in flags)
        if kind == "Mean":
            attrs, pins = 'keep_dims="true"', '<pin name="axis" dtype="int32">0</pin>'
        blocks += block(name, kind, wires, attrs, pins)
    for number in "12":
        for kind in "wb":
            wires = {"var": kind + number, "alpha": "rate" + number, "delta": f"g{kind}{number}"}
            blocks += block(f"step_{kind}{number}", "ApplyGradientDescent", wires)
    blocks += block("run", "ClientSession", {})
    fetched = ["step_w1", "step_b1", "step_w2", "step_b2", "mean"]
    return blocks + [f'<wire from="{name}" to="run.fetch_outputs"/>' for name in fetched]


def _xor_step(lib, w1, b1, w2, b2, matmul, sigmoid, mean):
    """The new variables, as the page computes them."""
    x, t = XOR_INPUTS, XOR_TARGETS
    h = sigmoid(matmul(x, w1) + b1)
    p = sigmoid(matmul(h, w2) + b2)
    cost = -(lib.log(p) * t + lib.log(1 - p) * (1 - t))
    back2 = cost * (1 / (1 - p) * (1 - t) - 1 / p * t) * (p * (1 - p))
    back1 = h * (1 - h) * matmul(back2, lib.transpose(w2))
    steps = matmul(np.ascontiguousarray(x.T), back1), mean(back1), matmul(lib.transpose(h), back2), mean(back2)
    return [variable - np.float32(0.1) * step for variable, step in zip((w1, b1, w2, b2), steps)]


class _TensorFlow:
    log, transpose = staticmethod(tf.math.log), staticmethod(tf.transpose)


def _tf_step(*variables):
    return _xor_step(_TensorFlow, *variables, tf.matmul, tf.sigmoid, lambda g: tf.reduce_mean(g, 0, keepdims=True))


def _xor_loop(compiled):
    starts = [tf.constant(array) for array in XOR_STARTS.values()]

    @tf.function(jit_compile=compiled)
    def loop(*variables):
        return tf.while_loop(lambda i, *v: i < LOOP, lambda i, *v: [i + 1, *_tf_step(*v)], [0, *variables])

    return lambda: clock.measured(lambda: loop(*starts)) / LOOP


def _xor_numpy():
    variables = list(XOR_STARTS.values())

    def step():
        variables[:] = _xor_step(np, *variables, np.matmul, lambda z: 1 / (1 + np.exp(-z)), lambda g: g.mean(0, keepdims=True))

    return lambda: clock.measured(step)


def _rate(name, work, seconds, goal, note=""):
    unit, text = (1e6, "M/s") if goal >= 1e6 else (1e3, "k/s")
    cells = {who: f"{ratio(1 / time / unit)} {text}" for who, time in seconds.items() if who in ("enuflow", "TensorFlow", "numpy")}
    return Row(name, work, cells, f"≥ {goal / unit:g} {text}", 1 / seconds["enuflow"] >= goal, note, seconds)


def _xor(context):
    seconds = clock.rounds(
        {"enuflow": context.enuflow.timer("xor", _xor_page(), {}), "TensorFlow": _xor_loop(False), "XLA": _xor_loop(True), "numpy": _xor_numpy()},
        context.rounds,
    )
    note = f"TensorFlow runs its own loop; compiled as a whole by XLA, without results to look at, it makes {1e-6 / seconds['XLA']:.2f} M/s"
    return _rate("xor", "training page of XOR (46 blocks), cycles per second", seconds, 1e6, note)


def _softmax(context):
    x = context.random.random((100, 784), np.float32)
    labels = np.eye(10, dtype=np.float32)[context.random.integers(0, 10, 100)]
    blocks = []
    blocks += block("w", "Variable", {}, 'shape="[784, 10]"', '<pin name="initvalues">0</pin>')
    blocks += block("b", "Variable", {}, 'shape="[10]"', '<pin name="initvalues">0</pin>')
    blocks += block("rate", "Const", {}, pins='<pin name="val">0.005</pin>')
    blocks += block("product", "MatMul", {"a": "x", "b": "w"})
    blocks += block("logits", "Add", {"x": "product", "y": "b"})
    blocks += block("entropy", "SoftmaxCrossEntropyWithLogits", {"features": "logits", "labels": "labels"})
    blocks += block("back", "Multiply", {"x": "entropy.backprop"}, pins='<pin name="y">0.01</pin>')
    blocks += block("grad_w", "MatMul", {"a": "x", "b": "back"}, 'transpose_a="true"')
    blocks += block("grad_b", "Sum", {"input": "back"}, pins='<pin name="axis" dtype="int32">0</pin>')
    for kind in "wb":
        blocks += block(f"step_{kind}", "ApplyGradientDescent", {"var": kind, "alpha": "rate", "delta": f"grad_{kind}"})

    weights, biases = tf.Variable(tf.zeros((784, 10))), tf.Variable(tf.zeros(10))
    images, wanted = tf.constant(x), tf.constant(labels)

    @tf.function
    def step():
        _, back = tf.raw_ops.SoftmaxCrossEntropyWithLogits(features=tf.matmul(images, weights) + biases, labels=wanted)
        back = back * 0.01
        gradients = tf.matmul(images, back, transpose_a=True), tf.reduce_sum(back, 0)
        weights.assign_sub(0.005 * gradients[0])
        biases.assign_sub(0.005 * gradients[1])

    w, b = np.zeros((784, 10), np.float32), np.zeros(10, np.float32)

    def plain():
        z = x @ w + b
        e = np.exp(z - z.max(1, keepdims=True))
        back = (e / e.sum(1, keepdims=True) - labels) * np.float32(0.01)
        np.subtract(w, np.float32(0.005) * (x.T @ back), out=w)
        np.subtract(b, np.float32(0.005) * back.sum(0), out=b)

    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer("softmax", blocks, {"x": x, "labels": labels}),
            "TensorFlow": lambda: clock.measured(step),
            "numpy": lambda: clock.measured(plain),
        },
        context.rounds,
    )
    return _rate("softmax", "softmax regression 784 → 10, batch 100, steps per second", seconds, 24e3)
