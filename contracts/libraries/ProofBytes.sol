// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Where things are in the bytes that prove a settlement
/// @notice {IGroth16BatchVerifier} has the layout. Nothing is copied: positions are absolute ones in calldata.
library ProofBytes {
    /// @notice Counts and positions. Assembly knows the order of the members.
    /// @param count Number of Groth16 proofs.
    /// @param circuitCount Number of circuits that they belong to.
    /// @param commitmentCount Number of commitments D, one a proof of a circuit with lookups.
    /// @param externalCount Number of proofs for external verifiers.
    /// @param circuits Where the circuits' numbers start; behind them come the C*.
    /// @param sums Where the points C* start.
    /// @param points Where A and B of the proofs start.
    /// @param commitments Where the next D to be read is.
    /// @param knowledge Where the D end and K* is; where the external proofs are if there is no D.
    /// @param externals Where the external proofs start.
    /// @param end Where the bytes end.
    /// @param records The keys' records, for the verifier.
    /// @param statements The statements of the Groth16 proofs, likewise.
    /// @param pairs Where the pairing's input starts in memory, likewise.
    /// @param seed What the r are drawn from, likewise.
    /// @param rhoK The challenge of K*, likewise.
    struct Parts {
        uint256 count;
        uint256 circuitCount;
        uint256 commitmentCount;
        uint256 externalCount;
        uint256 circuits;
        uint256 sums;
        uint256 points;
        uint256 commitments;
        uint256 knowledge;
        uint256 externals;
        uint256 end;
        uint256[] records;
        uint256[] statements;
        uint256 pairs;
        bytes32 seed;
        uint256 rhoK;
    }

    /// @notice Thrown when the bytes that prove a settlement haven't the length that their first word asks for, or
    /// that word has a bit set which means nothing.
    error MalformedProofs(uint256 length, uint256 expected);

    /// @notice Reads the first word and checks that everything it announces is there; external proofs have their
    /// lengths in front of each and are checked as they are read.
    function parse(bytes calldata proofs) internal pure returns (Parts memory parts) {
        uint256 start;
        assembly ("memory-safe") {
            // Where the bytes lie in calldata. Nothing is written.
            start := proofs.offset
        }
        if (proofs.length < 32) revert MalformedProofs(proofs.length, 32);
        uint256 header;
        assembly ("memory-safe") {
            // Reads calldata only.
            header := calldataload(start)
        }
        if (header >> 128 != 0) revert MalformedProofs(proofs.length, type(uint256).max);
        unchecked {
            // Counts are below 2^32 and positions in calldata far below 2^64.
            uint256 position = start + 32;
            parts.circuits = position;
            parts.circuitCount = (header >> 32) & 0xffffffff;
            parts.sums = position += 32 * parts.circuitCount;
            position += 64 * parts.circuitCount;
            parts.points = position;
            parts.count = header & 0xffffffff;
            parts.commitments = position += 192 * parts.count;
            parts.commitmentCount = (header >> 64) & 0xffffffff;
            parts.knowledge = position += 64 * parts.commitmentCount;
            if (parts.commitmentCount != 0) position += 64;
            parts.externals = position;
            parts.externalCount = header >> 96;
            uint256 end = start + proofs.length;
            parts.end = end;
            bool fits = header >> 96 == 0 ? position == end : position < end;
            if (!fits) revert MalformedProofs(proofs.length, position - start);
        }
    }

    /// @notice Where the pairs behind those of the proofs start in memory.
    function afterProofs(Parts memory parts) internal pure returns (uint256) {
        unchecked {
            return parts.pairs + 192 * parts.count;
        }
    }

    /// @notice Where an array lies.
    function pointer(uint256[] memory array) internal pure returns (uint256 position) {
        assembly ("memory-safe") {
            // Nothing is read or written.
            position := array
        }
    }
}
