import ArgumentParser

/// An option's value that is one of a few words.
///
/// What ArgumentParser would do for it by itself, without key paths: each costs a search through all the types that the
/// program has, when it starts. So does a default value, twice: options of the commands that should start quickly have none,
/// and a property that says what is meant without them.
protocol Choice: ExpressibleByArgument, CaseIterable, RawRepresentable<String> where AllCases == [Self] {}

extension Choice {
    init?(argument: String) { self.init(rawValue: argument) }

    var defaultValueDescription: String { rawValue }

    static var allValueStrings: [String] { allCases.map { $0.rawValue } }

    /// The words say what they are.
    static var allValueDescriptions: [String: String] { [:] }
}
