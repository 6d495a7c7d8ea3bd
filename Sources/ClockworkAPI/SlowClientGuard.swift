internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Closes a connection whose client takes too long to send the head of a request, to send a body that is not a stream,
/// or to read an answer. A deadline applies to the whole, so a byte now and then does not extend it. A client that
/// waits for permission to send its body (RFC 9110, section 10.1.1) gets it from here.
///
/// Used on the connection's event loop only.
final class SlowClientGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: HTTPAPILimits
    private var reading: Scheduled<Void>?
    private var writing: Scheduled<Void>?
    private var isBodyOpen = false
    private var unanswered = 0

    /// How long a client may go on sending a body that has already been answered.
    private static let linger = TimeAmount.seconds(2)

    init(limits: HTTPAPILimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { expectHead(context, limits.headTimeout) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        reading?.cancel()
        writing?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        expectHead(context, limits.headTimeout)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        reading?.cancel()
        writing?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            unanswered += 1
            isBodyOpen = true
            reading?.cancel()
            reading = LineStreamType.isNamed(by: head) ? nil : close(context, in: TimeAmount(limits.bodyTimeout))
            if awaitsContinue(head) {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body:
            break
        case .end:
            isBodyOpen = false
            reading?.cancel()
            reading = nil
            if unanswered == 0 { expectHead(context, limits.idleTimeout) }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            unanswered = max(unanswered - 1, 0)
            if isBodyOpen {
                reading?.cancel()
                reading = close(context, in: Self.linger)
            } else if unanswered == 0 {
                expectHead(context, limits.idleTimeout)
            }
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writing?.cancel()
        writing = context.channel.isWritable ? nil : close(context, in: TimeAmount(limits.idleTimeout))
        context.fireChannelWritabilityChanged()
    }

    /// Whether the client waits for permission to send its body, and gets it. A body that is too large gets none.
    private func awaitsContinue(_ head: HTTPRequest) -> Bool {
        guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
        let length = head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
        return length <= limits.bodyBytes || LineStreamType.isNamed(by: head)
    }

    private func expectHead(_ context: ChannelHandlerContext, _ limit: Duration) {
        reading?.cancel()
        reading = close(context, in: TimeAmount(limit))
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}

/// The media type of a stream of requests.
enum LineStreamType {
    static let name = "application/x-ndjson"

    /// Whether the request has such a stream as its body.
    static func isNamed(by head: HTTPRequest) -> Bool {
        guard head.method == .post, let type = head.headerFields[.contentType] else { return false }
        let essence = type.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        return essence.lowercased() == name
    }
}
