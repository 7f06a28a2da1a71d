internal import Database
internal import Kernel
internal import Payments

/// Devices in the database, within a transaction (S4-CONF-04).
struct DeviceRepository {
    let tx: Transaction

    /// The device, as a stranger when nothing is stored of it.
    func find(_ id: String) throws -> Device { try read(id, lock: "") ?? Device(id: id) }

    /// The device, made when it is new and held until the transaction ends: whoever sells to it or delivers to it
    /// begins here.
    func lock(_ id: String, at now: Timestamp) throws -> Device {
        try tx.send(
            """
            INSERT INTO devices (device_id, unlock_count, created_at_ms, updated_at_ms)
            VALUES (\(id), 0, \(now), \(now)) ON CONFLICT (device_id) DO NOTHING
            """)
        return try read(id, lock: tx.forUpdate) ?? Device(id: id)
    }

    private func read(_ id: String, lock: String) throws -> Device? {
        try tx.row(
            """
            SELECT device_id, license_purchased_at_ms, unlock_count, last_unlock_date FROM devices
            WHERE device_id = \(id)\(unsafe: lock)
            """
        ).map { row in
            var device = Device(id: try row.text("device_id"))
            device.licensePurchasedAt = try row.timeOrNil("license_purchased_at_ms")
            device.unlockCount = try row.int("unlock_count")
            device.lastUnlockDate = try row.textOrNil("last_unlock_date").flatMap { CalendarDay($0) }
            return device
        }
    }

    /// Writes what a delivery changed.
    func update(_ device: Device, at now: Timestamp) throws {
        try tx.send(
            """
            UPDATE devices SET license_purchased_at_ms = \(device.licensePurchasedAt),
                unlock_count = \(device.unlockCount), last_unlock_date = \(device.lastUnlockDate?.description),
                updated_at_ms = \(now)
            WHERE device_id = \(device.id)
            """)
    }
}
