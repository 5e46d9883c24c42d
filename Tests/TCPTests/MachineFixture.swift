import TCP

/// A machine brought into a state by the shortest way: ISS 100, the peer's 300, nothing in flight but what the state says.
enum MachineFixture {
    static let start = Instant(microseconds: 5_000_000)

    static func plain(_ profile: Configuration.Profile = .rfc) -> Configuration {
        var configuration = Configuration(profile)
        configuration.offersSACK = false
        configuration.offersTimestamps = false
        configuration.windowScale = nil
        configuration.receiveBufferSize = 10_000
        return configuration
    }

    static func segment(
        _ control: Control, _ sequence: UInt32, ack: UInt32 = 0, count: Int = 0, window: UInt16 = 20_000,
        options: Options = Options()
    ) -> Segment {
        Segment(
            sequence: SequenceNumber(sequence), acknowledgment: SequenceNumber(ack), control: control, window: window,
            options: options, payloadCount: count)
    }

    static func machine(
        in state: State, _ configuration: Configuration = plain(), options: Options = Options(maximumSegmentSize: 1_000)
    ) -> ConnectionMachine {
        var machine = ConnectionMachine(configuration)
        let iss = SequenceNumber(100)
        switch state {
        case .closed:
            break
        case .listen:
            _ = machine.openPassively(initialSequence: iss)
        case .synReceived:
            _ = machine.openPassively(initialSequence: iss)
            _ = machine.arrive(segment(.syn, 300, options: options), at: start)
        case .synSent:
            _ = machine.openActively(initialSequence: iss, at: start)
        case .established:
            _ = machine.openActively(initialSequence: iss, at: start)
            _ = machine.arrive(segment([.syn, .ack], 300, ack: 101, options: options), at: start)
        case .finWait1:
            machine = self.machine(in: .established, configuration, options: options)
            _ = machine.shutdownSend(at: start)
        case .finWait2:
            machine = self.machine(in: .finWait1, configuration, options: options)
            _ = machine.arrive(segment(.ack, 301, ack: 102), at: start)
        case .closeWait:
            machine = self.machine(in: .established, configuration, options: options)
            _ = machine.arrive(segment([.fin, .ack], 301, ack: 101), at: start)
        case .closing:
            machine = self.machine(in: .finWait1, configuration, options: options)
            _ = machine.arrive(segment([.fin, .ack], 301, ack: 101), at: start)
        case .lastAck:
            machine = self.machine(in: .closeWait, configuration, options: options)
            _ = machine.shutdownSend(at: start)
        case .timeWait:
            machine = self.machine(in: .finWait2, configuration, options: options)
            _ = machine.arrive(segment([.fin, .ack], 301, ack: 102), at: start)
        }
        return machine
    }
}
