import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { VoidSigner, ZeroAddress } from 'ethers';
import { SliceproofError } from '../../protocol/errors.ts';
import type { Deployment } from '../deploy.ts';
import { bundleOf, type Bundle, type Compiled } from './bundle.ts';
import { addressOf } from './factory.ts';
import { STEPS } from './steps.ts';

const ARTIFACTS = path.resolve(import.meta.dirname, '..', '..', 'artifacts');

export interface DeployedBundle {
  readonly name: string;
  readonly address: string;
  /** What created it. */
  readonly init: string;
  readonly bundle: Bundle;
}

/**
 * A bundle for each contract of a deployment that has sources (the tables of constants are data), from what the contracts here were
 * compiled to.
 * @throws SliceproofError BUNDLE_DIFFERS when the deployment is of other sources or settings
 */
export async function bundlesOf({ steps, salt, settings }: Deployment): Promise<DeployedBundle[]> {
  const at = (wanted: string): string => steps.find(({ name }) => name === wanted)?.address ?? ZeroAddress;
  const bundles: DeployedBundle[] = [];
  for (const { name, address } of steps) {
    const step = STEPS.find((one) => one.name === name);
    const compiled = compiledOf(name);
    if (!step || !compiled) continue;
    const init = String((await step.transaction(at, settings, new VoidSigner(ZeroAddress))).data);
    if (addressOf(salt, init) !== address) {
      throw new SliceproofError(
        'BUNDLE_DIFFERS',
        `expected ${name} at ${addressOf(salt, init)}, the deployment has it at ${address}: it is of other sources or settings`,
        { hint: 'Check out the version that was deployed, and run `npm run generate`.' },
      );
    }
    bundles.push({ name, address, init, bundle: bundleOf(compiled, init) });
  }
  return bundles;
}

function compiledOf(name: string): Compiled | undefined {
  const [file] = globSync(`contracts/**/${name}.sol/${name}.json`, { cwd: ARTIFACTS });
  if (file === undefined) return undefined;
  const artifact = read<Omit<Compiled, 'input' | 'solcLongVersion'> & { readonly buildInfoId: string }>(file);
  const { input, solcLongVersion } = read<Pick<Compiled, 'input' | 'solcLongVersion'>>(
    path.join('build-info', `${artifact.buildInfoId}.json`),
  );
  return { ...artifact, input, solcLongVersion };
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(path.join(ARTIFACTS, file), 'utf8')) as T;
}
