// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Hashes of past blocks
/// @notice The BLOCKHASH opcode knows the last 256 blocks. EIP-2935's system contract knows 8,191, where a chain has it.
library BlockHashes {
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @notice The hash of a block; zero if it can't be had: in the future, or too long ago.
    function hashOf(uint256 blockNumber) internal view returns (bytes32 hash) {
        hash = blockhash(blockNumber);
        if (hash != 0 || blockNumber >= block.number) return hash;
        assembly ("memory-safe") {
            // Scratch space only. The contract reverts on a block outside its window and returns a word otherwise; where
            // there is no contract, nothing is returned.
            mstore(0, blockNumber)
            let done := staticcall(gas(), HISTORY, 0, 32, 0, 32)
            if and(done, eq(returndatasize(), 32)) {
                hash := mload(0)
            }
        }
    }
}
