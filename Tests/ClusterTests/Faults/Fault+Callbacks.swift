extension Fault {
    /// Half of the paths of the callback host do not answer as they should.
    static let ofCallbacks = [
        callbacks("callbacksFail", .failing), callbacks("callbacksSlow", .slow(.milliseconds(1_500))),
        callbacks("callbacksLimited", .limited(retryAfter: 2)), callbacks("callbacksHungUp", .hungUp),
    ]

    private static func callbacks(_ name: String, _ mood: CallbackHost.Mood) -> Fault {
        Fault(name) { strike in
            strike.world.callbacks.setMood(mood)
            try await strike.elapse()
            strike.world.callbacks.setMood(.well)
        }
    }
}
