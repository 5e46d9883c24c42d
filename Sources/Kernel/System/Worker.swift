internal import CLinux
internal import Glibc

/// A thread that runs one closure and ends. setns(2) changes the thread that calls it, so each other namespace gets a
/// thread of its own, and nobody has to find the way back.
package final class Worker<Value: Sendable>: WorkerBody {
    private let work: @Sendable () -> Value
    /// Written by the thread before it ends, read after pthread_join: the join orders the two.
    private var value: Value?
    private var thread = pthread_t()

    /// Starts at once.
    /// - Parameter name: what `top -H` and /proc/PID/task/TID/comm show, at most 15 bytes; that of the process otherwise.
    package init(named name: String? = nil, _ work: @escaping @Sendable () -> Value) throws(KernelError) {
        self.work = {
            if let name { _ = linger_set_process_name(name) }
            return work()
        }
        super.init()
        let code = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<WorkerBody>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, Unmanaged<WorkerBody>.passRetained(self).toOpaque())
        guard code == 0 else {
            Unmanaged<WorkerBody>.passUnretained(self).release()
            throw KernelError(call: "pthread_create", code: code)
        }
    }

    override func run() { value = work() }

    /// Waits for the end; to be called once.
    package func join() throws(KernelError) -> Value {
        let code = pthread_join(thread, nil)
        guard code == 0, let value else { throw KernelError(call: "pthread_join", code: code) }
        return value
    }
}

/// What pthread_create's C callback can name: a class without type parameters.
package class WorkerBody {
    func run() {}
}
