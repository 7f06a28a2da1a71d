private import Glibc
internal import Metrics

/// What the process uses, by Linux's own account; nothing where that cannot be read.
enum ProcessMetrics {
    static func write(to page: inout Exposition) {
        // Pages: size, resident, …
        if let words = read("/proc/self/statm")?.split(separator: " "), words.count > 1, let pages = Int64(words[1]) {
            page.begin("process_resident_memory_bytes", .gauge, "Resident memory.")
            page.sample("process_resident_memory_bytes", pages * Int64(sysconf(Int32(_SC_PAGESIZE))))
        }
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            page.begin("process_cpu_seconds_total", .counter, "Processor time, the kernel's too.")
            page.sample(
                "process_cpu_seconds_total", milliseconds: milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime))
        }
        if let folder = opendir("/proc/self/fd") {
            defer { closedir(folder) }
            var count: Int64 = 0
            while readdir(folder) != nil { count += 1 }
            page.begin("process_open_fds", .gauge, "Open descriptors.")
            // Without `.`, `..` and the folder itself.
            page.sample("process_open_fds", max(0, count - 3))
        }
    }

    private static func milliseconds(_ time: timeval) -> Int64 {
        Int64(time.tv_sec) * 1000 + Int64(time.tv_usec) / 1000
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
