import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Signer } from 'ethers';
import { deploy, type Deployment } from '../../scripts/deploy.ts';
import { STEPS } from '../../scripts/deployment/steps.ts';
import { ethers, networkHelpers } from './support/chain.ts';

/** A signer that counts what it sends, and is cut off after so many transactions. */
function limited(signer: Signer, most: number): { readonly signer: Signer; readonly sent: () => number } {
  let sent = 0;
  const proxy = new Proxy(signer, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'sendTransaction') return value.bind(target) as unknown;
      return (...args: Parameters<Signer['sendTransaction']>) => {
        if (sent === most) throw new Error('cut off');
        sent++;
        return target.sendTransaction(...args);
      };
    },
  });
  return { signer: proxy, sent: () => sent };
}

describe('a deployment', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sliceproof-deployment-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('that was cut off goes on where it was, and records every contract by the number of its step', async () => {
    const [owner] = await ethers.getSigners();
    const file = path.join(folder, 'deployment.json');
    const first = limited(owner, 7);
    let failure: unknown;
    await deploy({ signer: first.signer, file }).catch((error: unknown) => (failure = error));
    expect(String(failure)).to.include('cut off');
    expect([first.sent(), existsSync(file), existsSync(`${file}.progress`)]).to.deep.equal([7, false, true]);

    const second = limited(owner, Number.POSITIVE_INFINITY);
    const deployment = await deploy({ signer: second.signer, file });
    expect(second.sent()).to.equal(STEPS.length - 7);
    expect(existsSync(`${file}.progress`)).to.equal(false);
    expect(JSON.parse(readFileSync(file, 'utf8')) as Deployment).to.deep.equal(deployment);
    expect(deployment.steps.map(({ number, name }) => [number, name])).to.deep.equal(
      STEPS.map(({ name }, i) => [i + 1, name]),
    );
    for (const { name, address, codeHash } of deployment.steps) {
      expect(ethers.keccak256(await ethers.provider.getCode(address)), name).to.equal(codeHash);
    }
  });

  it('of other settings begins anew, and what is there already is not sent again', async () => {
    const [owner] = await ethers.getSigners();
    const file = path.join(folder, 'other.json');
    await deploy({ signer: limited(owner, 3).signer, file }).catch(() => undefined);
    const again = limited(owner, Number.POSITIVE_INFINITY);
    await deploy({ signer: again.signer, file, feeBps: 200 });
    expect(again.sent()).to.equal(STEPS.length);
  });

  it('is refused on chains whose blocks or addresses are of another kind, before anything is sent', async () => {
    const [owner] = await ethers.getSigners();
    for (const address of [
      '0x0000000000000000000000000000000000000064',
      '0x000000000000000000000000000000000000800b',
    ]) {
      // What such a chain has there; an ordinary one has no code.
      await networkHelpers.setCode(address, '0xfe');
      const signer = limited(owner, 0);
      let failure: unknown;
      await deploy({ signer: signer.signer }).catch((error: unknown) => (failure = error));
      expect(failure).to.include({ code: 'CHAIN_UNSUPPORTED' });
      await networkHelpers.setCode(address, '0x');
    }
  });

  it('that a market refuses says why', async () => {
    const [owner] = await ethers.getSigners();
    let failure: unknown;
    await deploy({ signer: owner, feeBps: 501 }).catch((error: unknown) => (failure = error));
    expect(String(failure)).to.include('FeeTooHigh');
  });
});
