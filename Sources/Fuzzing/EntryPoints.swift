import Compute
import Foundation

// libFuzzer (https://llvm.org/docs/LibFuzzer.html) has the main function and calls these.

/// `--reader=NAME` chooses what is fuzzed; `--write-corpus=FOLDER` writes the initial corpus and
/// exits; `--readers` prints all names and exits.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> CInt {
  if CommandLine.arguments.contains("--readers") {
    print(FuzzedReaders.all.map { $0.name }.joined(separator: " "))
    exit(0)
  }
  _ = FuzzedReaders.chosen
  guard let folder = argument("--write-corpus") else { return 0 }
  for (index, bytes) in FuzzedReaders.chosen.corpus().enumerated() {
    let isWritten = FileManager.default.createFile(atPath: "\(folder)/\(index)", contents: Data(bytes))
    precondition(isWritten, "cannot write to \(folder)")
  }
  exit(0)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzedReaders.chosen.read(Array(UnsafeBufferPointer(start: data, count: count)))
  return 0
}

@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>?, _ count: Int, _ largest: Int) -> Int

/// Applies libFuzzer's mutations of bytes, and in every second input mutates whole lines or words
/// first.
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
  _ data: UnsafeMutablePointer<UInt8>?, _ count: Int, _ largest: Int, _ seed: CUnsignedInt
) -> Int {
  guard let data else { return 0 }
  var random = RandomStream(seed: UInt64(seed), purpose: .test)
  guard FuzzedReaders.chosen.isText, random.below(2) == 0 else { return mutate(data, count, largest) }
  let changed = shuffled(Array(UnsafeBufferPointer(start: data, count: count)), &random).prefix(largest)
  for (index, byte) in changed.enumerated() { data[index] = byte }
  return random.below(2) == 0 ? changed.count : mutate(data, changed.count, largest)
}

func argument(_ name: String) -> String? {
  CommandLine.arguments.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
}
