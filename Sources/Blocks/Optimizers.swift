private let variable = Optimizer.Input("var", .variable, "The variable that is trained.")
private let accumulator = Optimizer.Input("accum", .variable, "The sum of the squares of all gradients; it starts above 0.")
private let rate = Optimizer.Input("lr", .scalar, "The learning rate")
private let l1 = Optimizer.Input("l1", .scalar, "What draws every element to 0")
private let l2 = Optimizer.Input("l2", .scalar, "What draws large elements to 0")
private let gradient = Optimizer.Input("grad", .gradient, "")
private let step = Optimizer.Input("global_step", .step, "The number of the step")
private let momentum = Optimizer.Input("momentum", .scalar, "How much of the last step is in this one")
private let nesterov = Attr.bool("use_nesterov", default: false, doc: "Nesterov's variant: the gradient counts as that of the next step.")

private func epsilon(_ doc: String) -> Optimizer.Input { Optimizer.Input("epsilon", .scalar, doc) }
private func decay(_ name: String, _ doc: String) -> Optimizer.Input { Optimizer.Input(name, .scalar, doc) }

private func example(_ title: String, _ texts: [String: String], _ result: String) -> Optimizer.Example {
  Optimizer.Example(title: title, texts: ["var": "1 -2", "grad": "0.5 -1", "lr": "0.1"].merging(texts) { $1 }, result: result)
}

/// Two of three rows, one of them twice.
private func rows(_ title: String, _ texts: [String: String], _ result: String) -> Optimizer.Example {
  let slope = "{{0.5, -1}, {2, 1}, {0.25, 0}}"
  let common = ["var": "{{1, 2}, {3, 4}, {5, 6}}", "grad": slope, "delta": slope, "indices": "2 0 2", "lr": "0.1"]
  return Optimizer.Example(title: title, texts: common.merging(texts) { $1 }, result: result)
}

private let ones = "{{1, 1}, {1, 1}, {1, 1}}"
private let zeros = "{{0, 0}, {0, 0}, {0, 0}}"

