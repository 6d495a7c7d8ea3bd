/// The release that this is.
public enum Release {
    /// Its version.
    public static let version = "1.0.0"
}
