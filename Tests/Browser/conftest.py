"""Starts the demo and drives Chromium as its user would."""

import json
import os
import subprocess
import threading
import urllib.request
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("KESSAI_BINARY", str(ROOT / ".build" / "debug" / "kessai"))
START_SECONDS = 30
WAIT_SECONDS = 15
PHONE = (390, 844)

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
ASKING_CARD = "4000 0000 0000 3220"


def is_of_another_page(error):
    """Whether an element was asked for that went with its page. In the moment in which one page gives way to the next the
    driver has no name for it."""
    return isinstance(error, StaleElementReferenceException) or "does not belong to the document" in str(error)


class Demo:
    """A running `kessai demo`: where it is, and what the buyer's bank and the store can be told."""

    def __init__(self, ready):
        self.url = ready["url"]
        self.stripe_url = ready["stripe_url"]
        self.secret_key = ready["secret_key"]
        self.logins = {login["role"]: login for login in ready["logins"]}

    def api(self, method, path, body=None, token=None):
        return ask(method, self.url + path, body, token)

    def sandbox(self, path, body=None):
        """A control of the sandbox, or a call of the shop's to Stripe."""
        return ask("POST", self.stripe_url + path, body, self.secret_key)

    def control(self, method, path):
        return ask(method, self.stripe_url + path)

    def device(self, device):
        return self.api("GET", f"/api/devices/{device}")


def ask(method, url, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if "/v1/" in url:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
        return json.load(answer)


@pytest.fixture(scope="session")
def demo():
    command = [BINARY, "demo", "--json", "--port", "0", "--stripe-port", "0", "--data", "temporary"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    guard = threading.Timer(START_SECONDS, process.kill)
    guard.start()
    ready = None
    for line in process.stdout:
        said = json.loads(line)
        assert said.get("ok", True), f"the demo did not go through: {line}"
        if said.get("ready"):
            ready = said
            break
    guard.cancel()
    assert ready, "the demo did not start"
    # Nobody reads on: what it says later must not fill the pipe.
    threading.Thread(target=process.stdout.read, daemon=True).start()
    yield Demo(ready)
    process.terminate()
    assert process.wait(timeout=WAIT_SECONDS) == 0


class Browser:
    """A user at a phone. Every page that is opened or led to must fit its width."""

    def __init__(self, language, size=PHONE):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--accept-lang={language}"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(executable_path="/usr/bin/chromedriver")
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(WAIT_SECONDS)
        # The window has a least width; the emulated screen has none, and leaves the page's own width alone.
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False},
        )

    def open(self, url):
        self.driver.get(url)
        self.check_page()

    def find(self, selector):
        return self.wait(lambda driver: driver.find_element(By.CSS_SELECTOR, selector), selector)

    def has(self, selector):
        return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def text(self, selector="body"):
        return self.find(selector).text

    def wait(self, condition, what):
        """Waits until a condition of the page holds, but not for ever."""
        waiting = WebDriverWait(self.driver, WAIT_SECONDS, poll_frequency=0.05)
        return waiting.until(lambda driver: self.attempt(condition), f"waited in vain for {what} at {self.place()}")

    def attempt(self, condition):
        try:
            return condition(self.driver)
        except NoSuchElementException:
            return None
        except WebDriverException as error:
            if is_of_another_page(error):
                return None
            raise

    def place(self):
        return self.driver.current_url

    def click(self, selector):
        """Presses what leads to another page, and waits until that is there."""
        old = self.driver.find_element(By.TAG_NAME, "html")
        self.find(selector).click()
        self.wait(lambda driver: self.is_gone(old), f"the page after {selector}")
        self.wait(lambda driver: driver.execute_script("return document.readyState") == "complete", "a whole page")
        self.check_page()

    @staticmethod
    def is_gone(element):
        try:
            element.is_enabled()
        except WebDriverException as error:
            if is_of_another_page(error):
                return True
            raise
        return False

    def fill(self, **fields):
        for name, value in fields.items():
            field = self.find(f"#{name}, [name='{name}']")
            field.clear()
            field.send_keys(value)

    def pay_by_card(self, number):
        """Fills in Stripe's page and presses its button."""
        self.fill(
            email="hana@example.com", card_number=number, card_expiry="12/40", card_cvc="123", card_name="HANA YAMADA"
        )
        self.click("#pay")

    def check_page(self):
        wide, screen = self.driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= screen, f"{self.place()} is {wide} px wide on a screen of {screen} px"

    def complaints(self):
        """What the browser complains of: refused by a policy, or broken. A refusal (4xx) that was asked for is none."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if "Failed to load resource: the server responded with a status of 4" not in entry["message"]
        ]

    def forget(self):
        """Becomes a browser that was nowhere."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.complaints()


@pytest.fixture(scope="session")
def browsers():
    opened = {}

    def browser(language):
        if language not in opened:
            opened[language] = Browser(language)
        return opened[language]

    yield browser
    for one in opened.values():
        one.driver.quit()


@pytest.fixture
def fresh(browsers):
    """A browser of a language without any past; what it complains of fails the test."""
    used = []

    def browser(language):
        one = browsers(language)
        one.forget()
        used.append(one)
        return one

    yield browser
    for one in used:
        assert one.complaints() == []


@pytest.fixture
def phone(fresh):
    """A phone in Japanese."""
    return fresh("ja")
