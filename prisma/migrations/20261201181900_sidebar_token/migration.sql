-- Tokens by which the sidebar was asked, each taken once. Unlogged, as call_quota: it is written with every look of an agent.
CREATE UNLOGGED TABLE "sidebar_token" (
    "token_hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "sidebar_token_pkey" PRIMARY KEY ("token_hash")
);

-- CreateIndex
CREATE INDEX "sidebar_token_expires_at_idx" ON "sidebar_token"("expires_at");
