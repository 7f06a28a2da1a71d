"""Takes a signed event once, and pays its order in the same transaction."""

import json
import logging

import stripe
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from database import IS_SQLITE, Writing, new_id, now_ms
from models import (
    JournalEntry, Order, OrderHistory, OutboxMessage, Payment, Posting, ShopDelivery, User, WebhookEvent)

log = logging.getLogger("uvicorn.error")
insert = sqlite.insert if IS_SQLITE else postgresql.insert


class Unfit(Exception):
    """The payment does not fit its order."""


def take(event: stripe.Event, payload: bytes, path: str) -> dict:
    with Writing.begin() as session:
        now = now_ms()
        stored = session.execute(
            insert(WebhookEvent)
            .values(
                id=new_id(), stripe_event_id=event.id, type=event.type, api_version=event.api_version,
                livemode=int(event.livemode), path=path, payload=payload, state="applied", outcome="",
                stripe_created_at_ms=event.created * 1000, received_at_ms=now, processed_at_ms=now)
            .on_conflict_do_nothing(index_elements=["stripe_event_id"])
            .returning(WebhookEvent.id)
        ).scalar_one_or_none()
        if stored is None:
            return {"status": "success", "actions": [{"action": "none", "result": "repeated"}]}
        if event.type == "payment_intent.succeeded":
            state, outcome, order = "applied", *pay(session, event)
        else:
            state, outcome, order = "ignored", "unhandled_type", None
        session.execute(
            update(WebhookEvent).where(WebhookEvent.id == stored).values(state=state, outcome=outcome, order_id=order))
    log.info("event %s %s: %s", event.id, state, outcome)
    return {"status": "success", "actions": [{"action": outcome, "result": state}]}


def pay(session: Session, event: stripe.Event) -> tuple[str, str]:
    intent = event.data.object
    order = session.scalars(select(Order).where(Order.id == intent.metadata["order_id"]).with_for_update()).one()
    known = session.scalars(select(Payment).where(Payment.stripe_payment_intent_id == intent.id)).one_or_none()
    if known is not None:
        return "already_paid", order.id
    if order.status not in ("pending", "awaiting_payment") or (order.total_minor, order.currency) != (
            intent.amount_received, intent.currency) or order.stripe_customer_id not in (None, intent.customer):
        raise Unfit(order.id)
    now = now_ms()
    amount, currency = intent.amount_received, intent.currency
    session.add(Payment(
        id=new_id(), order_id=order.id, stripe_payment_intent_id=intent.id, stripe_charge_id=intent.latest_charge,
        amount_minor=amount, currency=currency, applied=1, created_at_ms=now))
    entry = JournalEntry(id=new_id(), order_id=order.id, kind="payment", source_id=intent.id, created_at_ms=now)
    session.add(entry)
    session.flush()
    session.add_all([
        Posting(entry_id=entry.id, position=0, account="stripe_balance", amount_minor=amount, currency=currency),
        Posting(entry_id=entry.id, position=1, account="sales", amount_minor=-amount, currency=currency)])
    order.status, order.paid_at_ms, order.fulfilled_at_ms = "paid", now, now
    order.stripe_payment_intent_id = intent.id
    facts = {"payment_intent": intent.id, "charge": intent.latest_charge, "amount": amount, "currency": currency}
    session.add_all([history(order, "order_paid", event, facts), ShopDelivery(order_id=order.id, delivered_at_ms=now)])
    send_receipt(session, order)
    session.add(history(order, "order_fulfilled", event, {"seller": order.seller}))
    return "order_paid", order.id


def history(order: Order, kind: str, event: stripe.Event, detail: dict) -> OrderHistory:
    return OrderHistory(
        id=new_id(), order_id=order.id, at_ms=now_ms(), kind=kind, cause_kind="event", cause_id=event.id,
        detail=json.dumps(detail))


def send_receipt(session: Session, order: Order) -> None:
    buyer = session.get_one(User, order.user_id)
    lines = "\n".join(f"  {line.description} × {line.quantity}  ¥{line.amount_minor:,}" for line in order.lines)
    mail = {
        "to": buyer.email,
        "subject": f"お支払いが完了しました (注文番号 {order.number})",
        "text": "ご注文ありがとうございます。お支払いが完了しました。\nThank you for your order. Your payment is complete.\n\n"
        f"注文番号 / Order: {order.number}\n\n{lines}\n\n合計 / Total: ¥{order.total_minor:,}\n",
    }
    session.add(OutboxMessage(
        id=new_id(), channel="mail", dedupe_key=f"shop.receipt:{order.id}", subject=order.id,
        body=json.dumps(mail, ensure_ascii=False), created_at_ms=now_ms(), attempts=0))
