import { z } from 'zod';

/** What the requester of the chaos run is started with, as JSON in CHAOS_TASK. */
export const requesterSchema = z.object({
  rpc: z.string(),
  deployment: z.string(),
  store: z.string(),
  privateKey: z.string(),
  modelId: z.string(),
  /** How many jobs are posted in all, and how many are open at once. */
  jobs: z.number(),
  atOnce: z.number(),
  commitSeconds: z.number(),
  proveSeconds: z.number(),
});

export type RequesterTask = z.infer<typeof requesterSchema>;
