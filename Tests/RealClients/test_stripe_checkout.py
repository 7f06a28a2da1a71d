"""Checkout Sessions, products and prices by Stripe's own Python client, and their page as a browser uses it."""

import urllib.parse
import uuid

import pytest
import stripe

from conftest import SECRET, browse

CANCEL = "https://shop.example/cart"
CARD = {
    "method": "card", "email": "hana@example.com", "card_number": "4242 4242 4242 4242", "card_expiry": "12/34",
    "card_cvc": "123", "card_name": "HANA SUZUKI",
}


def session_params(**more):
    item = {"price_data": {"currency": "jpy", "unit_amount": 980, "product_data": {"name": "一日パス"}}, "quantity": 2}
    return {
        "mode": "payment", "line_items": [item], "success_url": "https://shop.example/ok?s={CHECKOUT_SESSION_ID}",
        "cancel_url": CANCEL, **more,
    }


def open_session(client, **more):
    return client.v1.checkout.sessions.create(session_params(**more))


def test_products_and_prices_are_made_changed_and_listed(client):
    product = client.v1.products.create(
        {"name": "Timekeeper", "default_price_data": {"currency": "jpy", "unit_amount": 9800}, "metadata": {"plan": "year"}}
    )
    assert client.v1.prices.retrieve(product.default_price).unit_amount == 9800
    key = f"day-{uuid.uuid4()}"
    price = client.v1.prices.create(
        {"currency": "jpy", "product": product.id, "unit_amount": 500, "lookup_key": key, "nickname": "day"}
    )
    assert price.type == "one_time" and price.recurring is None
    assert client.v1.prices.update(price.id, {"active": False, "metadata": {"a": "b"}}).active is False
    assert [found.id for found in client.v1.prices.list({"lookup_keys": [key]})] == [price.id]
    expanded = client.v1.products.retrieve(product.id, {"expand": ["default_price"]})
    assert expanded.default_price.unit_amount == 9800
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.products.delete(product.id)
    bare = client.v1.products.create({"name": "bare"})
    assert client.v1.products.update(bare.id, {"name": "barer"}).name == "barer"
    assert client.v1.products.delete(bare.id).deleted


def test_a_session_is_created_once_under_its_key(client):
    options = {"idempotency_key": str(uuid.uuid4())}
    first = client.v1.checkout.sessions.create(session_params(client_reference_id="order-7"), options)
    again = client.v1.checkout.sessions.create(session_params(client_reference_id="order-7"), options)
    assert again.id == first.id and first.id.startswith("cs_test_")
    assert first.amount_total == 1960 and first.payment_status == "unpaid" and first.payment_intent is None
    assert first.ui_mode == "hosted_page" and first.payment_method_types == ["card", "konbini"]
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(session_params(client_reference_id="order-8"), options)
    items = client.v1.checkout.sessions.line_items.list(first.id)
    assert [(item.description, item.quantity, item.amount_total) for item in items] == [("一日パス", 2, 1960)]


def test_a_buyer_pays_on_the_page(client, receiver):
    session = open_session(client, payment_intent_data={"metadata": {"order": "7"}}, locale="ja")
    status, _, text = browse(session.url, language="en")
    assert status == 200 and '<html lang="ja">' in text and "¥1,960" in text and CANCEL in text
    for name in CARD:
        assert f'name="{name}"' in text
    for _ in range(2):
        status, location, _ = browse(session.url, CARD)
        assert (status, location) == (303, f"https://shop.example/ok?s={session.id}")
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge", "line_items"]})
    assert paid.status == "complete" and paid.payment_status == "paid" and paid.url is None
    assert paid.customer_details.email == "hana@example.com"
    assert paid.payment_intent.metadata.to_dict() == {"order": "7"}
    assert paid.payment_intent.latest_charge.amount == 1960
    assert len(client.v1.charges.list({"payment_intent": paid.payment_intent.id}).data) == 1
    body, signature = receiver.wait_for("checkout.session.completed", session.id)
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert event.data.object.payment_status == "paid"


def test_a_refused_card_is_told_and_another_one_pays(client):
    session = open_session(client)
    status, location, _ = browse(session.url, {**CARD, "card_number": "4000000000009995"})
    assert (status, location) == (303, session.url)
    assert "残高が不足" in browse(session.url)[2]
    status, _, text = browse(session.url, {**CARD, "card_number": "4242424242424241"})
    assert status == 422 and 'id="card_number_fault"' in text and "4242424242424241" not in text
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert browse(session.url, CARD)[1].startswith("https://shop.example/ok")


