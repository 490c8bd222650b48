-- DropIndex
DROP INDEX "Account_balance_idx";

-- DropIndex
DROP INDEX "Circuit_srsId_idx";

-- DropIndex
DROP INDEX "Job_executor_idx";

-- DropIndex
DROP INDEX "Model_publisher_idx";

-- DropIndex
DROP INDEX "Proof_circuitId_idx";

-- DropIndex
DROP INDEX "Proof_settlementId_idx";

-- DropIndex
DROP INDEX "Prover_earned_idx";

-- DropIndex
DROP INDEX "Prover_settledSlices_idx";

-- DropIndex
DROP INDEX "Skip_settlementId_idx";

-- DropIndex
DROP INDEX "Skip_sliceId_idx";

-- DropIndex
DROP INDEX "Slice_modelSliceId_idx";

-- DropIndex
DROP INDEX "Slice_state_sequence_idx";

-- AlterTable
ALTER TABLE "Event" ADD COLUMN     "timestamp" BIGINT,
ADD COLUMN     "transaction" JSONB;

-- AlterTable
ALTER TABLE "Slice" ADD COLUMN     "rampStart" BIGINT;

-- AlterTable
ALTER TABLE "Sync" ADD COLUMN     "head" INTEGER,
ADD COLUMN     "seenAt" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "state" TEXT NOT NULL DEFAULT 'starting';

-- CreateIndex
CREATE INDEX "Account_balance_id_idx" ON "Account"("balance", "id");

-- CreateIndex
CREATE INDEX "Account_reserved_id_idx" ON "Account"("reserved", "id");

-- CreateIndex
CREATE INDEX "Account_deposited_id_idx" ON "Account"("deposited", "id");

-- CreateIndex
CREATE INDEX "Account_withdrawn_idx" ON "Account"("withdrawn");

-- CreateIndex
CREATE INDEX "Bid_proverId_price_id_idx" ON "Bid"("proverId", "price", "id");

-- CreateIndex
CREATE INDEX "Bid_state_sequence_idx" ON "Bid"("state", "sequence");

-- CreateIndex
CREATE INDEX "Bid_price_id_idx" ON "Bid"("price", "id");

-- CreateIndex
CREATE INDEX "Bid_unitPrice_id_idx" ON "Bid"("unitPrice", "id");

-- CreateIndex
CREATE INDEX "Bid_lockEnd_idx" ON "Bid"("lockEnd");

-- CreateIndex
CREATE INDEX "Bid_timestamp_sequence_idx" ON "Bid"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "Bid_transactionHash_idx" ON "Bid"("transactionHash");

-- CreateIndex
CREATE INDEX "Circuit_srsId_sequence_idx" ON "Circuit"("srsId", "sequence");

-- CreateIndex
CREATE INDEX "Circuit_keyDigest_idx" ON "Circuit"("keyDigest");

-- CreateIndex
CREATE INDEX "Circuit_setupDigest_idx" ON "Circuit"("setupDigest");

-- CreateIndex
CREATE INDEX "Circuit_registrant_sequence_idx" ON "Circuit"("registrant", "sequence");

-- CreateIndex
CREATE INDEX "Circuit_verifier_sequence_idx" ON "Circuit"("verifier", "sequence");

-- CreateIndex
CREATE INDEX "Circuit_signals_id_idx" ON "Circuit"("signals", "id");

-- CreateIndex
CREATE INDEX "Circuit_timestamp_sequence_idx" ON "Circuit"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "Circuit_transactionHash_idx" ON "Circuit"("transactionHash");

-- CreateIndex
CREATE INDEX "Event_transactionHash_idx" ON "Event"("transactionHash");

-- CreateIndex
CREATE INDEX "Job_executor_sequence_idx" ON "Job"("executor", "sequence");

-- CreateIndex
CREATE INDEX "Job_closeReason_sequence_idx" ON "Job"("closeReason", "sequence");

-- CreateIndex
CREATE INDEX "Job_cancelled_sequence_idx" ON "Job"("cancelled", "sequence");

-- CreateIndex
CREATE INDEX "Job_initialEscrow_id_idx" ON "Job"("initialEscrow", "id");

-- CreateIndex
CREATE INDEX "Job_maxUnitPrice_id_idx" ON "Job"("maxUnitPrice", "id");

-- CreateIndex
CREATE INDEX "Job_dueCount_id_idx" ON "Job"("dueCount", "id");

-- CreateIndex
CREATE INDEX "Job_settledCount_id_idx" ON "Job"("settledCount", "id");

-- CreateIndex
CREATE INDEX "Job_escrow_idx" ON "Job"("escrow");

-- CreateIndex
CREATE INDEX "Job_deadline_idx" ON "Job"("deadline");

-- CreateIndex
CREATE INDEX "Job_timestamp_sequence_idx" ON "Job"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "Job_transactionHash_idx" ON "Job"("transactionHash");

-- CreateIndex
CREATE INDEX "LedgerEntry_kind_sequence_idx" ON "LedgerEntry"("kind", "sequence");

