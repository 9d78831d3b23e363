import Compute

/// Moves, duplicates, swaps or deletes lines, or the words between brackets, commas and colons of a
/// text.
func shuffled(_ text: [UInt8], _ random: inout RandomStream) -> [UInt8] {
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
