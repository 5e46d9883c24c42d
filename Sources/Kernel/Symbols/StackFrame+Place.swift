package import Sockets

extension StackFrame {
    /// Where the program itself was, of calls that stand the innermost first: the C library's say nothing, and an
    /// interpreter's less than the function that it runs, where a perf map names that.
    package static func place(of frames: [StackFrame]) -> StackFrame? {
        let compiled = frames.filter { $0.module == nil && $0.symbol != nil }
        return compiled.first { $0.symbol?.contains("/") ?? false } ?? compiled.first
            ?? frames.first { $0.module.map { !$0.contains(".so") } ?? true } ?? frames.first
    }
}

extension Recollection.Stack {
    package init(_ frames: [StackFrame]) {
        self.init(place: StackFrame.place(of: frames)?.text ?? "-", frames: frames.map(\.text))
    }
}
