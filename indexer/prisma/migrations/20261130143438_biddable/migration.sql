-- AlterTable
ALTER TABLE "Slice" ADD COLUMN     "biddableUntil" BIGINT;

-- CreateIndex
CREATE INDEX "Slice_biddable_idx" ON "Slice"("sequence", "id", "biddableUntil") WHERE ("biddableUntil" IS NOT NULL);

-- CreateIndex
CREATE INDEX "Slice_biddableUntil_idx" ON "Slice"("biddableUntil") WHERE ("biddableUntil" IS NOT NULL);

-- What is served until rows are made again says it too.
UPDATE "Slice" s SET "biddableUntil" = CASE s."state"
  WHEN 'OPEN' THEN j."deadline" - j."bidWindow" - j."proveSeconds"
  ELSE LEAST(s."windowEnd", j."deadline") END
FROM "Job" j
WHERE j."id" = s."jobId" AND j."state" = 'TRACED' AND j."deadline" IS NOT NULL AND s."due"
  AND (NOT j."cancelled" OR s."audited" OR s."challenger" IS NOT NULL)
  AND (s."state" = 'OPEN' OR (s."state" = 'HELD' AND j."bidWindow" > 0 AND s."windowEnd" IS NOT NULL AND s."unitPrice" > 0));
