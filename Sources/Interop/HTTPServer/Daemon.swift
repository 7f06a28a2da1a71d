import CMicroHTTPD
import HTTP

// libmicrohttpd's callbacks. All of them run on the loop's thread, inside MHD_run, MHD_add_connection or
// MHD_stop_daemon. The closure pointer is the loop, unretained, because the loop outlives its daemon; a socket's
// context is its connection, retained from the socket's beginning to its end.
extension EventLoop {
    /// The loop's daemon; nil when it does not start.
    func startDaemon() -> OpaquePointer? {
        var options = kessai_mhd_options()
        options.cls = Unmanaged.passUnretained(self).toOpaque()
        // Half of it is for the head, before it grows; what we allow must fit beside what libmicrohttpd makes of it, so
        // that our answers come before its own. It clears all of it after each request.
        options.memory_bytes = max(24 << 10, 3 * service.options.headBytesMax)
        options.connections = UInt32(service.options.connectionsMax)
        options.timeout_seconds = UInt32(service.options.idleTimeoutSeconds)
        options.handler = { _, handle, _, method, version, piece, count, context in
            guard let context, let pointer = context.pointee, let handle, let method, let version, let count else {
                return .NO
            }
            let connection = Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue()
            return connection.access(handle, method: method, version: version, piece: piece, count: count)
        }
        options.connection = { loop, _, context, event in
            guard let loop, let context else { return }
            if event == .CONNECTION_NOTIFY_STARTED {
                let loop = Unmanaged<EventLoop>.fromOpaque(loop).takeUnretainedValue()
                guard let connection = loop.adopting else { return }
                connection.opened()
                context.pointee = Unmanaged.passRetained(connection).toOpaque()
            } else if let pointer = context.pointee {
                context.pointee = nil
                Unmanaged<Connection>.fromOpaque(pointer).takeRetainedValue().closed()
            }
        }
        options.completed = { _, _, context, _ in
            guard let pointer = context?.pointee else { return }
            Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue().completed()
        }
        options.target = { _, target, handle in
            // What this returns becomes the context of the request's other callbacks.
            guard let target, let handle, let pointer = kessai_mhd_socket_context(handle) else { return nil }
            let connection = Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue()
            connection.began(target: target)
            return pointer
        }
        options.unescape = { _, _, text in
            // Nothing is unescaped: the handler gets the path as it was sent.
            var count = 0
            while let text, text[count] != 0 { count += 1 }
            return count
        }
        guard service.certificate != nil else { return kessai_mhd_start(options) }
        options.certificate = TLSCertificate.giver
        return TLSCertificate.priorities.withCString { priorities in
            options.priorities = priorities
            return kessai_mhd_start(options)
        }
    }
}

extension Connection {
    /// A request's first line has come; its target is kept because libmicrohttpd takes it apart.
    func began(target: UnsafePointer<CChar>) {
        self.target.removeAll(keepingCapacity: true)
        var index = 0
        while target[index] != 0 {
            self.target.append(UInt8(bitPattern: target[index]))
            index += 1
        }
        enter(.receiving)
    }

    /// Called with the head, with each piece of the body, at the request's end, and after the connection was resumed.
    func access(
        _ handle: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
        piece: UnsafePointer<CChar>?, count: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        guard let exchange else { return begin(handle, method: method, version: version) }
        if let piece, count.pointee > 0 {
            defer { count.pointee = 0 }
            if exchange.isChunked { chunkProgress = ChunkProgress(turn: loop.turn) }
            if exchange.receive(UnsafeRawBufferPointer(start: piece, count: count.pointee)) { return .YES }
            // Even what is thrown away has a limit.
            answerBare(exchange)
            return .NO
        }
        chunkProgress = nil
        exchange.received()
        if exchange.answer == nil { exchange.run() }
        guard let answer = exchange.answer else { return .YES }
        return send(answer, requestID: exchange.requestID, on: handle, isLast: exchange.isLast)
    }

    private func begin(
        _ handle: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) -> MHD_Result {
        let reading = RequestReading(self, handle: handle, method: method, version: version)
        let framing = reading.isChunked ? ChunkFraming(handle, method: method) : nil
        switch reading.admission() {
        case .accepted(let bodyBytesMax):
            exchange = Exchange(
                connection: self, handle: handle, head: reading.head, framing: framing, bodyBytesMax: bodyBytesMax)
        case .refused(let answer):
            exchange = Exchange(
                connection: self, handle: handle, head: reading.head, framing: framing, bodyBytesMax: 0,
                answer: answer)
        case .refusedAtOnce(let answer):
            answeredEarly = true
            return send(answer, requestID: reading.head.requestID, on: handle, isLast: true)
        }
        if reading.isChunked { chunkProgress = ChunkProgress(turn: loop.turn) }
        return .YES
    }
}
