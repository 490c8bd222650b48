-- CreateEnum
CREATE TYPE "JobState" AS ENUM ('POSTED', 'CLAIMED', 'TRACED', 'FINALIZED', 'CLOSED');

-- CreateEnum
CREATE TYPE "CloseReason" AS ENUM ('CANCELLED', 'EXPIRED');

-- CreateEnum
CREATE TYPE "SliceState" AS ENUM ('OPEN', 'HELD', 'LAPSED', 'SETTLED');

-- CreateEnum
CREATE TYPE "BidState" AS ENUM ('LEADING', 'OUTBID', 'LAPSED', 'PAID');

-- CreateEnum
CREATE TYPE "SkipReason" AS ENUM ('NOT_DUE', 'ALREADY_SETTLED', 'WINDOW_OPEN', 'HELD_BY_OTHER', 'JOB_CLOSING', 'JOB_ENDED', 'UNKNOWN');

-- CreateEnum
CREATE TYPE "LedgerKind" AS ENUM ('DEPOSIT', 'WITHDRAWAL', 'ESCROW', 'REFUND', 'BOND', 'BOND_RELEASED', 'BOND_FORFEITED', 'MADE_WHOLE', 'COLLATERAL', 'COLLATERAL_RELEASED', 'COLLATERAL_SLASHED', 'SLICE_PAID', 'EXECUTION_PAID', 'FEE', 'TIP', 'REWARD', 'BURNED', 'BURN_PUSHED');

