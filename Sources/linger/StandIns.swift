// Until Phrasebook is there.
import Diagnosis
import Sockets
import TCP

struct RenderedEvidence { var label = "", value = "", source = "" }
struct RenderedRemedy { var text = "", command: String?, risk = "" }
struct RenderedFinding {
    var headline = "", evidence: [RenderedEvidence] = [], cause = "", runsOut: String?
    var now: [RenderedRemedy] = [], forGood: [RenderedRemedy] = []
}
struct Phrasebook {
    init(language: Language) {}
    func render(_ finding: Finding, in snapshot: Snapshot) -> RenderedFinding { RenderedFinding() }
    func describe(_ gap: Gap) -> String { "" }
    func hint(_ gap: Gap) -> String { "" }
    func title(of kind: Finding.Kind) -> String { "" }
    func explain(_ kind: Finding.Kind) -> String { "" }
    func explain(_ state: State) -> String { "" }
}
