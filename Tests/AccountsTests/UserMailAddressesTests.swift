import Accounts
import Audit
import Database
import DatabaseTesting
import Identity
import Kernel
import Testing

@Suite struct UserMailAddressesTests {
    @Test(arguments: TestEngine.all) func `mail goes to the address as it was written, and to nobody disabled`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let user = try await world.add("Hana@Example.jp", role: .buyer)
            let address: @Sendable () async throws -> String? = {
                try await world.database.read { tx in
                    try UserMailAddresses().address(ofUser: user.id.rawValue, in: tx)?.reveal()
                }
            }
            #expect(try await address() == "Hana@Example.jp")
            _ = try await world.feature.service.disable(user.id, actor: .cli)
            #expect(try await address() == nil)
            let nobody = try await world.database.read { try UserMailAddresses().address(ofUser: "nobody", in: $0) }
            #expect(nobody == nil)
        }
    }
}
