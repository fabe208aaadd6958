-- The address our webhook was made for, and how often in a row the vendor counted more than we hold.
ALTER TABLE "connection_watch" ADD COLUMN     "short_counts" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "webhook_url" TEXT;
