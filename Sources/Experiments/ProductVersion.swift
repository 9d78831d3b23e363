/// The version of the program, for `espalier version` and reports.
public enum ProductVersion {
  public static let current = "0.1.0"
}
