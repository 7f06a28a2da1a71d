import Kernel

/// What befalls an event.
typealias EventFault = StripeSandboxFault

/// The misfortunes that wait for their request or event, in the order they were asked for.
struct FaultList: Sendable {
    static let countMax = 100

    private(set) var waiting: [StripeSandboxFault] = []

    /// Adds one; false when there are too many.
    mutating func add(_ fault: StripeSandboxFault) -> Bool {
        guard waiting.count < Self.countMax else { return false }
        waiting.append(fault)
        return true
    }

    mutating func removeAll() { waiting = [] }

    /// Takes the first that is meant for a request.
    mutating func takeRequestFault(method: String, path: String, template: String?, key: String?) -> StripeSandboxFault?
    {
        take { fault in
            guard !fault.kind.isOfEvents else { return false }
            if let wanted = fault.method, wanted.uppercased() != method { return false }
            if let wanted = fault.key, wanted != key { return false }
            guard let wanted = fault.path else { return true }
            return wanted == template || path.hasPrefix(wanted)
        }
    }

    /// Takes the first that is meant for events of a type.
    mutating func takeEventFault(_ type: String) -> StripeSandboxFault? {
        take { fault in
            fault.kind.isOfEvents && (fault.type.map { EventTypes.matches($0, type) } ?? true)
        }
    }

    private mutating func take(_ isMeant: (StripeSandboxFault) -> Bool) -> StripeSandboxFault? {
        guard let index = waiting.firstIndex(where: isMeant) else { return nil }
        let fault = waiting[index]
        if let times = fault.times {
            if times <= 1 { waiting.remove(at: index) } else { waiting[index].times = times - 1 }
        }
        return fault
    }
}
