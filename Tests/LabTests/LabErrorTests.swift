import Lab
import Testing

@Suite struct LabErrorTests {
    @Test func `a message says what happened and what to do next`() {
        #expect(
            LabError("no TUN device", next: "load the module tun").description == "no TUN device: load the module tun")
        #expect(LabError("interrupted", next: "").description == "interrupted")
    }
}
