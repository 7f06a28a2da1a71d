"""Checks beside schemathesis' own: what the document cannot say in JSON Schema, or says more strictly than they ask."""

import schemathesis

# Refusals of good requests, as they depend on what was asked before, or on who asks.
STATES = {401, 402, 403, 404, 409, 410, 429}
CODES = {"webhook_signature_invalid", "idempotency_key_reused", "order_not_pending"}
# Members whose good values only the server knows, or words alone describe: its cursors, its addresses, the currencies that Stripe
# charges, and a user's id or address.
FIELDS = {"cursor", "return_url", "unit_amount.currency", "user"}


@schemathesis.check
def good_requests_are_taken(ctx, response, case):
    """What fits the document is not called wrong."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code < 400 or response.status_code in STATES:
        return
    problem = response.json()
    faults = problem.get("errors", [])
    known = [fault["field"] in FIELDS or is_of_fraction(fault, case.body) for fault in faults]
    assert problem["code"] in CODES or (known and all(known)), f"a good request was refused: {problem}"


def is_of_fraction(fault, body):
    """JSON Schema holds 2.0 for a whole number; Kessai does not, as money has no fraction (law 9). Where a member may also be
    something else, that is told of all its forms."""
    words = ("whole number", "none of the allowed forms")
    return fault["code"] == "wrong_type" and any(word in fault["detail"] for word in words) and has_float(body)


def has_float(value):
    if isinstance(value, dict):
        return any(map(has_float, value.values()))
    if isinstance(value, list):
        return any(map(has_float, value))
    return isinstance(value, float)


@schemathesis.check
def successes_are_declared(ctx, response, case):
    """`default` stands for problems alone: what is no problem must be declared by its status."""
    declared = case.operation.definition.raw["responses"]
    if response.status_code < 400:
        assert str(response.status_code) in declared, f"{response.status_code} is not declared"
    else:
        kinds = response.headers["content-type"]
        assert kinds == ["application/problem+json"], f"a problem of type {kinds}"


@schemathesis.check
def answers_are_named(ctx, response, case):
    """Every answer carries the request's id, and a problem repeats it."""
    [name] = response.headers["x-request-id"]
    assert 1 <= len(name) <= 64
    if response.status_code >= 400 and case.method != "HEAD":
        assert response.json()["request_id"] == name
