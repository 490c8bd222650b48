// Poseidon's constants as TensorHasher reads them, and contracts/libraries/PoseidonTables.sol, which binds them.
//
//   node bin/with-node.js scripts/poseidon-tables.ts     writes the Solidity file
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { concat, getBytes, keccak256 } from 'ethers';

/** Words of the table of a permutation of this width: the round constants, then the matrix, row by row. */
function wordsOf(width: number): Uint8Array {
  const require = createRequire(import.meta.resolve('poseidon-lite'));
  // The package exports hashes only; its constants lie beside them, in base 64.
  const file = path.join(path.dirname(require.resolve('poseidon-lite')), 'constants', `${width - 1}.js`);
  const { C, M } = (require(file) as { default: { C: string[]; M: string[][] } }).default;
  const words = [...C, ...M.flat()].map((text) => {
    const bytes = Buffer.from(text, 'base64');
    return Buffer.concat([Buffer.alloc(32 - bytes.length), bytes]);
  });
  return Buffer.concat(words);
}

/** Bytes of a long table that go into one contract. */
const PART = 24_576 - 32;

/** What the five tables hold: widths 4 and 5, width 6, width 17 in three parts. */
export function poseidonTables(): readonly Uint8Array[] {
  const long = wordsOf(17);
  return [
    Buffer.concat([wordsOf(4), wordsOf(5)]),
    wordsOf(6),
    long.subarray(0, PART),
    long.subarray(PART, 2 * PART),
    long.subarray(2 * PART),
  ];
}

/** Init code that creates a contract whose code is a STOP byte and `data`; the same as the library CodeStore writes. */
export function codeStoreInit(data: Uint8Array): string {
  const size = (data.length + 1).toString(16).padStart(4, '0');
  return concat([`0x61${size}80600a3d393df300`, data]);
}

function solidity(): string {
  const hashes = poseidonTables().map((table) => keccak256(concat(['0x00', table])));
  return `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the tables of Poseidon's constants must be
/// @notice Written by scripts/poseidon-tables.ts. Table 0 holds widths 4 and 5, table 1 width 6, tables 2 to 4 width 17.
library PoseidonTables {
    /// @notice Where width 5 begins in table 0.
    uint256 internal constant WIDTH_5 = ${wordsOf(4).length};
    /// @notice Bytes of width 17 in each of tables 2 and 3.
    uint256 internal constant PART = ${PART};

    /// @notice The code hashes of the tables.
    function hashes() internal pure returns (bytes32[5] memory) {
        return [
${hashes.map((hash) => `            bytes32(${hash})`).join(',\n')}
        ];
    }
}
`;
}

const TARGET = path.join(import.meta.dirname, '..', 'contracts', 'libraries', 'PoseidonTables.sol');

/** The text of the Solidity file, for a test that compares it with the committed one. */
export const poseidonTablesSolidity = { text: solidity, file: TARGET };

if (process.argv[1] === import.meta.filename) {
  for (const data of poseidonTables()) getBytes(codeStoreInit(data));
  writeFileSync(TARGET, solidity());
}
