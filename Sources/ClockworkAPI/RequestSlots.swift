internal import Synchronization

/// Limits what the server does at one time: the number of requests, and the bytes of their bodies.
final class RequestSlots: Sendable {
    private struct Use {
        var requests = 0
        var bytes = 0
    }

    private let maxRequests: Int
    private let maxBytes: Int
    private let use = Mutex(Use())

    init(maxRequests: Int, maxBytes: Int) {
        self.maxRequests = maxRequests
        self.maxBytes = maxBytes
    }

    /// A place for one request; `nil` if all are taken.
    func take() -> Slot? {
        let isFree = use.withLock { use in
            guard use.requests < maxRequests else { return false }
            use.requests += 1
            return true
        }
        return isFree ? Slot(self) : nil
    }

    fileprivate func reserve(_ bytes: Int) -> Bool {
        use.withLock { use in
            guard use.bytes + bytes <= maxBytes else { return false }
            use.bytes += bytes
            return true
        }
    }

    fileprivate func give(back bytes: Int) {
        use.withLock { $0.bytes -= bytes }
    }

    fileprivate func leave(_ bytes: Int) {
        use.withLock { use in
            use.requests -= 1
            use.bytes -= bytes
        }
    }
}

/// The place of one request. It is given back when its last reference goes, however the request ends.
final class Slot: Sendable {
    private let slots: RequestSlots
    private let held = Atomic(0)

    fileprivate init(_ slots: RequestSlots) {
        self.slots = slots
    }

    deinit {
        slots.leave(held.load(ordering: .relaxed))
    }

    /// Notes the number of bytes that the request now holds in all; `false` if there is no room. For one caller at a
    /// time.
    func hold(_ bytes: Int) -> Bool {
        let before = held.load(ordering: .relaxed)
        if bytes > before {
            guard slots.reserve(bytes - before) else { return false }
        } else {
            slots.give(back: before - bytes)
        }
        held.store(bytes, ordering: .relaxed)
        return true
    }
}
