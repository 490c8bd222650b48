// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
// Used in assembly, which the linter doesn't read.
// solhint-disable-next-line no-unused-import
import {R} from "../libraries/Bn254.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {JobBatch, ProvedSlices} from "../types/JobBatch.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {Job, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Traces} from "./Traces.sol";

/// @title What the claims of a settlement state, and the verifier's answer
library Claims {
    using Masks for uint256;
    using SliceSpecs for uint256;

    /// @notice Has the proofs of all slices verified. Nothing of the statements but the trace, whose hash is checked, and the
    /// prover comes from the caller. Reverts with the verifier's reason.
    /// @return specs The slices' descriptions, packed as in {SliceSpecs}, in the order of the proofs.
    /// @return refused The numbers of the proofs that external verifiers refused, ascending.
    function verify(
        MarketState storage market,
        IGroth16BatchVerifier verifier,
        JobBatch[] calldata batches,
        bytes calldata proofs
    ) internal view returns (uint256[] memory specs, uint256[] memory refused) {
        uint256 count = 0;
        for (uint256 b = 0; b < batches.length; ++b) count += _countOf(batches[b].groups);
        if (count == 0) revert IMarketErrors.NothingNamed();
        specs = new uint256[](count);
        bytes memory data = _encode(market, batches, proofs, specs);
        refused = abi.decode(Address.functionStaticCall(address(verifier), data), (uint256[]));
    }

    /// @dev How many slices some groups name; each at least one.
    function _countOf(ProvedSlices[] calldata groups) private pure returns (uint256 count) {
        for (uint256 g = 0; g < groups.length; ++g) {
            uint256 slices = groups[g].slices;
            if (slices == 0) revert IMarketErrors.NothingNamed();
            count += slices.count();
        }
    }

    /// @notice The packed description of a slice that has a circuit.
    function provableSpec(
        bytes32 jobId,
        address modelStore,
        uint256 provable,
        uint256 slice
    ) internal view returns (uint256 spec) {
        if (!provable.has(slice)) revert IMarketErrors.UnknownSlice(jobId, slice);
        spec = ModelStore.sliceOf(modelStore, slice);
    }

    /// @notice The last public signal of every proof: for whom, and for what, it was made. It is the hash of chain id,
    /// market, job, slice and prover, one word each, modulo the scalar field's order.
    function tagOf(bytes32 jobId, uint256 slice, address prover) internal view returns (uint256 tag) {
        if (prover == address(0)) revert IMarketErrors.ZeroProver(jobId, slice);
        assembly ("memory-safe") {
            // Free memory is used and not kept.
            let scratch := mload(0x40)
            mstore(scratch, chainid())
            mstore(add(scratch, 32), address())
            mstore(add(scratch, 64), jobId)
            mstore(add(scratch, 96), slice)
            mstore(add(scratch, 128), prover)
            tag := mod(keccak256(scratch, 160), R)
        }
    }

    /// @dev The call of {IGroth16BatchVerifier-verify}, its statements written where they are sent from. Fills `specs`.
    function _encode(
        MarketState storage market,
        JobBatch[] calldata batches,
        bytes calldata proofs,
        uint256[] memory specs
    ) private view returns (bytes memory data) {
        bytes4 selector = IGroth16BatchVerifier.verify.selector;
        uint256 start;
        uint256 place;
        assembly ("memory-safe") {
            // Fresh memory: length, selector, settler, two offsets, the statements' length. Two of them come last.
            data := mload(0x40)
            mstore(add(data, 32), selector)
            mstore(add(data, 36), caller())
            mstore(add(data, 68), 96)
            start := add(data, 164)
            mstore(0x40, start)
            place := add(specs, 32)
        }
        uint256 end = start;
        for (uint256 b = 0; b < batches.length; ++b) (end, place) = _addBatch(market, batches[b], end, place);
        assembly ("memory-safe") {
            // The statements end where what {_addBatch} reserved for the last of them may go on; nothing there is in use.
            let size := sub(end, start)
            mstore(add(data, 100), add(128, size))
            mstore(add(data, 132), shr(5, size))
            mstore(end, proofs.length)
            let bytesAt := add(end, 32)
            // Padding of the last word.
            mstore(add(bytesAt, proofs.length), 0)
            calldatacopy(bytesAt, proofs.offset, proofs.length)
            end := add(bytesAt, and(add(proofs.length, 31), not(31)))
            mstore(data, sub(sub(end, data), 32))
            // Two more words: the padding, and to the next whole word.
            mstore(0x40, and(add(end, 63), not(31)))
        }
    }

    /// @dev Writes the statements of one job's claims to memory from `end` on, and their slices' descriptions from
    /// `place` on; returns where each goes on.
    function _addBatch(
        MarketState storage market,
        JobBatch calldata batch,
        uint256 end,
        uint256 place
    ) private view returns (uint256, uint256) {
        bytes32 jobId = batch.jobId;
        bytes32[] calldata trace = batch.trace;
        ProvedSlices[] calldata groups = batch.groups;
        uint256 count = _countOf(groups);
        assembly ("memory-safe") {
            // Reserves 13 words a slice, the most that a statement has. What an earlier batch left of its own is used.
            mstore(0x40, add(end, mul(count, 416)))
        }
        Job storage job = JobRecords.jobOf(market, jobId);
        Traces.requireTrace(jobId, job, trace);
        address modelStore = job.place.modelStore;
        uint256 provable = ModelStore.provableOf(modelStore);
        for (uint256 g = 0; g < groups.length; ++g) {
            address prover = groups[g].prover;
            for (uint256 left = groups[g].slices; left != 0; left &= left - 1) {
                uint256 slice = left.lowest();
                uint256 spec = provableSpec(jobId, modelStore, provable, slice);
                uint256 tag = tagOf(jobId, slice, prover);
                assembly ("memory-safe") {
                    // One word a slice of an array that has as many.
                    mstore(place, spec)
                    place := add(place, 32)
                }
                end = _writeStatement(spec, trace, tag, end);
            }
        }
        return (end, place);
    }

    function _writeStatement(
        uint256 spec,
        bytes32[] calldata trace,
        uint256 tag,
        uint256 place
    ) private pure returns (uint256 end) {
        uint256 circuit = spec.circuit();
        uint256 count = spec.inputCount() + spec.outputCount();
        assembly ("memory-safe") {
            // Circuit, commitments and tag: at most 13 words, for which there is room. The trace has an entry for each
            // tensor of the model, as its hash was checked, and tensors' ids were checked when the model was registered.
            mstore(place, circuit)
            end := add(place, 32)
            for {
                let ids := shr(80, spec)
            } count {
                count := sub(count, 1)
            } {
                calldatacopy(end, add(trace.offset, shl(5, and(ids, 0xffff))), 32)
                ids := shr(16, ids)
                end := add(end, 32)
            }
            mstore(end, tag)
            end := add(end, 32)
        }
    }
}
