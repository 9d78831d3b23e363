extension ErrorTable {
  /// Evaluation, export and expectations.
  static let evaluation = ErrorTable(
    #"""
    evaluate: {every: 0}
      6:19: evaluate.every: expected a whole number from 1 to 1000000, found `0`
    evaluate: {metrics: [top2]}
      6:22: evaluate.metrics[0]: unknown metric `top2`; did you mean `top1`? (known: top1, top5)
    evaluate: {metrics: [top5]}
      6:21: evaluate.metrics: `top5` needs at least 5 classes, found 4; write `metrics: [top1]`
    evaluate: {metrics: [top1, top1]}
      6:28: evaluate.metrics[1]: `top1` appears twice
    evaluate: {metrics: top1}
      6:21: evaluate.metrics: expected a list of values, found `top1`; write `[top1]`
    evaluate: {latency: some}
      6:21: evaluate.latency: expected `none` or a mapping with `batch_sizes`, found `some`
    evaluate: {latency: {batch_sizes: [0]}}
      6:36: evaluate.latency.batch_sizes[0]: expected a whole number from 1 to 65536, found `0`
    evaluate: {latency: {}}
      6:12: evaluate.latency.batch_sizes: required key is missing; expected a list of values
    evaluate: {precision: bfloat}
      6:23: evaluate.precision: unknown precision `bfloat`; did you mean `bfloat16`? (known: float32, bfloat16)
    export: {formats: [onxn]}
      6:20: export.formats[0]: unknown format `onxn`; did you mean `onnx`? (known: safetensors, onnx)
    export: {onnx: {opset: 12, batch: any, fold_batchnorm: true}}
      6:24: export.onnx.opset: expected a whole number from 13 to 21, found `12`
      6:35: export.onnx.batch: expected `dynamic` or a whole number from 1 to 65536, found `any`
      6:40: export.onnx.fold_batchnorm: unknown key; did you mean `fold_batch_norm`?
    export: {onnx: {quantize: int8}}
      6:27: export.onnx.quantize: expected `none` or a mapping with `images`, found `int8`
    export: {onnx: {quantize: {images: 0}}}
      6:36: export.onnx.quantize.images: expected a whole number from 1 to 1000000000, found `0`
    export: {onnx: {quantize: {}, test_images: 2}}
      6:44: export.onnx.test_images: the logits of the test data are those of floats, which a file with `quantize` does not compute; leave one of the two out
    export: {formats: onnx}
      6:19: export.formats: expected a list of values, found `onnx`; write `[onnx]`
    export: {formats: [pickle]}
      6:20: export.formats[0]: unknown format `pickle`; known: safetensors, onnx
    expect: {accuracy_drop: {at_most: 1}}
      6:10: expect.accuracy_drop: nothing can be expected of it without `prune`
    expect: {accuracy_drop: 3}
      6:10: expect.accuracy_drop: nothing can be expected of it without `prune`
      6:25: expect.accuracy_drop: expected a mapping, found `3`; write `{at_most: 3}`
    expect: {top1: 90}
      6:16: expect.top1: expected a mapping, found `90`; write `{at_least: 90}`
    expect: {top1: high}
      6:16: expect.top1: expected a mapping, found `high`
    expect: {top5: {at_least: 90}}
      6:10: expect.top5: it is not measured; add it to `evaluate.metrics`
    expect: {top1: {paper: 90}}
      6:10: expect.top1: expected `at_most` or `at_least`
    expect: {top1: {at_most: 1, at_least: 0}}
      6:29: expect.top1.at_least: only one of `at_most` and `at_least` can be given
    expect: {top1: {at_least: 900}}
      6:27: expect.top1.at_least: expected a number from 0 to 100, found `900`
    expect: {accuracy: {at_least: 90}}
      6:10: expect.accuracy: unknown key; did you mean `accuracy_drop`?
    """#)
}
