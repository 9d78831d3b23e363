extension ErrorTable {
  /// YAML itself.
  static let syntax = ErrorTable(
    #"""
    train: {epochs: 10
      6:1: not valid YAML: did not find expected ',' or '}' while parsing a flow mapping that starts in line 5
    dataset: {name: tiny, path: ${HOME}/x}
      3:30: not valid YAML: did not find expected ',' or '}' while parsing a flow mapping; within braces or brackets, quote a text that has `${NAME}` in it
    train: {epochs: !!int 10}
      5:17: train.epochs: tags are not accepted, found `!!int`
    train: *nothing
      5:8: train: unknown alias `*nothing`
    train: &a {epochs: *a}
      5:20: train.epochs: the alias `*a` contains itself
    train: {<<: 3, epochs: 10}
      5:13: train.<<: expected a mapping or a list of mappings, found `3`
    train: {[a]: 3}
      5:9: train: a key must be a plain word, found a list or mapping
    train: {epochs: 10}}
      5:20: not valid YAML: did not find expected key while parsing a block mapping that starts in line 1
    description: "\q"
      6:15: not valid YAML: found unknown escape character while parsing a quoted scalar
    """#)
}
