internal import Kernel

/// A device that runs the app. It has no user account; whoever knows its id may start a purchase for it and read what
/// it has, and nothing more (S4-UI-02).
struct Device: Sendable, Equatable {
    /// The name that its app gave it.
    let id: String
    /// Since when it has its licence (S4-CONF-02).
    var licensePurchasedAt: Timestamp?
    /// How many day passes it has had (S4-CONF-03).
    var unlockCount: Int64
    /// The day of the last one, in the product's time zone.
    var lastUnlockDate: CalendarDay?

    /// A device that nobody has heard of yet.
    init(id: String) {
        self.id = id
        unlockCount = 0
    }

    var isLicensed: Bool { licensePurchasedAt != nil }

    /// Whether it may be used at a moment: for ever, or on the day of its last pass.
    func isUnlocked(at moment: Timestamp, by calendar: any DayCalendar) -> Bool {
        isLicensed || lastUnlockDate.map { moment < calendar.end(of: $0) } ?? false
    }

    /// Until when a day pass unlocks it; nil when it is licensed or locked.
    func unlockedUntil(at moment: Timestamp, by calendar: any DayCalendar) -> Timestamp? {
        guard !isLicensed, let end = lastUnlockDate.map(calendar.end(of:)), moment < end else { return nil }
        return end
    }

    /// Whether text may name a device: 8 to 128 of letters, digits and `. _ : -`.
    static func isID(_ text: String) -> Bool {
        (8...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "._:-".utf8.contains(byte)
                }
            }
    }
}