def test_a_buyer_is_authenticated_and_sent_to_the_shop(client):
    session = open_session(client)
    status, bank, _ = browse(session.url, {**CARD, "card_number": "4000000000003220"})
    assert status == 303 and "/_sandbox/3ds/" in bank
    status, location, _ = browse(bank, {"outcome": "complete"})
    assert (status, location) == (303, f"https://shop.example/ok?s={session.id}")


def test_an_app_is_returned_to_by_its_own_scheme(client):
    session = open_session(client, success_url="timekeeper://paid?s={CHECKOUT_SESSION_ID}")
    assert browse(session.url, CARD)[1] == f"timekeeper://paid?s={session.id}"


@pytest.mark.parametrize("outcome, status, event_type", [
    ("paid", "paid", "checkout.session.async_payment_succeeded"),
    ("failed", "unpaid", "checkout.session.async_payment_failed"),
])
def test_the_money_of_a_convenience_store_comes_later(client, sandbox, receiver, outcome, status, event_type):
    session = open_session(client)
    _, voucher, _ = browse(session.url, {"method": "konbini", "email": "hana@example.com"})
    assert "/_sandbox/vouchers/" in voucher and f"ok?s={session.id}" in browse(voucher)[2]
    waiting = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert waiting.status == "complete" and waiting.payment_status == "unpaid"
    details = waiting.payment_intent.next_action.konbini_display_details
    assert details.hosted_voucher_url == voucher and details.stores.lawson.payment_code in browse(voucher)[2]
    sandbox.control("POST", f"/payment_intents/{waiting.payment_intent.id}/settle", {"outcome": outcome})
    body, signature = receiver.wait_for(event_type, session.id)
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert event.data.object.payment_status == status
    intent = client.v1.payment_intents.retrieve(waiting.payment_intent.id)
    assert intent.latest_charge.startswith("py_")


def test_a_payment_that_is_processing_cannot_be_canceled(client, sandbox):
    intent = client.v1.payment_intents.create(
        {
            "amount": 980, "currency": "jpy", "payment_method": "pm_sandbox_processing", "confirm": True,
            "return_url": "https://shop.example/done",
        }
    )
    assert intent.status == "processing"
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.payment_intents.cancel(intent.id)
    assert error.value.code == "payment_intent_unexpected_state"
    sandbox.control("POST", f"/payment_intents/{intent.id}/settle", {"outcome": "paid"})
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_session_is_ended_and_its_page_says_so(client, receiver):
    session = open_session(client)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    receiver.wait_for("checkout.session.expired", session.id)
    assert "有効期限が切れました" in browse(session.url)[2]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)
    listed = client.v1.checkout.sessions.list({"status": "expired", "limit": 100})
    assert session.id in [found.id for found in listed]
    parts = urllib.parse.urlsplit(session.url)
    assert browse(f"{parts.scheme}://{parts.netloc}/_sandbox/checkout/cs_test_nobody")[0] == 404


def test_a_session_is_paid_without_a_page(client, sandbox):
    session = open_session(client)
    path = f"/checkout/sessions/{session.id}/pay"
    assert sandbox.control("POST", path, {"card": "4000000000000002"})["outcome"] == "declined"
    answer = sandbox.control("POST", path, {"payment_method": "pm_card_visa", "email": "a@example.com"})
    assert answer["outcome"] == "paid" and answer["url"] == f"https://shop.example/ok?s={session.id}"


@pytest.mark.parametrize("more, param", [
    ({"mode": "subscription"}, "mode"), ({"success_url": "nowhere"}, "success_url"),
    ({"payment_method_types": ["card"]}, "payment_method_types"), ({"ui_mode": "elements"}, "ui_mode"),
])
def test_a_wrong_session_is_an_invalid_request(client, more, param):
    with pytest.raises(stripe.InvalidRequestError) as error:
        open_session(client, **more)
    assert error.value.param == param


def test_a_live_key_is_an_authentication_error(sandbox):
    client = stripe.StripeClient("sk_live_mistake", base_addresses={"api": sandbox.url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        client.v1.customers.list()
