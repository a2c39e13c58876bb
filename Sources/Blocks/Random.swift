import Diagnostics
import TensorCore

private let seedAttrs: [Attr] = [
  .int("seed", default: 0, doc: "The first seed. Where both are 0, the page's seed and the block's id take their place."),
  .int("seed2", default: 0, doc: "The second seed."),
]

/// What all random blocks say of their streams.
private let streamDoc = "Each cycle draws on where the last one ended, even if that failed."

private func drawn(
  _ name: String, _ kernel: String, doc: String, inputs: [Pin], attrs: [Attr], output: Pin, shape: @escaping BlockType.ShapeRule = randomShape,
  parameters: BlockType.ParameterRule? = nil, scratch: BlockType.ScratchRule? = stripScratch, faults: BlockType.Faults = .never, example: String
) -> BlockType {
  BlockType(
    name, doc: doc + " " + streamDoc, inputs: inputs, attrs: seedAttrs + attrs, outputs: [output], shape: shape,
    compute: .call(kernel, parameters: parameters), scratch: scratch, faults: faults, state: streamState, example: example)
}

private let shapePin = Pin("shape", "T", doc: "The dimensions of the result, a vector.", setting: true)
private let shapeType = Attr.type("T", in: .indices, default: .int32)
private let floatAttr = Attr.dtype("dtype", in: .floats, default: .float, doc: "The dtype of the result.")

