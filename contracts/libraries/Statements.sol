// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
// Constants are used in assembly, which the linter doesn't read.
// solhint-disable no-unused-import
import {Q, Q_MINUS_1, R, R_MINUS_1} from "./Bn254.sol";
import {
    KeyRecords,
    RECORD_COMMITTED,
    RECORD_DIGEST,
    RECORD_NEXT,
    RECORD_RHO,
    RECORD_SIGNAL_BYTES,
    RECORD_SUMS
} from "./KeyRecords.sol";
// solhint-enable no-unused-import
import {ProofBytes} from "./ProofBytes.sol";

/// @title What a batch's statements add up to
library Statements {
    uint256 private constant FAULT_LENGTH = 1;
    uint256 private constant FAULT_CIRCUIT = 2;
    uint256 private constant FAULT_SIGNAL = 3;
    uint256 private constant FAULT_POINT = 4;
    uint256 private constant FAULT_COMMITMENT = 5;
    uint256 private constant FAULT_COMMITMENT_COUNT = 6;

    // Members of ProofBytes.Parts that assembly moves along.
    uint256 private constant PARTS_COMMITMENTS = 0xe0;
    uint256 private constant PARTS_KNOWLEDGE = 0x100;

    /// @notice Adds every statement to its key's sums, every commitment to its key's S, and replaces each A by −r·ρ·A.
    /// @dev One long block, since two can't share assembly functions.
    // solhint-disable-next-line function-max-lines
    function sumAndScale(ProofBytes.Parts memory parts) internal view {
        uint256 fault = 0;
        uint256 word = ProofBytes.pointer(parts.statements) + 32;
        uint256 pair = parts.pairs;
        uint256 record = KeyRecords.firstOf(parts);
        uint256 last = ProofBytes.afterProofs(parts);
        bytes32 seed = parts.seed;
        assembly ("memory-safe") {
            // Reads and writes the records, whose sums have a word for the coefficients, each signal and X, and the pairs
            // of proofs up to `last`, the last one's. The scalar of a multiplication is put where B begins for the length
            // of the call. Scratch space: word 0 is what r is a power of, word 1 is set once a signal isn't below R.
            // Statements are read in turn; those that would end behind the last word are read from other memory, at most
            // 13 words a proof, which is found out at the end: positions only grow, so they end where they should only if
            // they never passed it. No sum can overflow but by wrapping modulo R: scalars are below R and added by addmod.

            // The record of the statement at `word_`, which isn't `from`; zero if its circuit isn't listed. Proofs usually
            // come in the order of their circuits, so the search goes on where the last one ended, once round.
            function find(from, word_) -> found {
                let circuit := mload(word_)
                for {
                    found := mload(add(from, RECORD_NEXT))
                } xor(found, from) {
                    found := mload(add(found, RECORD_NEXT))
                } {
                    if eq(mload(found), circuit) {
                        leave
                    }
                }
                found := 0
            }

            // Adds r times each signal behind `word_` up to `next` to the sums behind `sum`: three at once, which is what
            // most circuits have, then one by one.
            function addSignals(word_, next, sum, r_) {
                for {

                } lt(add(word_, 64), next) {

                } {
                    let x := mload(add(word_, 32))
                    let y := mload(add(word_, 64))
                    let z := mload(add(word_, 96))
                    if or(or(gt(x, R_MINUS_1), gt(y, R_MINUS_1)), gt(z, R_MINUS_1)) {
                        mstore(32, 1)
                    }
                    sum := add(sum, 32)
                    mstore(sum, addmod(mload(sum), mulmod(r_, x, R), R))
                    sum := add(sum, 32)
                    mstore(sum, addmod(mload(sum), mulmod(r_, y, R), R))
                    sum := add(sum, 32)
                    mstore(sum, addmod(mload(sum), mulmod(r_, z, R), R))
                    word_ := add(word_, 96)
                    if eq(word_, next) {
                        leave
                    }
                }
                for {

                } lt(word_, next) {

                } {
                    word_ := add(word_, 32)
                    sum := add(sum, 32)
                    let x := mload(word_)
                    if gt(x, R_MINUS_1) {
                        mstore(32, 1)
                    }
                    mstore(sum, addmod(mload(sum), mulmod(r_, x, R), R))
                }
            }

            // Adds r·X to the last sum and r·D to S; the statement ends before `end`. Answers a fault, or zero.
            function addCommitment(parts_, record_, end, r_) -> wrong {
                let position := mload(add(parts_, PARTS_COMMITMENTS))
                if eq(position, mload(add(parts_, PARTS_KNOWLEDGE))) {
                    wrong := FAULT_COMMITMENT_COUNT
                    leave
                }
                // X is the hash of key digest, signals and D, put together behind S and its term.
                let term := add(mload(add(record_, RECORD_COMMITTED)), 64)
                let size := mload(add(record_, RECORD_SIGNAL_BYTES))
                mstore(add(term, 96), mload(add(record_, RECORD_DIGEST)))
                mcopy(add(term, 128), sub(end, size), size)
                calldatacopy(add(add(term, 128), size), position, 64)
                let x := mod(keccak256(add(term, 96), add(size, 96)), R)
                let sum := add(add(mload(add(record_, RECORD_SUMS)), size), 32)
                mstore(sum, addmod(mload(sum), mulmod(r_, x, R), R))
                // The precompiles refuse a D that is off the curve.
                calldatacopy(term, position, 64)
                let ok := 1
                if xor(r_, 1) {
                    mstore(add(term, 64), r_)
                    ok := staticcall(gas(), 7, term, 96, term, 64)
                }
                ok := and(ok, staticcall(gas(), 6, sub(term, 64), 128, sub(term, 64), 64))
                if iszero(ok) {
                    wrong := FAULT_COMMITMENT
                    leave
                }
                mstore(add(parts_, PARTS_COMMITMENTS), add(position, 64))
            }

            let r := 1
            last := sub(last, 192)
            mstore(0, mod(seed, R))
            mstore(32, 0)
            for {

            } lt(pair, last) {
                pair := add(pair, 192)
            } {
                if xor(mload(record), mload(word)) {
                    // Mostly the next one, where they come in turn.
                    record := mload(add(record, RECORD_NEXT))
                    if xor(mload(record), mload(word)) {
                        record := find(record, word)
                        if iszero(record) {
                            fault := FAULT_CIRCUIT
                            break
                        }
                    }
                }
                r := mulmod(r, mload(0), R)
                let sum := mload(add(record, RECORD_SUMS))
                mstore(sum, addmod(mload(sum), r, R))
                let next := add(word, mload(add(record, RECORD_SIGNAL_BYTES)))
                addSignals(word, next, sum, r)
                word := add(next, 32)
                if mload(add(record, RECORD_COMMITTED)) {
                    fault := addCommitment(parts, record, word, r)
                    if fault {
                        break
                    }
                }
                let scalar := add(pair, 64)
                let kept := mload(scalar)
                mstore(scalar, sub(R, mulmod(r, mload(add(record, RECORD_RHO)), R)))
                if iszero(staticcall(gas(), 7, pair, 96, pair, 64)) {
                    fault := FAULT_POINT
                    break
                }
                mstore(scalar, kept)
            }

            // The last proof: its coefficient makes those of its key add up to one.
            if iszero(fault) {
                if xor(mload(record), mload(word)) {
                    record := find(record, word)
                    fault := mul(FAULT_CIRCUIT, iszero(record))
                }
            }
            if iszero(fault) {
                let sum := mload(add(record, RECORD_SUMS))
                r := addmod(1, sub(R, mload(sum)), R)
                mstore(sum, 1)
                let next := add(word, mload(add(record, RECORD_SIGNAL_BYTES)))
                addSignals(word, next, sum, r)
                word := add(next, 32)
                if mload(add(record, RECORD_COMMITTED)) {
                    fault := addCommitment(parts, record, word, r)
                }
            }
            if iszero(fault) {
                r := mulmod(r, mload(add(record, RECORD_RHO)), R)
                switch r
                case 1 {
                    let y := mload(add(pair, 32))
                    fault := mul(FAULT_POINT, gt(y, Q_MINUS_1))
                    mstore(add(pair, 32), mod(sub(Q, y), Q))
                }
                default {
                    let scalar := add(pair, 64)
                    let kept := mload(scalar)
                    mstore(scalar, sub(R, r))
                    fault := mul(FAULT_POINT, iszero(staticcall(gas(), 7, pair, 96, pair, 64)))
                    mstore(scalar, kept)
                }
            }
            if and(iszero(fault), mload(32)) {
                fault := FAULT_SIGNAL
            }
        }
        uint256 words = ProofBytes.pointer(parts.statements);
        uint256 limit;
        assembly ("memory-safe") {
            // Where the array's words end.
            limit := add(add(words, 32), shl(5, mload(words)))
        }
        // Nothing is wrong, the statements are used up and so are the commitments: that is the way of a good batch.
        if (fault == 0 && word == limit && parts.commitments == parts.knowledge) return;
        // Fewer words than the proofs need, or more.
        bool short = word > limit || (word == limit && fault == FAULT_CIRCUIT);
        if (short || (word < limit && fault == 0)) fault = FAULT_LENGTH;
        _revert(fault == 0 ? FAULT_COMMITMENT_COUNT : fault, word, pair, parts);
    }

    /// @dev Says what is wrong with the proof at `pair`, whose statement had been read up to `word`.
    function _revert(uint256 fault, uint256 word, uint256 pair, ProofBytes.Parts memory parts) private pure {
        uint256 value = 0;
        assembly ("memory-safe") {
            // A word of the statements, or one behind them that isn't used.
            value := mload(word)
        }
        if (fault == FAULT_LENGTH) revert IGroth16BatchVerifier.StatementLengthMismatch(parts.statements.length, parts.count);
        if (fault == FAULT_CIRCUIT) revert IGroth16BatchVerifier.CircuitNotListed(value);
        if (fault == FAULT_SIGNAL) _revertSignal(parts);
        if (fault == FAULT_POINT) revert IGroth16BatchVerifier.PointNotOnCurve((pair - parts.pairs) / 192);
        if (fault == FAULT_COMMITMENT_COUNT) revert IGroth16BatchVerifier.CommitmentCountMismatch(parts.commitmentCount);
        uint256 left = (parts.knowledge - parts.commitments) / 64;
        revert IGroth16BatchVerifier.PointNotOnCurve(parts.count + parts.circuitCount + parts.commitmentCount - left);
    }

    /// @dev Names the first signal that isn't below R; statements were found to be complete.
    function _revertSignal(ProofBytes.Parts memory parts) private pure {
        uint256[] memory words = parts.statements;
        for (uint256 at_ = 0; ; ) {
            uint256 record = parts.records[0];
            while (KeyRecords.circuitOf(record) != words[at_]) {
                assembly ("memory-safe") {
                    // A field of the record.
                    record := mload(add(record, RECORD_NEXT))
                }
            }
            uint256 next;
            assembly ("memory-safe") {
                // A field of the record.
                next := add(add(at_, 1), shr(5, mload(add(record, RECORD_SIGNAL_BYTES))))
            }
            while (++at_ < next) if (words[at_] >= R) revert IGroth16BatchVerifier.SignalOutOfRange(at_, words[at_]);
        }
    }
}
