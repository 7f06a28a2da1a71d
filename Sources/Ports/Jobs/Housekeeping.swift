import Database
import Kernel

/// Scheduler, rescuer and pruner, asked together: one read when nothing is due, and one write when something is.
struct Housekeeping: Sendable {
    let database: any Database
    let clock: any WallClock
    let scheduler: JobScheduler
    let rescuer: JobRescuer
    let pruner: JobPruner

    func run() async throws {
        let now = clock.now()
        let isDue = try await database.read { tx in
            try scheduler.isDue(tx, now: now) || rescuer.isDue(tx, now: now) || pruner.isDue(tx, now: now)
        }
        guard isDue else { return }
        let rescued = try await database.write { tx in
            try scheduler.tick(tx, now: now)
            let rescued = try rescuer.rescue(tx, now: now)
            try pruner.prune(tx, now: now)
            return rescued
        }
        rescuer.log(rescued)
    }
}
