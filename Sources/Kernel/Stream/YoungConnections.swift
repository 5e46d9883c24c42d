internal import CLibBPF
internal import CLinux
internal import Glibc

/// The places in which the kernel keeps what young connections do (`Probes/young.h`), as the reader sees them.
///
/// A place is read and freed after it was marked as released and no program runs that has not seen the mark: then the
/// programs leave it alone, and tell all that follows record by record.
final class YoungConnections {
    private let places: UnsafeMutablePointer<linger_young>
    private let count: Int
    private var size: Int { count * MemoryLayout<linger_young>.stride }

    /// - Parameter map: of the kernel, mapped into memory.
    init(map: Int32, count: Int) throws(KernelError) {
        self.count = count
        let size = count * MemoryLayout<linger_young>.stride
        guard let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0), address != MAP_FAILED else {
            throw .system("mmap", "young")
        }
        places = address.bindMemory(to: linger_young.self, capacity: count)
    }

    deinit { munmap(places, size) }

    /// The kernel can say when no program runs any more that began before (membarrier(2)).
    static var canBeReleased: Bool { linger_can_wait_for_programs() }

    /// Takes those that began by then.
    /// - Parameter body: receives each as a course that goes on.
    func release(begunBy time: UInt64, _ body: (linger_course) -> Void) {
        var released: [(place: Int, cookie: UInt64)] = []
        for place in 0..<count where places[place].cookie != 0 && places[place].began <= time {
            released.append((place, places[place].cookie))
            places[place].released = 1
        }
        guard !released.isEmpty else { return }
        // Those that are marked are read the next time.
        guard linger_wait_for_programs() == 0 else { return }
        var course = linger_course()
        course.kind = UInt8(LINGER_COURSE.rawValue)
        for (place, cookie) in released {
            course.young = places[place]
            // It was over before it saw the mark, and its place may be another's.
            guard course.young.cookie == cookie, course.young.released != 0 else { continue }
            linger_clear_after_reading(&places[place].cookie)
            body(course)
        }
    }
}
