internal import Glibc

/// Runs something that must not be cut off in the middle: Ctrl-C and its like wait until it is done.
package enum SignalShield {
    /// On a thread of its own: what it traces is let go when that ends, however it ends.
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) throws(KernelError) -> Value {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // The new thread inherits the mask.
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try Worker(body).join()
    }
}
