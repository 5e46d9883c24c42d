/// Puts values into a template: `{name}` is replaced, `[part]` is left out when a name in it has no value, and a name
/// outside of such a part that has none becomes a dash.
func fill(_ template: String, _ value: (String) -> String?) -> String {
    var result = ""
    var part = ""
    var name = ""
    var isInPart = false
    var isInName = false
    var isKnown = true
    for character in template {
        switch character {
        case "[" where !isInPart:
            (isInPart, isKnown, part) = (true, true, "")
        case "]" where isInPart:
            if isKnown { result += part }
            isInPart = false
        case "{":
            (isInName, name) = (true, "")
        case "}" where isInName:
            isInName = false
            let found = value(name)
            if found == nil { isKnown = false }
            if isInPart { part += found ?? "" } else { result += found ?? "–" }
        default:
            if isInName {
                name.append(character)
            } else if isInPart {
                part.append(character)
            } else {
                result.append(character)
            }
        }
    }
    return result
}

/// The names that a template has, in order.
func placeholders(in template: String) -> [String] {
    template.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap {
        $0.split(separator: "}").first.map { String($0.hasPrefix("?") ? $0.dropFirst() : $0) }
    }
}
