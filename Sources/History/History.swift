import GRDB

package enum Skeleton {
    package static func version() throws -> String {
        try DatabaseQueue().read { try String.fetchOne($0, sql: "select sqlite_version()") ?? "" }
    }
}
