internal import CommandWords
private import Glibc
internal import Kernel

/// Asks for a new password.
enum PasswordPrompt {
    /// Twice on a terminal, without showing it; otherwise the first line of standard input. Throws `UsageError`.
    static func newPassword() throws -> Secret {
        guard isatty(0) == 1 else { return Secret(readLine(strippingNewline: true) ?? "") }
        let first = ask("New password: ")
        guard first == ask("Again: ") else { throw UsageError(message: "the two passwords differ") }
        return Secret(first)
    }

    /// Whether standard input is no terminal and has a line with something on it.
    static func isPiped() -> Bool { isatty(0) == 0 && !(readLine(strippingNewline: true) ?? "").isEmpty }

    private static func ask(_ prompt: String) -> String {
        Terminal.write(prompt, toErrors: true)
        var shown = termios()
        tcgetattr(0, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSANOW, &hidden)
        defer {
            tcsetattr(0, TCSANOW, &shown)
            Terminal.write("\n", toErrors: true)
        }
        return readLine(strippingNewline: true) ?? ""
    }
}
