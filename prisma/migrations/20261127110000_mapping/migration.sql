-- Long work that somebody asked for, with its progress.
CREATE TABLE "background_job" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "wanted" JSONB NOT NULL,
    "state" TEXT NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER,
    "stand" JSONB,
    "asked_by" TEXT NOT NULL,
    "asked_at" TIMESTAMPTZ(6) NOT NULL,
    "started_at" TIMESTAMPTZ(6),
    "ended_at" TIMESTAMPTZ(6),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "claimed_until" TIMESTAMPTZ(6),
    "result" JSONB,
    "error" TEXT,

    CONSTRAINT "background_job_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "background_job_state" CHECK ("state" IN ('queued', 'running', 'done', 'failed')),
    CONSTRAINT "background_job_ended" CHECK (("ended_at" IS NOT NULL) = ("state" IN ('done', 'failed')))
);

CREATE INDEX "background_job_state_kind_idx" ON "background_job"("state", "kind");
