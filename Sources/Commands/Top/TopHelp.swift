/// What `linger top --help` and the key `?` say.
enum TopHelp {
    // No line longer than 78, so that help is not wrapped on a terminal of 80.
    static let text = """
        A live screen: how many sockets are in which state and how that went over
        the last three minutes, what the doctor finds wrong, and a table of
        processes, listeners or remote ends. It changes nothing.

        KEYS
          arrows, j k, g G, PgUp PgDn   move
          Enter, Esc                    into it, and back
          Tab, or 1 2 3                 by process, by listener, by remote
          s, r                          sort by, the other way round
          /                             filter, as for linger list
          e                             explain what is selected
          d                             what the doctor says, in full
          c                             the command lines that list and clear it
          p                             pause
          ?                             help
          q                             back, and out

        EXAMPLES
          sudo linger top                       the whole host
          sudo linger top process = nginx       only what nginx holds
          linger top --netns own --every 5      as a user, without hurry

        Root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, sees every transition:
        rates and ages are exact then. Others see what a look sees. Looks are
        taken less often where they take long: at most a fifth of the time.

        EXIT CODES
          0 ended by q or a signal, 2 usage, or no terminal; 3 not permitted.
        """

    static let keys = """
        Keys
          arrows, j k         one row up or down
          PgUp PgDn, space    a screenful
          g G, Home End       to the first, to the last
          Enter or \u{2192}          into what is selected
          Esc, q or \u{2190}         back; q goes out at last, Q at once
          Tab, or 1 2 3       by process, by listener, by remote
          s, r                sort by; the other way round
          /                   filter, in the language of linger list
          e                   explain what is selected
          d                   what the doctor says, in full
          c                   the command lines that list and clear it
          p                   pause, and go on

        Columns
          CLOSEW              CLOSE_WAIT: the peer has closed, this side has not
          ESTAB               ESTABLISHED
          FINW                FIN_WAIT_1 and FIN_WAIT_2
          TIMEW               TIME_WAIT
          SYN                 SYN_SENT and SYN_RCVD
          ENDING              CLOSING and LAST_ACK
          QUEUE               waiting to be accepted / backlog
          OPEN/S CLOSE/S      a second, over the last seconds, of the whole
                              group, whatever the filter
          OLDEST              longest in a state that should pass; \u{2265}: at least

        Bars show the last three minutes, the highest of each at the top.
        """

    static let keysInChinese = """
        按键
          方向键、j k         上下移动一行
          PgUp PgDn、空格     翻页
          g G、Home End       到第一行、到最后一行
          Enter 或 \u{2192}          打开所选
          Esc、q 或 \u{2190}         返回；q 最后退出，Q 立即退出
          Tab 或 1 2 3        按进程、按监听者、按远端
          s、r                选择排序；反向
          /                   过滤，与 linger list 的语言相同
          e                   说明所选
          d                   医生的完整结论
          c                   列出和清理它的命令
          p                   暂停，继续

        列
          CLOSEW              CLOSE_WAIT：对端已关闭，本端还没有
          ESTAB               ESTABLISHED
          FINW                FIN_WAIT_1 和 FIN_WAIT_2
          TIMEW               TIME_WAIT
          SYN                 SYN_SENT 和 SYN_RCVD
          收尾                CLOSING 和 LAST_ACK
          队列                等待 accept 的数量 / 上限
          打开/秒 关闭/秒     最近几秒内整个分组的速率，不受过滤影响
          最久                处在应当很快离开的状态的最长时间；\u{2265}：至少

        小图是最近三分钟的变化，各自按最高值画。
        """
}
