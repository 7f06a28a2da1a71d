public import HTTP
internal import JSON
public import Kernel
internal import KessaiAPI
internal import PageKit

/// A page that plays the Timekeeper app (S4-UI-01): it shows the lock, buys a licence or a day pass on Stripe's page,
/// comes back, and is unlocked. It stands in the app's place in the demo; no real device needs it.
///
/// It is a client of the API in the same process (`LocalAPI`) and can do nothing that an app could not. What an app keeps,
/// it keeps in cookies: the device's id, and the purchase token until its confirmation has a final answer.
public struct DevicePages: Sendable {
    /// Where the page is.
    public static let path = "/device"
    /// Where the buyer comes out of Stripe's page; to be allowed by the configuration of passes.
    public static let returnPath = "/device/return"
    /// What it serves; none of it is listed in the OpenAPI document.
    public var routes: [Route] { [show, buy, comeBack, replace] }

    private let api: LocalAPI
    private let random: any RandomSource
    private let origin: PublicOrigin
    private let cookies: DeviceCookies
    private let face: PageFace

    /// Pages of the installation at `publicURL` over its own `api`, which must not be these pages' router itself.
    /// `payURL` is where Stripe's pages are: the buy buttons may lead there. Ids of devices begin with `idPrefix`.
    public init(publicURL: String, payURL: String, idPrefix: String, api: any HTTPHandler, random: any RandomSource) {
        self.api = LocalAPI(api)
        self.random = random
        origin = PublicOrigin(publicURL)
        cookies = DeviceCookies(isSecure: origin.isSecure, idPrefix: idPrefix)
        face = PageFace(formTargets: [PublicOrigin(payURL).origin])
    }

    private var show: Route {
        page("GET", Self.path, "The device") { context in
            // Cookies belong to a host: whoever comes by another name of it would come back as another device.
            if let host = context.request.head.headers["Host"], !origin.isHost(host) {
                return face.redirect(origin.origin + Self.path)
            }
            let known = cookies.device(of: context.request)
            let id = known ?? cookies.newDevice(random)
            let kept = cookies.purchase(of: context.request)
            let told: Notice?
            if let kept {
                told = try await Confirmation(api: api).ask(kept, device: id, context)
            } else {
                told = context.query("notice").flatMap { Notice.named($0) }
            }
            let answer = try await api.send("GET", "/api/devices/\(id)", "", nil, context, token: nil)
            let device = try DeviceResponse(validated: answer.json)
            var response = DeviceView(device: device, notice: told, language: Language(context.request.head)).page(face)
            if known == nil { response.headers.add("Set-Cookie", cookies.keeping(device: id)) }
            if kept != nil, told?.isFinal ?? true { response.headers.add("Set-Cookie", cookies.forgettingPurchase) }
            return response
        }
    }

    /// Two taps are one purchase: the API gives the same page for both.
    private var buy: Route {
        page("POST", "\(Self.path)/buy", "Goes to Stripe's page", rateClass: .checkout) { context in
            guard let id = cookies.device(of: context.request) else { throw Problem.cookiesMissing }
            let answer = try await api.send(
                "POST", "/api/checkout/sessions", "",
                [
                    "device_id": .string(id), "product_type": .string(Form(context.request)["product"] ?? ""),
                    "return_url": .string(origin.origin + Self.returnPath),
                ], context, token: nil)
            return face.redirect(try CheckoutSessionResponse(validated: answer.json).checkoutURL)
        }
    }

    /// Takes the token out of the address at once, so that it stays in no history and no log of a browser.
    private var comeBack: Route {
        page("GET", Self.returnPath, "Where the buyer comes out of Stripe's page") { context in
            var response: HTTPResponse
            switch (context.query("result"), KeptPurchase(context)) {
            case ("cancel", _): response = face.redirect(Self.path + "?notice=cancelled")
            case (_, let purchase?):
                response = face.redirect(Self.path)
                response.headers.add("Set-Cookie", cookies.keeping(purchase))
            default: response = face.redirect(Self.path + "?notice=incomplete")
            }
            response.headers["Referrer-Policy"] = "no-referrer"
            return response
        }
    }

    private var replace: Route {
        page("POST", "\(Self.path)/new", "Becomes another device") { _ in
            var response = face.redirect(Self.path + "?notice=new")
            response.headers.add("Set-Cookie", cookies.keeping(device: cookies.newDevice(random)))
            response.headers.add("Set-Cookie", cookies.forgettingPurchase)
            return response
        }
    }

    private func page(
        _ method: String, _ path: String, _ summary: String, rateClass: RateClass? = nil,
        _ handler: @escaping @Sendable (RequestContext) async throws -> HTTPResponse
    ) -> Route {
        Route(
            method, path, summary, tag: "Pages", access: .everyone, bodyBytesMax: method == "POST" ? 1 << 10 : nil,
            repeats: .harmless, answers: [.init(200, summary)], listed: false,
            door: DeviceDoor(origin: origin, face: face), rateClass: rateClass, handler: handler)
    }
}
