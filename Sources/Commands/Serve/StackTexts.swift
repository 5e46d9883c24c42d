import Kernel
import Sockets
import Watching

/// Stacks in words. Each is looked up once, at its first opening: its process may be gone when its connection ends.
final class StackTexts {
    private static let most = 4096

    private let symbolizer = Symbolizer()
    private var known: [CallStack: [StackFrame]] = [:]

    func note(_ opening: Opening) {
        guard !opening.frames.isEmpty else { return }
        _ = frames(of: CallStack(process: opening.process, frames: opening.frames))
    }

    func frames(of stack: CallStack) -> [StackFrame] {
        if let found = known[stack] { return found }
        if known.count >= Self.most { known = [:] }
        let frames = symbolizer.describe(stack.frames, of: stack.process)
        // What no file is mapped at is no code: without frame pointers the last addresses are chance.
        let code = frames.prefix { $0.module != nil || $0.symbol != nil }
        known[stack] = code.isEmpty ? Array(frames.prefix(1)) : Array(code)
        return known[stack] ?? []
    }

    /// A line a frame, the innermost first.
    func text(of stack: CallStack) -> String { frames(of: stack).map(\.text).joined(separator: "\n") }
}
