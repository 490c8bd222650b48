// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
import {G2Point} from "../types/VerifyingKey.sol";
// Constants are used in assembly, which the linter doesn't read.
// solhint-disable no-unused-import
import {Bn254, R} from "./Bn254.sol";
import {
    KeyRecords,
    RECORD_ALPHA,
    RECORD_BETA,
    RECORD_COMMITTED,
    RECORD_DELTA,
    RECORD_IC,
    RECORD_NEXT,
    RECORD_RHO,
    RECORD_SIGNAL_BYTES,
    RECORD_SRS,
    RECORD_SUMS,
    RECORD_WEIGHT
} from "./KeyRecords.sol";
// solhint-enable no-unused-import
import {ProofBytes} from "./ProofBytes.sol";

/// @title The pairs of a batch that belong to its keys
/// @notice Each function writes pairs into the pairing's input, whose room was allocated, and returns where they end.
library KeyPairs {
    /// @notice Multiplies each key's sums by its ρ, adds up the factors of each phase 1, and has keys that share points
    /// pay for them once: where two keys' ic have equal words at one position, the factors are added up at one of them and
    /// the other's becomes zero. This rests on nothing but that equality: equal words are one point.
    /// @dev A key is compared with one key of each *form*, which is what ic starts with: the one with the most points so
    /// far. So keys of many forms cost a comparison of a word each pair of them.
    function mergeSums(ProofBytes.Parts memory parts) internal pure {
        uint256[] memory records = parts.records;
        if (records.length == 1) {
            _weighOne(records[0]);
            return;
        }
        uint256 unused = 0;
        assembly ("memory-safe") {
            // Reads and writes the records. The list of forms is in free memory, at most a word a key, and isn't kept.

            // How many bytes a key's sums take: a word for the coefficients, each signal and X. Points take twice as many.
            function sumBytes(record) -> size {
                size := add(mload(add(record, RECORD_SIGNAL_BYTES)), 32)
                if mload(add(record, RECORD_COMMITTED)) {
                    size := add(size, 32)
                }
            }

            // Multiplies the sums of a key by its ρ.
            function scale(sum, end, rho) {
                for {

                } lt(sum, end) {
                    sum := add(sum, 32)
                } {
                    mstore(sum, mulmod(mload(sum), rho, R))
                }
            }

            // Multiplies the sums of a key by ρ, and moves those of points that it shares with another, which has no
            // fewer, to the other.
            function move(from, rho, into) {
                let sum := mload(add(from, RECORD_SUMS))
                let end := add(sum, sumBytes(from))
                let total := mload(add(into, RECORD_SUMS))
                from := add(from, RECORD_IC)
                into := add(into, RECORD_IC)
                for {

                } lt(sum, end) {
                    sum := add(sum, 32)
                    total := add(total, 32)
                    from := add(from, 64)
                    into := add(into, 64)
                } {
                    let factor := mulmod(mload(sum), rho, R)
                    let other := xor(mload(from), mload(into))
                    if iszero(or(other, xor(mload(add(from, 32)), mload(add(into, 32))))) {
                        mstore(total, addmod(mload(total), factor, R))
                        factor := 0
                    }
                    mstore(sum, factor)
                }
            }

            let keys := add(records, 32)
            let keysEnd := add(keys, shl(5, mload(records)))
            let start := mload(keys)
            let forms := mload(0x40)
            let formsEnd := forms
            for {

            } lt(keys, keysEnd) {
                keys := add(keys, 32)
            } {
                let record := mload(keys)
                let sum := mload(add(record, RECORD_SUMS))
                // The coefficients of a key's proofs add up to zero with a probability of 2^-240 at most.
                let coefficients := mload(sum)
                if iszero(coefficients) {
                    unused := record
                    break
                }
                let rho := mload(add(record, RECORD_RHO))
                // Of keys with the same phase 1, the first one's weight is the sum of the factors of all their proofs, the
                // others' stays zero.
                let first := start
                let srs := mload(add(record, RECORD_SRS))
                for {

                } xor(mload(add(first, RECORD_SRS)), srs) {

                } {
                    first := mload(add(first, RECORD_NEXT))
                }
                let weight := add(first, RECORD_WEIGHT)
                mstore(weight, addmod(mload(weight), mulmod(coefficients, rho, R), R))
                let form := forms
                let x := mload(add(record, RECORD_IC))
                for {

                } lt(form, formsEnd) {
                    form := add(form, 32)
                } {
                    if eq(mload(add(mload(form), RECORD_IC)), x) {
                        break
                    }
                }
                if eq(form, formsEnd) {
                    scale(sum, add(sum, sumBytes(record)), rho)
                    mstore(form, record)
                    formsEnd := add(form, 32)
                    continue
                }
                let other := mload(form)
                switch gt(sumBytes(record), sumBytes(other))
                case 0 {
                    move(record, rho, other)
                }
                default {
                    scale(sum, add(sum, sumBytes(record)), rho)
                    move(other, 1, record)
                    mstore(form, record)
                }
            }
        }
        if (unused != 0) revert IGroth16BatchVerifier.CircuitWithoutProof(KeyRecords.circuitOf(unused));
    }

    /// @dev The same for a batch's only key, whose ρ is 1.
    function _weighOne(uint256 record) private pure {
        uint256 coefficients;
        assembly ("memory-safe") {
            // A field of the record.
            coefficients := mload(mload(add(record, RECORD_SUMS)))
            mstore(add(record, RECORD_WEIGHT), coefficients)
        }
        if (coefficients == 0) revert IGroth16BatchVerifier.CircuitWithoutProof(KeyRecords.circuitOf(record));
    }

    /// @notice Writes the pair e(Σ s·IC + Σ_v ρ_v·S_v + ρ_K·K*, G2).
    function appendIcPair(ProofBytes.Parts memory parts) internal view returns (uint256 end) {
        uint256[] memory records = parts.records;
        uint256 pair = ProofBytes.afterProofs(parts);
        for (uint256 v = 0; v < records.length; ++v) {
            // Each term but the first is written behind the sum, where G2 goes at the end.
            _addIc(records[v], pair, v == 0);
        }
        if (parts.commitmentCount != 0 && !_addKnowledge(parts.knowledge, parts.rhoK, pair)) {
            revert IGroth16BatchVerifier.PointNotOnCurve(parts.count + parts.circuitCount + parts.commitmentCount);
        }
        G2Point memory generator = Bn254.g2();
        assembly ("memory-safe") {
            // A point of the second group in memory is two pointers to two words each.
            mcopy(add(pair, 64), mload(generator), 64)
            mcopy(add(pair, 128), mload(add(generator, 32)), 64)
            end := add(pair, 192)
        }
    }

    /// @dev Adds Σ_j sums_j·IC_j of one key, and ρ·S if it has lookups, to the point at `total`, or puts it there if
    /// it is the first. The 64 bytes behind it are used. Sums are zero where another key has the point too.
    function _addIc(uint256 record, uint256 total, bool first) private view {
        assembly ("memory-safe") {
            // Points of ic were checked to be on the curve when the key was registered and S is a sum of points that
            // the precompiles took, so they can't be refused; if a call ran out of gas here, so does what follows.
            function scale(point, factor, out) -> done {
                switch factor
                case 1 {
                    mcopy(out, point, 64)
                    done := 1
                }
                default {
                    let scalar := add(point, 64)
                    let kept := mload(scalar)
                    mstore(scalar, factor)
                    done := staticcall(gas(), 7, point, 96, out, 64)
                    mstore(scalar, kept)
                }
            }

            let term := add(total, 64)
            let sum := mload(add(record, RECORD_SUMS))
            let committed := mload(add(record, RECORD_COMMITTED))
            let ic := add(record, RECORD_IC)
            // Points are twice as long as signals; ic has one more than signals, or two.
            let icEnd := add(add(ic, 64), shl(1, mload(add(record, RECORD_SIGNAL_BYTES))))
            if committed {
                icEnd := add(icEnd, 64)
            }
            let ok := 1
            if first {
                switch mload(sum)
                case 0 {
                    // Infinity.
                    calldatacopy(total, calldatasize(), 64)
                }
                default {
                    ok := scale(ic, mload(sum), total)
                }
                ic := add(ic, 64)
                sum := add(sum, 32)
            }
            for {

            } lt(ic, icEnd) {
                ic := add(ic, 64)
                sum := add(sum, 32)
            } {
                let factor := mload(sum)
                if factor {
                    ok := and(ok, scale(ic, factor, term))
                    ok := and(ok, staticcall(gas(), 6, total, 128, total, 64))
                }
            }
            if committed {
                ok := and(ok, scale(committed, mload(add(record, RECORD_RHO)), term))
                ok := and(ok, staticcall(gas(), 6, total, 128, total, 64))
            }
            if iszero(ok) {
                revert(0, 0)
            }
        }
    }

    /// @dev Adds ρ_K·K* to the point at `total`; false if K* isn't on the curve. The 96 bytes behind it are used.
    function _addKnowledge(uint256 knowledge, uint256 rhoK, uint256 total) private view returns (bool ok) {
        assembly ("memory-safe") {
            let term := add(total, 64)
            calldatacopy(term, knowledge, 64)
            mstore(add(term, 64), rhoK)
            ok := staticcall(gas(), 7, term, 96, term, 64)
            ok := and(ok, staticcall(gas(), 6, total, 128, total, 64))
        }
    }

    /// @notice Writes one pair e(Σs·α, β) for each phase 1 among the keys.
    function appendSrsPairs(
        ProofBytes.Parts memory parts,
        uint256 position
    ) internal view returns (uint256 end) {
        uint256[] memory records = parts.records;
        end = position;
        assembly ("memory-safe") {
            // One pair of the allocated input for each weight, with the scalar where β begins until the call is done. α
            // was checked at registration.
            let keys := add(records, 32)
            let keysEnd := add(keys, shl(5, mload(records)))
            let ok := 1
            for {

            } lt(keys, keysEnd) {
                keys := add(keys, 32)
            } {
                let record := mload(keys)
                let weight := mload(add(record, RECORD_WEIGHT))
                if weight {
                    mcopy(end, add(record, RECORD_ALPHA), 64)
                    if xor(weight, 1) {
                        mstore(add(end, 64), weight)
                        ok := and(ok, staticcall(gas(), 7, end, 96, end, 64))
                    }
                    mcopy(add(end, 64), add(record, RECORD_BETA), 128)
                    end := add(end, 192)
                }
            }
            if iszero(ok) {
                revert(0, 0)
            }
        }
    }

    /// @notice Writes the pair (ρ·C*, δ) of each key.
    function appendDeltaPairs(
        ProofBytes.Parts memory parts,
        uint256 position
    ) internal view returns (uint256 end) {
        uint256[] memory records = parts.records;
        uint256 sums = parts.sums;
        uint256 v = 0;
        end = position;
        for (; v < records.length; ++v) {
            uint256 record = records[v];
            bool ok = true;
            assembly ("memory-safe") {
                // One pair of the allocated input, the scalar where δ begins until the call is done.
                calldatacopy(end, sums, 64)
                let rho := mload(add(record, RECORD_RHO))
                if xor(rho, 1) {
                    mstore(add(end, 64), rho)
                    ok := staticcall(gas(), 7, end, 96, end, 64)
                }
                mcopy(add(end, 64), add(record, RECORD_DELTA), 128)
                end := add(end, 192)
                sums := add(sums, 64)
            }
            if (!ok) revert IGroth16BatchVerifier.PointNotOnCurve(parts.count + v);
        }
    }

    /// @notice Writes the pair (−ρ_K·S, σ) of each key with lookups.
    function appendSigmaPairs(
        ProofBytes.Parts memory parts,
        uint256 position
    ) internal view returns (uint256 end) {
        uint256[] memory records = parts.records;
        uint256 rhoK = parts.rhoK;
        end = position;
        for (uint256 v = 0; v < records.length; ++v) {
            uint256 record = records[v];
            assembly ("memory-safe") {
                // One pair of the allocated input. σ lies just before the record's sums. S is on the curve.
                let committed := mload(add(record, RECORD_COMMITTED))
                if committed {
                    mstore(add(committed, 64), sub(R, rhoK))
                    if iszero(staticcall(gas(), 7, committed, 96, end, 64)) {
                        revert(0, 0)
                    }
                    mcopy(add(end, 64), sub(mload(add(record, RECORD_SUMS)), 128), 128)
                    end := add(end, 192)
                }
            }
        }
    }
}
