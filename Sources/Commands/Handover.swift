#if LIGHT
    import ArgumentParser
    import Kernel
    import Sockets

    // What `linger` has of the commands that `linger-daemon` runs (docs/decisions/0012): their names.

    struct ServeCommand: HandedOver {
        static let configuration = handedOver("serve", "Watches this host, keeps its history, and tells Prometheus.")
        @Argument(parsing: .captureForPassthrough) var rest: [String] = []
    }

    struct HistoryCommand: HandedOver {
        static let configuration = handedOver("history", "Asks what a daemon has kept.")
        @Argument(parsing: .captureForPassthrough) var rest: [String] = []
    }

    struct ConfigCommand: HandedOver {
        static let configuration = handedOver("config", "Checks the configuration of the daemon.")
        @Argument(parsing: .captureForPassthrough) var rest: [String] = []
    }

    protocol HandedOver: ParsableCommand {}

    extension HandedOver {
        /// Without a help of its own: `linger serve --help` is the daemon's too.
        fileprivate static func handedOver(_ name: String, _ abstract: String) -> CommandConfiguration {
            CommandConfiguration(commandName: name, abstract: abstract, helpNames: [])
        }

        mutating func run() throws {
            do throws(KernelError) {
                try ProgramImage.replace(withNeighbour: "linger-daemon")
            } catch {
                throw Failure(error)
            }
            // It is not there, or this would not be reached.
            let messages = Messages(language: .ofEnvironment(Surroundings.variable))
            throw Failure(.usage, messages.noDaemonProgram(ProgramImage.folders(of: "linger-daemon")))
        }
    }

    extension Messages {
        fileprivate func noDaemonProgram(_ folders: [String]) -> String {
            let places = folders.joined(separator: ", ")
            return switch language {
            case .en: "this command needs linger-daemon, and it is not in \(places): 'make install' puts it there"
            case .zh: "此命令需要 linger-daemon，但在 \(places) 中没有找到：请用 'make install' 安装"
            }
        }
    }
#endif
