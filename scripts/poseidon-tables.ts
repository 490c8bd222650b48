// Writes contracts/libraries/PoseidonTables.sol.
//
//   node bin/with-node.js --dev scripts/poseidon-tables.ts
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { concat, keccak256 } from 'ethers';
import { PART, poseidonTables, shortWords, TABLE_COUNT } from '../protocol/contracts/poseidon-tables.ts';

function solidity(): string {
  const hashes = poseidonTables().map((table) => keccak256(concat(['0x00', table])));
  return `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the tables of Poseidon's constants must be
/// @notice Written by scripts/poseidon-tables.ts, which says what the words of the long table are. Table 0 holds widths 4
/// and 5, table 1 width 6, tables 2 to 5 width 17.
library PoseidonTables {
    /// @notice Where width 5 begins in table 0.
    uint256 internal constant WIDTH_5 = ${32 * shortWords(4).length};
    /// @notice Bytes of width 17 in each of tables 2 to 4.
    uint256 internal constant PART = ${PART};
    /// @notice Bytes of width 17 in all.
    uint256 internal constant LONG = ${poseidonTables()
      .slice(2)
      .reduce((sum, part) => sum + part.length, 0)};

    /// @notice The code hashes of the tables.
    function hashes() internal pure returns (bytes32[${TABLE_COUNT}] memory) {
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

if (process.argv[1] === import.meta.filename) writeFileSync(TARGET, solidity());
