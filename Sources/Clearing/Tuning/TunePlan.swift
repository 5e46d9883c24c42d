package import Diagnosis
package import Kernel
package import Sockets

/// One kernel setting that is to be changed.
package struct SettingChange: Sendable {
    package var tunable: Tunable
    /// Where it is set; `nil`: the host's.
    package var namespace: NetworkNamespace?
    package var before: String
    package var after: String
    /// The findings that ask for it.
    package var findings: [Finding.Kind]
    /// Key of its text in the phrasebook.
    package var remedy: String

    /// A file under sysctl.d reaches it: it is the host's, or of the namespace that the boot sets up.
    package var lasts: Bool { namespace?.isOwn ?? true }

    package var setting: Setting { Setting(tunable.name, after) }
}

/// A proposal that is not taken, and why.
package struct LeftSetting: Sendable {
    package var setting: Setting
    package var namespace: NetworkNamespace?
    package var finding: Finding.Kind
    package var reason: TuneRefusal
}

/// Kernel settings out of findings: what the rules propose, held against the values that are there now.
package struct TunePlan: Sendable {
    package private(set) var changes: [SettingChange] = []
    package private(set) var left: [LeftSetting] = []

    /// - Parameter read: the value that is there now.
    package init(
        _ findings: [Finding], in snapshot: Snapshot, memoryPages: UInt64?,
        read: (String, NetworkNamespace?) -> Result<String, KernelError>
    ) {
        for finding in findings {
            for remedy in finding.remedies {
                guard let setting = remedy.setting else { continue }
                let namespace =
                    Tunable.named(setting.name)?.scope == .host ? nil : Self.namespace(remedy.namespace, in: snapshot)
                add(setting, namespace, remedy.key, finding.kind, memoryPages, read)
            }
        }
    }

    private mutating func add(
        _ setting: Setting, _ namespace: NetworkNamespace?, _ remedy: String, _ finding: Finding.Kind,
        _ memoryPages: UInt64?, _ read: (String, NetworkNamespace?) -> Result<String, KernelError>
    ) {
        func leave(_ reason: TuneRefusal) {
            left.append(LeftSetting(setting: setting, namespace: namespace, finding: finding, reason: reason))
        }
        guard let tunable = Tunable.named(setting.name) else { return leave(.unknown) }
        let place = changes.firstIndex { $0.tunable.name == setting.name && $0.namespace?.inode == namespace?.inode }
        do throws(KernelError) {
            let before: String
            if let place { before = changes[place].before } else { before = try read(setting.name, namespace).get() }
            do throws(TuneRefusal) {
                // Of two findings that ask for the same, the one that goes further.
                let from = place.map { changes[$0].after } ?? before
                let after = try tunable.value(from: from, to: setting.value, memoryPages: memoryPages)
                guard let place else {
                    changes.append(
                        SettingChange(
                            tunable: tunable, namespace: namespace, before: before, after: after, findings: [finding],
                            remedy: remedy))
                    return
                }
                changes[place].after = after
            } catch {
                guard place != nil else { return leave(error) }
            }
            if let place, !changes[place].findings.contains(finding) { changes[place].findings.append(finding) }
        } catch {
            leave(.unreadable(error.description))
        }
    }

    /// The observer's own where the finding names none.
    private static func namespace(_ index: Int?, in snapshot: Snapshot) -> NetworkNamespace? {
        if let index, snapshot.namespaces.indices.contains(index) { return snapshot.namespaces[index] }
        return snapshot.namespaces.first(where: \.isOwn)
    }
}
