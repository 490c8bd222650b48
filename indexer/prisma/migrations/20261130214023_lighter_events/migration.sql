-- DropIndex
DROP INDEX "Bid_transactionHash_idx";

-- DropIndex
DROP INDEX "Circuit_transactionHash_idx";

-- DropIndex
DROP INDEX "Job_admissionData_sequence_idx";

-- DropIndex
DROP INDEX "Job_admissionHook_sequence_idx";

-- DropIndex
DROP INDEX "Job_closeReason_sequence_idx";

-- DropIndex
DROP INDEX "Job_transactionHash_idx";

-- DropIndex
DROP INDEX "LedgerEntry_sliceIndex_sequence_idx";

-- DropIndex
DROP INDEX "LedgerEntry_transactionHash_idx";

-- DropIndex
DROP INDEX "Model_transactionHash_idx";

-- DropIndex
DROP INDEX "Operator_transactionHash_idx";

-- AlterTable
ALTER TABLE "Event" DROP COLUMN "args";

-- CreateIndex
CREATE INDEX "Job_admissionHook_sequence_idx" ON "Job"("admissionHook", "sequence") WHERE ("admissionHook" IS NOT NULL);

-- CreateIndex
CREATE INDEX "Job_admissionData_sequence_idx" ON "Job"("admissionData", "sequence") WHERE ("admissionData" IS NOT NULL);

-- CreateIndex
CREATE INDEX "Job_closeReason_sequence_idx" ON "Job"("closeReason", "sequence") WHERE ("closeReason" IS NOT NULL);

-- CreateIndex
CREATE INDEX "LedgerEntry_sliceIndex_sequence_idx" ON "LedgerEntry"("sliceIndex", "sequence") WHERE ("sliceIndex" IS NOT NULL);
