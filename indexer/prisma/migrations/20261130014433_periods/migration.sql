-- CreateEnum
CREATE TYPE "PeriodLength" AS ENUM ('HOUR', 'DAY');

-- CreateTable
CREATE TABLE "Period" (
    "id" TEXT NOT NULL,
    "of" TEXT NOT NULL,
    "length" "PeriodLength" NOT NULL,
    "start" BIGINT NOT NULL,
    "jobs" INTEGER NOT NULL,
    "jobsFinalized" INTEGER NOT NULL,
    "jobsClosed" INTEGER NOT NULL,
    "bids" INTEGER NOT NULL,
    "slices" INTEGER NOT NULL,
    "executions" INTEGER NOT NULL,
    "slashes" INTEGER NOT NULL,
    "slashed" DECIMAL(78,0) NOT NULL,
    "volume" DECIMAL(78,0) NOT NULL,
    "earnedSlices" DECIMAL(78,0) NOT NULL,
    "earnedExecutions" DECIMAL(78,0) NOT NULL,
    "tips" DECIMAL(78,0) NOT NULL,
    "rewards" DECIMAL(78,0) NOT NULL,
    "fees" DECIMAL(78,0) NOT NULL,
    "gas" DECIMAL(78,0) NOT NULL,
    "activeProvers" INTEGER NOT NULL,
    "models" TEXT[],
    "prices" INTEGER[],
    "delays" INTEGER[],

    CONSTRAINT "Period_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Period_of_length_start_key" ON "Period"("of", "length", "start");
