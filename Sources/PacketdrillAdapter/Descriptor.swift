import Lab
import Sockets
import TCP

/// What a descriptor of the script stands for.
final class Descriptor {
    enum Kind {
        /// A socket before listen and connect.
        case fresh
        case listener(Stack.Socket)
        case connection(Stack.Socket)
        case epoll(Epoll)
    }

    /// The number that the script's process knows: a real descriptor of /dev/null, for packetdrill closes by itself what
    /// a script leaves open.
    let number: Int32
    let isV6: Bool
    var kind: Kind
    var local: Endpoint?
    var isNonBlocking = false
    /// SO_ERROR.
    var error: Int32?
    var isConnecting = false
    /// `connect` has said that the connection is there.
    var saysConnected = false
    /// SO_LINGER: seconds; `nil`: off.
    var linger: Int32?
    /// SO_RCVBUF and SO_SNDBUF as they are shown.
    var receiveBuffer: Int32
    var sendBuffer: Int32
    /// Options that are kept and shown, and change nothing: level and name.
    var plainOptions: [OptionName: Int32] = [:]
    /// Changes that connections take with them.
    var configuration: Configuration
    var sendBufferLimit: Int

    struct OptionName: Hashable {
        var level: Int32
        var name: Int32
    }

    init(number: Int32, isV6: Bool, configuration: Configuration, receiveBuffer: Int32, sendBuffer: Int32) {
        self.number = number
        self.isV6 = isV6
        self.configuration = configuration
        self.receiveBuffer = receiveBuffer
        self.sendBuffer = sendBuffer
        sendBufferLimit = Int(sendBuffer)
        kind = .fresh
    }

    var socket: Stack.Socket? {
        switch kind {
        case .listener(let socket), .connection(let socket): socket
        case .fresh, .epoll: nil
        }
    }
}

/// What an epoll descriptor watches.
struct Epoll {
    struct Watch {
        var events: UInt32
        var data: UInt64
        /// What was reported last, for EPOLLET.
        var reported: UInt32 = 0
        var isDisabled = false
    }

    var watched: [Int32: Watch] = [:]
}