let optimizers: [Optimizer] = [
  Optimizer(
    name: "GradientDescent", doc: "Gradient descent: `var -= alpha * delta`.",
    inputs: [variable, Optimizer.Input("alpha", .scalar, "The learning rate"), Optimizer.Input("delta", .gradient, "")],
    example: example("Down a slope that stays the same", ["alpha": "0.1", "delta": "0.5 -1"], "0.84999996 -1.6999999")),
  Optimizer(
    name: "Momentum",
    doc: """
      Gradient descent that keeps its direction: `accum = momentum * accum + grad`, then `var -= lr * accum`; with `use_nesterov` \
      `var -= lr * (grad + momentum * accum)`.
      """,
    inputs: [Optimizer.Input("accum", .variable, "The sum of the steps, each weighed by its age."), rate, gradient, momentum, variable],
    flag: nesterov,
    example: example("Faster from step to step", ["accum": "0 0", "momentum": "0.9"], "0.7195 -1.439"),
    sparse: rows("Rows with momentum", ["accum": zeros, "momentum": "0.9"], "-0.12199998 1.439 3 4 4.3036427 7.0024595")),
  Optimizer(
    name: "Adam",
    doc: """
      Adam: `m` and `v` follow the gradient and its square, `m += (grad - m) * (1 - beta1)` and `v += (grad² - v) * (1 - beta2)`. Then \
      `var -= rate * m / (√v + epsilon)` with `rate = lr * √(1 - beta2_power) / (1 - beta1_power)`. The powers of `beta1` and `beta2` are \
      those of the number of steps; other blocks keep them.
      """,
    inputs: [
      variable, Optimizer.Input("m", .variable, "The mean of the gradients."),
      Optimizer.Input("v", .variable, "The mean of their squares."), decay("beta2_power", "`beta2` to the power of the step"), rate,
      decay("beta1", "How much of `m` stays"), decay("beta2", "How much of `v` stays"), decay("beta1_power", "`beta1` to the power of the step"),
      epsilon("Keeps the divisor above 0"), gradient,
    ],
    flag: nesterov,
    example: example(
      "Steps of about the same length in all directions",
      ["m": "0 0", "v": "0 0", "beta1": "0.9", "beta2": "0.999", "beta1_power": "0.9", "beta2_power": "0.999", "epsilon": "1e-8"],
      "0.609076 -1.609076")),
  Optimizer(
    name: "Adadelta",
    doc: """
      Adadelta: `accum = rho * accum + (1 - rho) * grad²`, `update = √(accum_update + epsilon) / √(accum + epsilon) * grad`, \
      `var -= lr * update` and `accum_update = rho * accum_update + (1 - rho) * update²`.
      """,
    inputs: [
      variable, Optimizer.Input("accum", .variable, "The mean of the squares of the gradients."),
      Optimizer.Input("accum_update", .variable, "The mean of the squares of the steps."), rate, decay("rho", "How much of the means stays"),
      epsilon("Where the first steps come from"), gradient,
    ],
    example: example(
      "Steps that find their length", ["accum": "0 0", "accum_update": "0 0", "lr": "1", "rho": "0.95", "epsilon": "0.01"], "-0.00825417 -0.7625388"),
    sparse: rows(
      "Rows with steps of their own length", ["accum": zeros, "accum_update": zeros, "lr": "1", "rho": "0.95", "epsilon": "0.01"],
      "-0.32384375 0.7625388 3 4 3.3981934 7.237083"),
    names: ["SparseApplyAdadelta": ["rho": "rh"]]),
  Optimizer(
    name: "Adagrad", doc: "Adagrad: `accum += grad²`, then `var -= lr * grad / √accum`.",
    inputs: [variable, accumulator, rate, gradient],
    example: example("Shorter steps where much has happened", ["accum": "0.1 0.1"], "0.7967022 -1.778851"),
    sparse: rows("Rows that are seldom met change more", ["accum": ones], "0.78842056 1.8215544 3 4 4.81937 6.178446")),
  Optimizer(
    name: "AdagradDA",
    doc: """
      Adagrad by dual averaging: the gradients and their squares are added up, g and s. Then the variable is \
      `-lr * sign(g) * max(|g| - global_step * l1, 0) / (l2 * global_step * lr + √s)`, whatever it was before.
      """,
    inputs: [
      variable, Optimizer.Input("gradient_accumulator", .variable, "The sum of the gradients."),
      Optimizer.Input("gradient_squared_accumulator", .variable, "The sum of their squares; it starts above 0."), rate, l1, l2, step, gradient,
    ],
    example: example(
      "From sums alone",
      ["gradient_accumulator": "0 0", "gradient_squared_accumulator": "0.1 0.1", "l1": "0.05", "l2": "0.01", "global_step": "3"],
      "-0.14595313 0.16159378"),
    sparse: rows(
      "Rows from sums alone",
      ["gradient_accumulator": zeros, "gradient_squared_accumulator": ones, "l1": "0.05", "l2": "0.01", "global_step": "3"],
      "-0.16211493 -0.14228657 3 4 -0.15054399 0.14228657")),
  Optimizer(
    name: "Ftrl",
    doc: """
      Follow the regularised leader (FTRL-Proximal): `linear += grad - (new^p - accum^p) / lr * var` with `new = accum + grad²` and \
      `p = -lr_power`. Then `var = (sign(linear) * l1 - linear) / (new^p / lr + 2 * l2)`, 0 where |linear| is at most `l1`.
      """,
    inputs: [
      variable, accumulator, Optimizer.Input("linear", .variable, "The slope of what is minimised."), rate, l1, l2, gradient,
      Optimizer.Input("lr_power", .scalar, "How the learning rate falls: -0.5 with the root of `accum`, 0 not at all"),
    ],
    positive: ["lr"], notNegative: ["l1", "l2"], notPositive: ["lr_power"], isCheckedWhenSparse: true,
    example: example(
      "A variable with few elements that are not 0", ["accum": "0.1 0.1", "linear": "0 0", "l1": "0.5", "l2": "0.01", "lr_power": "-0.5"],
      "0.17694919 -1.125928"),
    sparse: rows(
      "Rows, some of them 0", ["accum": ones, "linear": zeros, "l1": "0.5", "l2": "0.01", "lr_power": "-0.5"],
      "0.3185274 0.37142438 3 4 0.3019414 1.8978012")),
  Optimizer(
    name: "RMSProp",
    doc: "RMSProp: `ms = rho * ms + (1 - rho) * grad²`, `mom = momentum * mom + lr * grad / √(ms + epsilon)`, then `var -= mom`.",
    inputs: [
      variable, Optimizer.Input("ms", .variable, "The mean of the squares of the gradients."), Optimizer.Input("mom", .variable, "The step."), rate,
      decay("rho", "How much of the mean stays"), momentum, epsilon("Keeps the root above 0"), gradient,
    ],
    example: example(
      "By the mean of the squares", ["ms": "1 1", "mom": "0 0", "rho": "0.9", "momentum": "0.5", "epsilon": "1e-10"], "0.7720138 -1.575"),
    sparse: rows(
      "Rows by the mean of the squares", ["ms": ones, "mom": zeros, "rho": "0.9", "momentum": "0.5", "epsilon": "1e-10"],
      "0.3050679 1.575 3 4 4.5622425 6.5573754")),
  Optimizer(
    name: "CenteredRMSProp",
    doc: """
      RMSProp by the variance: `mg` and `ms` follow the gradient and its square as in RMSProp, \
      `mom = momentum * mom + lr * grad / √(ms - mg² + epsilon)`, then `var -= mom`.
      """,
    inputs: [
      variable, Optimizer.Input("mg", .variable, "The mean of the gradients."), Optimizer.Input("ms", .variable, "The mean of their squares."), rate,
      decay("rho", "How much of the means stays"), momentum, Optimizer.Input("mom", .variable, "The step."), epsilon("Keeps the root above 0"),
      gradient,
    ],
    example: example(
      "By the variance", ["mg": "0 0", "ms": "1 1", "mom": "0 0", "rho": "0.9", "momentum": "0.5", "epsilon": "1e-10"], "0.7708043 -1.5674477"),
    sparse: rows(
      "Rows by the variance", ["mg": zeros, "ms": ones, "mom": zeros, "rho": "0.9", "momentum": "0.5", "epsilon": "1e-10"],
      "0.27467364 1.5674478 3 4 4.557711 6.568305")),
  Optimizer(
    name: "ProximalAdagrad",
    doc: """
      Adagrad with l1 and l2: `accum += grad²`, `rate = lr / √accum`, `v = var - rate * grad`. Then \
      `var = sign(v) * max(|v| - rate * l1, 0) / (1 + rate * l2)`.
      """,
    inputs: [variable, accumulator, rate, l1, l2, gradient], positive: ["lr"], notNegative: ["l1", "l2"],
    example: example("Adagrad that draws to 0", ["accum": "0.1 0.1", "l1": "0.1", "l2": "0.01"], "0.7526532 -1.7526822"),
    sparse: rows("Rows that are drawn to 0", ["accum": ones, "l1": "0.1", "l2": "0.01"], "0.7769426 1.8003795 3 4 4.7480946 6.1210365")),
  Optimizer(
    name: "ProximalGradientDescent",
    doc: "Gradient descent with l1 and l2: `v = var - alpha * delta`, then `var = sign(v) * max(|v| - alpha * l1, 0) / (1 + alpha * l2)`.",
    inputs: [variable, Optimizer.Input("alpha", .scalar, "The learning rate"), l1, l2, Optimizer.Input("delta", .gradient, "")],
    example: example("A slope and a pull to 0", ["alpha": "0.1", "delta": "0.5 -1", "l1": "0.1", "l2": "0.01"], "0.8173652 -1.6646706"),
    sparse: rows("Rows with a pull to 0", ["alpha": "0.1", "l1": "0.1", "l2": "0.01"], "0.36826393 1.6646706 3 4 4.686134 6.2031345"),
    names: ["SparseApplyProximalGradientDescent": ["delta": "grad"], "ResourceSparseApplyProximalGradientDescent": ["delta": "grad"]]),
]
