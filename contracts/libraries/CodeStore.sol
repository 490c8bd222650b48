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

    /// @notice The address of the `nonce`-th contract that `creator` creates, nonces counting from 1.
    function addressOf(address creator, uint256 nonce) internal pure returns (address) {
        // RLP of (creator, nonce): a nonce below 128 stands for itself, others are preceded by their length.
        if (nonce < 0x80) {
            return _last20(abi.encodePacked(hex"d694", creator, uint8(nonce)));
        }
        uint256 size = 1;
        while (nonce >> (8 * size) != 0) ++size;
        bytes memory digits = new bytes(size);
        for (uint256 i = 0; i < size; ++i) digits[i] = bytes1(uint8(nonce >> (8 * (size - 1 - i))));
        return
            _last20(abi.encodePacked(uint8(0xd6 + size), hex"94", creator, uint8(0x80 + size), digits));
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

    function _last20(bytes memory rlp) private pure returns (address) {
        return address(uint160(uint256(keccak256(rlp))));
    }
}
