"""The device's page and Stripe's (sandbox) page, as a buyer with a phone uses them (S4-UI-01)."""

import json

import pytest
from conftest import ASKING_CARD, DECLINED_CARD, GOOD_CARD


def arrive(browser, demo):
    browser.open(demo.url + "/device")
    assert browser.find("#state").get_attribute("data-state") == "locked"
    return browser.text("#device-id")


def is_unlocked(browser):
    return browser.find("#state").get_attribute("data-state") == "unlocked"


def session_of(browser):
    return browser.place().split("?")[0].rstrip("/").rsplit("/", 1)[1]


def test_a_day_pass_is_bought_after_a_declined_card(phone, demo):
    device = arrive(phone, demo)
    assert "¥120" in phone.text("#buy-daypass")
    phone.click("#buy-daypass")
    assert phone.place().startswith(demo.stripe_url)
    phone.pay_by_card(DECLINED_CARD)
    assert "カードが拒否されました" in phone.text("#alert")
    assert demo.device(device)["unlocked"] is False
    phone.pay_by_card(GOOD_CARD)
    # Nothing of the token is left in the address, nor in the history behind it.
    assert phone.place() == demo.url + "/device"
    assert "お支払いを確認しました" in phone.text("#notice")
    assert is_unlocked(phone)
    assert "Asia/Tokyo" in phone.text("#until")
    assert demo.device(device)["unlock_count"] == 1
    history = phone.driver.execute_cdp_cmd("Page.getNavigationHistory", {})
    assert "purchase_token" not in json.dumps(history)
    assert not phone.has("#buy-daypass")


@pytest.mark.parametrize("answer", ["complete", "fail"])
def test_a_bank_that_asks_who_pays(phone, demo, answer):
    arrive(phone, demo)
    phone.click("#buy-daypass")
    phone.pay_by_card(ASKING_CARD)
    assert "/_sandbox/3ds/" in phone.place()
    phone.click(f"button[value='{answer}']")
    if answer == "fail":
        assert "本人認証ができませんでした" in phone.text("#alert")
        phone.pay_by_card(GOOD_CARD)
    assert is_unlocked(phone)


def test_who_turns_back_has_bought_nothing_and_can_go_on(phone, demo):
    device = arrive(phone, demo)
    phone.click("#buy-daypass")
    session = session_of(phone)
    phone.click("#back")
    assert phone.place().startswith(demo.url + "/device")
    assert "購入をやめました" in phone.text("#notice")
    state = demo.device(device)
    assert (state["unlocked"], state["unlock_count"]) == (False, 0)
    reference = state["pending_purchases"][0]["reference"]
    assert str(reference) in phone.text(".waiting .reference")
    # The page that was begun is given out again: nobody can pay twice.
    phone.click("#buy-daypass")
    assert session_of(phone) == session


def test_a_payment_at_a_store_is_waited_for(phone, demo):
    device = arrive(phone, demo)
    phone.click("#buy-daypass")
    phone.fill(email="hana@example.com")
    phone.find("#method_konbini").click()
    phone.click("#pay")
    voucher = phone.place()
    assert phone.text("#payment_code")
    phone.click("#continue")
    assert phone.place() == demo.url + "/device"
    assert "お支払いの確認待ちです" in phone.text("#notice")
    reference = demo.device(device)["pending_purchases"][0]["reference"]
    assert str(reference) in phone.text("#notice .reference")
    assert not is_unlocked(phone)
    assert not phone.has("#buy-daypass")
    phone.open(voucher)
    phone.click("#paid")
    phone.click("#continue")
    assert is_unlocked(phone)
    assert demo.device(device)["unlock_count"] == 1


