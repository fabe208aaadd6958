-- CreateTable
CREATE TABLE "remote_object" (
    "connection_id" INTEGER NOT NULL,
    "what" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "remote_object_pkey" PRIMARY KEY ("connection_id","what","external_id")
);

-- AddForeignKey
ALTER TABLE "remote_object" ADD CONSTRAINT "remote_object_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;
