-- AlterTable
ALTER TABLE "Job" ADD COLUMN     "admissionData" TEXT,
ADD COLUMN     "admissionHook" TEXT;

