package import TCP

/// Why a call on a `Stack` was refused. Nothing changed then.
package enum StackError: Error, Hashable, Sendable {
    /// The socket is not there: it was closed and is over, or never was.
    case noSocket
    /// Another listener or connection has that endpoint.
    case addressInUse
    /// Every port of `Settings.ephemeralPorts` is taken towards that destination.
    case noPort
    /// The two endpoints are not of one IP version, or no address of the stack fits.
    case badAddress
    /// A call for a connection on a listener, or the other way round.
    case wrongKind
    /// There is no connection yet (or no more, and it ended in order).
    case notConnected
    /// Our side has said that it sends no more.
    case sendingIsOver
    /// The connection is over, and why.
    case over(Ending)
}
