#if arch(x86_64)
    import Glibc
    import Sockets
    import Testing

    @testable import Kernel

    /// Stacks that never were, of functions of the C library: where one begins, its return address is on top of the stack.
    @Suite struct UnwinderTests {
        private let own = ProcessIdentity(pid: getpid(), command: "tests")
        private let unwinder = Unwinder()
        private let (first, second, third, fourth): (UInt64, UInt64, UInt64, UInt64)

        /// The first is at its beginning, the others are called by the one before, one byte behind theirs.
        init() throws {
            func address(_ name: String) throws -> UInt64 {
                try #require(dlsym(nil, name).map { UInt64(UInt(bitPattern: $0)) })
            }
            first = try address("getppid")
            (second, third, fourth) = try (address("getpid") + 1, address("getuid") + 1, address("getgid") + 1)
        }

        @Test func `callers are found on the stack, where no frame pointer leads to them`() {
            #expect(unwinder.complete([first], [0, 0x1000, second, third, 7], of: own) == [first, second, third])
            // The stack that was copied ends.
            #expect(unwinder.complete([first], [0, 0x1000, second], of: own) == [first, second])
        }

        @Test func `what frame pointers lead to follows once, and only where they point above what was found`() {
            #expect(
                unwinder.complete([first, third, fourth], [0, 0x1000, second, third, 7], of: own)
                    == [first, second, third, fourth])
            #expect(
                unwinder.complete([first, fourth], [0x1010, 0x1000, second, third, 7], of: own)
                    == [first, second, third, fourth])
            for pointer in [0, 0x1008, 0xff0] as [UInt64] {
                #expect(
                    unwinder.complete([first, fourth], [pointer, 0x1000, second, third, 7], of: own)
                        == [first, second, third])
            }
        }

        @Test func `what is no code is no return address`() {
            #expect(unwinder.complete([first, third, 7, fourth], [0x1010, 0x1000, 9], of: own) == [first, third])
            #expect(unwinder.complete([first], [0, 0x1000, 0, third], of: own) == [first])
        }

        @Test func `a process that is gone, and a record without a stack, keep their frames`() {
            let nobody = ProcessIdentity(pid: .max, command: "gone")
            #expect(unwinder.complete([first, 7], [0, 0x1000, second], of: nobody) == [first, 7])
            #expect(unwinder.complete([first, 7], [], of: own) == [first, 7])
            #expect(unwinder.complete([], [0, 0x1000, second], of: own) == [])
        }

        @Test func `any stack is read without a crash, and begins where the call was`() {
            var random = SystemRandomNumberGenerator()
            for _ in 0..<2000 {
                let stack = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    Bool.random(using: &random)
                        ? first &+ .random(in: 0...4096, using: &random) : .random(in: 0 ... .max)
                }
                let frames = [first &+ .random(in: 0...4096, using: &random), .random(in: 0 ... .max)]
                #expect(unwinder.complete(frames, stack, of: own).first == frames.first)
            }
        }
    }
#endif