-- CreateIndex
CREATE INDEX "LedgerEntry_sliceIndex_sequence_idx" ON "LedgerEntry"("sliceIndex", "sequence");

-- CreateIndex
CREATE INDEX "LedgerEntry_timestamp_sequence_idx" ON "LedgerEntry"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "LedgerEntry_transactionHash_idx" ON "LedgerEntry"("transactionHash");

-- CreateIndex
CREATE INDEX "Model_publisher_sequence_idx" ON "Model"("publisher", "sequence");

-- CreateIndex
CREATE INDEX "Model_manifestDigest_idx" ON "Model"("manifestDigest");

-- CreateIndex
CREATE INDEX "Model_jobCount_id_idx" ON "Model"("jobCount", "id");

-- CreateIndex
CREATE INDEX "Model_sliceCount_id_idx" ON "Model"("sliceCount", "id");

-- CreateIndex
CREATE INDEX "Model_provableCount_idx" ON "Model"("provableCount");

-- CreateIndex
CREATE INDEX "Model_timestamp_sequence_idx" ON "Model"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "Model_transactionHash_idx" ON "Model"("transactionHash");

-- CreateIndex
CREATE INDEX "Operator_named_sequence_idx" ON "Operator"("named", "sequence");

-- CreateIndex
CREATE INDEX "Operator_timestamp_sequence_idx" ON "Operator"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "Operator_transactionHash_idx" ON "Operator"("transactionHash");

-- CreateIndex
CREATE INDEX "Proof_circuitId_sequence_idx" ON "Proof"("circuitId", "sequence");

-- CreateIndex
CREATE INDEX "Proof_settlementId_sequence_idx" ON "Proof"("settlementId", "sequence");

-- CreateIndex
CREATE INDEX "Proof_price_id_idx" ON "Proof"("price", "id");

-- CreateIndex
CREATE INDEX "Proof_raise_idx" ON "Proof"("raise");

-- CreateIndex
CREATE INDEX "Proof_timestamp_sequence_idx" ON "Proof"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "Prover_earned_id_idx" ON "Prover"("earned", "id");

-- CreateIndex
CREATE INDEX "Prover_settledSlices_id_idx" ON "Prover"("settledSlices", "id");

-- CreateIndex
CREATE INDEX "Prover_slashed_id_idx" ON "Prover"("slashed", "id");

-- CreateIndex
CREATE INDEX "Prover_collateral_id_idx" ON "Prover"("collateral", "id");

-- CreateIndex
CREATE INDEX "Prover_executions_idx" ON "Prover"("executions");

-- CreateIndex
CREATE INDEX "Prover_heldSlices_idx" ON "Prover"("heldSlices");

-- CreateIndex
CREATE INDEX "Prover_slashes_idx" ON "Prover"("slashes");

-- CreateIndex
CREATE INDEX "Settlement_proofCount_id_idx" ON "Settlement"("proofCount", "id");

-- CreateIndex
CREATE INDEX "Settlement_skipCount_idx" ON "Settlement"("skipCount");

-- CreateIndex
CREATE INDEX "Settlement_paid_id_idx" ON "Settlement"("paid", "id");

-- CreateIndex
CREATE INDEX "Settlement_gasUsed_id_idx" ON "Settlement"("gasUsed", "id");

-- CreateIndex
CREATE INDEX "Settlement_timestamp_sequence_idx" ON "Settlement"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "Skip_sliceId_sequence_idx" ON "Skip"("sliceId", "sequence");

-- CreateIndex
CREATE INDEX "Skip_settlementId_sequence_idx" ON "Skip"("settlementId", "sequence");

-- CreateIndex
CREATE INDEX "Skip_prover_sequence_idx" ON "Skip"("prover", "sequence");

-- CreateIndex
CREATE INDEX "Skip_reason_sequence_idx" ON "Skip"("reason", "sequence");

-- CreateIndex
CREATE INDEX "Skip_timestamp_sequence_idx" ON "Skip"("timestamp", "sequence");

-- CreateIndex
CREATE INDEX "Slice_state_due_sequence_idx" ON "Slice"("state", "due", "sequence");

-- CreateIndex
CREATE INDEX "Slice_state_raise_id_idx" ON "Slice"("state", "raise", "id");

-- CreateIndex
CREATE INDEX "Slice_raise_id_idx" ON "Slice"("raise", "id");

-- CreateIndex
CREATE INDEX "Slice_changedAt_id_idx" ON "Slice"("changedAt", "id");

-- CreateIndex
CREATE INDEX "Slice_bidCount_id_idx" ON "Slice"("bidCount", "id");

-- CreateIndex
CREATE INDEX "Slice_price_idx" ON "Slice"("price");

-- CreateIndex
CREATE INDEX "Slice_lapseCount_idx" ON "Slice"("lapseCount");

-- CreateIndex
CREATE INDEX "Slice_lockEnd_idx" ON "Slice"("lockEnd");

-- CreateIndex
CREATE INDEX "Slice_index_sequence_idx" ON "Slice"("index", "sequence");
