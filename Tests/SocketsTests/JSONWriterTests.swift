import Sockets
import Testing

@Suite("JSON as bytes")
struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        write(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test("commas stand between members and between elements")
    func commas() {
        let text = text { json in
            json.beginObject()
            json.key("a")
            json.beginArray()
            for number in 1...3 { json.value(number) }
            json.beginObject()
            json.endObject()
            json.beginArray()
            json.endArray()
            json.endArray()
            json.key("b" as String)
            json.null()
            json.key("c")
            json.value(true)
            json.endObject()
            json.newline()
            json.value("next")
        }
        #expect(text == "{\"a\":[1,2,3,{},[]],\"b\":null,\"c\":true}\n\"next\"")
    }

    @Test(
        "strings are escaped as RFC 8259 asks",
        arguments: [
            ("plain", "\"plain\""), ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("\n\r\t\u{1}\u{1f}\u{7f}", "\"\\n\\r\\t\\u0001\\u001f\\u007f\""),
            ("数据 🎉", "\"数据 🎉\""),
        ])
    func strings(value: String, expected: String) {
        #expect(text { $0.value(value) } == expected)
        #expect(
            text { json in
                json.beginObject(); json.key(value); json.null(); json.endObject()
            } == "{\(expected):null}")
    }

    @Test("integers of every width")
    func integers() {
        #expect(text { $0.value(Int64.min) } == "-9223372036854775808")
        #expect(text { $0.value(UInt64.max) } == "18446744073709551615")
        #expect(text { $0.value(Int8(-5)) } == "-5")
        #expect(text { $0.value(nil as UInt16?) } == "null")
    }

    @Test(
        "at most three decimals; what JSON cannot say is null",
        arguments: [
            (0, "0"), (1.5, "1.5"), (-2.25, "-2.25"), (0.1, "0.1"), (0.001, "0.001"), (0.0004, "0"), (-0.0001, "0"),
            (12.999_9, "13"), (1e14, "100000000000000"), (.nan, "null"), (.infinity, "null"), (1e300, "null"),
        ] as [(Double, String)])
    func doubles(value: Double, expected: String) { #expect(text { $0.value(value) } == expected) }

    @Test("a long list can be taken in pieces")
    func pieces() {
        var json = JSONWriter()
        json.beginArray()
        json.value(1)
        let first = json.drain()
        json.value(2)
        json.endArray()
        #expect(String(decoding: first + json.drain(), as: UTF8.self) == "[1,2]")
        #expect(json.bytes.isEmpty)
    }
}
