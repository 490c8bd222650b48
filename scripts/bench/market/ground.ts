import { z } from 'zod';

/** Where the market is that a step in a process of its own works with. */
export const groundSchema = z.object({ rpc: z.string(), deployment: z.string(), store: z.string() });
