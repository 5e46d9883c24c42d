import Glibc

/// Standard input, output or error.
package struct StandardStream: Sendable {
    package static let input = StandardStream(descriptor: STDIN_FILENO)
    package static let output = StandardStream(descriptor: STDOUT_FILENO)
    package static let error = StandardStream(descriptor: STDERR_FILENO)

    let descriptor: Int32

    /// What became of the bytes.
    package enum Outcome: Sendable, Equatable {
        case written
        /// The reader closed its end (`| head`): nothing more needs to be written, and nothing went wrong.
        case readerGone
        /// The system's own words: no space left on device.
        case failed(String)
    }

    /// A write to a pipe without a reader gives `.readerGone` instead of ending the process by SIGPIPE.
    package static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Writes everything, however many calls it takes (write(2)).
    package func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard var next = bytes.baseAddress else { return .written }
        var left = bytes.count
        while left > 0 {
            let written = Glibc.write(descriptor, next, left)
            if written >= 0 {
                next += written
                left -= written
            } else {
                switch errno {
                case EINTR: continue
                case EAGAIN: waitUntilWritable()
                case EPIPE: return .readerGone
                case let code: return .failed(errorText(code))
                }
            }
        }
        return .written
    }

    /// Writes the line and its end.
    package func write(line: String) {
        var line = line + "\n"
        line.withUTF8 { _ = write(UnsafeRawBufferPointer($0)) }
    }

    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Columns of the terminal; `nil` off a terminal or where it does not tell.
    package var width: Int? { size.map(\.columns) }

    /// Columns and rows of the terminal (ioctl_tty(2), TIOCGWINSZ); `nil` off a terminal or where it does not tell.
    package var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// It leads into systemd's journal, which reads the level off the beginning of a line (sd-daemon(3), `JOURNAL_STREAM`
    /// in systemd.exec(5)).
    package var isJournal: Bool {
        guard let place = Surroundings.variable("JOURNAL_STREAM") else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && place == "\(status.st_dev):\(status.st_ino)"
    }

    // Somebody set our end of the pipe to non-blocking; it is shared with other processes, so it is not ours to set back.
    private func waitUntilWritable() {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = Glibc.poll(&poll, 1, -1)
    }
}
