import Commands

/// `linger-daemon`: the commands that need a database or a web server. `linger` starts it.
@main
enum Main {
    static func main() {
        Program.main { command in
            switch command {
            default: throw Unknown(name: "\(type(of: command))")
            }
        }
    }

    /// A command that `linger` hands over and this program does not know: another version of it.
    struct Unknown: Error { var name: String }
}
