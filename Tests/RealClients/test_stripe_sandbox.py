"""Stripe's own Python client against the sandbox: what satisfies it satisfies those who use it."""

import urllib.parse
import uuid

import pytest
import stripe

from conftest import SECRET, browse

HOME = "https://shop.example/done"


def pay(client, method, **more):
    params = {
        "amount": 980, "currency": "jpy", "payment_method": method, "confirm": True, "return_url": HOME, **more,
    }
    return client.v1.payment_intents.create(params)


def press(intent, outcome):
    """Does what a payer's browser does: opens the page, presses a button; answers where it is sent."""
    page = intent.next_action.redirect_to_url.url
    status, _, text = browse(page)
    assert status == 200 and "本人認証" in text and 'name="outcome"' in text
    status, location, _ = browse(page, {"outcome": outcome})
    assert status == 303
    return location


def test_customers_are_made_changed_read_and_deleted(client):
    made = client.v1.customers.create(
        {"email": "hana@example.com", "name": "花", "metadata": {"user": "7"}, "preferred_locales": ["ja", "en"]}
    )
    assert made.id.startswith("cus_") and made.preferred_locales == ["ja", "en"]
    changed = client.v1.customers.update(made.id, {"metadata": {"plan": "year"}, "address": {"city": "Kyoto"}})
    assert changed.metadata.to_dict() == {"user": "7", "plan": "year"}
    assert client.v1.customers.retrieve(made.id).address.city == "Kyoto"
    assert client.v1.customers.delete(made.id).deleted
    assert client.v1.customers.retrieve(made.id).deleted


def test_an_unknown_customer_is_an_invalid_request(client):
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.customers.retrieve("cus_nobody")
    assert error.value.code == "resource_missing" and error.value.http_status == 404
    assert error.value.request_id.startswith("req_")


def test_a_wrong_key_is_an_authentication_error(sandbox):
    client = stripe.StripeClient("sk_test_wrong", base_addresses={"api": sandbox.url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        client.v1.customers.list()


def test_a_payment_is_created_then_confirmed(client):
    intent = client.v1.payment_intents.create({"amount": 980, "currency": "jpy", "metadata": {"order_id": "7"}})
    assert intent.status == "requires_payment_method" and intent.client_secret.startswith(intent.id)
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": HOME})
    assert paid.status == "succeeded" and paid.amount_received == 980


def test_a_decline_is_a_card_error_that_carries_the_intent(client):
    with pytest.raises(stripe.CardError) as error:
        pay(client, "pm_card_visa_chargeDeclinedInsufficientFunds")
    assert error.value.code == "card_declined" and error.value.http_status == 402
    assert error.value.error.decline_code == "insufficient_funds"
    intent = client.v1.payment_intents.retrieve(error.value.error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == "insufficient_funds"


@pytest.mark.parametrize("outcome, status, redirect_status", [
    ("complete", "succeeded", "succeeded"), ("fail", "requires_payment_method", "failed"),
])
def test_a_payer_authenticates_on_the_page(client, outcome, status, redirect_status):
    intent = pay(client, "pm_card_threeDSecure2Required")
    assert intent.status == "requires_action"
    location = press(intent, outcome)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)
    assert location.startswith(HOME + "?") and query["redirect_status"] == [redirect_status]
    assert query["payment_intent"] == [intent.id]
    assert query["payment_intent_client_secret"] == [intent.client_secret]
    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_a_payer_authenticates_without_a_page(client, sandbox):
    intent = pay(client, "pm_card_authenticationRequired")
    sandbox.control("POST", f"/payment_intents/{intent.id}/authenticate", {"outcome": "succeed"})
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_held_money_is_captured_and_let_go(client):
    held = pay(client, "pm_card_visa", capture_method="manual")
    assert client.v1.payment_intents.capture(held.id, {"amount_to_capture": 500}).amount_received == 500
    other = pay(client, "pm_card_visa", capture_method="manual")
    assert client.v1.payment_intents.cancel(other.id).status == "canceled"


def test_refunds_in_part_and_whole(client):
    intent = pay(client, "pm_card_visa")
    part = client.v1.refunds.create({"payment_intent": intent.id, "amount": 300})
    assert part.status == "succeeded"
    rest = client.v1.refunds.create({"payment_intent": intent.id, "expand": ["charge"]})
    assert rest.amount == 680 and rest.charge.refunded
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert error.value.code == "charge_already_refunded"


def test_a_key_replays_and_refuses_something_else(client):
    options = {"idempotency_key": str(uuid.uuid4())}
    first = client.v1.customers.create({"name": "A"}, options)
    again = client.v1.customers.create({"name": "A"}, options)
    assert again.id == first.id and again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"name": "B"}, options)


