internal import Glibc

extension UnsafeMutableRawBufferPointer {
    /// Asks for huge pages where the memory spans whole ones (madvise(2)), before it is first touched: one page fault
    /// instead of 512. A host that grants none leaves it as it is.
    func preferHugePages() {
        let huge = 2 << 20
        guard let first = baseAddress else { return }
        let start = first.alignedUp(toMultipleOf: huge)
        let end = (first + count).alignedDown(toMultipleOf: huge)
        if start < end { madvise(start, end - start, MADV_HUGEPAGE) }
    }
}
