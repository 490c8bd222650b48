import { network } from 'hardhat';

/** One in-process chain for a test file. `loadFixture` takes it back to a fixture's end before each test. */
export const { ethers, networkHelpers } = await network.create();
