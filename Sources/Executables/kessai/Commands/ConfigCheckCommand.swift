internal import KessaiApp

/// `kessai config check`: everything that is missing or wrong, at once.
struct ConfigCheckCommand: Command {
    static let name = "config check"
    static let usage = """
        config check                    tell everything that is missing or wrong in the configuration, at once

        Exit status: 0 usable (warnings may be printed), 2 not usable.
        """
    static let flags: Set<String> = []
    static let options: Set<String> = []

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        do {
            let (settings, warnings) = try Machine.settings()
            for finding in warnings { Terminal.write("warning: \(finding.name): \(finding.detail)\n") }
            Terminal.write("usable, in \(settings.isLive ? "live" : "test") mode\n")
            return .success
        } catch let error as SettingsError {
            for finding in error.findings {
                Terminal.write("\(finding.gravity.rawValue): \(finding.name): \(finding.detail)\n")
            }
            return .usage
        }
    }
}
