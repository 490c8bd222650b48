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
import {Job, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Traces} from "./Traces.sol";

/// @title What the claims of a settlement state, and the verifier's answer
library Claims {
    using Masks for uint256;

    /// @notice Has the proofs of all slices verified. Nothing of the statements but the trace, whose hash is checked, and the
    /// prover comes from the caller. Reverts with the verifier's reason.
    /// @return refused The numbers of the proofs that external verifiers refused, ascending.
    function verify(
        MarketState storage market,
        IGroth16BatchVerifier verifier,
        JobBatch[] calldata batches,
        bytes calldata proofs
    ) internal view returns (uint256[] memory refused) {
        bytes memory data = _encode(market, batches, proofs);
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

    /// @dev The call of {IGroth16BatchVerifier-verify}, its statements written where they are sent from.
    function _encode(
        MarketState storage market,
        JobBatch[] calldata batches,
        bytes calldata proofs
    ) private view returns (bytes memory data) {
        bytes4 selector = IGroth16BatchVerifier.verify.selector;
        uint256 start;
        assembly ("memory-safe") {
            // Fresh memory: length, selector, settler, two offsets, the statements' length. Two of them come last.
            data := mload(0x40)
            mstore(add(data, 32), selector)
            mstore(add(data, 36), caller())
            mstore(add(data, 68), 96)
            start := add(data, 164)
            mstore(0x40, start)
        }
        uint256 end = start;
        for (uint256 b = 0; b < batches.length; ++b) end = _addBatch(market, batches[b], end);
        if (end == start) revert IMarketErrors.NothingNamed();
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

    /// @dev Writes the statements of one job's claims to memory from `end` on; returns where they go on.
    function _addBatch(
        MarketState storage market,
        JobBatch calldata batch,
        uint256 end
    ) private view returns (uint256) {
        bytes32 jobId = batch.jobId;
        uint256 count = _countOf(batch.groups);
        assembly ("memory-safe") {
            // Reserves 13 words a slice, the most that a statement has. What an earlier batch left of its own is used.
            mstore(0x40, add(end, mul(count, 416)))
        }
        Job storage job = JobRecords.jobOf(market, jobId);
        uint256 opened = Traces.open(jobId, job, batch.trace, batch.shown);
        address modelStore = job.place.modelStore;
        uint256 provable = ModelStore.provableOf(modelStore);
        for (uint256 g = 0; g < batch.groups.length; ++g) {
            ProvedSlices calldata group = batch.groups[g];
            uint256 excess = group.slices & ~provable;
            if (excess != 0) revert IMarketErrors.UnknownSlice(jobId, excess.lowest());
            if (group.prover == address(0)) {
                revert IMarketErrors.ZeroProver(jobId, group.slices.lowest());
            }
            end = _addGroup(group, jobId, modelStore, opened, batch.shown, end);
        }
        return end;
    }

    /// @dev Writes the statements of one prover's slices, all of which are provable.
    /// @param opened Where the commitments of the chunks that are `shown` are.
    function _addGroup(
        ProvedSlices calldata group,
        bytes32 jobId,
        address modelStore,
        uint256 opened,
        uint256 shown,
        uint256 place
    ) private view returns (uint256 end) {
        uint256 slices = group.slices;
        address prover = group.prover;
        // The chunks that the slices' tensors are in.
        uint256 needed;
        end = place;
        assembly ("memory-safe") {
            // Circuit, commitments and tag: at most 13 words, for which {_addBatch} made room. The trace has an entry for each
            // tensor of the model, as its hash was checked, and tensors' ids were checked when the model was registered.
            // What lies behind the room is used for the tag's hash, which is that of {tagOf}, and not kept. The description of a
            // slice, as {SliceSpecs} has it, goes through scratch space; in the store are a STOP byte and 128 more before
            // the first.
            let scratch := mload(0x40)
            mstore(scratch, chainid())
            mstore(add(scratch, 32), address())
            mstore(add(scratch, 64), jobId)
            mstore(add(scratch, 128), prover)
            let slice := 0
            for {

            } slices {
                slice := add(slice, 1)
                slices := shr(1, slices)
            } {
                // On to the next one named, which is mostly the next there is.
                for {

                } iszero(and(slices, 0xffff)) {
                    slice := add(slice, 16)
                } {
                    slices := shr(16, slices)
                }
                for {

                } iszero(and(slices, 1)) {
                    slice := add(slice, 1)
                } {
                    slices := shr(1, slices)
                }
                extcodecopy(modelStore, 0, add(129, shl(5, slice)), 32)
                let spec := mload(0)
                mstore(end, and(spec, 0xffffffffff))
                end := add(end, 32)
                let count := add(and(shr(72, spec), 0xf), and(shr(76, spec), 0xf))
                for {
                    // 32 times the first id, in what it is masked with: of its chunk that is 512 times the number.
                    let ids := shr(75, spec)
                    let tag := add(end, shl(5, count))
                } lt(end, tag) {
                    end := add(end, 32)
                } {
                    let tensor := and(ids, 0x1fffe0)
                    needed := or(needed, shl(shr(9, tensor), 1))
                    mstore(end, mload(add(opened, tensor)))
                    ids := shr(16, ids)
                }
                mstore(add(scratch, 96), slice)
                mstore(end, mod(keccak256(scratch, 160), R))
                end := add(end, 32)
            }
        }
        uint256 hidden = needed & ~shown;
        if (hidden != 0) revert IMarketErrors.ChunkNotShown(jobId, hidden.lowest());
    }
}
