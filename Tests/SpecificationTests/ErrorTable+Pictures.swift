extension ErrorTable {
  /// Folders of pictures; the path of `photos` is its number of classes.
  static let pictures = ErrorTable(
    #"""
    dataset: {name: photos, path: "5"}
    dataset: {name: photos}
      3:1: dataset.path: required key is missing; expected the folder of the pictures
    dataset: {name: photos, path: nowhere}
      3:31: dataset.path: it is not there; if only another machine has it, give `architecture.classes`
    dataset: {name: photos, path: $DATA/photos}
      3:31: dataset.path: it is not there; `$DATA` is no variable; write `${DATA}`, or `$$` for a dollar sign; if only another machine has it, give `architecture.classes`
    dataset: {name: photos, path: "1"}
      3:31: dataset.path: there are pictures of one class, and a classifier needs at least two; expected a folder of pictures for each class
    dataset: {name: photos, path: empty}
      3:31: dataset.path: it is empty
    dataset: {name: photos, path: "5", maximum_pixels: 0}
      3:52: dataset.maximum_pixels: expected a whole number from 1 to 1073741824, found `0`
    dataset: {name: photos, path: "5", size: 0}
      3:42: dataset.size: expected a whole number from 1 to 4096, found `0`
    dataset: {name: photos, path: "5", size: 64, resize: 63}
      3:54: dataset.resize: expected at least the size, 64, found 63
    dataset: {name: photos, path: "5", damaged: ignore}
      3:45: dataset.damaged: unknown way with damaged pictures `ignore`; known: fail, skip
    dataset: {name: photos, path: "5", train_limit: 4}
      3:49: dataset.train_limit: 4 images are too few: photos has 5 classes, each needs one
    dataset: {name: tiny, size: 8, damaged: skip}
      3:23: dataset.size: the images of tiny have one size; leave the key out
      3:32: dataset.damaged: the images of tiny have one size; leave the key out
    dataset: {name: tiny, augment: {random_resized_crop: {}}}
      3:33: dataset.augment.random_resized_crop: the images of tiny have one size; use `random_crop`
    dataset: {name: photos, path: "5", augment: {random_crop: {padding: 4}, random_resized_crop: {}}}
      3:73: dataset.augment.random_resized_crop: expected only one of `random_crop` and `random_resized_crop`
    dataset: {name: photos, path: "5", augment: {random_resized_crop: {scale: [1, 0.5]}}}
      3:75: dataset.augment.random_resized_crop.scale: expected the smaller number first, found [1, 0.5]
    dataset: {name: photos, path: "5", augment: {random_resized_crop: {scale: [0, 1], ratio: [1]}}}
      3:76: dataset.augment.random_resized_crop.scale[0]: expected a number above 0 and at most 1, found `0`
      3:90: dataset.augment.random_resized_crop.ratio: expected a list of 2 values, found 1
    dataset: {name: photos, path: "5", augment: {random_resize_crop: {}}}
      3:46: dataset.augment.random_resize_crop: unknown key; did you mean `random_resized_crop`?
    """#)
}
