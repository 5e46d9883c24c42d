extension KindPhrases {
    static let fileTable = KindPhrases(
        kind: .fileTable,
        title: Phrase(en: "File table of the host nearly full", zh: "主机的文件表快满了"),
        headline: Phrase(
            en: "The host has {open_files} of {file_max} files open[; the most: {top_process} with {descriptors}].",
            zh: "主机已打开 {open_files} 个文件，上限 {file_max}[；最多的是 {top_process}，{descriptors} 个]。"),
        causes: [
            .fileTable: Phrase(
                en:
                    "All processes together have nearly as many files and sockets open as fs.file-max allows. At the limit every open on the host fails with ENFILE, root's excepted.",
                zh: "所有进程打开的文件和套接字加起来已接近 fs.file-max。达到上限时，主机上除 root 外的每次打开都会以 ENFILE 失败。")
        ],
        explanation: Phrase(
            en: """
                fs.file-max limits the open files of the whole host, sockets included. Newer kernels and systemd set it \
                so high that it is never reached; where it is low, one leak stops every program. Find the process with \
                the most descriptors first.
                """,
            zh: """
                fs.file-max 限制整个主机打开的文件数，套接字也算在内。较新的内核和 systemd 把它设得很高，实际不会达到；\
                在它较低的主机上，一处泄漏就会让所有程序停摆。先找描述符最多的进程。
                """),
        remedies: [
            .raiseFiles: RemedyPhrases(
                text: Phrase(en: "Raise the limit.", zh: "提高上限。"),
                risk: Phrase(en: "About 1 KiB of kernel memory for each open file.", zh: "每个打开的文件约占 1 KiB 内核内存。"))
        ])
}
