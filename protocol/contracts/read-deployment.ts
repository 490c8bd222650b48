import { ConfigError } from '../errors.ts';
import { readBounded } from '../files/read-bounded.ts';
import { decodeJson } from '../json.ts';
import { deploymentSchema, type Deployment } from './deployment.ts';

/** Largest file that is read: 1 MiB. */
const MAX_BYTES = 1 << 20;

/** @throws ConfigError DEPLOYMENT_UNREADABLE */
export async function readDeployment(file: string): Promise<Deployment> {
  const refuse = (reason: string, cause?: unknown): ConfigError =>
    new ConfigError('DEPLOYMENT_UNREADABLE', `expected a deployment in ${file}: ${reason}`, {
      cause,
      hint: 'It is the JSON file that scripts/deploy.ts wrote: { chainId, block, addresses }.',
    });
  const bytes = await readBounded(file, MAX_BYTES).catch((cause: Error) => {
    throw refuse(cause.message, cause);
  });
  return decodeJson(bytes, { schema: deploymentSchema, maxBytes: MAX_BYTES, refuse });
}
