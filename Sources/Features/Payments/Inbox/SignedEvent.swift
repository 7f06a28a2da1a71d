internal import JSON
public import StripeClient

/// A webhook whose signature is right: an event's id, and its event if that can be read.
public struct SignedEvent: Sendable {
    /// The event's id.
    public let id: StripeEventID
    /// The type that it says it has; empty when it has none.
    public let type: String
    /// The event, or why it cannot be read. Sending it again would change nothing.
    public let reading: Result<StripeEvent, StripeShapeError>

    /// The longest id and type that are stored, in bytes; Stripe's are far below.
    static let nameBytesMax = 200

    /// Reads the raw body of a webhook whose signature was verified. Throws `PaymentError.webhookMalformed` when it has
    /// no id that could be stored; such a thing is nobody's event.
    public init(verified rawBody: [UInt8]) throws(PaymentError) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: rawBody)
        } catch {
            throw .webhookMalformed
        }
        let type = json["type"]?.string ?? ""
        guard let id = json["id"]?.string, !id.isEmpty, Self.isStorable(id), Self.isStorable(type),
            Self.isStorable(json["api_version"]?.string ?? "")
        else { throw .webhookMalformed }
        self.id = StripeEventID(id)
        self.type = type
        do throws(StripeShapeError) {
            reading = .success(try StripeEvent(json: json))
        } catch {
            reading = .failure(error)
        }
    }

    /// Short, and without control characters, NUL among them.
    private static func isStorable(_ text: String) -> Bool {
        text.utf8.count <= nameBytesMax && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
