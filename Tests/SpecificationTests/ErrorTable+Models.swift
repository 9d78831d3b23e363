extension ErrorTable {
  /// Data sets and architectures.
  static let models = ErrorTable(
    #"""
    dataset: {name: cifr10}
      3:17: dataset.name: unknown data set `cifr10`; did you mean `cifar10`? (known: tiny, cifar10, photos)
    dataset: {name: imagenet}
      3:17: dataset.name: unknown data set `imagenet`; known: tiny, cifar10, photos
    dataset: {name: }
      3:11: dataset.name: required key is missing; expected a data set
    dataset: {name: tiny, train_limit: 3}
      3:36: dataset.train_limit: 3 images are too few: tiny has 4 classes, each needs one
    dataset: {name: tiny, train_limit: 101}
      3:36: dataset.train_limit: tiny has only 100 training images, found 101
    dataset: {name: tiny, test_limit: 21}
      3:35: dataset.test_limit: tiny has only 20 test images, found 21
    dataset: {name: tiny, normalize: {mean: [0.5, 0.5]}}
      3:41: dataset.normalize.mean: expected one number a channel, 1 for tiny, found 2
    dataset: {name: tiny, normalize: {std: [0]}}
      3:41: dataset.normalize.std[0]: expected a number above 0, found `0`
    dataset: {name: tiny, normalize: {std: 1}}
      3:40: dataset.normalize.std: expected a list of values, found `1`; write `[1]`
    dataset: {name: tiny, augment: {random_crop: {}}}
      3:33: dataset.augment.random_crop.padding: required key is missing; expected a whole number from 1 to 256
    dataset: {name: tiny, augment: {random_crop: 4}}
      3:46: dataset.augment.random_crop: expected a mapping, found `4`
    dataset: {name: tiny, augment: {horizontal_flip: maybe}}
      3:50: dataset.augment.horizontal_flip: expected `true` or `false`, found `maybe`
    dataset: {name: tiny, path: ""}
      3:29: dataset.path: expected a path, found an empty text
    dataset: {name: tiny, path: "${NOWHERE}/x"}
      3:29: dataset.path: the environment variable `NOWHERE` is not set; set it or give a default: `${NOWHERE:-default}`
    dataset: {name: tiny, path: "${NOWHERE"}
      3:29: dataset.path: `${NOWHERE` has no closing `}`
    dataset: {name: tiny, path: "${NO-WHERE}"}
      3:29: dataset.path: expected `${NAME}` or `${NAME:-default}`, found `${NO-WHERE}`
    dataset: {name: tiny, path: "a\0b"}
      3:29: dataset.path: a text must not contain the character NUL
    architecture: {}
      4:1: architecture.name: required key is missing; expected the name of a network, or `layers`, or `onnx`
    architecture: {depth: 14, name: null}
      4:27: architecture.name: required key is missing; expected the name of a network, or `layers`, or `onnx`
    architecture: {onnx: null, layers: null}
      4:1: architecture.name: required key is missing; expected the name of a network, or `layers`, or `onnx`
    architecture: {name: resnet9}
      4:22: architecture.name: unknown architecture `resnet9`; did you mean `resnet8`? (known: resnet8, vgg16, resnet)
    architecture: {name: resnet8, depth: 14}
      4:31: architecture.depth: `resnet8` has the depth 8; leave the key out
    architecture: {name: resnet8, block: bottleneck}
      4:31: architecture.block: `resnet8` has basic blocks; leave the key out
    architecture: {name: resnet}
      4:1: architecture.depth: required key is missing; expected the depth of the `resnet`
    architecture: {name: resnet, depth: 15}
      4:37: architecture.depth: no such depth
    architecture: {name: resnet, depth: 14, block: plain}
      4:48: architecture.block: `resnet` has basic or bottleneck blocks
    architecture: {name: vgg16}
      4:22: architecture.name: too small
    architecture: {name: resnet8, width: 0}
      4:38: architecture.width: expected a number above 0 and at most 64, found `0`
    architecture: {name: resnet8, input: [3, 8, 8]}
      4:38: architecture.input: the images of tiny are [1, 8, 8], found [3, 8, 8]; leave the key out
    architecture: {name: resnet8, input: [8, 8]}
      4:38: architecture.input: expected a list of 3 values, found 2
    architecture: {name: resnet8, classes: 3}
      4:40: architecture.classes: tiny has 4 classes, found 3
    architecture: {name: resnet8, weights: [a]}
      4:40: architecture.weights: expected a path, found a list
    """#)
}
