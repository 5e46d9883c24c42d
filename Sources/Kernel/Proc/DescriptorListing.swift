/// An open descriptor of a TCP socket, as the iterator or the walk through /proc found it.
struct SocketDescriptor: Sendable, Hashable {
    /// 0 where /proc was walked: it shows the inode only.
    var cookie: UInt64
    var inode: UInt32
    var pid: Int32
    var descriptor: Int32
    /// The kernel's number of the socket's state; 0 where /proc was walked.
    var state: UInt8
    var port: UInt16
}

/// How many descriptors a process has, and how many of them are sockets of any kind.
struct DescriptorCount: Sendable, Hashable {
    var all: UInt32
    var sockets: UInt32
}

/// All that one look found of descriptors.
struct DescriptorListing: Sendable {
    var descriptors: [SocketDescriptor] = []
    /// Those that the iterator found in the tables of single threads, until they are settled.
    var ofThreads: [SocketDescriptor] = []
    var counts: [Int32: DescriptorCount] = [:]
    /// Processes whose descriptors may not be seen.
    var hidden: [Int32] = []
    /// Processes that ended while we looked.
    var gone = 0
    /// The first that could not be read though it is there: too many descriptors of ours are open, or memory is short.
    var failure: KernelError?
    /// Records that could not be decoded.
    var undecoded = 0
}
