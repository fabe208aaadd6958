-- What stores tell by webhooks, and what their orders earned before discounts.
ALTER TABLE "delivery" ADD COLUMN "customer_external_id" TEXT,
ADD COLUMN "order_external_id" TEXT;

ALTER TABLE "order" ADD COLUMN "coupons" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "discount_micros" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "gross_micros" BIGINT NOT NULL DEFAULT 0;

ALTER TABLE "order_line" ADD COLUMN "discount_micros" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "gross_micros" BIGINT NOT NULL DEFAULT 0;

-- Until the store is walked again an order has the discounts that we know of: none.
UPDATE "order" SET "gross_micros" = "revenue_micros";
UPDATE "order_line" SET "gross_micros" = "revenue_micros";

CREATE TABLE "store_change" (
    "connection_id" INTEGER NOT NULL,
    "what" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "dirty_seq" BIGINT NOT NULL,
    "first_at" TIMESTAMPTZ(6) NOT NULL,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "claimed_until" TIMESTAMPTZ(6),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "quarantined_at" TIMESTAMPTZ(6),
    "last_error" TEXT,

    CONSTRAINT "store_change_pkey" PRIMARY KEY ("connection_id","what","external_id")
);

CREATE INDEX "store_change_due_at_idx" ON "store_change"("due_at");

ALTER TABLE "store_change" ADD CONSTRAINT "store_change_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;
