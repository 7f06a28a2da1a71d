/// How to use the running demo: what to open, and curl lines that buy when pasted.
enum DemoGuide {
    static func text(_ world: DemoWorld) -> String {
        let logins = world.logins.map { "    \($0.role): \($0.email)  \($0.password)" }.joined(separator: "\n")
        let (url, stripe) = (world.url, world.stripeURL)
        return """

            Kessai is serving.

              \(url)/            start page
              \(url)/device      a device of the Timekeeper app: buy, pay, unlock
              \(url)/admin       the operators' screen
              \(url)/docs        the API
              \(stripe)/_sandbox/  what happened at the Stripe sandbox

              log in as
            \(logins)
              test cards: pm_card_visa pays, pm_card_visa_chargeDeclined is declined;
                on pages 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined, 4000 0000 0000 3220 asks who you are
              mails: \(world.mailFolder)

            Buy with curl:

              TOKEN=$(curl -s \(url)/api/auth/login -H 'Content-Type: application/json' \\
                -d '{"email":"\(world.buyer.email)","password":"\(world.buyer.password)"}' \\
                | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
              ORDER=$(curl -s \(url)/api/orders -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
                -d '{"items":[{"product_id":"sencha","quantity":2}]}' | sed 's/.*"number":\\([0-9]*\\).*/\\1/')
              INTENT=$(curl -s \(url)/api/payments/intent -H "Authorization: Bearer $TOKEN" \\
                -H 'Content-Type: application/json' -d "{\\"order_id\\":$ORDER}" \\
                | sed 's/.*"payment_intent_id":"\\([^"]*\\)".*/\\1/')
              curl -s \(stripe)/v1/payment_intents/$INTENT/confirm -u \(world.secretKey): \\
                -d payment_method=pm_card_visa -d return_url=\(url)/ | grep -m1 '"status"'
              sleep 1   # the signed event is on its way; only it makes the order paid
              curl -s \(url)/api/orders/$ORDER -H "Authorization: Bearer $TOKEN"

            Buy a day pass for a device with curl:

              DEVICE=\(DemoData.devicePrefix)curl-$(date +%s)
              SESSION=$(curl -s \(url)/api/checkout/sessions -H 'Content-Type: application/json' \\
                -d "{\\"device_id\\":\\"$DEVICE\\",\\"product_type\\":\\"daypass\\"}" \\
                | sed 's/.*"session_id":"\\([^"]*\\)".*/\\1/')
              BACK=$(curl -s \(stripe)/_sandbox/checkout/sessions/$SESSION/pay -d '{"card":"4242424242424242"}' \\
                | sed 's/.*[?&]purchase_token=\\([^&"]*\\).*/\\1/')
              curl -s \(url)/unlock/daypass -H 'Content-Type: application/json' \\
                -d "{\\"device_id\\":\\"$DEVICE\\",\\"purchase_token\\":\\"$BACK\\"}"
              curl -s \(url)/api/devices/$DEVICE

            Stop with Ctrl-C.

            """
    }
}
