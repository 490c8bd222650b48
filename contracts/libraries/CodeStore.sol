// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Data kept as the code of a contract
/// @notice Reading n words from code costs one cold account and 3 gas a word, where n storage slots cost 2,100 each.
/// @dev The code starts with a STOP byte, so that nobody can run it; positions below don't count that byte.
library CodeStore {
    /// @notice Creates a contract whose code is a STOP byte and `data`.
    function write(bytes memory data) internal returns (address store) {
        // 61 ssss 80 60 0a 3d 39 3d f3: returns everything after these ten bytes as the code.
        bytes memory init = abi.encodePacked(hex"61", uint16(data.length + 1), hex"80600a3d393df300", data);
        assembly ("memory-safe") {
            // `init` is a bytes array in memory: its length word, then its content. Nothing is written.
            store := create(0, add(init, 32), mload(init))
        }
        // Creation fails on more than 24,576 bytes, which both registries stay below, or when gas runs out.
        assert(store != address(0));
    }

    /// @notice The address of the `nonce`-th contract that `creator` creates, nonces counting from 1 and below 2^64.
    function addressOf(address creator, uint256 nonce) internal pure returns (address) {
        // RLP of (creator, nonce): a nonce below 128 stands for itself, others are preceded by their length.
        uint256 size = 0;
        if (nonce >= 0x80) while (nonce >> (8 * size) != 0) ++size;
        uint256 head = ((((0xd6 + size) << 8) | 0x94) << 160) | uint160(creator);
        uint256 rlp = size == 0 ? (head << 8) | nonce : (((head << 8) | (0x80 + size)) << (8 * size)) | nonce;
        uint256 length = 23 + size;
        uint256 digest;
        assembly ("memory-safe") {
            // Scratch space only: at most 31 bytes, brought to the word's upper end.
            mstore(0, shl(sub(256, shl(3, length)), rlp))
            digest := keccak256(0, length)
        }
        return address(uint160(digest));
    }

    /// @notice The word at a position of a store.
    function wordAt(address store, uint256 position) internal view returns (uint256 word) {
        assembly ("memory-safe") {
            // Scratch space only. A position past the end reads zeros.
            extcodecopy(store, 0, add(position, 1), 32)
            word := mload(0)
        }
    }

    /// @notice `size` bytes of a store from a position on.
    function read(address store, uint256 position, uint256 size) internal view returns (bytes memory data) {
        data = new bytes(size);
        assembly ("memory-safe") {
            // `data` has room for exactly `size` bytes after its length word.
            extcodecopy(store, add(data, 32), add(position, 1), size)
        }
    }
}
