extension Segment {
    /// This segment cut so that no piece has more than `size` bytes of data: PSH and FIN stay with the last piece, SYN
    /// with the first. One piece, itself, when it fits.
    package func pieces(of size: Int) -> Pieces { Pieces(rest: self, size: max(size, 1)) }

    package struct Pieces: Sequence, IteratorProtocol {
        var rest: Segment?
        let size: Int

        package mutating func next() -> Segment? {
            guard var piece = rest else { return nil }
            guard piece.payloadCount > size else {
                rest = nil
                return piece
            }
            var after = piece
            after.sequence = piece.payload.start + size
            after.payloadCount -= size
            after.control.remove(.syn)
            rest = after
            piece.payloadCount = size
            piece.control.subtract([.fin, .psh])
            return piece
        }
    }
}
