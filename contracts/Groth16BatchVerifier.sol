// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "./interfaces/ICircuitRegistry.sol";
import {IGroth16BatchVerifier} from "./interfaces/IGroth16BatchVerifier.sol";
import {R} from "./libraries/Bn254.sol";
import {ExternalProofs} from "./libraries/ExternalProofs.sol";
import {KeyPairs} from "./libraries/KeyPairs.sol";
// Used in assembly, which the linter doesn't read.
// solhint-disable-next-line no-unused-import
import {KeyRecords, RECORD_DIGEST, RECORD_NEXT, RECORD_RHO} from "./libraries/KeyRecords.sol";
import {ProofBytes} from "./libraries/ProofBytes.sol";
import {Statements} from "./libraries/Statements.sol";

/// @title One pairing check for many Groth16 proofs of many circuits
/// @notice See {IGroth16BatchVerifier} for the statement that is checked and docs/protocol.md for why it suffices.
/// @dev The equation is brought to one side by negating the A points, so that a coefficient which is 1 (the last
/// key's, the sum of those of its proofs) needs no scalar multiplication. A precompile takes its input where the point
/// already lies: the scalar is put behind it for the length of the call, over a word that is kept on the stack.
/// {KeyRecords} says what is in a key's record.
contract Groth16BatchVerifier is IGroth16BatchVerifier {
    uint256 private constant LOW_128 = 0xffffffffffffffffffffffffffffffff;

    /// @inheritdoc IGroth16BatchVerifier
    ICircuitRegistry public immutable circuitRegistry;

    /// @param registry Whose circuits are verified. It must be a {CircuitRegistry}: keys are read from the stores that
    /// it created.
    constructor(ICircuitRegistry registry) {
        circuitRegistry = registry;
    }

    /// @inheritdoc IGroth16BatchVerifier
    function verify(
        address settler,
        uint256[] calldata statements,
        bytes calldata proofs
    ) external view returns (uint256[] memory refused) {
        ProofBytes.Parts memory parts = ProofBytes.parse(proofs);
        if (parts.count + parts.externalCount == 0) revert EmptyBatch();
        KeyRecords.load(address(circuitRegistry), parts);
        _copyStatements(statements, parts);
        if (parts.externalCount != 0) refused = ExternalProofs.verify(address(circuitRegistry), parts);
        if (parts.count == 0) {
            _requireNothingElse(parts);
            return refused;
        }
        if (parts.circuitCount == 0) {
            revert CircuitNotListed(parts.statements.length == 0 ? 0 : parts.statements[0]);
        }
        _copyProofs(parts);
        _drawSeed(msg.sender, settler, parts);
        _drawRho(parts);
        Statements.sumAndScale(parts);
        KeyPairs.mergeSums(parts);
        uint256 end = KeyPairs.appendIcPair(parts);
        end = KeyPairs.appendSrsPairs(parts, end);
        end = KeyPairs.appendDeltaPairs(parts, end);
        if (parts.commitmentCount != 0) end = KeyPairs.appendSigmaPairs(parts, end);
        _checkPairing(parts.pairs, end);
    }

    /// @inheritdoc IGroth16BatchVerifier
    function challenges(
        address market,
        address settler,
        uint256[] calldata statements,
        bytes calldata proofs
    ) external view returns (uint256[] memory r) {
        ProofBytes.Parts memory parts = ProofBytes.parse(proofs);
        _copyStatements(statements, parts);
        _copyProofs(parts);
        _drawSeed(market, settler, parts);
        KeyRecords.load(address(circuitRegistry), parts);
        uint256 base = uint256(parts.seed) % R;
        uint256 power = 1;
        uint256 word = 0;
        uint256[] memory circuits = new uint256[](parts.count);
        r = new uint256[](parts.count);
        for (uint256 i = 0; i < r.length; ++i) {
            if (word >= statements.length) revert StatementLengthMismatch(statements.length, parts.count);
            circuits[i] = statements[word];
            (bool listed, uint256 signals) = KeyRecords.find(parts, circuits[i]);
            if (!listed) revert CircuitNotListed(circuits[i]);
            word += 1 + signals;
            power = mulmod(power, base, R);
            r[i] = power;
        }
        if (r.length == 0) return r;
        uint256 last = r.length - 1;
        r[last] = 1;
        for (uint256 i = 0; i < last; ++i) {
            if (circuits[i] == circuits[last]) r[last] = addmod(r[last], R - r[i], R);
        }
    }

    /// @dev A batch of external proofs alone has no circuits with keys, no commitments and no other statements.
    function _requireNothingElse(ProofBytes.Parts memory parts) private pure {
        if (parts.circuitCount != 0) revert CircuitWithoutProof(KeyRecords.circuitOf(parts.records[0]));
        if (parts.statements.length != 0) revert StatementLengthMismatch(parts.statements.length, 0);
        if (parts.commitmentCount != 0) revert CommitmentCountMismatch(parts.commitmentCount);
    }

    /// @dev Copies the statements to a new array.
    function _copyStatements(uint256[] calldata statements, ProofBytes.Parts memory parts) private pure {
        uint256[] memory words;
        assembly ("memory-safe") {
            // Fresh memory: a length word, and as many words.
            words := mload(0x40)
            let size := shl(5, statements.length)
            mstore(words, statements.length)
            calldatacopy(add(words, 32), statements.offset, size)
            mstore(0x40, add(add(words, 32), size))
        }
        parts.statements = words;
    }

    /// @dev Copies A and B of all proofs, six words each in the order of a pair, to the start of a new pairing input
    /// with room for three more pairs a key and one for all.
    function _copyProofs(ProofBytes.Parts memory parts) private pure {
        uint256 pairs;
        uint256 points = parts.points;
        uint256 count = parts.count;
        uint256 circuits = parts.circuitCount;
        assembly ("memory-safe") {
            // Fresh memory; what isn't copied to is written before the pairing reads it. Counts are below 2^32.
            pairs := mload(0x40)
            calldatacopy(pairs, points, mul(count, 192))
            mstore(0x40, add(pairs, mul(add(add(count, mul(3, circuits)), 1), 192)))
        }
        parts.pairs = pairs;
    }

    /// @dev Hashes all that is fixed before r is drawn.
    function _drawSeed(address market, address settler, ProofBytes.Parts memory parts) private view {
        bytes32 seed;
        bytes32 commitmentsHash = _hashCommitments(parts);
        uint256 pairs = parts.pairs;
        uint256 words = ProofBytes.pointer(parts.statements);
        uint256 count = parts.count;
        assembly ("memory-safe") {
            // Six words, where there is room for at least one pair. The count is below 2^32.
            let size := mul(count, 192)
            let scratch := add(pairs, size)
            mstore(scratch, chainid())
            mstore(add(scratch, 32), market)
            mstore(add(scratch, 64), settler)
            mstore(add(scratch, 96), keccak256(add(words, 32), shl(5, mload(words))))
            mstore(add(scratch, 128), keccak256(pairs, size))
            mstore(add(scratch, 160), commitmentsHash)
            seed := keccak256(scratch, 192)
        }
        parts.seed = seed;
    }

    function _hashCommitments(ProofBytes.Parts memory parts) private pure returns (bytes32 digest) {
        uint256 start = parts.commitments;
        uint256 end = parts.knowledge;
        assembly ("memory-safe") {
            // Free memory is used and not kept. The D end where K* is.
            let size := sub(end, start)
            let scratch := mload(0x40)
            calldatacopy(scratch, start, size)
            digest := keccak256(scratch, size)
        }
    }

    /// @dev Draws ρ for each key and ρ_K, when the seed, all C*, K* and what is in the keys are fixed. The seed knows keys
    /// by their numbers alone, and the next number is known before its key: without the keys here, one could be made to fit.
    function _drawRho(ProofBytes.Parts memory parts) private pure {
        uint256 room = ProofBytes.afterProofs(parts);
        uint256 sums = parts.sums;
        uint256 sumsEnd = parts.points;
        uint256 knowledge = parts.knowledge;
        uint256 knowledgeEnd = parts.externals;
        uint256 first = KeyRecords.firstOf(parts);
        bytes32 seed = parts.seed;
        uint256 rhoK;
        assembly ("memory-safe") {
            // Uses the room for three pairs a key and one more: 2 words a C*, which lie before A and B, 2 for K*, if it is
            // there before the external proofs, 1 a key's digest.
            calldatacopy(room, sums, sub(sumsEnd, sums))
            let end := add(room, sub(sumsEnd, sums))
            calldatacopy(end, knowledge, sub(knowledgeEnd, knowledge))
            end := add(end, sub(knowledgeEnd, knowledge))
            let record := first
            for {
                let more := 1
            } more {
                more := xor(record, first)
            } {
                mstore(end, mload(add(record, RECORD_DIGEST)))
                end := add(end, 32)
                record := mload(add(record, RECORD_NEXT))
            }
            // Scratch space: what the challenges are drawn from, and a number. The last key's ρ is 1.
            mstore(32, keccak256(room, sub(end, room)))
            mstore(0, seed)
            mstore(0, keccak256(0, 64))
            let v := 0
            for {
                let next := mload(add(record, RECORD_NEXT))
            } xor(next, first) {
                next := mload(add(record, RECORD_NEXT))
                v := add(v, 1)
            } {
                mstore(32, v)
                mstore(add(record, RECORD_RHO), and(keccak256(0, 64), LOW_128))
                record := next
            }
            mstore(add(record, RECORD_RHO), 1)
            mstore(32, not(0))
            rhoK := and(keccak256(0, 64), LOW_128)
        }
        parts.rhoK = rhoK;
    }

    function _checkPairing(uint256 start, uint256 end) private view {
        bool holds;
        assembly ("memory-safe") {
            // Reads the allocated input, writes the result to scratch space. The precompile refuses points that aren't
            // canonical, off the curve or outside their subgroup.
            holds := staticcall(gas(), 8, start, sub(end, start), 0, 32)
            holds := and(holds, eq(mload(0), 1))
        }
        if (!holds) revert ProofCheckFailed();
    }
}
