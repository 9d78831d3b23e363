/// The program's version, as `espalier version` and reports show it.
public enum ProductVersion {
  public static let current = "0.1.0"
}
