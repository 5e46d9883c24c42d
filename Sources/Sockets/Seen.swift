/// A counter that may be unknown, at no cost in memory: the largest number stands for "not seen".
///
/// A snapshot holds 100,000 connections, and an `Optional<UInt32>` takes eight bytes. Readers and writers see a
/// plain optional. The kernel never reports the largest number for a field that is stored this way; if a hostile
/// record does, it reads as unknown.
@propertyWrapper
package struct Seen<Value: FixedWidthInteger & Sendable>: Sendable {
    @usableFromInline
    package var stored: Value

    @inlinable
    package init(wrappedValue: Value?) { stored = wrappedValue ?? .max }

    @inlinable
    package var wrappedValue: Value? {
        get { stored == .max ? nil : stored }
        set { stored = newValue ?? .max }
    }
}
