import Kernel

/// Where the configuration of `linger serve` is: the file that was named, or the standard place's, which may be missing:
/// everything is standard then. It is looked for anew at each reload; one that was there and is gone is a mistake, for an
/// editor may just be replacing it.
struct ConfigurationPlace: Sendable {
    let path: String
    private let mayBeMissing: Bool

    /// - Parameter named: by the user; `nil` for the standard place.
    init(named: String?) {
        path = named ?? ServeConfiguration.standardPath
        mayBeMissing = named == nil
    }

    /// - Parameter hadFile: there was one when it was read last.
    /// - Throws: `Failure` with everything that is wrong with the file.
    func read(
        _ messages: Messages, hadFile: Bool = false
    ) throws(Failure) -> (configuration: ServeConfiguration, file: String?) {
        guard !mayBeMissing || hadFile || Surroundings.exists(path) else { return (ServeConfiguration(), nil) }
        return (try ConfigurationFile.read(path, messages), path)
    }
}
