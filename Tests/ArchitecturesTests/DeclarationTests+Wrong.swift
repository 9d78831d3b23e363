extension DeclarationTests {
  /// Wrong declarations, each with what is said of it.
  static let wrong: [(text: String, error: String)] = [
    (
      "layers: [{cnv: 8}, {linear: classes}]",
      "1:11: layers[0]: unknown kind of layer `cnv`; did you mean `conv`?"
    ),
    (
      "layers: [{conv2d: 8}, {linear: classes}]",
      "1:11: layers[0]: unknown kind of layer `conv2d`; did you mean `conv`?"
    ),
    (
      "layers: [{relu: true}, {linear: classes}]",
      "1:11: layers[0]: unknown kind of layer `relu`; did you mean `activation: relu`?"
    ),
    (
      "layers: [{upsample: 2}, {linear: classes}]",
      "1:11: layers[0]: unknown kind of layer `upsample`; known: conv, depthwise, linear, norm, activation, max_pool,"
        + " average_pool, global_average_pool, flatten, add, concat, multiply, dropout, block"
    ),
    (
      "layers: [{name: a, kernel: 3}, {linear: classes}]",
      "1:11: layers[0]: a layer has one of these keys: conv, depthwise, linear, norm, activation, max_pool,"
        + " average_pool, global_average_pool, flatten, add, concat, multiply, dropout, block"
    ),
    (
      "layers: [{conv: 8, kernle: 3}, {linear: classes}]",
      "1:20: layers[0].kernle: unknown key; did you mean `kernel`?"
    ),
    (
      "layers: [{conv: 8, linear: 3}]",
      "1:20: layers[0].linear: the layer is a `conv` already"
    ),
    (
      "layers: [{conv: 8, kernel: 2 +}, {linear: classes}]",
      "1:31: layers[0].kernel: `2 +`: ends where a number or a parameter is expected"
    ),
    (
      "layers: [{conv: 8 / 0}, {linear: classes}]",
      "1:17: layers[0].conv: the value divides by zero"
    ),
    (
      "layers: [{conv: \"multiple_of(8, 0)\"}, {linear: classes}]",
      "1:17: layers[0].conv: the value divides by zero"
    ),
    (
      "layers: [{conv: \"multiple_of(8, -4)\"}, {linear: classes}]",
      "1:17: layers[0].conv: the value is a multiple of a negative number"
    ),
    (
      "{parameters: {a: 1503238553, b: 2147483648, c: \"multiple_of(b, a)\", d: \"multiple_of(c, b)\"}, layers: [{linear: classes}]}",
      "1:48: architecture.parameters.c: the value is larger than 2^31"
    ),
    (
      "{parameters: {width: null}, layers: [{conv: width}, {linear: classes}]}",
      "1:15: architecture.parameters.width: the parameter needs a value"
    ),
    (
      "layers: [{dropout: 1}, {linear: classes}]",
      "1:20: layers[0].dropout: expected a number from 0 to below 1, found `1`"
    ),
    (
      "layers: [{dropout: 0.99999999}, {linear: classes}]",
      "1:20: layers[0].dropout: expected a number from 0 to below 1, found `0.99999999`"
    ),
    (
      "layers: [{conv: channels}, {linear: classes}]",
      "1:17: layers[0].conv: `channels` is no parameter here; known: classes, inputs"
    ),
    (
      "layers: [{conv: 1099511627776}, {linear: classes}]",
      "1:17: layers[0].conv: `1099511627776`: `1099511627776` is larger than 2^31"
    ),
    (
      "layers: [{conv: 65537}, {linear: classes}]",
      "1:17: layers[0].conv: expected a number from 1 to 65536, found 65537"
    ),
    (
      "layers: [{name: a, conv: 8}, {conv: 8, from: b}, {linear: classes}]",
      "1:46: layers[1]: there is no layer `b` before this one; did you mean `a`?"
    ),
    (
      "layers: [{name: a, conv: 8}, {name: a, conv: 8}, {linear: classes}]",
      "1:37: layers[1]: two layers are named `a`"
    ),
    (
      "layers: [{name: a, conv: 8}, {name: b, conv: 9}, {add: [a, b]}, {linear: classes}]",
      "1:50: layers[2]: add2: a sum needs equal shapes, found 8 x 16 x 16 and 9 x 16 x 16"
    ),
    (
      "layers: [{conv: 8}, {max_pool: 2, padding: 2}, {linear: classes}]",
      "1:21: layers[1]: max_pool1: a padding of 2 is more than half of the window of 2"
    ),
    (
      "layers: [{conv: 8}, {average_pool: 3, padding: 2}, {linear: classes}]",
      "1:21: layers[1]: average_pool1: a padding of 2 is more than half of the window of 3"
    ),
    (
      "layers: [{conv: 8}, {max_pool: 20}, {linear: classes}]",
      "1:21: layers[1]: max_pool1: a window of 20 x 20 with padding 0 does not fit into 8 x 16 x 16"
    ),
    (
      "layers: [{name: a, conv: 8}, {name: b, conv: 8}, {name: c, conv: 8, from: a}, {linear: classes}]",
      "1:30: layers[1]: no layer reads what this one gives"
    ),
    (
      "layers: [{name: a, conv: 8}, {name: b, conv: 8}, {name: c, conv: 8}, {multiply: [a, b, c]}, {linear: classes}]",
      "1:70: layers[3]: multiply3: a product is of two layers, a signal and a gate, found "
        + "8 x 16 x 16 and 8 x 16 x 16 and 8 x 16 x 16"
    ),
    (
      "{blocks: {k: {layers: [{name: b, conv: 8}]}}, layers: [{name: a.b, conv: 8, tensors: {weights: p, norm: q}}, {name: a, block: k}, {linear: classes}]}",
      "1:24: blocks.k.layers[0]: two layers are named `a.b`"
    ),
    (
      "layers: [{conv: 8, slope: 0.2}, {linear: classes}]",
      "1:27: layers[0].slope: a slope is of `leaky_relu`, and the activation is `relu`"
    ),
    (
      "layers: [{activation: relu6, slope: 0.2}, {linear: classes}]",
      "1:37: layers[0].slope: a slope is of `leaky_relu`, and the activation is `relu6`"
    ),
    (
      "layers: [{conv: 8, norm: none, tensors: {norm: b}}, {linear: classes}]",
      "1:10: layers[0].tensors.norm: the layer has no batch norm"
    ),
    (
      "layers: [{max_pool: 2, tensors: {weights: b}}, {linear: classes}]",
      "1:10: layers[0].tensors.weights: the layer has no weights"
    ),
    (
      "layers: [{name: a, conv: 8}, {conv: 2, outputs: [0, 1]}, {linear: classes}]",
      "1:49: layers[1].outputs: no `add` reads this layer, and only a sum's channels can be named"
    ),
    (
      "layers: [{conv: 65536}, {conv: 65536, kernel: 63}, {linear: classes}]",
      "1:25: layers[1]: conv1: a network with a layer of 65536 x 65536 x 63 x 63 weights has too many elements"
    ),
    (
      "layers: [{conv: 8, groups: 3}, {linear: classes}]",
      "1:10: layers[0]: conv0: 3 groups do not divide 3 input channels and 8 output channels"
    ),
    (
      "layers: [{conv: 8}]",
      "1:10: layers[0]: the last layer gives 8 x 16 x 16; expected one value for each class, as of `linear: classes`"
    ),
    (
      "layers: [{linear: 7}]",
      "1:9: architecture.layers: the last layer gives 7 values for 10 classes; write `linear: classes`"
    ),
    (
      "{blocks: {b: {parameters: {out: null}, layers: [{conv: out}]}}, layers: [{block: b}, {linear: classes}]}",
      "1:74: layers[0]: the block `b` needs a value for `out`"
    ),
    (
      "{blocks: {b: {layers: [{conv: 8}]}}, layers: [{block: c}, {linear: classes}]}",
      "1:55: layers[0].block: there is no block `c`; did you mean `b`?"
    ),
    (
      "layers: [{block: c}, {linear: classes}]",
      "1:18: layers[0].block: there is no block `c`; there are no `blocks`"
    ),
    (
      "{blocks: {b: {layers: [{block: b}]}}, layers: [{block: b}, {linear: classes}]}",
      "1:24: blocks.b.layers[0]: the block `b` uses itself"
    ),
    (
      "{blocks: {b: {layers: [{conv: 8}]}}, layers: [{block: b, repeat: 1000000}, {linear: classes}]}",
      "1:66: layers[0].repeat: expected a number from 1 to 10000, found 1000000"
    ),
    (
      "{blocks: {b: {layers: [{conv: 8}, {conv: 8}]}}, layers: [{block: b, repeat: 9999}, {linear: classes}]}",
      "1:35: blocks.b.layers[1]: more than 10000 layers"
    ),
    (
      "layers: [{name: a, conv: 8}, {name: b, conv: 8}, {add: [a, b], from: a}, {linear: classes}]",
      "1:64: layers[2].from: `add` itself names the layers that it reads; leave the key out"
    ),
    (
      "{parameters: {deep: width * 2, width: 4}, layers: [{conv: deep}, {linear: classes}]}",
      "1:21: parameters.deep: `width` is no parameter here; known: classes"
    ),
    (
      "{blocks: {b: {parameters: {out: width}, layers: [{conv: out}]}}, layers: [{block: b}, {linear: classes}]}",
      "1:33: blocks.b.parameters.out: `width` is no parameter here; known: classes, inputs"
    ),
    (
      "layers: [{name: a, conv: 8}, {add: [a, c]}, {name: c, conv: 8}, {linear: classes}]",
      "1:40: layers[1]: there is no layer `c` before this one; it comes later"
    ),
    (
      "{blocks: {res: {parameters: {out: 8, g: 1}, layers: [{conv: out / g}]}}, layers: [{block: res}, {name: b4, block: res, g: 0}, {linear: classes}]}",
      "1:61: blocks.res.layers[0].conv: b4.conv0: the value divides by zero"
    ),
    (
      "{blocks: {res: {parameters: {out: 8}, layers: [{conv: out}]}}, layers: [{name: b5, block: res, out: 70000, repeat: 2}, {linear: classes}]}",
      "1:55: blocks.res.layers[0].conv: b5.0.conv0: expected a number from 1 to 65536, found 70000"
    ),
    (
      "{blocks: {b: {layers: [{conv: 8, when: 1 / 0 > 2}]}}, layers: [{name: a, block: b}, {linear: classes}]}",
      "1:40: blocks.b.layers[0].when: a.conv0: the value divides by zero"
    ),
    (
      "{blocks: {b: {parameters: {n: 0, k: 8 / n}, layers: [{conv: k}]}}, layers: [{name: a, block: b}, {linear: classes}]}",
      "1:37: architecture.blocks.b.parameters.k: a: the value divides by zero"
    ),
  ]
}
