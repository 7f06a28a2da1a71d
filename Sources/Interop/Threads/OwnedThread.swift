private import CPthread
private import Glibc

/// A thread of our own for C calls that block, so that they never hold a thread of Swift's pool.
public enum OwnedThread {
    /// The system gave no thread.
    public struct Refused: Error {
        /// The number of the error, as errno.
        public let code: Int32
    }

    /// Starts `body` on a thread that ends with it, and that nobody waits for. `name` is what the machine's tools call it, in
    /// at most 15 bytes. Throws `Refused`.
    ///
    /// The thread takes no signals: they are for the thread that waits for them, and that a peer is gone is an error of the
    /// call.
    public static func start(named name: String, _ body: @escaping @Sendable () -> Void) throws(Refused) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let box = Unmanaged.passRetained(Box(name, body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { pointer in
                guard let pointer else { return nil }
                var every = sigset_t()
                sigfillset(&every)
                pthread_sigmask(SIG_SETMASK, &every, nil)
                let box = Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue()
                pthread_setname_np(pthread_self(), box.name)
                box.body()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw Refused(code: code)
        }
    }

    /// Holds this thread still; for owned threads only.
    public static func pause(milliseconds: Int) {
        // These threads take no signals, so nothing cuts the sleep short.
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: (milliseconds % 1000) * 1_000_000)
        nanosleep(&time, nil)
    }

    private final class Box: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
