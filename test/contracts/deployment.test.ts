import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Signer } from 'ethers';
import { network } from 'hardhat';
import { deploymentSchema } from '../../protocol/contracts/deployment.ts';
import { deploy, type Deployment } from '../../scripts/deploy.ts';
import { FACTORY } from '../../scripts/deployment/factory.ts';
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
    const salt = ethers.id('cut off');
    await deploy({ signer: owner, salt: ethers.id('the factory') });
    const first = limited(owner, 7);
    let failure: unknown;
    await deploy({ signer: first.signer, salt, file }).catch((error: unknown) => (failure = error));
    expect(String(failure)).to.include('cut off');
    expect([first.sent(), existsSync(file), existsSync(`${file}.progress`)]).to.deep.equal([7, false, true]);

    const second = limited(owner, Number.POSITIVE_INFINITY);
    const deployment = await deploy({ signer: second.signer, salt, file });
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

  it('of other settings is another market over the same registries, which are not sent again', async () => {
    const [owner, other] = await ethers.getSigners();
    const salt = ethers.id('shared');
    const one = await deploy({ signer: owner, salt });
    const again = limited(other, Number.POSITIVE_INFINITY);
    const { address } = other;
    const two = await deploy({ signer: again.signer, salt, owner: owner.address, treasury: address });
    expect(again.sent()).to.equal(1);
    const { market, ...shared } = two.addresses;
    expect({ market: one.addresses.market, ...shared }).to.deep.equal(one.addresses);
    expect(market).not.to.equal(one.addresses.market);
    // What an indexer has to read begins with the registries.
    expect(two.block).to.equal(one.block);
    const others = ({ steps }: Deployment) => steps.filter(({ name }) => name !== 'SliceMarket');
    expect(others(two).map(({ block }) => block)).to.deep.equal(others(one).map(({ block }) => block));
    // All of it once more: nothing to send, and the same answer.
    const thrice = limited(other, 0);
    const three = await deploy({ signer: thrice.signer, salt, owner: owner.address, treasury: address });
    expect(three.addresses).to.deep.equal(two.addresses);
  });

  it('has the same addresses on every chain, whoever deploys', async () => {
    const [owner, other] = await ethers.getSigners();
    const elsewhere = await network.create();
    const [, , , somebody] = await elsewhere.ethers.getSigners();
    const given = { owner: owner.address, treasury: other.address };
    const here = await deploy({ signer: other, ...given });
    // There the factory is to be made first.
    expect(await elsewhere.ethers.provider.getCode(FACTORY)).to.equal('0x');
    const there = await deploy({ signer: somebody, ...given });
    expect(there.addresses).to.deep.equal(here.addresses);
    const places = ({ steps }: Deployment) => steps.map(({ name, address }) => [name, address]);
    expect(places(there)).to.deep.equal(places(here));
    await elsewhere.close();
  });

  it('is where deployments/ says, on a local chain by its first account with nothing but defaults', async () => {
    const local = await network.create();
    const [first] = await local.ethers.getSigners();
    const { chainId, addresses } = await deploy({ signer: first });
    await local.close();
    const known = path.join(import.meta.dirname, '..', '..', 'deployments');
    const file = path.join(known, `${chainId}.json`);
    const made = { chainId, block: 0, addresses };
    if (process.env['UPDATE_SNAPSHOTS'] === '1') writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(made);
    // Every file is a deployment of the chain that it is named after.
    for (const name of readdirSync(known).filter((one) => one.endsWith('.json'))) {
      const parsed = deploymentSchema.parse(JSON.parse(readFileSync(path.join(known, name), 'utf8')));
      expect(`${parsed.chainId}.json`).to.equal(name);
    }
  });

  it('ends where something else is at the factory’s address', async () => {
    const [owner] = await ethers.getSigners();
    const code = await ethers.provider.getCode(FACTORY);
    await networkHelpers.setCode(FACTORY, '0xfe');
    let failure: unknown;
    await deploy({ signer: limited(owner, 0).signer }).catch((error: unknown) => (failure = error));
    expect(failure).to.include({ code: 'DEPLOYMENT_FAILED' });
    await networkHelpers.setCode(FACTORY, code);
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
    await deploy({ signer: owner, salt: ethers.id('dear'), feeBps: 501 }).catch(
      (error: unknown) => (failure = error),
    );
    expect(String(failure)).to.include('FeeTooHigh');
  });
});
