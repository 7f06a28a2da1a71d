extension TestCard {
    /// Every card of Stripe's test list.
    static let all: [TestCard] = approved + declined + authenticated + withConsequences

    private static let approved: [TestCard] = [
        TestCard(number: "4242424242424242", names: ["visa", "us"]),
        TestCard(number: "4000056655665556", names: ["visa_debit"], funding: "debit"),
        TestCard(number: "5555555555554444", names: ["mastercard"], brand: "mastercard"),
        TestCard(number: "2223003122003222", brand: "mastercard"),
        TestCard(number: "5200828282828210", names: ["mastercard_debit"], brand: "mastercard", funding: "debit"),
        TestCard(number: "5105105105105100", names: ["mastercard_prepaid"], brand: "mastercard", funding: "prepaid"),
        TestCard(number: "378282246310005", names: ["amex"], brand: "amex"),
        TestCard(number: "371449635398431", brand: "amex"),
        TestCard(number: "6011111111111117", names: ["discover"], brand: "discover"),
        TestCard(number: "6011000990139424", brand: "discover"),
        TestCard(number: "3056930009020004", names: ["diners"], brand: "diners"),
        TestCard(number: "3566002020360505", names: ["jcb"], brand: "jcb", country: "JP"),
        TestCard(number: "6200000000000005", names: ["unionpay"], brand: "unionpay", country: "CN"),
        TestCard(number: "4000003920000003", names: ["jp"], country: "JP"),
        TestCard(number: "4000000000004954", names: named("riskLevelHighest"), riskLevel: "highest"),
        TestCard(number: "4000000000009235", names: named("riskLevelElevated"), riskLevel: "elevated"),
        TestCard(number: "4000000000000101", names: named("cvcCheckFail"), cvcCheck: "fail"),
        TestCard(number: "4000000000000036", names: named("avsZipFail"), postalCodeCheck: "fail"),
        TestCard(number: "4000000000000077", names: named("bypassPending"), bypassesPending: true),
    ]

    private static let declined: [TestCard] = [
        refused("4000000000000002", "chargeDeclined", .generic),
        refused("4000000000009995", "chargeDeclinedInsufficientFunds", .insufficientFunds),
        refused("4000000000009987", "chargeDeclinedLostCard", .lostCard),
        refused("4000000000009979", "chargeDeclinedStolenCard", .stolenCard),
        refused("4000000000006975", "chargeDeclinedVelocityLimitExceeded", .velocityExceeded),
        refused("4000000000000069", "chargeDeclinedExpiredCard", .expiredCard),
        refused("4000000000000119", "chargeDeclinedProcessingError", .processingError),
        TestCard(
            number: "4000000000000127", names: named("chargeDeclinedIncorrectCvc"), decline: .incorrectCvc,
            declinesOnlyCvc: true, attachDecline: .incorrectCvc, cvcCheck: "fail"),
        TestCard(number: "4000000000000341", names: named("chargeCustomerFail"), decline: .generic),
        TestCard(
            number: "4100000000000019", names: named("radarBlock"), decline: .fraudulent, isBlocked: true,
            riskLevel: "highest"),
    ]

    private static let authenticated: [TestCard] = [
        TestCard(
            number: "4000002500003155", names: named("authenticationRequiredOnSetup"), authentication: .untilSetUp),
        TestCard(number: "4000002760003184", names: named("authenticationRequired"), authentication: .always),
        TestCard(
            number: "4000003800000446", names: named("authenticationRequiredSetupForOffSession"),
            authentication: .onSession),
        TestCard(
            number: "4000008260003178", names: named("authenticationRequiredChargeDeclinedInsufficientFunds"),
            decline: .insufficientFunds, authentication: .always),
        TestCard(number: "4000000000003220", names: named("threeDSecure2Required"), authentication: .always),
        TestCard(
            number: "4000008400001629", names: named("threeDSecureRequiredChargeDeclined"), decline: .generic,
            authentication: .always),
        TestCard(
            number: "4000008400001280", names: named("threeDSecureRequiredProcessingError"),
            authentication: .lookupFails),
        TestCard(number: "4000000000003055", names: named("threeDSecureOptional"), authentication: .onRequest),
        TestCard(number: "4000000000003097", names: named("threeDSecureOptionalProcessingError")),
    ]

    private static let withConsequences: [TestCard] = [
        TestCard(number: "4000000000000259", names: named("createDispute"), claim: .fraudulent),
        TestCard(
            number: "4000000000002685", names: named("createDisputeProductNotReceived"), claim: .productNotReceived),
        TestCard(number: "4000000000001976", names: named("createDisputeInquiry"), claim: .inquiry),
        TestCard(number: "4000000000005423", names: named("createIssuerFraudRecord"), warnsOfFraud: true),
        TestCard(number: "4000000000990004", names: named("sandboxProcessing"), isProcessed: true),
        TestCard(number: "4000000000007726", names: named("pendingRefund"), refund: .succeedsLater),
        TestCard(number: "4000000000005126", names: named("refundFail"), refund: .failsLater),
    ]

    /// A card that neither pays nor can be attached.
    private static func refused(_ number: String, _ name: String, _ decline: Decline) -> TestCard {
        TestCard(number: number, names: named(name), decline: decline, attachDecline: decline)
    }

    /// Stripe spells some ids with `visa_` and some without; both are taken for all.
    private static func named(_ behaviour: String) -> [String] { [behaviour, "visa_" + behaviour] }
}
