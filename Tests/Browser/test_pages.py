"""The pages of operators and of readers."""

import json


def buy_an_order(demo):
    """A paid order of the buyer's: its number."""
    buyer = demo.logins["buyer"]
    token = demo.api("POST", "/api/auth/login", {"email": buyer["email"], "password": buyer["password"]})["access_token"]
    order = demo.api("POST", "/api/orders", {"items": [{"product_id": "sencha", "quantity": 2}]}, token)
    intent = demo.api("POST", "/api/payments/intent", {"order_id": order["id"]}, token)["payment_intent_id"]
    form = f"payment_method=pm_card_visa&return_url={demo.url}/"
    demo.sandbox(f"/v1/payment_intents/{intent}/confirm", form.encode())
    return order["id"], token


def test_an_operator_logs_in_refunds_and_logs_out(phone, demo):
    order, token = buy_an_order(demo)
    phone.wait(lambda _: demo.api("GET", f"/api/orders/{order}", None, token)["status"] == "paid", "the event")
    operator = demo.logins["operator"]
    path = f"{demo.url}/admin/orders/{order}"
    phone.open(path)
    assert "/admin/login" in phone.place()
    phone.fill(email=operator["email"], password="a wrong password")
    phone.click("form button[type=submit]")
    assert "メールアドレスまたはパスワードが違います" in phone.text(".notice")
    phone.fill(email=operator["email"], password=operator["password"])
    phone.click("form button[type=submit]")
    # The log-in leads to what was asked for.
    assert phone.place() == path
    phone.click(f"a[href='/admin/orders/{order}/refund']")
    phone.fill(amount="980")
    phone.click("main form button[type=submit]")
    assert "¥980" in phone.text("main")
    phone.click("main form button[type=submit]")
    assert "返金しました" in phone.text(".notice")
    assert demo.api("GET", f"/api/orders/{order}", None, token)["status"] == "partially_refunded"
    for place in ("orders", "payments", "reviews", "dead-letters", "products"):
        phone.open(f"{demo.url}/admin/{place}")
        assert phone.text("h1")
    phone.click("form[action='/admin/logout'] button")
    assert "ログアウトしました" in phone.text()
    phone.open(path)
    assert "/admin/login" in phone.place()


def test_the_start_page_and_the_reference_render(fresh, demo):
    browser = fresh("en")
    browser.open(demo.url + "/")
    for path in ("/device", "/admin", "/docs", "/openapi.json"):
        assert browser.has(f"a[href='{path}']")
    browser.click("a[href='/docs']")
    assert browser.text("h1") == "Kessai API"
    paths = [one.text for one in browser.driver.find_elements("css selector", ".path")]
    for path in ("/api/orders", "/api/checkout/sessions", "/api/devices/{device_id}"):
        assert path in paths
    # Every entry opens, and still fits.
    browser.driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.check_page()
    document = demo.api("GET", "/openapi.json")
    assert set(document["paths"]) == set(paths)


def test_the_sandboxes_history_is_readable_on_a_phone(fresh, demo):
    browser = fresh("en")
    browser.open(demo.stripe_url + "/_sandbox/")
    assert "checkout" in browser.text()


def test_what_is_not_there_is_told_as_a_problem(fresh, demo):
    browser = fresh("en")
    browser.open(demo.url + "/nowhere")
    assert json.loads(browser.text("pre"))["code"] == "not_found"
