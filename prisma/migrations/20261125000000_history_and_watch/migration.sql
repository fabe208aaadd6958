-- CreateTable
CREATE UNLOGGED TABLE "call_quota" (
    "connection_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "most" INTEGER,
    "taken" JSONB NOT NULL,
    "granted" INTEGER NOT NULL,
    "resets_at" TIMESTAMPTZ(6),

    CONSTRAINT "call_quota_pkey" PRIMARY KEY ("connection_id","name")
);

-- CreateTable
CREATE TABLE "backfill_ticket" (
    "connection_id" INTEGER NOT NULL,
    "external_id" TEXT NOT NULL,

    CONSTRAINT "backfill_ticket_pkey" PRIMARY KEY ("connection_id","external_id")
);

-- CreateTable
CREATE TABLE "found_work" (
    "connection_id" INTEGER NOT NULL,
    "source_key" TEXT NOT NULL,
    "ticket_external_id" TEXT NOT NULL,
    "reading" JSONB NOT NULL,
    "found_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "found_work_pkey" PRIMARY KEY ("connection_id","source_key")
);

-- CreateTable
CREATE TABLE "connection_trouble" (
    "connection_id" INTEGER NOT NULL,
    "area" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "next_step" TEXT NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL,
    "failures" INTEGER NOT NULL,
    "hold_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "connection_trouble_pkey" PRIMARY KEY ("connection_id","area")
);

-- CreateTable
CREATE TABLE "connection_watch" (
    "connection_id" INTEGER NOT NULL,
    "webhook_state" TEXT,
    "webhook_text" TEXT,
    "webhook_checked_at" TIMESTAMPTZ(6),
    "webhook_remade_at" TIMESTAMPTZ(6),
    "silent_since" TIMESTAMPTZ(6),
    "counted_at" TIMESTAMPTZ(6),
    "counted_from" TIMESTAMPTZ(6),
    "counted_there" INTEGER,
    "counted_here" INTEGER,

    CONSTRAINT "connection_watch_pkey" PRIMARY KEY ("connection_id")
);

-- CreateIndex
CREATE INDEX "found_work_connection_id_ticket_external_id_idx" ON "found_work"("connection_id", "ticket_external_id");

-- AddForeignKey
ALTER TABLE "call_quota" ADD CONSTRAINT "call_quota_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "backfill_ticket" ADD CONSTRAINT "backfill_ticket_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "found_work" ADD CONSTRAINT "found_work_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connection_trouble" ADD CONSTRAINT "connection_trouble_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connection_watch" ADD CONSTRAINT "connection_watch_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- History is claimed apart from what happens now, and in the order in which it came: a hundred thousand tickets of a backfill
-- are neither read nor sorted to find the one that a webhook just told of.
drop index ticket_due;
create index ticket_due on ticket (due_at) where due_at is not null and not from_backfill;
create index ticket_due_history on ticket (connection_id, due_at) where due_at is not null and from_backfill;
