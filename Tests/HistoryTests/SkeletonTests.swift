import Testing

@testable import History

@Test("sqlite is there") func version() throws { #expect(try !Skeleton.version().isEmpty) }
