-- Answers that are older than what we hold are no failures of the ticket: each has its own count and its own limit.
ALTER TABLE "ticket" ADD COLUMN     "older_answers" INTEGER NOT NULL DEFAULT 0;
