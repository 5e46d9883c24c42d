import Sockets
import TCP
import Testing

@testable import Watching

@Suite struct LifeStoreTests {
    private func life(_ cookie: UInt64) -> Life {
        let endpoint = Endpoint(address: IPAddress(v4: 1), port: 1)
        var life = Life(cookie: cookie, namespace: 1, local: endpoint, remote: endpoint)
        life.bytesAcked = cookie &* 3
        return life
    }

    @Test("it agrees with a dictionary over a long series of insertions and removals")
    func model() {
        var store = LifeStore()
        var model: [UInt64: LifeStore.Place] = [:]
        var random = SystemRandomNumberGenerator()
        for round in 0..<50_000 {
            // Cookies in a row, as the kernel gives them, of which many live at once.
            let cookie = UInt64(round / 4) + random.next(upperBound: UInt64(2000))
            if let place = model[cookie] {
                #expect(store[place].bytesAcked == cookie &* 3)
                store.remove(place)
                model[cookie] = nil
            } else {
                #expect(store.place(of: cookie) == nil)
                model[cookie] = store.insert(life(cookie))
            }
        }
        #expect(store.count == model.count)
        for (cookie, place) in model { #expect(store.place(of: cookie) == place) }
        var seen = 0
        store.visit { place in
            seen += 1
            #expect(model[store[place].cookie] == place)
        }
        #expect(seen == model.count)
    }

    @Test("places of the dead are used again: a churn of any length needs no more memory")
    func reuse() {
        var store = LifeStore()
        for cookie in 1...1000 as ClosedRange<UInt64> { _ = store.insert(life(cookie)) }
        let before = store.byteCount
        for cookie in 1001...50_000 as ClosedRange<UInt64> {
            if let place = store.place(of: cookie - 1000) { store.remove(place) }
            _ = store.insert(life(cookie))
        }
        #expect(store.count == 1000)
        #expect(store.byteCount == before)
    }

    @Test("a life costs no more than is documented, its place in the index included")
    func size() {
        #expect(MemoryLayout<Life>.stride <= 152)
        var store = LifeStore()
        for cookie in 1...1_000_000 as ClosedRange<UInt64> { _ = store.insert(life(cookie)) }
        #expect(store.byteCount <= 184 * 1_000_000)
    }

    @Test("a million connections in TIME_WAIT, the dearest state, fit in 256 MB")
    func million() {
        let scene = Scene()
        let tracker = Tracker()
        for cookie in 1...1_000_000 as ClosedRange<UInt64> {
            _ = tracker.consume(
                Transition(
                    time: cookie, cookie: cookie, old: .finWait2, new: .closed, local: scene.local,
                    remote: scene.remote, flags: .finReceived))
        }
        #expect(tracker.count == 1_000_000 && tracker.count(in: .timeWait) == 1_000_000)
        #expect(tracker.byteCount <= 256_000_000)
        var ended = 0
        tracker.advance(to: .max) { _ in ended += 1 }
        #expect(ended == 1_000_000 && tracker.count == 0)
    }
}
