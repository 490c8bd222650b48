// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
// Used in assembly, which the linter doesn't read.
// solhint-disable-next-line no-unused-import
import {KIND_EXTERNAL, KIND_LOOKUPS, KeyStore} from "./KeyStore.sol";
import {ProofBytes} from "./ProofBytes.sol";

// Positions in a record. Constants of a file, since assembly takes none of a library's.
uint256 constant RECORD_RHO = 0x20;
uint256 constant RECORD_NEXT = 0x40;
uint256 constant RECORD_SUMS = 0x60;
uint256 constant RECORD_SIGNAL_BYTES = 0x80;
uint256 constant RECORD_COMMITTED = 0xa0;
uint256 constant RECORD_WEIGHT = 0xc0;
// The store's content, in KeyStore's layout, starts at 0xe0.
uint256 constant RECORD_STORE = 0xe0;
uint256 constant RECORD_DIGEST = 0x100;
uint256 constant RECORD_SRS = 0x120;
uint256 constant RECORD_ALPHA = 0x140;
uint256 constant RECORD_BETA = 0x180;
uint256 constant RECORD_DELTA = 0x200;
uint256 constant RECORD_IC = 0x280;

/// @title A batch's keys in memory
/// @notice A *record* is: the circuit's number; ρ; the next record, the last one's being the first; where its sums are;
/// how many bytes the signals of a statement take; where its commitments are added up (0: no lookups); the weight of its
/// phase 1; and the content of the key's store. Behind it come σ's end or ic's, then the sums, one a point of ic: Σ r_i
/// and Σ r_i·x_ij for each signal j over the key's proofs, all of them times ρ in the end; and with lookups 20 words: the sum S = Σ r_i·D_i (2 words), a
/// term of it and its scalar (3), and room to hash a statement (15).
library KeyRecords {
    uint256 private constant COMMITTED_BYTES = 640;

    /// @notice Reads every listed key from its store. Refuses a list that isn't strictly ascending.
    function load(address registry, ProofBytes.Parts memory parts) internal view {
        uint256 count = parts.circuitCount;
        uint256[] memory records = new uint256[](count);
        parts.records = records;
        if (count == 0) return;
        uint256 position = parts.circuits;
        uint256 previous = 0;
        uint256 before = 0;
        unchecked {
            // Counters and positions are below 2^64.
            for (uint256 v = 0; v < count; ++v) {
                uint256 circuit;
                assembly ("memory-safe") {
                    // Reads calldata only.
                    circuit := calldataload(position)
                }
                if (v != 0 && circuit <= previous) revert IGroth16BatchVerifier.CircuitsNotAscending(v);
                uint256 record = _load(registry, circuit);
                assembly ("memory-safe") {
                    // Word v of the array, and a field of the record before, if there is one.
                    mstore(add(add(records, 32), shl(5, v)), record)
                    if before {
                        mstore(add(before, RECORD_NEXT), record)
                    }
                    before := record
                }
                previous = circuit;
                position += 32;
            }
        }
        uint256 first = records[0];
        assembly ("memory-safe") {
            // A field of the last record.
            mstore(add(before, RECORD_NEXT), first)
        }
    }

    /// @notice Whether a circuit is listed, and how many signals its statements have.
    function find(
        ProofBytes.Parts memory parts,
        uint256 circuit
    ) internal pure returns (bool listed, uint256 signals) {
        uint256[] memory records = parts.records;
        for (uint256 v = 0; v < records.length && !listed; ++v) {
            uint256 record = records[v];
            assembly ("memory-safe") {
                // Reads the record's circuit and how many bytes its signals take.
                listed := eq(mload(record), circuit)
                signals := shr(5, mload(add(record, RECORD_SIGNAL_BYTES)))
            }
        }
    }

    /// @notice The first record; there must be one.
    function firstOf(ProofBytes.Parts memory parts) internal pure returns (uint256 record) {
        uint256[] memory records = parts.records;
        assembly ("memory-safe") {
            // The array's first word.
            record := mload(add(records, 32))
        }
    }

    /// @notice The circuit's number of a record.
    function circuitOf(uint256 record) internal pure returns (uint256 circuit) {
        assembly ("memory-safe") {
            // A field of the record.
            circuit := mload(record)
        }
    }

    function _load(address registry, uint256 circuit) private view returns (uint256 record) {
        // Numbers are nonces; no account has more than 2^64, and a circuit's number in a model has 40 bits.
        address store = circuit >> 40 == 0 ? KeyStore.storeOf(registry, circuit) : address(0);
        uint256 kind;
        assembly ("memory-safe") {
            // From the free memory pointer, which is moved behind it, the record takes its head (RECORD_STORE bytes),
            // the store without its STOP byte, a word for each point of ic, and COMMITTED_BYTES if it has lookups. All
            // but the store's content is zeroed: free memory may be dirty. A missing store reads as zeros.
            record := mload(0x40)
            let size := extcodesize(store)
            if size {
                let content := add(record, RECORD_STORE)
                let sums := sub(add(content, size), 1)
                calldatacopy(record, calldatasize(), RECORD_STORE)
                extcodecopy(store, content, 1, sub(size, 1))
                let header := mload(content)
                kind := and(header, 0xff)
                let signalBytes := shl(5, and(shr(8, header), 0xff))
                let lookups := eq(kind, KIND_LOOKUPS)
                let committed := add(add(sums, signalBytes), shl(5, add(lookups, 1)))
                let end := add(committed, mul(lookups, COMMITTED_BYTES))
                calldatacopy(sums, calldatasize(), sub(end, sums))
                mstore(record, circuit)
                mstore(add(record, RECORD_SUMS), sums)
                mstore(add(record, RECORD_SIGNAL_BYTES), signalBytes)
                mstore(add(record, RECORD_COMMITTED), mul(lookups, committed))
                mstore(0x40, end)
            }
        }
        if (kind == 0) revert IGroth16BatchVerifier.CircuitNotRegistered(circuit);
        if (kind == KIND_EXTERNAL) revert IGroth16BatchVerifier.CircuitWithoutKey(circuit);
    }
}
