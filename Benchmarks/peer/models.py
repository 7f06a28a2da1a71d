"""The tables that both servers use, as `kessai migrate` makes them."""

from sqlalchemy import BigInteger, ForeignKey, Identity, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    type_annotation_map = {int: BigInteger, str: Text, bytes: LargeBinary}


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    disabled_at_ms: Mapped[int | None]


class Customer(Base):
    __tablename__ = "stripe_customers"
    user_id: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int]
    stripe_customer_id: Mapped[str | None]
    submitted_at_ms: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    id: Mapped[str]
    seller: Mapped[str]
    user_id: Mapped[str | None]
    total_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str]
    attempt: Mapped[int]
    stripe_customer_id: Mapped[str | None]
    stripe_payment_intent_id: Mapped[str | None]
    refunded_minor: Mapped[int]
    disputed: Mapped[int]
    created_at_ms: Mapped[int]
    expires_at_ms: Mapped[int]
    cancel_requested_at_ms: Mapped[int | None]
    canceled_at_ms: Mapped[int | None]
    paid_at_ms: Mapped[int | None]
    fulfilled_at_ms: Mapped[int | None]
    lines: Mapped[list["OrderLine"]] = relationship(
        primaryjoin="Order.id == foreign(OrderLine.order_id)", order_by="OrderLine.position", viewonly=True)


class OrderLine(Base):
    __tablename__ = "order_lines"
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[str]
    description: Mapped[str]
    quantity: Mapped[int]
    unit_amount_minor: Mapped[int]
    amount_minor: Mapped[int]


class PaymentAttempt(Base):
    __tablename__ = "payment_attempts"
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    stripe_payment_intent_id: Mapped[str | None]
    stripe_request_id: Mapped[str | None]
    submitted_at_ms: Mapped[int]
    resolved_at_ms: Mapped[int | None]


class OrderHistory(Base):
    __tablename__ = "order_history"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    at_ms: Mapped[int]
    kind: Mapped[str]
    cause_kind: Mapped[str]
    cause_id: Mapped[str]
    detail: Mapped[str]


class Payment(Base):
    __tablename__ = "payments"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    stripe_payment_intent_id: Mapped[str]
    stripe_charge_id: Mapped[str | None]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    applied: Mapped[int]
    created_at_ms: Mapped[int]


class JournalEntry(Base):
    __tablename__ = "journal_entries"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str]
    source_id: Mapped[str]
    created_at_ms: Mapped[int]


class Posting(Base):
    __tablename__ = "postings"
    entry_id: Mapped[str] = mapped_column(ForeignKey("journal_entries.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]


class ShopDelivery(Base):
    __tablename__ = "shop_deliveries"
    order_id: Mapped[str] = mapped_column(primary_key=True)
    delivered_at_ms: Mapped[int]


class OutboxMessage(Base):
    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    dedupe_key: Mapped[str]
    subject: Mapped[str | None]
    body: Mapped[str]
    created_at_ms: Mapped[int]
    attempts: Mapped[int]


class WebhookEvent(Base):
    __tablename__ = "webhook_events"
    id: Mapped[str] = mapped_column(primary_key=True)
    stripe_event_id: Mapped[str]
    type: Mapped[str]
    api_version: Mapped[str | None]
    livemode: Mapped[int]
    path: Mapped[str]
    payload: Mapped[bytes]
    state: Mapped[str]
    outcome: Mapped[str]
    order_id: Mapped[str | None]
    stripe_created_at_ms: Mapped[int]
    received_at_ms: Mapped[int]
    processed_at_ms: Mapped[int | None]
