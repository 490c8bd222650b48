/** What a requester uses from a program of its own; the commands `sliceproof job …` are made of the same. */
export { openClient, type Client, type ClientOptions } from './client.ts';
export { publishModel, type PublishedModel, type PublishProgress } from './models/publish-model.ts';
export { readPublishedModel, type PublishedManifest } from './jobs/read-model.ts';
export { postJob, type PostedJob } from './jobs/post-job.ts';
export type { JobToPost } from './jobs/request.ts';
export { cancelSignedJob, postSignedJob, signJob, type SignedJob } from './jobs/signed-job.ts';
export { challengeSlice, deliverResult, drawAudits, raiseOffer } from './jobs/running-job.ts';
export { offerSchema, type Offer } from './jobs/offer.ts';
export { jobStatus, type JobStatus, type SliceStatus } from './jobs/job-status.ts';
export { waitForJob, type WaitOptions } from './jobs/wait-for-job.ts';
export { cancelJob } from './jobs/cancel-job.ts';
export { jobResult, type JobOutput, type JobResult } from './jobs/job-result.ts';
export { quantiseTensor, dequantiseTensor } from '../protocol/manifest.ts';
export { wholeInputs, wholeOutputs, splitWhole, joinWhole } from '../protocol/wholes.ts';
export { readImage } from '../protocol/image.ts';
export { depositToLedger } from '../protocol/contracts/asset.ts';
export { ClientError } from './errors.ts';
export { SliceproofError } from '../protocol/errors.ts';
