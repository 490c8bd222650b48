// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title The hash of a trace
/// @notice A trace's commitments are taken in chunks of 16 in their order, the last one shorter, and the hash of a trace is keccak256 of the
/// hashes of its chunks: so a few of its tensors are shown by their chunks and by the hashes of all others.
library TraceHash {
    /// @notice The hash of a whole trace.
    function hashOf(bytes32[] calldata trace) internal pure returns (bytes32 digest) {
        (digest, ) = open(trace, type(uint256).max);
    }

    /// @notice The hash of a trace of which some chunks are shown.
    /// @dev What is given says nothing by itself of how many chunks there are, or how long the last one is: the hash does.
    /// @param given Chunk by chunk: its commitments if it is shown, else its hash.
    /// @param shown Bit c says that chunk c is. A trace has at most 64.
    /// @return digest The hash.
    /// @return opened Where in memory the commitment of tensor 0 would be, 32 bytes a tensor. Only those of chunks that are shown are there.
    function open(
        bytes32[] calldata given,
        uint256 shown
    ) internal pure returns (bytes32 digest, uint256 opened) {
        assembly ("memory-safe") {
            // The hashes of the chunks, then the commitments, 512 bytes a chunk. All of it is kept.
            let hashes := mload(0x40)
            let from := given.offset
            let end := add(from, shl(5, given.length))
            opened := add(hashes, shl(5, given.length))
            let chunk := 0
            for {

            } lt(from, end) {
                chunk := add(chunk, 1)
            } {
                switch and(shr(chunk, shown), 1)
                case 0 {
                    mstore(add(hashes, shl(5, chunk)), calldataload(from))
                    from := add(from, 32)
                }
                default {
                    let size := sub(end, from)
                    if gt(size, 512) {
                        size := 512
                    }
                    let place := add(opened, shl(9, chunk))
                    calldatacopy(place, from, size)
                    mstore(add(hashes, shl(5, chunk)), keccak256(place, size))
                    from := add(from, size)
                }
            }
            mstore(0x40, add(opened, shl(9, chunk)))
            digest := keccak256(hashes, shl(5, chunk))
        }
    }
}
