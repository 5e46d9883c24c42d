internal import CLinux

/// The C library's allocator (mallopt(3)).
package enum Allocator {
    /// For a program that stays, and looks now and then: what a look took is given back to the host when it is freed.
    ///
    /// By itself glibc takes large blocks from the heap as soon as one of their size was freed once, and the heap keeps
    /// them: after some looks at 100,000 connections that was 70 MB.
    package static func giveLargeBlocksBack() {
        _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
    }
}
