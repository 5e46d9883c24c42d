import Glibc
import Lab
import TCP

/// What a call fails with: `errno`.
struct SystemError: Error, Equatable {
    var code: Int32

    init(_ code: Int32) { self.code = code }

    /// What an application is told about a call that the stack refused.
    init(_ error: StackError) {
        switch error {
        case .noSocket: self.init(EBADF)
        case .addressInUse: self.init(EADDRINUSE)
        case .noPort, .badAddress: self.init(EADDRNOTAVAIL)
        case .wrongKind: self.init(EINVAL)
        case .notConnected: self.init(ENOTCONN)
        case .sendingIsOver: self.init(EPIPE)
        case .over(let ending): self.init(ending.code ?? EPIPE)
        }
    }
}

extension Ending {
    /// SO_ERROR after it; `nil`: none.
    var code: Int32? {
        switch self {
        case .orderly, .abandoned, .aborted: nil
        case .reset: ECONNRESET
        case .refused: ECONNREFUSED
        case .timedOut: ETIMEDOUT
        // As both kernels tell of a port that is unreachable.
        case .unreachable: ECONNREFUSED
        }
    }
}
