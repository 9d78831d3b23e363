/// Moves, doubles, swaps or drops lines, or the words between a text's brackets, commas and colons.
func shuffled(_ text: [UInt8], _ random: inout SplitMix) -> [UInt8] {
  let separators: Set<UInt8> =
    random.below(2) == 0 ? [UInt8(ascii: "\n")] : Set("\n,:[]{}\" ".utf8)
  var tokens: [ArraySlice<UInt8>] = []
  var start = 0
  for (index, byte) in text.enumerated() where separators.contains(byte) {
    if start < index { tokens.append(text[start..<index]) }
    tokens.append(text[index...index])
    start = index + 1
  }
  if start < text.count { tokens.append(text[start...]) }
  guard !tokens.isEmpty else { return text }
  let (from, to) = (random.below(tokens.count), random.below(tokens.count))
  switch random.below(4) {
  case 0: tokens.swapAt(from, to)
  case 1: tokens.insert(tokens[from], at: to)
  case 2: tokens.remove(at: from)
  default: tokens[to] = tokens[from]
  }
  return Array(tokens.joined())
}

/// Steele, Lea and Flood: Fast splittable pseudorandom number generators (2014).
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
