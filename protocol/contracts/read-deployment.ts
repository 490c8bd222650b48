import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { deploymentSchema, type Deployment } from './deployment.ts';

/** @throws ConfigError DEPLOYMENT_UNREADABLE */
export async function readDeployment(file: string): Promise<Deployment> {
  try {
    return deploymentSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new ConfigError('DEPLOYMENT_UNREADABLE', `expected a deployment in ${file}: ${reason}`, {
      cause,
      hint: 'It is the JSON file that scripts/deploy.ts wrote: { chainId, block, addresses }.',
    });
  }
}
