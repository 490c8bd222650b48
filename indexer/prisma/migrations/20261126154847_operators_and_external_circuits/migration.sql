-- AlterTable
ALTER TABLE "Circuit" ADD COLUMN     "codeHash" TEXT,
ADD COLUMN     "gasLimit" INTEGER,
ADD COLUMN     "verifier" TEXT;

-- AlterTable
ALTER TABLE "Sync" ADD COLUMN     "projection" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "Operator" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "operator" TEXT NOT NULL,
    "named" BOOLEAN NOT NULL,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "transactionHash" TEXT NOT NULL,

    CONSTRAINT "Operator_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Operator_sequence_idx" ON "Operator"("sequence");

-- CreateIndex
CREATE INDEX "Operator_accountId_sequence_idx" ON "Operator"("accountId", "sequence");

-- CreateIndex
CREATE INDEX "Operator_operator_sequence_idx" ON "Operator"("operator", "sequence");
