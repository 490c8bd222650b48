import { z } from 'zod';
import { treeUsageOf, type TreeUsage } from '../../../groth16/prove/process-usage.ts';
import { rounded } from '../benchmark.ts';

/** What a step took that ran in a process of its own, the processes that it started included. */
export const usageSchema = z.object({ cpuSeconds: z.number(), peakRssBytes: z.number() }).optional();

export type Usage = TreeUsage | undefined;

/** What this process used until now. */
export const ownUsage = (): Usage => treeUsageOf(process.pid);

/** CPU s, nothing where they are not known. @param before what is not counted */
export function cpuOf(usage: Usage, before?: Usage): number | '' {
  return usage === undefined ? '' : rounded(usage.cpuSeconds - (before?.cpuSeconds ?? 0), 1);
}

/** Of the largest process, MiB; nothing where it is not known. */
export function peakOf(usage: Usage): number | '' {
  return usage === undefined ? '' : Math.round(usage.peakRssBytes / 2 ** 20);
}
