import { z } from 'zod';
import { inFreshProcess } from '../fresh.ts';
import type { Ground } from '../../demo/services.ts';
import { usageSchema } from './usage.ts';

const numbers = z.array(z.number());

const builtSchema = z.object({
  parameters: z.number(),
  multiplyAdds: z.number(),
  /** By slice. */
  constraints: numbers,
  keyBytes: z.number(),
  usage: usageSchema,
  /** What is to be posted, as integers. */
  input: numbers,
  /** What the quantised model makes of it in one piece, as integers and as what these stand for. */
  quantised: numbers,
  dequantised: numbers,
  /** What ONNX Runtime makes of it by the float model. */
  float: numbers,
});

const publishedSchema = z.object({
  modelId: z.string(),
  bytes: z.number(),
  gas: z.number(),
  usage: usageSchema,
});

const verifiedSchema = z.object({
  fullyProved: z.boolean(),
  rechecked: z.boolean(),
  rebuildable: z.boolean(),
  inputOpened: z.boolean(),
  receiptBytes: z.number(),
  usage: usageSchema,
  checkCpuSeconds: z.number(),
});

export type Built = z.infer<typeof builtSchema>;
export type Published = z.infer<typeof publishedSchema>;
export type Verified = z.infer<typeof verifiedSchema>;

/** @throws BenchError BENCH_PROCESS, as the others do */
export function build(network: string, folder: string): Promise<Built> {
  return inFreshProcess('./market/build-once.ts', { network, folder }, builtSchema);
}

export function publish({ rpc, deployment, store }: Ground, folder: string): Promise<Published> {
  return inFreshProcess('./market/publish-once.ts', { rpc, deployment, store, folder }, publishedSchema);
}

export function verify({ rpc, deployment, store }: Ground, jobId: string): Promise<Verified> {
  return inFreshProcess('./market/verify-once.ts', { rpc, deployment, store, jobId }, verifiedSchema);
}
