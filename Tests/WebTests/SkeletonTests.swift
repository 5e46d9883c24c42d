import Testing

@testable import Web

@Test("skeleton") func skeleton() { #expect(Bool(true)) }
