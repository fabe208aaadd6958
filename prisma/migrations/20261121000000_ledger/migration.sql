-- Made from schema.prisma by `npm run db:diff`; what Prisma cannot say follows below.

-- CreateTable
CREATE TABLE "connection" (
    "id" SERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "mode" TEXT NOT NULL DEFAULT 'observe',
    "settings" JSONB NOT NULL,
    "secrets" BYTEA NOT NULL,
    "webhook_key" TEXT NOT NULL,
    "api_user_id" TEXT,
    "surveys_since" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "disabled_at" TIMESTAMPTZ(6),

    CONSTRAINT "connection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "partner" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "aliases" TEXT[],
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "partner_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "region" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "region_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "region_country" (
    "country" TEXT NOT NULL,
    "region_code" TEXT NOT NULL,

    CONSTRAINT "region_country_pkey" PRIMARY KEY ("country")
);

-- CreateTable
CREATE TABLE "agent" (
    "id" BIGSERIAL NOT NULL,
    "connection_id" INTEGER NOT NULL,
    "external_id" TEXT NOT NULL,
    "name" TEXT,
    "role" TEXT,

    CONSTRAINT "agent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "sync_cursor" (
    "connection_id" INTEGER NOT NULL,
    "stream" TEXT NOT NULL,
    "cursor" JSONB NOT NULL,
    "seen_until" TIMESTAMPTZ(6),
    "last_run_at" TIMESTAMPTZ(6),
    "last_error" TEXT,

    CONSTRAINT "sync_cursor_pkey" PRIMARY KEY ("connection_id","stream")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "scopes" TEXT[],
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "last_used_at" TIMESTAMPTZ(6),
    "revoked_at" TIMESTAMPTZ(6),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_account" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "scopes" TEXT[],
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "user_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" SERIAL NOT NULL,
    "user_id" INTEGER NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "kind" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "used_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_log" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "detail" JSONB NOT NULL,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" BIGSERIAL NOT NULL,
    "connection_id" INTEGER NOT NULL,
    "delivery_key" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL,
    "headers" JSONB NOT NULL,
    "body" BYTEA,
    "event_type" TEXT,
    "ticket_external_id" TEXT,
    "state" TEXT NOT NULL,
    "error" TEXT,
    "settled_at" TIMESTAMPTZ(6),

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ticket" (
    "id" BIGSERIAL NOT NULL,
    "connection_id" INTEGER NOT NULL,
    "external_id" TEXT NOT NULL,
    "dirty_seq" BIGINT NOT NULL DEFAULT 0,
    "settled_seq" BIGINT NOT NULL DEFAULT 0,
    "burst_started_at" TIMESTAMPTZ(6),
    "due_at" TIMESTAMPTZ(6),
    "deep_due_at" TIMESTAMPTZ(6),
    "wants_deep" BOOLEAN NOT NULL DEFAULT false,
    "stale_since" TIMESTAMPTZ(6),
    "reprice" BOOLEAN NOT NULL DEFAULT false,
    "claimed_until" TIMESTAMPTZ(6),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "quarantined_at" TIMESTAMPTZ(6),
    "last_error" TEXT,
    "first_seen_at" TIMESTAMPTZ(6) NOT NULL,
    "from_backfill" BOOLEAN NOT NULL DEFAULT false,
    "snapshot_at" TIMESTAMPTZ(6),
    "pulled_at" TIMESTAMPTZ(6),
    "audits_pulled_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6),
    "created_day" DATE,
    "solved_at" TIMESTAMPTZ(6),
    "closed_at" TIMESTAMPTZ(6),
    "status" TEXT,
    "channel" TEXT,
    "language" TEXT,
    "language_reason" TEXT,
    "reason" TEXT,
    "requester_id" TEXT,
    "requester_hash" BYTEA,
    "requester_sealed" BYTEA,
    "requester_locale" TEXT,
    "assignee_id" TEXT,
    "brand_id" TEXT,
    "organization_id" TEXT,
    "form_id" TEXT,
    "inbox_id" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "order_numbers" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "named_numbers" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "named_lines" BIGINT[] DEFAULT ARRAY[]::BIGINT[],
    "person_choice" JSONB,
    "parent_external_id" TEXT,
    "merged_into_external_id" TEXT,

    CONSTRAINT "ticket_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "wanted_tag" (
    "ticket_id" BIGINT NOT NULL,
    "tag" TEXT NOT NULL,
    "wanted" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(6),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "claimed_until" TIMESTAMPTZ(6),
    "done_at" TIMESTAMPTZ(6),
    "last_error" TEXT,

    CONSTRAINT "wanted_tag_pkey" PRIMARY KEY ("ticket_id","tag")
);

-- CreateTable
CREATE TABLE "order" (
    "id" BIGSERIAL NOT NULL,
    "connection_id" INTEGER NOT NULL,
    "external_id" TEXT NOT NULL,
    "number" TEXT NOT NULL,
    "external_number" TEXT,
    "placed_at" TIMESTAMPTZ(6) NOT NULL,
    "placed_day" DATE NOT NULL,
    "modified_at" TIMESTAMPTZ(6) NOT NULL,
    "status_id" INTEGER NOT NULL,
    "counted" BOOLEAN NOT NULL,
    "archived" BOOLEAN NOT NULL DEFAULT false,
    "country" TEXT,
    "region" TEXT,
    "locale" TEXT,
    "customer_id" TEXT,
    "currency" TEXT NOT NULL,
    "revenue_micros" BIGINT NOT NULL,
    "reporting_micros" BIGINT,
    "fx_numerator" DECIMAL,
    "fx_denominator" DECIMAL,
    "fx_date" DATE,
    "places" JSONB NOT NULL,
    "unmapped" JSONB,
    "first_seen_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_address" (
    "order_id" BIGINT NOT NULL,
    "email_hash" BYTEA NOT NULL,

    CONSTRAINT "order_address_pkey" PRIMARY KEY ("order_id","email_hash")
);

-- CreateTable
CREATE TABLE "store_address" (
    "connection_id" INTEGER NOT NULL,
    "email_hash" BYTEA NOT NULL,
    "known" BOOLEAN NOT NULL,
    "asked_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "store_address_pkey" PRIMARY KEY ("connection_id","email_hash")
);

-- CreateTable
CREATE TABLE "order_metafield" (
    "connection_id" INTEGER NOT NULL,
    "order_external_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "order_metafield_pkey" PRIMARY KEY ("connection_id","order_external_id","name")
);

-- CreateTable
CREATE TABLE "order_line" (
    "id" BIGSERIAL NOT NULL,
    "order_id" BIGINT NOT NULL,
    "external_id" TEXT NOT NULL,
    "sku" TEXT,
    "product_name" TEXT,
    "brand" TEXT,
    "revenue_micros" BIGINT NOT NULL,
    "partner" TEXT,

    CONSTRAINT "order_line_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_share" (
    "order_id" BIGINT NOT NULL,
    "share_no" INTEGER NOT NULL,
    "partner" TEXT,
    "ppm" INTEGER NOT NULL,
    "reporting_micros" BIGINT,

    CONSTRAINT "order_share_pkey" PRIMARY KEY ("order_id","share_no")
);

-- CreateTable
CREATE TABLE "refund" (
    "id" BIGSERIAL NOT NULL,
    "order_id" BIGINT NOT NULL,
    "external_id" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ(6) NOT NULL,
    "made_day" DATE NOT NULL,
    "total_micros" BIGINT NOT NULL,
    "tax_micros" BIGINT NOT NULL,
    "paid_micros" BIGINT NOT NULL,
    "net_micros" BIGINT NOT NULL,
    "reporting_micros" BIGINT,

    CONSTRAINT "refund_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refund_share" (
    "refund_id" BIGINT NOT NULL,
    "share_no" INTEGER NOT NULL,
    "partner" TEXT,
    "ppm" INTEGER NOT NULL,
    "reporting_micros" BIGINT,

    CONSTRAINT "refund_share_pkey" PRIMARY KEY ("refund_id","share_no")
);

-- CreateTable
CREATE TABLE "mapping_rule" (
    "id" SERIAL NOT NULL,
    "position" INTEGER NOT NULL,
    "gives" TEXT NOT NULL,
    "source" JSONB NOT NULL,
    "values" JSONB NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_until" TIMESTAMPTZ(6),

    CONSTRAINT "mapping_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ticket_rule" (
    "id" SERIAL NOT NULL,
    "position" INTEGER NOT NULL,
    "condition" JSONB NOT NULL,
    "partner" TEXT,
    "region" TEXT,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_until" TIMESTAMPTZ(6),

    CONSTRAINT "ticket_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attribution" (
    "id" BIGSERIAL NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "version" INTEGER NOT NULL,
    "method" TEXT NOT NULL,
    "confidence" TEXT NOT NULL,
    "evidence" JSONB NOT NULL,
    "decided_at" TIMESTAMPTZ(6) NOT NULL,
    "current" BOOLEAN NOT NULL,

    CONSTRAINT "attribution_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attribution_share" (
    "attribution_id" BIGINT NOT NULL,
    "share_no" INTEGER NOT NULL,
    "partner" TEXT,
    "region" TEXT,
    "country" TEXT,
    "ppm" INTEGER NOT NULL,

    CONSTRAINT "attribution_share_pkey" PRIMARY KEY ("attribution_id","share_no")
);

-- CreateTable
CREATE TABLE "work_entry" (
    "id" BIGSERIAL NOT NULL,
    "connection_id" INTEGER NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "source_key" TEXT NOT NULL,
    "agent_id" TEXT,
    "clock" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "channel" TEXT,
    "raw_seconds" BIGINT NOT NULL,
    "value" BIGINT,
    "costed_seconds" INTEGER NOT NULL,
    "capped_seconds" BIGINT NOT NULL DEFAULT 0,
    "untaken_seconds" BIGINT NOT NULL DEFAULT 0,
    "state" TEXT NOT NULL,
    "decision" TEXT,
    "worked_at" TIMESTAMPTZ(6) NOT NULL,
    "worked_day" DATE NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,
    "unpriced" TEXT,

    CONSTRAINT "work_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "posting" (
    "id" BIGSERIAL NOT NULL,
    "work_entry_id" BIGINT NOT NULL,
    "revision" INTEGER NOT NULL,
    "share_no" INTEGER NOT NULL,
    "reverses_id" BIGINT,
    "ticket_id" BIGINT NOT NULL,
    "attribution_version" INTEGER NOT NULL,
    "partner" TEXT,
    "region" TEXT,
    "country" TEXT,
    "measured" BOOLEAN NOT NULL,
    "microseconds" BIGINT NOT NULL,
    "cost_micros" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "native_micros" BIGINT NOT NULL,
    "native_currency" TEXT NOT NULL,
    "hourly_micros" BIGINT NOT NULL,
    "rate_scope" TEXT NOT NULL,
    "rate_key" TEXT NOT NULL,
    "rate_valid_from" DATE NOT NULL,
    "fx_numerator" DECIMAL NOT NULL,
    "fx_denominator" DECIMAL NOT NULL,
    "fx_date" DATE,
    "worked_at" TIMESTAMPTZ(6) NOT NULL,
    "worked_day" DATE NOT NULL,
    "posted_at" TIMESTAMPTZ(6) NOT NULL,
    "cause" TEXT NOT NULL,

    CONSTRAINT "posting_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rate" (
    "id" SERIAL NOT NULL,
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "hourly_micros" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "valid_from" DATE NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "rate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fx_rate" (
    "date" DATE NOT NULL,
    "base" TEXT NOT NULL,
    "quote" TEXT NOT NULL,
    "rate" DECIMAL NOT NULL,
    "source" TEXT NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "fx_rate_pkey" PRIMARY KEY ("date","base","quote")
);

-- CreateTable
CREATE TABLE "costing_constant" (
    "name" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "seconds" INTEGER NOT NULL,
    "valid_from" DATE NOT NULL,

    CONSTRAINT "costing_constant_pkey" PRIMARY KEY ("name","channel","valid_from")
);

-- CreateTable
CREATE TABLE "invitation" (
    "id" BIGSERIAL NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "person_hash" BYTEA NOT NULL,
    "address_sealed" BYTEA,
    "token_hash" BYTEA NOT NULL,
    "language" TEXT NOT NULL,
    "language_reason" TEXT NOT NULL,
    "agent_id" TEXT,
    "shares" JSONB NOT NULL,
    "invited_at" TIMESTAMPTZ(6) NOT NULL,
    "due_at" TIMESTAMPTZ(6),
    "claimed_until" TIMESTAMPTZ(6),
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "last_error" TEXT,

    CONSTRAINT "invitation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "response" (
    "invitation_id" BIGINT NOT NULL,
    "score" INTEGER NOT NULL,
    "given_at" TIMESTAMPTZ(6) NOT NULL,
    "given_day" DATE NOT NULL,

    CONSTRAINT "response_pkey" PRIMARY KEY ("invitation_id")
);

-- CreateTable
CREATE TABLE "vote" (
    "id" BIGSERIAL NOT NULL,
    "invitation_id" BIGINT NOT NULL,
    "score" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "nonce_hash" BYTEA NOT NULL,
    "voided" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "vote_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "survey_person" (
    "person_hash" BYTEA NOT NULL,
    "last_invited_at" TIMESTAMPTZ(6),
    "unsubscribed_at" TIMESTAMPTZ(6),

    CONSTRAINT "survey_person_pkey" PRIMARY KEY ("person_hash")
);

-- CreateTable
CREATE TABLE "rollup_delta" (
    "id" BIGSERIAL NOT NULL,
    "day" DATE NOT NULL,
    "partner" TEXT,
    "region" TEXT,
    "measured" BOOLEAN NOT NULL,
    "microseconds" BIGINT NOT NULL,
    "cost_micros" BIGINT NOT NULL,

    CONSTRAINT "rollup_delta_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rollup_daily" (
    "day" DATE NOT NULL,
    "partner" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "measured" BOOLEAN NOT NULL,
    "microseconds" BIGINT NOT NULL,
    "cost_micros" BIGINT NOT NULL,

    CONSTRAINT "rollup_daily_pkey" PRIMARY KEY ("day","partner","region","measured")
);

-- CreateIndex
CREATE UNIQUE INDEX "connection_name_key" ON "connection"("name");

-- CreateIndex
CREATE UNIQUE INDEX "connection_webhook_key_key" ON "connection"("webhook_key");

-- CreateIndex
CREATE INDEX "region_country_region_code_idx" ON "region_country"("region_code");

-- CreateIndex
CREATE UNIQUE INDEX "agent_connection_id_external_id_key" ON "agent"("connection_id", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_name_key" ON "api_token"("name");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_token_hash_key" ON "api_token"("token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "user_account_name_key" ON "user_account"("name");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_hash_key" ON "session"("token_hash");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE INDEX "delivery_connection_id_received_at_idx" ON "delivery"("connection_id", "received_at");

-- CreateIndex
CREATE INDEX "delivery_connection_id_ticket_external_id_idx" ON "delivery"("connection_id", "ticket_external_id");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_connection_id_delivery_key_key" ON "delivery"("connection_id", "delivery_key");

-- CreateIndex
CREATE INDEX "ticket_due_at_idx" ON "ticket"("due_at");

-- CreateIndex
CREATE INDEX "ticket_deep_due_at_idx" ON "ticket"("deep_due_at");

-- CreateIndex
CREATE INDEX "ticket_stale_since_idx" ON "ticket"("stale_since");

-- CreateIndex
CREATE INDEX "ticket_created_day_idx" ON "ticket"("created_day");

-- CreateIndex
CREATE INDEX "ticket_requester_hash_idx" ON "ticket"("requester_hash");

-- CreateIndex
CREATE INDEX "ticket_named_numbers_idx" ON "ticket" USING GIN ("named_numbers");

-- CreateIndex
CREATE INDEX "ticket_order_numbers_idx" ON "ticket" USING GIN ("order_numbers");

-- CreateIndex
CREATE INDEX "ticket_connection_id_parent_external_id_idx" ON "ticket"("connection_id", "parent_external_id");

-- CreateIndex
CREATE INDEX "ticket_connection_id_merged_into_external_id_idx" ON "ticket"("connection_id", "merged_into_external_id");

-- CreateIndex
CREATE UNIQUE INDEX "ticket_connection_id_external_id_key" ON "ticket"("connection_id", "external_id");

-- CreateIndex
CREATE INDEX "wanted_tag_due_at_idx" ON "wanted_tag"("due_at");

-- CreateIndex
CREATE INDEX "order_placed_day_idx" ON "order"("placed_day");

-- CreateIndex
CREATE INDEX "order_customer_id_idx" ON "order"("customer_id");

-- CreateIndex
CREATE UNIQUE INDEX "order_connection_id_external_id_key" ON "order"("connection_id", "external_id");

-- CreateIndex
CREATE INDEX "order_address_email_hash_idx" ON "order_address"("email_hash");

-- CreateIndex
CREATE INDEX "store_address_email_hash_idx" ON "store_address"("email_hash");

-- CreateIndex
CREATE UNIQUE INDEX "order_line_order_id_external_id_key" ON "order_line"("order_id", "external_id");

-- CreateIndex
CREATE INDEX "order_share_partner_idx" ON "order_share"("partner");

-- CreateIndex
CREATE INDEX "refund_made_day_idx" ON "refund"("made_day");

-- CreateIndex
CREATE UNIQUE INDEX "refund_order_id_external_id_key" ON "refund"("order_id", "external_id");

-- CreateIndex
CREATE INDEX "refund_share_partner_idx" ON "refund_share"("partner");

-- CreateIndex
CREATE UNIQUE INDEX "attribution_ticket_id_version_key" ON "attribution"("ticket_id", "version");

-- CreateIndex
CREATE INDEX "attribution_share_partner_region_idx" ON "attribution_share"("partner", "region");

-- CreateIndex
CREATE INDEX "work_entry_ticket_id_idx" ON "work_entry"("ticket_id");

-- CreateIndex
CREATE INDEX "work_entry_connection_id_agent_id_worked_at_idx" ON "work_entry"("connection_id", "agent_id", "worked_at");

-- CreateIndex
CREATE INDEX "work_entry_worked_day_idx" ON "work_entry"("worked_day");

-- CreateIndex
CREATE INDEX "work_entry_recorded_at_idx" ON "work_entry"("recorded_at");

-- CreateIndex
CREATE UNIQUE INDEX "work_entry_connection_id_source_key_key" ON "work_entry"("connection_id", "source_key");

-- CreateIndex
CREATE UNIQUE INDEX "posting_reverses_id_key" ON "posting"("reverses_id");

-- CreateIndex
CREATE INDEX "posting_ticket_id_idx" ON "posting"("ticket_id");

-- CreateIndex
CREATE INDEX "posting_worked_day_partner_region_idx" ON "posting"("worked_day", "partner", "region");

-- CreateIndex
CREATE UNIQUE INDEX "posting_work_entry_id_revision_share_no_key" ON "posting"("work_entry_id", "revision", "share_no");

-- CreateIndex
CREATE UNIQUE INDEX "rate_scope_key_valid_from_key" ON "rate"("scope", "key", "valid_from");

-- CreateIndex
CREATE UNIQUE INDEX "invitation_ticket_id_key" ON "invitation"("ticket_id");

-- CreateIndex
CREATE UNIQUE INDEX "invitation_token_hash_key" ON "invitation"("token_hash");

-- CreateIndex
CREATE INDEX "invitation_due_at_idx" ON "invitation"("due_at");

-- CreateIndex
CREATE INDEX "invitation_person_hash_invited_at_idx" ON "invitation"("person_hash", "invited_at");

-- CreateIndex
CREATE INDEX "invitation_sent_at_idx" ON "invitation"("sent_at");

-- CreateIndex
CREATE INDEX "response_given_day_idx" ON "response"("given_day");

-- CreateIndex
CREATE UNIQUE INDEX "vote_nonce_hash_key" ON "vote"("nonce_hash");

-- CreateIndex
CREATE INDEX "vote_invitation_id_idx" ON "vote"("invitation_id");

-- CreateIndex
CREATE INDEX "rollup_delta_day_idx" ON "rollup_delta"("day");

-- AddForeignKey
ALTER TABLE "region_country" ADD CONSTRAINT "region_country_region_code_fkey" FOREIGN KEY ("region_code") REFERENCES "region"("code") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent" ADD CONSTRAINT "agent_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_cursor" ADD CONSTRAINT "sync_cursor_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user_account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ticket" ADD CONSTRAINT "ticket_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "wanted_tag" ADD CONSTRAINT "wanted_tag_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "ticket"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order" ADD CONSTRAINT "order_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_address" ADD CONSTRAINT "order_address_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "store_address" ADD CONSTRAINT "store_address_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_metafield" ADD CONSTRAINT "order_metafield_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_line" ADD CONSTRAINT "order_line_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_share" ADD CONSTRAINT "order_share_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refund" ADD CONSTRAINT "refund_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refund_share" ADD CONSTRAINT "refund_share_refund_id_fkey" FOREIGN KEY ("refund_id") REFERENCES "refund"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attribution" ADD CONSTRAINT "attribution_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "ticket"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attribution_share" ADD CONSTRAINT "attribution_share_attribution_id_fkey" FOREIGN KEY ("attribution_id") REFERENCES "attribution"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "work_entry" ADD CONSTRAINT "work_entry_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "ticket"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "posting" ADD CONSTRAINT "posting_work_entry_id_fkey" FOREIGN KEY ("work_entry_id") REFERENCES "work_entry"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "ticket"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "response" ADD CONSTRAINT "response_invitation_id_fkey" FOREIGN KEY ("invitation_id") REFERENCES "invitation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vote" ADD CONSTRAINT "vote_invitation_id_fkey" FOREIGN KEY ("invitation_id") REFERENCES "invitation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma cannot say: written by hand.

-- Order numbers are compared without regard to case.
create index order_number_any_case on "order" (lower(number));
create index order_external_number_any_case on "order" (lower(external_number));
-- Orders that wait for an exchange rate are few.
create index order_unpriced on "order" (placed_day) where reporting_micros is null;
-- Tickets that a worker holds are few, and are counted several times a second.
create index ticket_claimed on ticket (claimed_until) where claimed_until is not null;
-- What lies in quarantine is counted for every status.
create index ticket_quarantined on ticket (connection_id) where quarantined_at is not null;
create index delivery_quarantined on delivery (connection_id) where state = 'quarantined';
-- Bodies are few beside deliveries: most are dropped already.
create index delivery_unsettled on delivery (id) where body is not null and settled_at is null and state <> 'quarantined';
create index delivery_settled_body on delivery (settled_at) where body is not null and settled_at is not null;
-- Tags that a worker holds, and outbox rows that need a person, are few and counted often.
create index wanted_tag_claimed on wanted_tag (claimed_until) where claimed_until is not null;
create index wanted_tag_unwritten on wanted_tag (ticket_id) where state in ('failed', 'doubt') or state = 'refused' and attempts > 0;
create index invitation_unsent on invitation (ticket_id) where state in ('failed', 'doubt');

-- Closed lists, ranges and signs.
alter table connection
  add check (mode in ('observe', 'act'));

alter table delivery
  add check (state in ('stored', 'ignored', 'quarantined', 'replayed'));

alter table ticket
  add check (settled_seq >= 0 and dirty_seq >= settled_seq),
  add check (attempts >= 0),
  add check (status in ('new', 'open', 'pending', 'hold', 'solved', 'closed', 'deleted')),
  add check (channel in ('email', 'form', 'chat', 'messaging', 'social', 'phone', 'api')),
  add check (reason in ('shipping', 'return', 'damage', 'product', 'payment', 'other'));

alter table wanted_tag
  add check (state in ('pending', 'done', 'observed', 'refused', 'doubt', 'failed')),
  add check (attempts >= 0);

alter table "order"
  add check (currency ~ '^[A-Z]{3}$');

alter table order_share
  add check (ppm between 0 and 1000000),
  add check (share_no >= 0);

alter table refund
  add check (paid_micros >= 0);

alter table mapping_rule
  add check (gives in ('partner', 'country'));

alter table attribution
  add check (version >= 1),
  add check (confidence in ('high', 'medium', 'low', 'none'));

alter table attribution_share
  add check (ppm between 0 and 1000000),
  add check (share_no >= 0);

alter table work_entry
  add check (kind in ('measured', 'estimate')),
  add check (actor in ('agent', 'rule', 'end_user', 'system')),
  add check (costed_seconds >= 0 and capped_seconds >= 0 and untaken_seconds >= 0),
  add check (state in ('costed', 'held', 'kept', 'replaced')),
  add check (decision in ('accept', 'reject')),
  add check (unpriced in ('no rate', 'no fx'));

alter table posting
  add check (revision >= 1 and share_no >= 0),
  add check (case when reverses_id is null
    then microseconds >= 0 and cost_micros >= 0 and native_micros >= 0
    else microseconds <= 0 and cost_micros <= 0 and native_micros <= 0 end),
  add check (hourly_micros >= 0),
  add check (currency ~ '^[A-Z]{3}$' and native_currency ~ '^[A-Z]{3}$'),
  add check (rate_scope in ('agent', 'role', 'default')),
  add check (fx_numerator > 0 and fx_denominator > 0),
  add check (cause in ('work', 'correction', 'reattribution', 'rate', 'estimate replaced', 'hold', 'decision', 'rebase'));

alter table rate
  add check (scope in ('agent', 'role', 'default')),
  add check (hourly_micros >= 0),
  add check (currency ~ '^[A-Z]{3}$');

alter table fx_rate
  add check (rate > 0),
  add check (base ~ '^[A-Z]{3}$' and quote ~ '^[A-Z]{3}$' and base <> quote);

alter table costing_constant
  add check (seconds >= 0);

alter table invitation
  add check (state in ('pending', 'sending', 'delivered', 'doubt', 'failed', 'cancelled')),
  add check (attempts >= 0);

alter table response
  add check (score between 1 and 5);

alter table vote
  add check (score between 1 and 5);

-- A posting is never changed or deleted: it is taken back by another one.
create function refuse_posting_change() returns trigger language plpgsql as $$
begin
  raise exception 'a posting is never changed or deleted; reverse it' using errcode = 'restrict_violation';
end $$;

create trigger posting_is_immutable before update or delete or truncate on posting
  for each statement execute function refuse_posting_change();

-- The shares of an order, and of an attribution, sum to 1,000,000 when a transaction ends.
create function check_order_shares() returns trigger language plpgsql as $$
declare
  owner bigint := case when tg_op = 'DELETE' then old.order_id else new.order_id end;
  total bigint;
begin
  select sum(ppm) into total from order_share where order_id = owner;
  if total <> 1000000 then
    raise exception 'the shares of order % sum to % ppm, not 1000000', owner, total using errcode = 'check_violation';
  end if;
  return null;
end $$;

create constraint trigger order_shares_sum after insert or update or delete on order_share
  deferrable initially deferred for each row execute function check_order_shares();

create function check_attribution_shares() returns trigger language plpgsql as $$
declare
  owner bigint := case when tg_op = 'DELETE' then old.attribution_id else new.attribution_id end;
  total bigint;
begin
  select sum(ppm) into total from attribution_share where attribution_id = owner;
  if total <> 1000000 then
    raise exception 'the shares of attribution % sum to % ppm, not 1000000', owner, total using errcode = 'check_violation';
  end if;
  return null;
end $$;

create constraint trigger attribution_shares_sum after insert or update or delete on attribution_share
  deferrable initially deferred for each row execute function check_attribution_shares();

-- One invitation per person in 24 h, over all connections and whatever runs at once: the person's row is the lock.
-- After the insert, so that a replay that inserts nothing is not refused.
create function enforce_invitation_pause() returns trigger language plpgsql as $$
declare
  last_at timestamptz;
begin
  insert into survey_person (person_hash) values (new.person_hash) on conflict do nothing;
  select last_invited_at into last_at from survey_person where person_hash = new.person_hash for update;
  if new.invited_at < last_at + interval '24 hours' then
    raise exception 'this person was invited less than 24 h before' using errcode = 'exclusion_violation';
  end if;
  update survey_person set last_invited_at = new.invited_at where person_hash = new.person_hash;
  return null;
end $$;

create trigger invitation_pause after insert on invitation
  for each row execute function enforce_invitation_pause();

-- Built in.
insert into partner (code, name, aliases, created_at) values ('direct', 'Direct', '{}', 'epoch');
