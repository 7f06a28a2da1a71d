"""Opens the payment of an order at Stripe: written down before the call and after it."""

import json
import os

import stripe
from fastapi import HTTPException
from sqlalchemy import select

from database import Writing, new_id, now_ms
from models import Customer, Order, OrderHistory, PaymentAttempt

client = stripe.StripeClient(
    os.environ["STRIPE_SECRET_KEY"], base_addresses={"api": os.environ["STRIPE_API_BASE"]},
    http_client=stripe.RequestsClient(), max_network_retries=2)


def open_payment(number: int, user_id: str) -> dict:
    order, attempt = begin(number, user_id)
    intent = client.v1.payment_intents.create(
        {
            "amount": order.total_minor, "currency": order.currency, "customer": order.stripe_customer_id,
            "automatic_payment_methods": {"enabled": True},
            "metadata": {"order_id": order.id, "order_number": str(order.number), "attempt": str(attempt.attempt)},
        },
        {"idempotency_key": attempt.idempotency_key})
    finish(order.number, attempt.attempt, intent)
    return {
        "client_secret": intent.client_secret, "payment_intent_id": intent.id, "amount": order.total_minor,
        "currency": order.currency, "publishable_key": None}


def begin(number: int, user_id: str) -> tuple[Order, PaymentAttempt]:
    with Writing.begin() as session:
        order = session.scalars(select(Order).where(Order.number == number).with_for_update()).one_or_none()
        if order is None or order.user_id != user_id:
            raise HTTPException(404, "order_not_found")
        if order.status not in ("pending", "awaiting_payment"):
            raise HTTPException(409, "order_not_pending")
        open_one = session.scalars(select(PaymentAttempt).where(
            PaymentAttempt.order_id == order.id, PaymentAttempt.state.in_(["submitted", "opened"]))).one_or_none()
        if open_one is not None:
            return order, open_one
        customer = session.get(Customer, user_id)
        if customer is None or customer.stripe_customer_id is None:
            raise HTTPException(409, "no_customer")
        order.attempt += 1
        order.stripe_customer_id = customer.stripe_customer_id
        attempt = PaymentAttempt(
            order_id=order.id, attempt=order.attempt, idempotency_key=f"{order.id}-{order.attempt}",
            amount_minor=order.total_minor, currency=order.currency, state="submitted", submitted_at_ms=now_ms())
        session.add_all([attempt, history(order, "intent_submitted", {"attempt": order.attempt})])
        return order, attempt


def finish(number: int, attempt_number: int, intent: stripe.PaymentIntent) -> None:
    with Writing.begin() as session:
        order = session.scalars(select(Order).where(Order.number == number).with_for_update()).one()
        attempt = session.get_one(PaymentAttempt, (order.id, attempt_number))
        if intent.amount != order.total_minor or intent.currency != order.currency:
            raise HTTPException(409, "needs_review")
        attempt.state, attempt.stripe_payment_intent_id = "opened", intent.id
        attempt.stripe_request_id, attempt.resolved_at_ms = intent.last_response.request_id, now_ms()
        order.status, order.stripe_payment_intent_id = "awaiting_payment", intent.id
        session.add(history(order, "intent_opened", {"attempt": attempt_number, "payment_intent": intent.id}))


def history(order: Order, kind: str, detail: dict) -> OrderHistory:
    return OrderHistory(
        id=new_id(), order_id=order.id, at_ms=now_ms(), kind=kind, cause_kind="request", cause_id=new_id(),
        detail=json.dumps(detail))
