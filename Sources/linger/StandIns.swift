// Until the branch `diagnosis` is merged.
extension String {
    var escapedForTerminal: String { self }
}
