private import Glibc

/// A thread of our own for C calls that block, so that they never hold a thread of Swift's pool.
public enum OwnedThread {
    /// The system gave no thread.
    public struct Refused: Error {
        /// The number of the error, as errno.
        public let code: Int32
    }

    /// Starts `body` on a thread that ends with it. Throws `Refused`.
    ///
    /// The thread takes no signals: they are for the thread that waits for them.
    public static func start(_ body: @escaping @Sendable () -> Void) throws(Refused) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { pointer in
                guard let pointer else { return nil }
                var every = sigset_t()
                sigfillset(&every)
                pthread_sigmask(SIG_SETMASK, &every, nil)
                Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
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
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
