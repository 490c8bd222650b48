import { network } from 'hardhat';

/** One in-process chain for the test files. `loadFixture` takes it back to a fixture's end before each test. */
export const chain = await network.create();
export const { ethers, networkHelpers } = chain;
export type Chain = typeof chain;
