import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { CompilerInput, CompilerOutput } from 'hardhat/types/solidity';
import { deploy } from '../../scripts/deploy.ts';
import { bundlesOf } from '../../scripts/deployment/bundles.ts';
import { creationOf } from '../../scripts/deployment/bundle.ts';
import { addressOf } from '../../scripts/deployment/factory.ts';
import { STEPS } from '../../scripts/deployment/steps.ts';
import { codeOf } from '../../scripts/generate/compiled.ts';
import { ethers } from './support/chain.ts';

/** What solc makes of an input. */
function compile(input: CompilerInput): Promise<CompilerOutput> {
  const solc = createRequire(import.meta.url)('solc') as { compile: (input: string) => string };
  return Promise.resolve(JSON.parse(solc.compile(JSON.stringify(input))) as CompilerOutput);
}

describe('the bundles that explorers verify contracts with', () => {
  it('compile to what created each contract of a deployment, at just its address', async () => {
    const [owner, treasury] = await ethers.getSigners();
    const salt = ethers.id('verified');
    const deployment = await deploy({ signer: owner, salt, treasury: treasury.address, feeBps: 77 });
    const bundles = await bundlesOf(deployment);
    const named = STEPS.map(({ name }) => name).filter((name) => !name.startsWith('PoseidonTable'));
    expect(bundles.map(({ name }) => name)).to.deep.equal(named);
    for (const { name, address, bundle } of bundles) {
      const { contract, compiler, input } = bundle;
      expect(compiler, name).to.match(/^v\d+\.\d+\.\d+\+commit\.[0-9a-f]{8}$/);
      // What is linked changes nothing but the addresses: compiled once for all contracts of a compilation.
      const { libraries, ...settings } = input.settings;
      const output = await codeOf({ longVersion: compiler.slice(1) }, { ...input, settings }, compile);
      const [file, own] = contract.split(':');
      const code = output.contracts?.[file]?.[own].evm?.bytecode;
      if (!code) throw new Error(`${contract} was not compiled`);
      const created = creationOf(bundle, code);
      expect(addressOf(salt, created), name).to.equal(address);
      expect(await ethers.provider.getCode(address), name).not.to.equal('0x');
      const linked = Object.values(libraries ?? {}).flatMap((names) => Object.keys(names));
      const places = Object.values(code.linkReferences).flatMap((names) => Object.keys(names));
      expect(linked, name).to.have.members(places);
    }
    const market = bundles.find(({ name }) => name === 'SliceMarket');
    expect(market?.bundle.constructorArguments).to.include(treasury.address.slice(2).toLowerCase());
  });

  it('are refused for a deployment of other settings', async () => {
    const [owner] = await ethers.getSigners();
    const deployment = await deploy({ signer: owner, salt: ethers.id('other'), feeBps: 5 });
    const { settings } = deployment;
    let failure: unknown;
    await bundlesOf({ ...deployment, settings: { ...settings, feeBps: 6 } }).catch(
      (error: unknown) => (failure = error),
    );
    expect(failure).to.include({ code: 'BUNDLE_DIFFERS' });
  });
});