-- CreateTable
CREATE TABLE "Sync" (
    "id" TEXT NOT NULL,
    "chainId" INTEGER NOT NULL,
    "market" TEXT NOT NULL,
    "genesisHash" TEXT NOT NULL,
    "startBlock" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "finalNumber" INTEGER NOT NULL,
    "reorgs" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "Sync_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Block" (
    "number" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "parentHash" TEXT NOT NULL,
    "timestamp" BIGINT NOT NULL,

    CONSTRAINT "Block_pkey" PRIMARY KEY ("number")
);

-- CreateTable
CREATE TABLE "Event" (
    "chainId" INTEGER NOT NULL,
    "blockHash" TEXT NOT NULL,
    "logIndex" INTEGER NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "address" TEXT NOT NULL,
    "transactionHash" TEXT NOT NULL,
    "topics" TEXT[],
    "data" TEXT NOT NULL,
    "name" TEXT,
    "args" JSONB,

    CONSTRAINT "Event_pkey" PRIMARY KEY ("chainId","blockHash","logIndex")
);

-- CreateTable
CREATE TABLE "Undo" (
    "block" INTEGER NOT NULL,
    "table" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "before" JSONB,

    CONSTRAINT "Undo_pkey" PRIMARY KEY ("block","table","id")
);

-- CreateTable
CREATE TABLE "Circuit" (
    "id" TEXT NOT NULL,
    "number" BIGINT NOT NULL,
    "keyDigest" TEXT NOT NULL,
    "srsId" TEXT NOT NULL,
    "setupDigest" TEXT NOT NULL,
    "signals" INTEGER NOT NULL,
    "keyStore" TEXT NOT NULL,
    "registrant" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "transactionHash" TEXT NOT NULL,

    CONSTRAINT "Circuit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Model" (
    "id" TEXT NOT NULL,
    "publisher" TEXT NOT NULL,
    "manifestDigest" TEXT NOT NULL,
    "store" TEXT NOT NULL,
    "inputCount" INTEGER NOT NULL,
    "outputs" INTEGER[],
    "sliceCount" INTEGER NOT NULL,
    "provableCount" INTEGER NOT NULL,
    "jobCount" INTEGER NOT NULL,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "transactionHash" TEXT NOT NULL,

    CONSTRAINT "Model_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ModelSlice" (
    "id" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "circuitId" TEXT,
    "weight" BIGINT NOT NULL,
    "inputs" INTEGER[],
    "outputs" INTEGER[],

    CONSTRAINT "ModelSlice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ModelTensor" (
    "id" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "count" BIGINT NOT NULL,
    "bits" INTEGER NOT NULL,
    "signed" BOOLEAN NOT NULL,

    CONSTRAINT "ModelTensor_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Job" (
    "id" TEXT NOT NULL,
    "requester" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "state" "JobState" NOT NULL,
    "nonce" DECIMAL(78,0) NOT NULL,
    "inputs" TEXT[],
    "inputDigest" TEXT NOT NULL,
    "outputCommitmentOnly" BOOLEAN NOT NULL,
    "dueCount" INTEGER NOT NULL,
    "settledCount" INTEGER NOT NULL,
    "minUnitPrice" DECIMAL(78,0) NOT NULL,
    "maxUnitPrice" DECIMAL(78,0) NOT NULL,
    "rampSeconds" BIGINT NOT NULL,
    "bidWindow" BIGINT NOT NULL,
    "proveSeconds" BIGINT NOT NULL,
    "minUndercutBps" INTEGER NOT NULL,
    "collateralBps" INTEGER NOT NULL,
    "settleTip" DECIMAL(78,0) NOT NULL,
    "minExecutionPrice" DECIMAL(78,0) NOT NULL,
    "maxExecutionPrice" DECIMAL(78,0) NOT NULL,
    "executionRampSeconds" BIGINT NOT NULL,
    "commitSeconds" BIGINT NOT NULL,
    "jobSeconds" BIGINT NOT NULL,
    "challengeSeconds" BIGINT NOT NULL,
    "feeBps" INTEGER NOT NULL,
    "initialEscrow" DECIMAL(78,0) NOT NULL,
    "escrow" DECIMAL(78,0) NOT NULL,
    "raises" DECIMAL(78,0) NOT NULL,
    "paid" DECIMAL(78,0) NOT NULL,
    "tips" DECIMAL(78,0) NOT NULL,
    "executionPaid" DECIMAL(78,0) NOT NULL,
    "refunded" DECIMAL(78,0) NOT NULL,
    "executor" TEXT,
    "executionPrice" DECIMAL(78,0),
    "bond" DECIMAL(78,0) NOT NULL,
    "claimEnd" BIGINT,
    "commitBy" BIGINT NOT NULL,
    "traceHash" TEXT,
    "traceDigest" TEXT,
    "trace" TEXT[],
    "tracedAt" BIGINT,
    "deadline" BIGINT,
    "lapseEnd" BIGINT NOT NULL,
    "closing" BIGINT,
    "cancelled" BOOLEAN NOT NULL,
    "closeReason" "CloseReason",
    "endedAt" BIGINT,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "transactionHash" TEXT NOT NULL,

    CONSTRAINT "Job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Slice" (
    "id" TEXT NOT NULL,
    "jobId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "modelSliceId" TEXT NOT NULL,
    "state" "SliceState" NOT NULL,
    "due" BOOLEAN NOT NULL,
    "holder" TEXT,
    "bidId" TEXT,
    "unitPrice" DECIMAL(78,0),
    "price" DECIMAL(78,0),
    "collateral" DECIMAL(78,0) NOT NULL,
    "windowEnd" BIGINT,
    "lockEnd" BIGINT,
    "raise" DECIMAL(78,0) NOT NULL,
    "bidCount" INTEGER NOT NULL,
    "lapseCount" INTEGER NOT NULL,
    "changedAt" BIGINT NOT NULL,
    "sequence" BIGINT NOT NULL,

    CONSTRAINT "Slice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Bid" (
    "id" TEXT NOT NULL,
    "jobId" TEXT NOT NULL,
    "sliceId" TEXT NOT NULL,
    "proverId" TEXT NOT NULL,
    "state" "BidState" NOT NULL,
    "unitPrice" DECIMAL(78,0) NOT NULL,
    "price" DECIMAL(78,0) NOT NULL,
    "collateral" DECIMAL(78,0) NOT NULL,
    "windowEnd" BIGINT NOT NULL,
    "lockEnd" BIGINT NOT NULL,
    "outbid" TEXT,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "transactionHash" TEXT NOT NULL,

    CONSTRAINT "Bid_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Proof" (
    "id" TEXT NOT NULL,
    "jobId" TEXT NOT NULL,
    "circuitId" TEXT,
    "proverId" TEXT NOT NULL,
    "settlementId" TEXT NOT NULL,
    "price" DECIMAL(78,0) NOT NULL,
    "fee" DECIMAL(78,0) NOT NULL,
    "raise" DECIMAL(78,0) NOT NULL,
    "tip" DECIMAL(78,0) NOT NULL,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "transactionHash" TEXT NOT NULL,

    CONSTRAINT "Proof_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Skip" (
    "id" TEXT NOT NULL,
    "sliceId" TEXT NOT NULL,
    "settlementId" TEXT NOT NULL,
    "prover" TEXT NOT NULL,
    "reason" "SkipReason" NOT NULL,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "transactionHash" TEXT NOT NULL,

    CONSTRAINT "Skip_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Settlement" (
    "id" TEXT NOT NULL,
    "settler" TEXT NOT NULL,
    "proofCount" INTEGER NOT NULL,
    "skipCount" INTEGER NOT NULL,
    "paid" DECIMAL(78,0) NOT NULL,
    "fees" DECIMAL(78,0) NOT NULL,
    "tips" DECIMAL(78,0) NOT NULL,
    "gasUsed" DECIMAL(78,0) NOT NULL,
    "gasPrice" DECIMAL(78,0) NOT NULL,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,

    CONSTRAINT "Settlement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Prover" (
    "id" TEXT NOT NULL,
    "earned" DECIMAL(78,0) NOT NULL,
    "earnedSlices" DECIMAL(78,0) NOT NULL,
    "earnedExecutions" DECIMAL(78,0) NOT NULL,
    "settledSlices" INTEGER NOT NULL,
    "executions" INTEGER NOT NULL,
    "bidCount" INTEGER NOT NULL,
    "heldSlices" INTEGER NOT NULL,
    "collateral" DECIMAL(78,0) NOT NULL,
    "bonds" DECIMAL(78,0) NOT NULL,
    "slashes" INTEGER NOT NULL,
    "slashed" DECIMAL(78,0) NOT NULL,
    "sequence" BIGINT NOT NULL,

    CONSTRAINT "Prover_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Account" (
    "id" TEXT NOT NULL,
    "balance" DECIMAL(78,0) NOT NULL,
    "reserved" DECIMAL(78,0) NOT NULL,
    "deposited" DECIMAL(78,0) NOT NULL,
    "withdrawn" DECIMAL(78,0) NOT NULL,
    "tips" DECIMAL(78,0) NOT NULL,
    "rewards" DECIMAL(78,0) NOT NULL,
    "fees" DECIMAL(78,0) NOT NULL,
    "sequence" BIGINT NOT NULL,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "LedgerEntry" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "kind" "LedgerKind" NOT NULL,
    "balanceChange" DECIMAL(78,0) NOT NULL,
    "reservedChange" DECIMAL(78,0) NOT NULL,
    "jobId" TEXT,
    "sliceIndex" INTEGER,
    "sequence" BIGINT NOT NULL,
    "blockNumber" INTEGER NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "transactionHash" TEXT NOT NULL,

    CONSTRAINT "LedgerEntry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Totals" (
    "id" TEXT NOT NULL,
    "feeBps" INTEGER NOT NULL,
    "treasury" TEXT NOT NULL,
    "circuits" INTEGER NOT NULL,
    "models" INTEGER NOT NULL,
    "jobs" INTEGER NOT NULL,
    "jobsFinalized" INTEGER NOT NULL,
    "jobsClosed" INTEGER NOT NULL,
    "bids" INTEGER NOT NULL,
    "settledSlices" INTEGER NOT NULL,
    "skippedSlices" INTEGER NOT NULL,
    "settlements" INTEGER NOT NULL,
    "lapses" INTEGER NOT NULL,
    "accounts" INTEGER NOT NULL,
    "provers" INTEGER NOT NULL,
    "deposited" DECIMAL(78,0) NOT NULL,
    "withdrawn" DECIMAL(78,0) NOT NULL,
    "burnPushed" DECIMAL(78,0) NOT NULL,
    "balances" DECIMAL(78,0) NOT NULL,
    "reserved" DECIMAL(78,0) NOT NULL,
    "escrows" DECIMAL(78,0) NOT NULL,
    "raises" DECIMAL(78,0) NOT NULL,
    "escrowed" DECIMAL(78,0) NOT NULL,
    "paid" DECIMAL(78,0) NOT NULL,
    "fees" DECIMAL(78,0) NOT NULL,
    "tips" DECIMAL(78,0) NOT NULL,
    "executionPaid" DECIMAL(78,0) NOT NULL,
    "refunded" DECIMAL(78,0) NOT NULL,
    "raisesPaid" DECIMAL(78,0) NOT NULL,
    "slashed" DECIMAL(78,0) NOT NULL,
    "slashedToRaises" DECIMAL(78,0) NOT NULL,
    "slashedToCallers" DECIMAL(78,0) NOT NULL,
    "slashedBurned" DECIMAL(78,0) NOT NULL,
    "madeWhole" DECIMAL(78,0) NOT NULL,
    "burned" DECIMAL(78,0) NOT NULL,

    CONSTRAINT "Totals_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Event_blockNumber_logIndex_idx" ON "Event"("blockNumber", "logIndex");

-- CreateIndex
CREATE INDEX "Circuit_sequence_idx" ON "Circuit"("sequence");

-- CreateIndex
CREATE INDEX "Circuit_srsId_idx" ON "Circuit"("srsId");

-- CreateIndex
CREATE INDEX "Model_sequence_idx" ON "Model"("sequence");

-- CreateIndex
CREATE INDEX "Model_publisher_idx" ON "Model"("publisher");

-- CreateIndex
CREATE INDEX "ModelSlice_modelId_index_idx" ON "ModelSlice"("modelId", "index");

-- CreateIndex
CREATE INDEX "ModelSlice_circuitId_idx" ON "ModelSlice"("circuitId");

-- CreateIndex
CREATE INDEX "ModelTensor_modelId_index_idx" ON "ModelTensor"("modelId", "index");

-- CreateIndex
CREATE INDEX "Job_sequence_idx" ON "Job"("sequence");

-- CreateIndex
CREATE INDEX "Job_requester_sequence_idx" ON "Job"("requester", "sequence");

-- CreateIndex
CREATE INDEX "Job_modelId_sequence_idx" ON "Job"("modelId", "sequence");

-- CreateIndex
CREATE INDEX "Job_state_sequence_idx" ON "Job"("state", "sequence");

-- CreateIndex
CREATE INDEX "Job_executor_idx" ON "Job"("executor");

-- CreateIndex
CREATE INDEX "Slice_sequence_idx" ON "Slice"("sequence");

-- CreateIndex
CREATE INDEX "Slice_jobId_index_idx" ON "Slice"("jobId", "index");

-- CreateIndex
CREATE INDEX "Slice_modelSliceId_idx" ON "Slice"("modelSliceId");

-- CreateIndex
CREATE INDEX "Slice_state_sequence_idx" ON "Slice"("state", "sequence");

-- CreateIndex
CREATE INDEX "Slice_holder_sequence_idx" ON "Slice"("holder", "sequence");

-- CreateIndex
CREATE INDEX "Bid_sequence_idx" ON "Bid"("sequence");

-- CreateIndex
CREATE INDEX "Bid_sliceId_sequence_idx" ON "Bid"("sliceId", "sequence");

-- CreateIndex
CREATE INDEX "Bid_jobId_sequence_idx" ON "Bid"("jobId", "sequence");

-- CreateIndex
CREATE INDEX "Bid_proverId_sequence_idx" ON "Bid"("proverId", "sequence");

-- CreateIndex
CREATE INDEX "Proof_sequence_idx" ON "Proof"("sequence");

-- CreateIndex
CREATE INDEX "Proof_jobId_sequence_idx" ON "Proof"("jobId", "sequence");

-- CreateIndex
CREATE INDEX "Proof_proverId_sequence_idx" ON "Proof"("proverId", "sequence");

-- CreateIndex
CREATE INDEX "Proof_circuitId_idx" ON "Proof"("circuitId");

-- CreateIndex
CREATE INDEX "Proof_settlementId_idx" ON "Proof"("settlementId");

-- CreateIndex
CREATE INDEX "Skip_sequence_idx" ON "Skip"("sequence");

-- CreateIndex
CREATE INDEX "Skip_sliceId_idx" ON "Skip"("sliceId");

-- CreateIndex
CREATE INDEX "Skip_settlementId_idx" ON "Skip"("settlementId");

-- CreateIndex
CREATE INDEX "Settlement_sequence_idx" ON "Settlement"("sequence");

-- CreateIndex
CREATE INDEX "Settlement_settler_sequence_idx" ON "Settlement"("settler", "sequence");

-- CreateIndex
CREATE INDEX "Prover_sequence_idx" ON "Prover"("sequence");

-- CreateIndex
CREATE INDEX "Prover_earned_idx" ON "Prover"("earned");

-- CreateIndex
CREATE INDEX "Prover_settledSlices_idx" ON "Prover"("settledSlices");

-- CreateIndex
CREATE INDEX "Account_sequence_idx" ON "Account"("sequence");

-- CreateIndex
CREATE INDEX "Account_balance_idx" ON "Account"("balance");

-- CreateIndex
CREATE INDEX "LedgerEntry_sequence_idx" ON "LedgerEntry"("sequence");

-- CreateIndex
CREATE INDEX "LedgerEntry_accountId_sequence_idx" ON "LedgerEntry"("accountId", "sequence");

-- CreateIndex
CREATE INDEX "LedgerEntry_jobId_sequence_idx" ON "LedgerEntry"("jobId", "sequence");