def test_a_fault_heals_by_itself(phone, demo):
    """Stripe cannot be asked when the buyer comes back, and no event arrives: the page asks again, untouched."""
    device = arrive(phone, demo)
    phone.click("#buy-daypass")
    demo.sandbox("/_sandbox/faults", {"kind": "hold_events", "times": None})
    demo.sandbox("/_sandbox/faults", {"kind": "outage", "match": {"method": "GET", "path": "/v1/checkout/sessions"}})
    try:
        phone.pay_by_card(GOOD_CARD)
        assert "決済サービスから返事がありません" in phone.text("#notice")
        assert "5秒後に自動で確認します" in phone.text("#notice")
        assert not is_unlocked(phone)
        assert demo.device(device)["unlocked"] is False
    finally:
        demo.control("DELETE", "/_sandbox/faults")
    phone.wait(lambda _: is_unlocked(phone), "the page to ask again")
    assert "お支払いを確認しました" in phone.text("#notice")
    demo.control("POST", "/_sandbox/events/release")


def test_a_licence_is_for_ever(phone, demo):
    device = arrive(phone, demo)
    phone.click("#buy-license")
    assert "¥4,800" in phone.text()
    phone.pay_by_card(GOOD_CARD)
    assert is_unlocked(phone)
    assert "期限なし" in phone.text("#until")
    assert phone.text("#license") == "購入済み"
    assert not phone.has("#buy-license") and not phone.has("#buy-daypass")
    assert demo.device(device)["license_purchased"] is True
    phone.click("#new-device")
    assert not is_unlocked(phone)
    assert phone.text("#device-id") != device


def test_an_app_that_dies_is_unlocked_all_the_same(phone, demo):
    """Paid, and nobody came back: the event alone delivers."""
    device = arrive(phone, demo)
    phone.click("#buy-license")
    demo.sandbox(f"/_sandbox/checkout/sessions/{session_of(phone)}/pay", {"card": "4242424242424242"})
    phone.wait(lambda _: demo.device(device)["license_purchased"], "the event")
    phone.open(demo.url + "/device")
    assert is_unlocked(phone)


def test_a_page_that_has_expired_says_so_and_leads_back(phone, demo):
    arrive(phone, demo)
    phone.click("#buy-daypass")
    page, session = phone.place(), session_of(phone)
    demo.sandbox(f"/v1/checkout/sessions/{session}/expire", b"")
    phone.open(page)
    assert "このページの有効期限が切れました" in phone.text("h1")
    phone.click("#back")
    assert not is_unlocked(phone)
    phone.click("#buy-daypass")
    assert session_of(phone) != session
    phone.pay_by_card(GOOD_CARD)
    assert is_unlocked(phone)


def test_what_is_mistyped_is_told_at_its_field(phone, demo):
    arrive(phone, demo)
    phone.click("#buy-daypass")
    phone.fill(email="nobody", card_number="4242 4242 4242 4241", card_expiry="13/40", card_cvc="1", card_name="H")
    phone.click("#pay")
    for field in ("email", "card_number", "card_expiry", "card_cvc"):
        assert phone.text(f"#{field}_fault")
    assert phone.find("#card_number").get_attribute("value") == ""


@pytest.mark.parametrize(
    "language, title, total, pay, unlocked",
    [
        ("ja", "お支払い", "合計", "¥120を支払う", "使えます"),
        ("en", "Payment", "Total", "Pay ¥120", "Unlocked"),
    ],
)
def test_all_pages_speak_the_buyers_language(fresh, demo, language, title, total, pay, unlocked):
    browser = fresh(language)
    arrive(browser, demo)
    browser.click("#buy-daypass")
    assert browser.find("html").get_attribute("lang") == language
    assert browser.text("h1") == title
    lines = browser.text("ul.items")
    assert "1日パス" in lines and "¥120" in lines and total in lines
    assert browser.text("#pay") == pay
    browser.pay_by_card(GOOD_CARD)
    assert browser.find("html").get_attribute("lang") == language
    assert browser.text("h1") == unlocked


def test_strange_ways_back_are_told_and_unlock_nothing(phone, demo):
    arrive(phone, demo)
    phone.open(demo.url + "/device/return?result=success&product_type=daypass&purchase_token=kpt_guessed")
    assert "この購入は見つかりません" in phone.text("#notice")
    assert not is_unlocked(phone)
    phone.open(demo.url + "/device/return?result=success")
    assert "戻り先の情報が足りません" in phone.text("#notice")
    assert not is_unlocked(phone)
