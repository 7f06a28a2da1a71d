import Foundation
import Kernel
import KernelTesting
import Mail
import MailFolder
import Testing

@Suite struct MailFolderTests {
    private func withFolder(_ body: (String, MailFolder, ManualClock) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "kessai-mail-\(UUID().uuidString)"
        let clock = ManualClock()
        let sender = try #require(MailSender("shop@example.jp"))
        do {
            try await body(directory, MailFolder(directory: directory, sender: sender, clock: clock), clock)
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func mail(_ text: String, key: String) throws -> Mail {
        try Mail(to: Redacted("hanako@example.com"), subject: "お知らせ", text: text, dedupeKey: key)
    }

    private func files(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    @Test func `each mail is a file that only its owner may read`() async throws {
        try await withFolder { directory, folder, clock in
            try await folder.send(mail("one", key: "1"))
            try await folder.send(mail("two", key: "../../etc/2"))
            let files = try files(directory)
            #expect(files.count == 2)
            for file in files {
                #expect(file.hasSuffix(".eml") && file.count == 68)
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(file)")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: directory)
            #expect(attributes[.posixPermissions] as? Int == 0o700)
            let sender = try #require(MailSender("shop@example.jp"))
            let stored = try files.map { try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\($0)")) }
            #expect(stored.contains(Data(try mail("one", key: "1").message(from: sender, at: clock.now()))))
        }
    }

    @Test func `a repeat replaces the same file`() async throws {
        try await withFolder { directory, folder, clock in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...20 { group.addTask { try await folder.send(mail("same", key: "k")) } }
                try await group.waitForAll()
            }
            #expect(try files(directory).count == 1)
        }
    }

    @Test func `a folder that cannot be written says so`() async throws {
        let sender = try #require(MailSender("shop@example.jp"))
        let folder = MailFolder(directory: "/proc/no/such/folder", sender: sender, clock: ManualClock())
        await #expect(throws: MailerError.self) { try await folder.send(mail("x", key: "k")) }
    }
}
