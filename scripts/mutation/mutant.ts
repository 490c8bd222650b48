import type { SmallChange } from './small-change.ts';

/** One small change of a contract that a build carries and can be switched on. */
export interface Mutant extends SmallChange {
  /** Of the build, from 1 on: how many bytes of code {@link SWITCH} has while the mutant is on. */
  readonly number: number;
}

/** The account whose code's length says which mutant is on. */
export const SWITCH = '0x00000000000000000000000000000000006d7574';

/** The name of the function that asks in Solidity whether a mutant is on, and the file that has it. */
export const ASK = '__mutant';
export const ASK_FILE = 'contracts/Mutants.sol';
export const ASK_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

function ${ASK}(uint256 which) view returns (bool on) {
    assembly ("memory-safe") {
        on := eq(extcodesize(${SWITCH}), which)
    }
}
`;