let randomTypes: [BlockType] = [
  drawn(
    "RandomUniform", "randomUniform",
    doc: "Numbers from 0 to below 1, each with the same probability: TensorFlow's bits for the same seeds.",
    inputs: [shapePin], attrs: [shapeType, floatAttr], output: Pin("output", "dtype"),
    example: """
      <page title="Six numbers below 1, and six more in the next cycle">
        <block id="u" type="RandomUniform"><pin name="shape">2 3</pin><attrs seed="1" seed2="2"/></block>
        <expect of="u" cycle="1" shape="[2, 3]">0.40639675 0.8575996 0.05539584 0.08587229 0.4121536 0.03663087</expect>
        <expect of="u" cycle="2">0.49945498 0.06284702 0.46006584 0.20280075 0.08863032 0.9726002</expect>
      </page>
      """),
  drawn(
    "RandomUniformInt", "randomUniformInt",
    doc: """
      Whole numbers from `minval` to below `maxval`: TensorFlow's for the same seeds. They are remainders of 32 or 64 random bits, so that \
      with a range that is no power of two the lower numbers come up a little more often.
      """,
    inputs: [
      shapePin, Pin("minval", "Tout", doc: "The lowest number."), Pin("maxval", "Tout", doc: "The number behind the highest one."),
    ],
    attrs: [shapeType, .type("Tout", in: .indices)], output: Pin("output", "Tout"), shape: uniformIntShape,
    faults: .possibly,
    example: """
      <page title="Ten dice">
        <block id="dice" type="RandomUniformInt">
          <pin name="shape">{10}</pin>
          <pin name="minval">1</pin>
          <pin name="maxval">7</pin>
          <attrs seed="1" seed2="2"/>
        </block>
        <expect of="dice" cycle="1">6 6 1 6 6 5 2 2 6 2</expect>
        <expect of="dice" cycle="2">3 6 5 1 3 2 5 6 6 5</expect>
      </page>
      """),
  drawn(
    "RandomNormal", "randomNormal",
    doc: """
      Normal numbers of mean 0 and deviation 1, within 4 ULP of TensorFlow's for the same seeds: log, sin and cos are functions of our \
      own.
      """,
    inputs: [shapePin], attrs: [shapeType, floatAttr], output: Pin("output", "dtype"),
    example: """
      <page title="Normal numbers">
        <block id="n" type="RandomNormal"><pin name="shape">{5}</pin><attrs seed="1" seed2="2" dtype="double"/></block>
        <expect of="n" cycle="1" tolerance="1e-15">
          0.58105877128258 -1.557429113677359 1.555896998265924 -0.07539950171215416 -0.27352397455564637
        </expect>
        <expect of="n" cycle="2" tolerance="1e-15">
          -1.0875801872475817 -1.1716841538542269 0.12054893173418961 0.6274425144439184 1.0565444642336512
        </expect>
      </page>
      """),
  drawn(
    "RandomNormal_ex", "randomNormal", doc: "RandomNormal with its shape as an attr.",
    inputs: [], attrs: [.shape("shape", doc: "The dimensions of the result."), floatAttr], output: Pin("output", "dtype"), shape: randomAttrShape,
    example: """
      <page title="Normal numbers of a shape that stands in the page">
        <block id="n" type="RandomNormal_ex"><attrs shape="[2, 2]" seed="3"/></block>
        <expect of="n" cycle="1" shape="[2, 2]" tolerance="1e-6">-1.864718 0.802645 -0.44321716 0.13816683</expect>
        <expect of="n" cycle="2" tolerance="1e-6">-0.26445752 -1.034297 -0.33240107 -1.0783676</expect>
      </page>
      """),
  drawn(
    "TruncatedNormal", "truncatedNormal",
    doc: """
      Normal numbers of mean 0 and deviation 1 between -2 and 2; those outside are drawn again. They are within 4 ULP of TensorFlow's for the \
      same seeds, except where a number lies so near to 2 that one side keeps it and the other does not (about one in ten million).
      """,
    inputs: [shapePin], attrs: [shapeType, floatAttr], output: Pin("output", "dtype"), scratch: nil,
    example: """
      <page title="Starting weights, none of them large">
        <block id="weights" type="TruncatedNormal"><pin name="shape">{5}</pin><attrs seed="1" seed2="2"/></block>
        <expect of="weights" cycle="1" tolerance="1e-6">-1.0467793 0.8397046 1.2358364 0.3037427 0.38869092</expect>
        <expect of="weights" cycle="2" tolerance="1e-6">1.2089236 -1.4851918 -0.15793842 -0.2694956 0.45330226</expect>
      </page>
      """),
  drawn(
    "ParameterizedTruncatedNormal", "parameterizedTruncatedNormal",
    doc: """
      Normal numbers between bounds. `means`, `stdevs`, `minvals` and `maxvals` are scalars, or vectors with one element for each index of the \
      first dimension. One of the bounds may be infinite. TensorFlow's numbers for the same seeds, but for the rounding of \
      exp, log, sin and cos; with several threads TensorFlow draws others, as its batches then do not follow one another.
      """,
    inputs: [
      shapePin, Pin("means", "dtype", doc: "The means before the bounds cut something off."), Pin("stdevs", "dtype", doc: "The deviations, above 0."),
      Pin("minvals", "dtype", doc: "The lower bounds."), Pin("maxvals", "dtype", doc: "The upper bounds."),
    ],
    attrs: [shapeType, .type("dtype", in: .floats)], output: Pin("output", "dtype"), shape: truncatedNormalShape,
    parameters: truncatedNormalParameters, faults: .possibly,
    example: """
      <page title="Four numbers around 0, and four above 10.5">
        <block id="n" type="ParameterizedTruncatedNormal">
          <pin name="shape">2 4</pin>
          <pin name="means">0 10</pin>
          <pin name="stdevs">1</pin>
          <pin name="minvals">-1 10.5</pin>
          <pin name="maxvals">1 12</pin>
          <attrs seed="1" seed2="2"/>
        </block>
        <expect of="n" cycle="1" shape="[2, 4]" tolerance="1e-6">
          -0.1872065 0.71519923 -0.8892083 -0.8282554 10.6095495 11.311584 10.777012 10.900297
        </expect>
        <expect of="n" cycle="2" tolerance="1e-6">-0.2562368 -0.11781788 -0.8990073 -0.6112814 11.38595 10.771032 11.248494 10.515408</expect>
      </page>
      """),
  drawn(
    "RandomGamma", "randomGamma",
    doc: """
      Numbers of gamma distributions with scale 1: as many as `shape` says for each element of `alpha`, whose dimensions come last. TensorFlow's \
      for the same seeds: floats within 1 ULP, doubles within 1e-12 of the number. An `alpha` below 0 gives NaN.
      """,
    inputs: [
      Pin("shape", "S", doc: "How many numbers for each element of `alpha`, a vector of dimensions.", setting: true),
      Pin("alpha", "T", doc: "The shape parameters."),
    ],
    attrs: [.type("S", in: .indices, default: .int32), .type("T", in: .floats)], output: Pin("output", "T"), shape: sampleShape,
    parameters: sampleParameters, scratch: nil,
    example: """
      <page title="Two gamma distributions">
        <block id="g" type="RandomGamma"><pin name="shape">{3}</pin><pin name="alpha">0.5 4</pin><attrs seed="1" seed2="2"/></block>
        <expect of="g" cycle="1" shape="[3, 2]" tolerance="1e-6">0.014439558 3.1077127 0.1910653 4.048071 0.19171634 1.8495646</expect>
        <expect of="g" cycle="2" tolerance="1e-6">0.5653322 1.6268189 0.010427229 3.3145947 0.070309825 2.1899922</expect>
      </page>
      """),
  drawn(
    "RandomPoisson", "randomPoisson",
    doc: """
      Numbers of Poisson distributions: as many as `shape` says for each element of `rate`, whose dimensions come last. TensorFlow's for the same \
      seeds, but for rates beyond 1e9, where rounding decides now and then. A rate of 0 or less gives 0, an infinite one infinity, NaN gives \
      NaN (with which TensorFlow never ends).
      """,
    inputs: [
      Pin("shape", "S", doc: "How many numbers for each element of `rate`, a vector of dimensions.", setting: true),
      Pin("rate", "dtype", doc: "The means."),
    ],
    attrs: [.type("S", in: .indices, default: .int32), .type("dtype", in: .floats)], output: Pin("output", "dtype"), shape: sampleShape,
    parameters: sampleParameters, scratch: nil,
    example: """
      <page title="Counts around 2 and around 50">
        <block id="p" type="RandomPoisson"><pin name="shape">{4}</pin><pin name="rate">2 50</pin><attrs seed="1" seed2="2"/></block>
        <expect of="p" cycle="1" shape="[4, 2]">1 44 2 52 3 57 1 41</expect>
        <expect of="p" cycle="2">3 40 1 39 1 66 2 51</expect>
      </page>
      """),
  drawn(
    "Multinomial", "multinomial",
    doc: """
      Draws classes: in each row of `logits`, class i with a probability proportional to exp(logit). Logits that are not finite are never drawn; a \
      row of nothing else gives the number of classes. TensorFlow's for the same seeds and one thread: with several it draws others, as its \
      rows then do not follow one another.
      """,
    inputs: [
      Pin("logits", "T", doc: "A row for each distribution, a column for each class."),
      Pin("num_samples", .int32, doc: "How many classes to draw for each row.", setting: true),
    ],
    attrs: [.type("T", in: .floats)], output: Pin("output", .int64), shape: multinomialShape, parameters: multinomialParameters,
    scratch: multinomialScratch,
    example: """
      <page title="Eight draws from each of two distributions">
        <block id="m" type="Multinomial">
          <pin name="logits">{{0, 0, 3}, {2, -1, 0}}</pin>
          <pin name="num_samples">8</pin>
          <attrs seed="1" seed2="2"/>
        </block>
        <expect of="m" cycle="1" shape="[2, 8]">2 2 2 2 2 2 2 2 0 0 0 0 0 0 0 0</expect>
        <expect of="m" cycle="2">2 2 2 2 2 2 2 2 0 0 0 0 0 0 0 0</expect>
      </page>
      """),
  drawn(
    "RandomShuffle", "randomShuffle",
    doc: "The rows of `value` (its parts along the first dimension) in another order: TensorFlow's for the same seeds.",
    inputs: [Pin("value", "T")], attrs: [.type("T", in: .all)], output: Pin("output", "T"), shape: Shapes.sameAsInput,
    parameters: shuffleParameters, scratch: shuffleScratch,
    example: """
      <page title="Four rows, shuffled">
        <block id="s" type="RandomShuffle">
          <pin name="value" dtype="int32">{{1, 1}, {2, 2}, {3, 3}, {4, 4}}</pin>
          <attrs seed="1" seed2="2"/>
        </block>
        <expect of="s" cycle="1" shape="[4, 2]">4 4 1 1 3 3 2 2</expect>
        <expect of="s" cycle="2">4 4 3 3 1 1 2 2</expect>
      </page>
      """),
]
