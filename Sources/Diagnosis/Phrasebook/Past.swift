extension Phrasebook {
    /// What a daemon's record adds to a cause: what the program did with others, and where it opened these.
    static let past = Phrase(
        en: """
            [ While linger serve watched, it closed {closed_others} others, each within {slowest_closed_ms}; {overdue} of \
            these have been there for longer.][ In the {never_closed_in_ms} that linger serve has watched, it closed \
            none.][ {opened_there} of {count} were accepted in {accepted_in}.][ {opened_there} of {count} were connected \
            in {connected_in}.]
            """,
        zh: """
            [在 linger serve 观察期间，它关闭了另外 {closed_others} 条，每条用时不超过 {slowest_closed_ms}；这些连接中有 \
            {overdue} 条比它们都久。][在 linger serve 观察的 {never_closed_in_ms} 里，它一条也没有关闭过。]\
            [{count} 条中有 {opened_there} 条在 {accepted_in} 处 accept。][{count} 条中有 {opened_there} 条在 {connected_in} \
            处 connect。]
            """)
}
