// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
import {ISliceVerifier} from "../interfaces/ISliceVerifier.sol";
import {Bn254} from "./Bn254.sol";
import {KIND_EXTERNAL, KeyStore} from "./KeyStore.sol";
import {KeyRecords} from "./KeyRecords.sol";
import {ProofBytes} from "./ProofBytes.sol";

/// @title Proofs that another contract verifies
/// @notice A verifier that refuses, reverts, wastes its gas or has changed its code costs the batch that gas and
/// nothing else: its slice is reported as refused. So whoever writes such a verifier can't make the proofs of others
/// fail with it, nor can a settler who gives it too little gas.
library ExternalProofs {
    /// @dev What a call needs besides the callee's gas: copying its input, and what the caller does afterwards.
    uint256 private constant CALL_MARGIN = 10_000;

    /// @dev What moves along the statements.
    struct Cursor {
        uint256 read;
        uint256 kept;
        uint256 calldataAt;
        uint256 found;
        uint256 refusedCount;
    }

    /// @notice Has every statement of an external circuit verified, and takes it out of the statements.
    /// @param parts Its statements are those of all claims; afterwards those of Groth16 circuits alone.
    /// @return refused Positions, among all claims, of those whose proof doesn't hold, ascending.
    function verify(
        address registry,
        ProofBytes.Parts memory parts
    ) internal view returns (uint256[] memory refused) {
        uint256[] memory statements = parts.statements;
        refused = new uint256[](parts.externalCount);
        Cursor memory cursor;
        cursor.calldataAt = parts.externals;
        for (uint256 claim = 0; cursor.read < statements.length; ++claim) {
            uint256 circuit = statements[cursor.read];
            (bool listed, uint256 signals) = KeyRecords.find(parts, circuit);
            address store = address(0);
            if (!listed) {
                uint256 kind;
                store = KeyStore.storeOf(registry, circuit & type(uint40).max);
                (kind, signals) = KeyStore.headerOf(store);
                if (kind != KIND_EXTERNAL || circuit >> 40 != 0) {
                    revert IGroth16BatchVerifier.CircuitNotListed(circuit);
                }
            }
            if (cursor.read + 1 + signals > statements.length) {
                revert IGroth16BatchVerifier.StatementLengthMismatch(statements.length, claim);
            }
            if (listed) {
                for (uint256 j = 0; j <= signals; ++j) statements[cursor.kept++] = statements[cursor.read + j];
            } else if (!_holds(store, parts, cursor, _signals(statements, cursor.read + 1, signals))) {
                refused[cursor.refusedCount++] = claim;
            }
            cursor.read += 1 + signals;
        }
        bool allRead = cursor.found == parts.externalCount && cursor.calldataAt == parts.end;
        if (!allRead) revert IGroth16BatchVerifier.ExternalCountMismatch(parts.externalCount, cursor.found);
        _shorten(statements, cursor.kept);
        _shorten(refused, cursor.refusedCount);
    }

    function _signals(
        uint256[] memory statements,
        uint256 from,
        uint256 count
    ) private pure returns (uint256[] memory signals) {
        signals = new uint256[](count);
        for (uint256 j = 0; j < count; ++j) {
            uint256 value = statements[from + j];
            if (value >= Bn254.SCALAR_FIELD) {
                revert IGroth16BatchVerifier.SignalOutOfRange(from + j, value);
            }
            signals[j] = value;
        }
    }

    function _holds(
        address store,
        ProofBytes.Parts memory parts,
        Cursor memory cursor,
        uint256[] memory signals
    ) private view returns (bool) {
        if (cursor.found == parts.externalCount) {
            revert IGroth16BatchVerifier.ExternalCountMismatch(parts.externalCount, cursor.found + 1);
        }
        ++cursor.found;
        bytes calldata proof = _next(parts, cursor);
        KeyStore.External memory circuit = KeyStore.externalOf(store);
        if (circuit.verifier.codehash != circuit.codeHash) return false;
        bytes memory input = abi.encodeCall(ISliceVerifier.verify, (proof, signals));
        // 63/64 of the gas left is the most that a call can be given: with less than this, a proof could be made to
        // look refused by whoever settles it.
        uint256 needed = circuit.gasLimit + circuit.gasLimit / 63 + CALL_MARGIN;
        if (gasleft() < needed) revert IGroth16BatchVerifier.InsufficientGas(needed);
        return _answersYes(circuit.verifier, circuit.gasLimit, input);
    }

    /// @dev The next external proof: a word with its length, and its bytes.
    function _next(
        ProofBytes.Parts memory parts,
        Cursor memory cursor
    ) private pure returns (bytes calldata proof) {
        uint256 at_ = cursor.calldataAt;
        uint256 length;
        assembly ("memory-safe") {
            // Reads calldata only; past its end are zeros, and the check below refuses what isn't inside.
            length := calldataload(at_)
        }
        bool fits = at_ + 32 <= parts.end && length <= parts.end - at_ - 32;
        if (!fits) revert ProofBytes.MalformedProofs(parts.end - at_, length);
        assembly ("memory-safe") {
            // Inside the bytes, as was just checked.
            proof.offset := add(at_, 32)
            proof.length := length
        }
        cursor.calldataAt = at_ + 32 + length;
    }

    function _answersYes(
        address verifier,
        uint256 gasLimit,
        bytes memory input
    ) private view returns (bool yes) {
        assembly ("memory-safe") {
            // Takes one word of the answer into scratch space, however much there is.
            yes := staticcall(gasLimit, verifier, add(input, 32), mload(input), 0, 32)
            yes := and(yes, and(gt(returndatasize(), 31), eq(mload(0), 1)))
        }
    }

    /// @dev `length` is at most the array's.
    function _shorten(uint256[] memory array, uint256 length) private pure {
        assembly ("memory-safe") {
            // Its length word.
            mstore(array, length)
        }
    }
}
