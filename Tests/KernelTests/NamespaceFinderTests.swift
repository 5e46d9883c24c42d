import Sockets
import Testing

@testable import Kernel

@Suite("network namespaces of a host")
struct NamespaceFinderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func found(_ pids: [Int32] = []) -> NamespaceFinder.Found {
        NamespaceFinder(inputs: Inputs(mode: .replay(folder.path)), own: 1).all(pids)
    }

    @Test("those of processes, of names and of bind mounts elsewhere, each once")
    func all() throws {
        try folder.write("net:[7]", to: "proc/40/ns/net.link")
        try folder.write("blue\n", to: "run/netns/.entries")
        try folder.write("8\n", to: "run/netns/blue.inode")
        try folder.write(
            """
            21 20 0:4 / /proc rw shared:5 - proc proc rw
            43 42 0:4 net:[8] /run/netns/blue rw shared:2 - nsfs nsfs rw
            44 42 0:4 net:[9] /var/lib/pods/one rw - nsfs nsfs rw
            45 42 0:4 net:[7] /var/lib/pods/two rw - nsfs nsfs rw
            46 42 0:4 mnt:[10] /var/lib/mounts/x rw - nsfs nsfs rw
            47 42 0:4 net:[11] /odd\\040name rw - nsfs nsfs rw
            48 42 0:4 net:[nonsense] /x rw - nsfs nsfs rw
            49 42 nsfs

            """, to: "proc/self/mountinfo")
        let found = found([40])
        #expect(found.namespaces.map(\.inode) == [1, 7, 8, 9])
        #expect(found.namespaces.map(\.name) == [nil, nil, "blue", nil])
        #expect(
            found.paths == [
                ["/proc/self/ns/net"], ["/proc/40/ns/net"], ["/run/netns/blue"], ["/var/lib/pods/one"],
            ])
    }

    @Test("a host that shows nothing has our own")
    func nothing() {
        #expect(found().namespaces.map(\.inode) == [1])
        #expect(found().hidden.isEmpty)
    }
}
