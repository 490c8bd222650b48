-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "LedgerKind" ADD VALUE 'CHALLENGE';
ALTER TYPE "LedgerKind" ADD VALUE 'CHALLENGE_RETURNED';
ALTER TYPE "LedgerKind" ADD VALUE 'CHALLENGE_REWARD';

-- AlterEnum
ALTER TYPE "SkipReason" ADD VALUE 'NOT_ADMITTED';

-- AlterTable
ALTER TABLE "Job" ADD COLUMN     "audits" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "cancelEnd" BIGINT,
ADD COLUMN     "challengePaid" DECIMAL(78,0) NOT NULL DEFAULT 0,
ADD COLUMN     "challengedCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "consumer" TEXT,
ADD COLUMN     "delivered" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "drawPending" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "highUnitPrice" DECIMAL(78,0),
ADD COLUMN     "outputDigest" TEXT;

-- AlterTable
ALTER TABLE "Slice" ADD COLUMN     "audited" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "challengeBond" DECIMAL(78,0) NOT NULL DEFAULT 0,
ADD COLUMN     "challenger" TEXT;

-- AlterTable
ALTER TABLE "Totals" ADD COLUMN     "challengePaid" DECIMAL(78,0) NOT NULL DEFAULT 0,
ADD COLUMN     "slashedToChallengers" DECIMAL(78,0) NOT NULL DEFAULT 0;