def test_lists_page_by_themselves(client):
    group = str(uuid.uuid4())
    made = [client.v1.customers.create({"email": f"{group}@example.com"}).id for _ in range(7)]
    found = client.v1.customers.list({"email": f"{group}@example.com", "limit": 3})
    assert [customer.id for customer in found.auto_paging_iter()] == made[::-1]


def test_references_are_expanded(client):
    customer = client.v1.customers.create({"name": "A"})
    intent = pay(
        client, "pm_card_visa", customer=customer.id, capture_method="automatic",
        expand=["customer", "latest_charge.balance_transaction"],
    )
    assert intent.customer.name == "A" and intent.latest_charge.balance_transaction.net == 945


def test_search_finds_by_metadata(client):
    order = str(uuid.uuid4())
    intent = pay(client, "pm_card_visa", metadata={"order_id": order})
    found = client.v1.payment_intents.search({"query": f"metadata['order_id']:'{order}'"})
    assert [found_intent.id for found_intent in found.auto_paging_iter()] == [intent.id]


def test_cards_are_attached_and_taken_off(client):
    customer = client.v1.customers.create()
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert [c.id for c in client.v1.customers.payment_methods.list(customer.id)] == [card.id]
    again = pay(client, card.id, customer=customer.id, off_session=True)
    assert again.status == "succeeded"
    assert client.v1.payment_methods.detach(card.id).customer is None
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})


def test_an_event_is_delivered_with_a_good_signature(client, receiver):
    intent = pay(client, "pm_card_visa")
    body, signature = receiver.wait_for("payment_intent.succeeded", intent.id)
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert event.data.object.status == "succeeded"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")
    assert client.v1.events.retrieve(event.id).type == "payment_intent.succeeded"
    listed = client.v1.events.list({"type": "payment_intent.*", "limit": 100})
    assert event.id in [listed_event.id for listed_event in listed]


def test_the_balance_transaction_of_a_charge_comes_later(client, receiver):
    intent = pay(client, "pm_card_visa")
    body, signature = receiver.wait_for("charge.updated", intent.latest_charge)
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert event.data.previous_attributes.to_dict() == {"balance_transaction": None}
    assert event.data.object.balance_transaction.startswith("txn_")


def test_endpoints_are_made_and_deleted(client, receiver):
    endpoint = client.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["customer.created"], "api_version": "2024-06-20"}
    )
    customer = client.v1.customers.create()
    while True:
        body, signature = receiver.wait_for("customer.created", customer.id)
        if b'"2024-06-20"' in body:
            break
    assert stripe.Webhook.construct_event(body, signature, endpoint.secret).api_version == "2024-06-20"
    assert client.v1.webhook_endpoints.delete(endpoint.id).deleted


def test_an_answer_that_is_lost_is_found_again_by_the_clients_own_retry(sandbox, client):
    group = str(uuid.uuid4())
    sandbox.control("POST", "/faults", {"kind": "drop_answer", "match": {"method": "POST"}})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({"email": f"{group}@example.com"})
    sandbox.control("POST", "/faults", {"kind": "drop_answer", "match": {"method": "POST"}})
    sandbox.client(max_network_retries=2).v1.customers.create({"email": f"{group}@example.com"})
    found = client.v1.customers.list({"email": f"{group}@example.com"})
    # One of the call that gave up, one of the call that was repeated under its key.
    assert len(found.data) == 2


def test_rate_limits_and_outages_have_their_errors(sandbox, client):
    sandbox.control("POST", "/faults", {"kind": "rate_limit"})
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()
    sandbox.control("POST", "/faults", {"kind": "outage", "times": 1})
    with pytest.raises(stripe.APIError) as error:
        client.v1.customers.list()
    assert error.value.http_status == 503
    assert client.v1.customers.list({"limit": 1}).object == "list"


def test_the_client_of_modules_works_too_and_an_older_version_has_its_own_shape(sandbox):
    options = {"api_key": "sk_test_kessai", "stripe_version": "2024-06-20"}
    kept = stripe.api_base
    stripe.api_base = sandbox.url
    try:
        intent = stripe.PaymentIntent.create(amount=980, currency="jpy", payment_method_types=["card"], **options)
        assert "invoice" in intent and "customer_account" not in intent
        assert stripe.PaymentIntent.modify(intent.id, amount=1200, **options).amount == 1200
        with pytest.raises(stripe.InvalidRequestError) as error:
            stripe.PaymentIntent.create(
                amount=980, currency="jpy", payment_method_types=["card"], api_key="sk_test_kessai"
            )
        assert error.value.code == "payment_method_types_no_longer_supported"
    finally:
        stripe.api_base = kept
