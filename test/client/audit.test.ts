// A model whose keys are from a ceremony, published, and audited from chain and store alone.
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPublishedModel, type PublishedManifest } from '../../client/jobs/read-model.ts';
import { auditRegistered } from '../../client/models/audit-registered.ts';
import { fetchModel } from '../../client/models/fetch-model.ts';
import { registerBuild } from '../../client/models/register-build.ts';
import { auditModel } from '../../slicer/audit/audit-model.ts';
import { sliceFile } from '../../slicer/build/folder.ts';
import { initCeremony } from '../../slicer/build/ceremony/init.ts';
import { installCeremony } from '../../slicer/build/ceremony/install.ts';
import { applyBeacon, contribute } from '../../groth16/setup/ceremony/round.ts';
import { openWorld, type World } from '../prover-node/support/world.ts';
import { copyRehearsal } from '../support/rehearsal.ts';

let world: World;
let published: PublishedManifest;
const at = (name: string): string => path.join(world.folder, name);

beforeAll(async () => {
  world = await openWorld();
  await cp(at('model'), at('ceremonial'), { recursive: true });
  await copyRehearsal(world.folder);
  const ceremony = {
    folder: at('ceremony'),
    model: at('ceremonial'),
    phase1: at('phase1.ptau'),
    allowUnpublished: true,
  };
  await initCeremony({ ...ceremony, out: ceremony.folder });
  await contribute({ ...ceremony, name: 'Ada' });
  await applyBeacon({ ...ceremony, name: 'beacon', beacon: '5a'.repeat(32), iterationsExponent: 10 });
  await installCeremony(ceremony);
  const { modelId } = await registerBuild(world.client, at('ceremonial'));
  published = await readPublishedModel(world.client, modelId);
  await fetchModel(world.client, published.manifest, at('fetched'));
});
afterAll(() => world.close());

const failing = (findings: readonly { check: string; slice?: number; state: string }[]): string[] =>
  findings.flatMap(({ check, slice, state }) => (state === 'fails' ? [`${check} of ${slice ?? 'all'}`] : []));

describe('a published model with keys of a ceremony', () => {
  it('is registered with the digest of its transcript', async () => {
    const { circuits } = world.client.contracts;
    for (const { circuit } of published.model.slices) {
      const { setupDigest } = await circuits.circuitInfo(circuit);
      expect(setupDigest).toBe(published.manifest.transcript?.sha256);
    }
  });

  it('is audited from chain and store alone, keys included', async () => {
    const options = { folder: at('fetched'), allowUnpublished: true, allowDevelopment: false };
    const { findings } = await auditModel({ ...options, phase1: at('phase1.ptau') });
    expect(failing(findings)).toEqual([]);
    expect(findings.filter(({ check }) => check === 'key from ceremony').length).toBe(2);
    const onChain = await auditRegistered(world.client, published, at('fetched'));
    expect(onChain.map(({ state }) => state)).toEqual(['holds', 'holds', 'holds', 'holds']);
    // Nothing is known of the keys without the phase 1.
    expect(failing((await auditModel(options)).findings)).toEqual(['keys from ceremony of all']);
    await expect(
      auditModel({ ...options, phase1: at('phase1.ptau'), allowUnpublished: false }),
    ).rejects.toMatchObject({ code: 'PHASE1_UNPUBLISHED' });
  });

  it('is found out by its transcript, which no longer is the manifest’s', async () => {
    await cp(at('fetched'), at('forged'), { recursive: true });
    await cp(at('ceremony/ceremony.json'), at('forged/ceremony.json'));
    const options = { folder: at('forged'), allowUnpublished: true, allowDevelopment: false };
    const phase1 = at('phase1.ptau');
    expect(failing((await auditModel({ ...options, phase1 })).findings)).toEqual([]);
    await writeFile(at('forged/ceremony.json'), '{}');
    expect(failing((await auditModel({ ...options, phase1 })).findings)).toEqual(['transcript of all']);
  });

  it('is found out when the chain has other keys, prices or setups', async () => {
    const { manifest, model } = published;
    await cp(at('fetched'), at('swapped'), { recursive: true });
    await cp(sliceFile(at('model'), 0, 'verifyingKey'), sliceFile(at('swapped'), 0, 'verifyingKey'));
    expect(failing(await auditRegistered(world.client, published, at('swapped')))).toEqual([
      'key on chain of 0',
    ]);
    const dearer = {
      ...published,
      model: { ...model, slices: model.slices.map((slice) => ({ ...slice, weight: slice.weight + 1 })) },
    };
    expect(failing(await auditRegistered(world.client, dearer, at('fetched')))).toEqual([
      'price on chain of 0',
      'price on chain of 1',
    ]);
    const development = { ...published, manifest: { ...manifest, transcript: undefined } };
    expect(failing(await auditRegistered(world.client, development, at('fetched')))).toEqual([
      'key on chain of 0',
      'key on chain of 1',
    ]);
  });
});
