package import Kernel
internal import Sockets

/// What was there before `linger tune --apply`: on the disk before anything is changed, and enough to put it back.
package struct UndoRecord: Sendable, Equatable {
    package struct Value: Sendable, Equatable {
        package var name: String
        /// `nil`: the host's.
        package var namespace: Place?
        package var before: String
        package var wrote: String

        package init(name: String, namespace: Place?, before: String, wrote: String) {
            self.name = name
            self.namespace = namespace
            self.before = before
            self.wrote = wrote
        }
    }

    /// A network namespace. Its inode may be another's later; the cookie is not, until the next boot.
    package struct Place: Sendable, Equatable {
        package var inode: UInt32
        package var cookie: UInt64?
        /// It was the one that the command ran in: after a boot, the host's first.
        package var isOwn: Bool

        package init(inode: UInt32, cookie: UInt64?, isOwn: Bool) {
            self.inode = inode
            self.cookie = cookie
            self.isOwn = isOwn
        }
    }

    package struct File: Sendable, Equatable {
        package var path: String
        /// `nil`: there was none.
        package var before: String?
        package var wrote: String

        package init(path: String, before: String?, wrote: String) {
            self.path = path
            self.before = before
            self.wrote = wrote
        }
    }

    /// Milliseconds since 1970.
    package var time: UInt64
    package var boot: String
    package var values: [Value]
    package var file: File?

    package init(time: UInt64, boot: String, values: [Value], file: File?) {
        self.time = time
        self.boot = boot
        self.values = values
        self.file = file
    }

    // MARK: On the disk

    package static var usualFolder: String { Surroundings.stateFolder + "/undo" }

    /// In the order of time, for the name begins with it.
    package var name: String {
        let digits = String(time)
        return String(repeating: "0", count: max(0, 14 - digits.count)) + digits + "-\(Surroundings.processID).json"
    }

    /// The records of a folder, the newest last.
    package static func paths(in folder: String) throws(KernelError) -> [String] {
        try WholeFile.names(in: folder).filter { $0.hasSuffix(".json") }.map { folder + "/" + $0 }
    }

    package var bytes: [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024)
        json.beginObject()
        json.key("schema")
        json.value(1)
        json.key("time_ms")
        json.value(time)
        json.key("boot_id")
        json.value(boot)
        json.key("values")
        json.beginArray()
        for value in values {
            json.beginObject()
            json.key("name")
            json.value(value.name)
            if let place = value.namespace {
                json.key("netns")
                json.value(place.inode)
                json.key("netns_cookie")
                json.value(place.cookie)
                json.key("netns_is_own")
                json.value(place.isOwn)
            }
            json.key("before")
            json.value(value.before)
            json.key("wrote")
            json.value(value.wrote)
            json.endObject()
        }
        json.endArray()
        if let file {
            json.key("file")
            json.beginObject()
            json.key("path")
            json.value(file.path)
            json.key("before")
            json.value(file.before)
            json.key("wrote")
            json.value(file.wrote)
            json.endObject()
        }
        json.endObject()
        json.newline()
        return json.bytes
    }
}
