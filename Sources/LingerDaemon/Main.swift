import Commands

/// The same with all commands; `linger` becomes it for those that it lacks (docs/decisions/0012).
@main
enum Main {
    static func main() { Program.main() }
}
