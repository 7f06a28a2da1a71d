"""The peer: the same endpoints by FastAPI, SQLAlchemy and Stripe's own package."""

import os
from typing import Annotated

import jwt
import stripe
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import selectinload

import intents
import webhooks
from database import Reading
from models import Order

WEBHOOK_SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
TOKEN_SECRET = os.environ["TOKEN_SECRET"]
app = FastAPI()


class Money(BaseModel):
    amount: int
    currency: str


class Item(BaseModel):
    product_id: str
    description: str
    quantity: int
    unit_amount: Money
    amount: Money


class OrderAnswer(BaseModel):
    id: str
    number: int
    status: str
    seller: str
    total: Money
    refunded: Money
    disputed: bool
    payment_intent_id: str | None
    items: list[Item]
    created_at_ms: int
    expires_at_ms: int
    paid_at_ms: int | None


class Orders(BaseModel):
    data: list[OrderAnswer]
    next_cursor: str | None


class IntentRequest(BaseModel):
    order_id: int


def user(authorization: Annotated[str, Header()]) -> str:
    try:
        return jwt.decode(authorization.removeprefix("Bearer "), TOKEN_SECRET, ["HS256"])["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401, "token_not_valid")


User = Annotated[str, Depends(user)]


def face(order: Order) -> OrderAnswer:
    def money(amount: int) -> Money:
        return Money(amount=amount, currency=order.currency)

    return OrderAnswer(
        id=order.id, number=order.number, status=order.status, seller=order.seller, total=money(order.total_minor),
        refunded=money(order.refunded_minor), disputed=bool(order.disputed),
        payment_intent_id=order.stripe_payment_intent_id,
        items=[
            Item(product_id=line.product_id, description=line.description, quantity=line.quantity,
                 unit_amount=money(line.unit_amount_minor), amount=money(line.amount_minor))
            for line in order.lines],
        created_at_ms=order.created_at_ms, expires_at_ms=order.expires_at_ms, paid_at_ms=order.paid_at_ms)


@app.get("/healthz")
async def health() -> dict:
    return {"status": "ok"}


@app.post("/api/payments/webhook")
async def webhook(request: Request, stripe_signature: Annotated[str, Header()]) -> dict:
    payload = await request.body()
    try:
        event = stripe.Webhook.construct_event(payload, stripe_signature, WEBHOOK_SECRET)
    except (ValueError, stripe.SignatureVerificationError):
        raise HTTPException(400, "signature_not_valid")
    return await run_in_threadpool(webhooks.take, event, payload, request.url.path)


@app.post("/api/payments/intent")
def intent(asked: IntentRequest, user_id: User) -> dict:
    return intents.open_payment(asked.order_id, user_id)


@app.get("/api/orders/{number}")
def one(number: int, user_id: User) -> OrderAnswer:
    with Reading() as session:
        order = session.get(Order, number, options=[selectinload(Order.lines)])
        if order is None or order.user_id != user_id:
            raise HTTPException(404, "order_not_found")
        return face(order)


@app.get("/api/orders")
def many(user_id: User, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Orders:
    with Reading() as session:
        found = session.scalars(
            select(Order).where(Order.user_id == user_id).order_by(Order.number.desc()).limit(limit + 1)
            .options(selectinload(Order.lines))).all()
        cursor = str(found[limit - 1].number) if len(found) > limit else None
        return Orders(data=[face(order) for order in found[:limit]], next_cursor=cursor)
