import ArgumentParser
import Kernel

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Watches without end, keeps a history, and serves metrics.",
        usage: "linger serve [--config <file>]",
        discussion: """
            What linger watch shows, kept: every change of state, minute by minute in a
            history (linger history), findings since when and until when, and metrics
            for Prometheus on 127.0.0.1:9911. The doctor looks every minute. The other
            commands do without it; linger doctor asks it where it runs.

            It stays in the foreground and logs to standard error: systemd runs it as
            linger.service. SIGTERM and SIGINT end it in good order, SIGHUP reads the
            configuration again; one that is wrong changes nothing.

            EXAMPLES
              sudo linger serve                        all as it is meant to be
              sudo linger serve --config linger.yaml   your own configuration
              linger config check linger.yaml          what is wrong with it
              curl -s http://127.0.0.1:9911/metrics

            docs/serve.md has the configuration, the metrics and rules for alerts.

            EXIT CODES
              0 ended as it was told, 1 an address for metrics is taken or not there,
              2 the configuration is wrong or a linger serve runs, 3 not permitted.
            """)

    @Option(
        help: ArgumentHelp("YAML file (default: /etc/linger/linger.yaml, if it is there).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @OptionGroup var languageOptions: LanguageOptions

    func run() throws {
        Allocator.giveLargeBlocksBack()
        let messages = languageOptions.messages
        let place = ConfigurationPlace(named: config)
        let (configuration, file) = try place.read(messages)
        try Daemon(configuration, from: file, place: place, messages: messages).run()
    }
}
