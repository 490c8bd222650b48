-- AlterTable
ALTER TABLE "Job" ADD COLUMN     "admissionData" TEXT,
ADD COLUMN     "admissionHook" TEXT;

-- CreateIndex
CREATE INDEX "Job_admissionHook_sequence_idx" ON "Job"("admissionHook", "sequence");

-- CreateIndex
CREATE INDEX "Job_admissionData_sequence_idx" ON "Job"("admissionData", "sequence");
