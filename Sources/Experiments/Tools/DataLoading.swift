import Compute
import Datasets
import MessagePassing
import Network
import Pruning
import Specification
import Training

extension ExperimentSpec {
  /// The data of the experiment; the network must have an output for each class.
  ///
  /// - Parameter threads: largest number of threads that decode pictures.
  func loadData(threads: Int) throws(RunError) -> Dataset {
    let data: Dataset
    do { data = try DatasetRegistry.load(dataset, threads: threads) } catch { throw .data(error) }
    guard data.classNames.count <= architecture.classes else {
      throw .data(
        DatasetError(
          file: dataset.path ?? dataset.name, problem: "\(data.classNames.count) classes",
          expected: "at most \(architecture.classes), the outputs of the network (`architecture.classes`)"))
    }
    return data
  }

  /// Warnings about what the loaded data does not fit: the samples for scoring, and the training of
  /// a model.
  ///
  /// - Parameter model: the model's file; nil if there is none
  func warnings(about data: Dataset, model: String?) -> [String] {
    var found = model.map { ModelMetadata.differences(ofModel: $0, from: self, data) } ?? []
    if let samples = prune?.samples, CriterionRegistry.readsImages(prune) {
      found += data.train.limitWarning("prune.samples", samples, "training").map { [$0] } ?? []
    }
    return found
  }

  /// The range of each value of a network on the training images of `export.onnx.quantize`, in a
  /// fixed random order; nil for an export in floats.
  func calibration(
    of network: Network, on images: ImageSet
  ) throws(RunError) -> ONNXExport.Calibration? {
    guard let count = export.onnx.calibrationImages else { return nil }
    let order = BatchLoader.shuffledOrder(count: images.count, seed: 0, epoch: 0).prefix(count)
    let loader = BatchLoader(
      set: images, order: Array(order), batchSize: train.batchSize, augment: nil,
      normalize: dataset.normalize, seed: 0, epoch: 0)
    var ranges = [ClosedRange<Float>](repeating: 0...0, count: network.graph.nodes.count + 1)
    var seen = 0
    do throws(DatasetError) {
      while let batch = try loader.next() {
        // All of its pictures are damaged.
        if batch.count == 0 { continue }
        seen += batch.count
        ranges = zip(ranges, network.ranges(of: batch.images)).map { a, b in
          min(a.lowerBound, b.lowerBound)...max(a.upperBound, b.upperBound)
        }
      }
    } catch {
      throw .data(error)
    }
    guard seen > 0 else { throw .training(.noImages(part: "training")) }
    return ONNXExport.Calibration(ranges: ranges, images: seen)
  }

  /// Accuracy and loss of a network on images, with the experiment's normalization.
  ///
  /// - Parameters:
  ///   - precision: of the activations.
  ///   - group: processes with the same network, which must all make this call.
  ///   - interruption: ends the evaluation early.
  /// - Throws: if an image cannot be read, if all images are damaged, or if it was interrupted.
  func evaluation(
    of network: Network, on images: ImageSet, precision: Precision, group: ProcessGroup = .alone,
    interruption: Interruption = Interruption()
  ) throws(RunError) -> Evaluation {
    let evaluation: Evaluation
    var isCut = false
    do {
      evaluation = try Evaluation(
        of: network, on: images, normalize: dataset.normalize, batchSize: train.batchSize,
        precision: precision, group: group
      ) {
        isCut = interruption.isRequested
        return isCut
      }
    } catch {
      throw .data(error)
    }
    if group.any(isCut) { throw .training(.interrupted) }
    guard evaluation.images > 0 else { throw .training(.noImages(part: "test")) }
    return evaluation
  }
}
