import AsyncHTTPClient
import Hummingbird
import ServiceLifecycle

package enum WebSkeleton {
    package static func run() async throws {
        let router = Router()
        router.get("x") { _, _ in "ok" }
        let app = Application(router: router)
        try await app.runService()
        _ = HTTPClient.shared
    }
}
