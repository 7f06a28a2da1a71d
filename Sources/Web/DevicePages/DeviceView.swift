internal import HTML
internal import HTTP
internal import KessaiAPI
internal import PageKit

/// How a device looks: the lock, what it has, what it can buy, and what is under way.
struct DeviceView {
    let device: DeviceResponse
    let notice: Notice?
    let language: Language

    /// The page. It loads itself again while something is under way that ends without the buyer.
    func page(_ face: PageFace) -> HTTPResponse {
        let waits = waiting.contains { $0.state != "open" }
        return face.page(
            title: say(device.unlocked ? .unlocked : .locked), language: language,
            againSeconds: notice?.againSeconds ?? (waits ? 60 : nil),
            [
                notice.map { NoticeView(notice: $0, language: language).html } ?? .group([]),
                state, .group(waiting.map(waiting)), offers, facts, footer,
            ])
    }

    private func say(_ text: Text) -> String { text[language] }

    /// What is under way; a notice that tells of the same purchase is enough.
    private var waiting: [PendingPurchaseDTO] {
        device.pendingPurchases.filter { $0.reference != notice?.reference }
    }

    private var state: HTML {
        .element(
            "section",
            [
                "class": device.unlocked ? "state open" : "state", "id": "state",
                "data-state": device.unlocked ? "unlocked" : "locked",
            ],
            [
                .lock(isOpen: device.unlocked), .title(say(device.unlocked ? .unlocked : .locked)),
                .element("p", ["id": "until"], [.text(until)]),
            ])
    }

    /// The end of the day in the product's own zone is the same clock time whatever the zone does at night.
    private var until: String {
        if device.licensePurchased { return say(.forEver) }
        guard device.unlocked, let day = device.lastUnlockDate else { return say(.lockedWhy) }
        return say(.until(day: day, zone: device.timeZone))
    }

    private func waiting(_ purchase: PendingPurchaseDTO) -> HTML {
        .element(
            "section", ["class": "notice plain waiting", "data-state": purchase.state],
            [
                .element(
                    "p", [:],
                    [
                        .element("strong", [:], [.text(say(.product(purchase.productType)))]), " ",
                        .money(purchase.price),
                    ]),
                .element("p", [:], [.text(say(.guidance(purchase.state)))]), .reference(purchase.reference, language),
                purchase.state == "open"
                    ? .group([])
                    : .element("p", [:], [.element("a", ["href": DevicePages.path], [.text(say(.check))])]),
            ])
    }

    private var offers: HTML {
        .group([
            device.unlocked ? .group([]) : offer("daypass", device.nextPrice, .daypassWhat, isMain: true),
            offer("license", device.licensePrice, .licenseWhat, isMain: device.unlocked),
            device.unlocked && !device.licensePurchased
                ? .group(device.nextPrice.map { [.quiet(say(.tomorrow($0.text)))] } ?? []) : .group([]),
        ])
    }

    /// A button that buys, unless it was bought and the money is on its way.
    private func offer(_ product: String, _ price: MoneyDTO?, _ what: Text, isMain: Bool) -> HTML {
        let open = device.pendingPurchases.first { $0.productType == product }
        guard let price, open.map({ $0.state == "open" }) ?? true else { return .group([]) }
        return .element(
            "form", ["method": "post", "action": "\(DevicePages.path)/buy", "class": "offer"],
            [
                .hidden("product", product),
                .element(
                    "button", ["type": "submit", "id": "buy-\(product)", "class": isMain ? "main" : nil],
                    [
                        .element("span", [:], [.text(say(open == nil ? .product(product) : .goOn(product)))]),
                        .element("strong", [:], [.text((open?.price ?? price).text)]),
                    ]), .quiet(say(what)),
            ])
    }

    private var facts: HTML {
        .element(
            "dl", [:],
            [
                (Text.license, HTML.text(say(device.licensePurchased ? .licensed : .notLicensed)), "license"),
                (.daypasses, .text("\(device.unlockCount)"), "unlock-count"),
                (.device, .element("code", [:], [.text(device.deviceID)]), "device-id"),
            ].map { name, value, id in
                .element(
                    "div", [:],
                    [.element("dt", [:], [.text(say(name))]), .element("dd", ["id": "\(id)"], [value])])
            })
    }

    private var footer: HTML {
        .element(
            "footer", [:],
            [
                .quiet(say(.demo)),
                .element(
                    "form", ["method": "post", "action": "\(DevicePages.path)/new"],
                    [
                        .element(
                            "button", ["type": "submit", "class": "plain", "id": "new-device"], [.text(say(.newDevice))]
                        )
                    ]),
            ])
    }
}

extension HTML {
    /// A padlock, drawn so that it needs neither a picture nor a font.
    static func lock(isOpen: Bool) -> HTML {
        .element(
            "svg", ["viewBox": "0 0 24 24", "aria-hidden": "true"],
            [
                .element(
                    "rect", ["x": "4", "y": "10.5", "width": "16", "height": "11", "rx": "2.5", "fill": "currentColor"]),
                .element(
                    "path",
                    [
                        "d": isOpen ? "M8 10.5V7a4 4 0 0 1 7.7-1.5" : "M8 10.5V7a4 4 0 0 1 8 0v3.5", "fill": "none",
                        "stroke": "currentColor", "stroke-width": "2.2", "stroke-linecap": "round",
                    ]),
            ])
    }
}
