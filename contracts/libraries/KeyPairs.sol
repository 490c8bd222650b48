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
    /// @notice Writes the pair e(Σ s·IC + Σ_v ρ_v·S_v + ρ_K·K*, G2).
    function appendIcPair(ProofBytes.Parts memory parts) internal view returns (uint256 end) {
        uint256[] memory records = parts.records;
        uint256 pair = ProofBytes.afterProofs(parts);
        for (uint256 v = 0; v < records.length; ++v) {
            uint256 record = records[v];
            _requireUsed(record);
            // Each term but the first is written behind the sum, where G2 goes at the end.
            _addIc(record, pair, v == 0);
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

    /// @dev A key that is listed has a proof: the coefficients of its proofs add up to zero with a probability of 2^-240 at most.
    function _requireUsed(uint256 record) private pure {
        uint256 sum;
        assembly ("memory-safe") {
            // The first of the record's sums.
            sum := mload(mload(add(record, RECORD_SUMS)))
        }
        if (sum == 0) revert IGroth16BatchVerifier.CircuitWithoutProof(KeyRecords.circuitOf(record));
    }

    /// @dev Adds Σ_j ρ·sums_j·IC_j of one key, and ρ·S if it has lookups, to the point at `total`, or puts it there if
    /// it is the first. The 64 bytes behind it are used.
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
            let rho := mload(add(record, RECORD_RHO))
            let committed := mload(add(record, RECORD_COMMITTED))
            let ic := add(record, RECORD_IC)
            // Points are twice as long as signals; ic has one more than signals, or two.
            let icEnd := add(add(ic, 64), shl(1, mload(add(record, RECORD_SIGNAL_BYTES))))
            if committed {
                icEnd := add(icEnd, 64)
            }
            let ok := 1
            if first {
                ok := scale(ic, mulmod(mload(sum), rho, R), total)
                ic := add(ic, 64)
                sum := add(sum, 32)
            }
            for {

            } lt(ic, icEnd) {
                ic := add(ic, 64)
                sum := add(sum, 32)
            } {
                ok := and(ok, scale(ic, mulmod(mload(sum), rho, R), term))
                ok := and(ok, staticcall(gas(), 6, total, 128, total, 64))
            }
            if committed {
                ok := and(ok, scale(committed, rho, term))
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
            // Of keys with the same phase 1, the first one's weight is the sum of the factors of all their proofs, the
            // others' stays zero. Then one pair of the allocated input for each weight, with the scalar where β begins
            // until the call is done. α was checked at registration.
            let keys := add(records, 32)
            let keysEnd := add(keys, shl(5, mload(records)))
            for {
                let key := keys
            } lt(key, keysEnd) {
                key := add(key, 32)
            } {
                let record := mload(key)
                let first := mload(keys)
                for {

                } xor(mload(add(first, RECORD_SRS)), mload(add(record, RECORD_SRS))) {

                } {
                    first := mload(add(first, RECORD_NEXT))
                }
                let weight := add(first, RECORD_WEIGHT)
                let factor := mulmod(mload(mload(add(record, RECORD_SUMS))), mload(add(record, RECORD_RHO)), R)
                mstore(weight, addmod(mload(weight), factor, R))
            }
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
