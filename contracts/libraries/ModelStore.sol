// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {CodeStore} from "./CodeStore.sol";

/// @title Layout of a model in a code store
/// @notice modelId (32 bytes), manifest digest (32), a header word, the mask of provable slices (32), the slices (32
/// each), the tensors (8 each), the outputs (2 each), the slices' numbers by weight, the heaviest first (1 each). Header: bits 0..11 inputs, 12..23 outputs, 24..35 tensors,
/// 36..47 slices, 48..207 publisher, 208..255 the weight of all slices together.
library ModelStore {
    using SliceSpecs for uint256;

    uint256 private constant MANIFEST = 32;
    uint256 private constant HEADER = 64;
    uint256 private constant PROVABLE = 96;
    uint256 private constant SLICES = 128;

    /// @notice The content of a model's store. The caller has checked every count.
    function encode(
        bytes32 modelId,
        bytes32 manifestDigest,
        address publisher,
        uint256 provableMask,
        uint16 inputCount,
        uint64[] memory tensors,
        uint16[] memory outputs,
        uint256[] memory slices
    ) internal pure returns (bytes memory data) {
        uint256 header = uint256(inputCount) |
            (outputs.length << 12) |
            (tensors.length << 24) |
            (slices.length << 36) |
            (uint256(uint160(publisher)) << 48);
        // At most 256 weights of 32 bits.
        for (uint256 i = 0; i < slices.length; ++i) header += slices[i].weight() << 208;
        uint256 tensorsAt = SLICES + 32 * slices.length;
        uint256 outputsAt = tensorsAt + 8 * tensors.length;
        data = new bytes(outputsAt + 2 * outputs.length + slices.length);
        _put(data, 0, uint256(modelId), 32);
        _put(data, MANIFEST, uint256(manifestDigest), 32);
        _put(data, HEADER, header, 32);
        _put(data, PROVABLE, provableMask, 32);
        for (uint256 i = 0; i < slices.length; ++i) _put(data, SLICES + 32 * i, slices[i], 32);
        for (uint256 i = 0; i < tensors.length; ++i) _put(data, tensorsAt + 8 * i, tensors[i], 8);
        for (uint256 i = 0; i < outputs.length; ++i) _put(data, outputsAt + 2 * i, outputs[i], 2);
        _putOrder(data, outputsAt + 2 * outputs.length, slices);
    }

    /// @notice The model's id.
    function modelIdOf(address store) internal view returns (bytes32) {
        return bytes32(CodeStore.wordAt(store, 0));
    }

    /// @notice The manifest's sha-256.
    function manifestDigestOf(address store) internal view returns (bytes32) {
        return bytes32(CodeStore.wordAt(store, MANIFEST));
    }

    /// @notice Who published the model, and how many inputs, outputs, tensors and slices it has.
    function headerOf(
        address store
    )
        internal
        view
        returns (address publisher, uint256 inputs, uint256 outputs, uint256 tensors, uint256 slices)
    {
        uint256 word = CodeStore.wordAt(store, HEADER);
        return (
            address(uint160(word >> 48)),
            word & 0xfff,
            (word >> 12) & 0xfff,
            (word >> 24) & 0xfff,
            (word >> 36) & 0xfff
        );
    }

    /// @notice The weight of all slices together; those without a circuit have none.
    function weightOf(address store) internal view returns (uint256) {
        return CodeStore.wordAt(store, HEADER) >> 208;
    }

    /// @notice Which slices have a circuit.
    function provableOf(address store) internal view returns (uint256) {
        return CodeStore.wordAt(store, PROVABLE);
    }

    /// @notice The packed description of a slice, which must be one of the model's.
    function sliceOf(address store, uint256 index) internal view returns (uint256) {
        return CodeStore.wordAt(store, SLICES + 32 * index);
    }

    /// @notice The packed descriptions of `count` slices from one on, which the model has.
    function slicesFrom(
        address store,
        uint256 first,
        uint256 count
    ) internal view returns (uint256[] memory words) {
        assembly ("memory-safe") {
            // Free memory for a length and `count` words, all of which are written; 1 for the store's STOP byte.
            words := mload(0x40)
            mstore(words, count)
            let start := add(words, 32)
            let size := shl(5, count)
            mstore(0x40, add(start, size))
            extcodecopy(store, start, add(add(SLICES, 1), shl(5, first)), size)
        }
    }

    /// @notice The packed descriptions of all tensors.
    function tensorsOf(
        address store,
        uint256 sliceCount,
        uint256 count
    ) internal view returns (uint64[] memory words) {
        words = new uint64[](count);
        uint256 start = SLICES + 32 * sliceCount;
        for (uint256 i = 0; i < count; ++i) {
            words[i] = uint64(CodeStore.wordAt(store, start + 8 * i) >> 192);
        }
    }

    /// @notice The packed description of a tensor, which must be one of the model's.
    function tensorOf(address store, uint256 sliceCount, uint256 tensor) internal view returns (uint64) {
        return uint64(CodeStore.wordAt(store, SLICES + 32 * sliceCount + 8 * tensor) >> 192);
    }

    /// @notice The ids of the model's outputs.
    function outputsOf(
        address store,
        uint256 sliceCount,
        uint256 tensorCount,
        uint256 count
    ) internal view returns (uint16[] memory ids) {
        ids = new uint16[](count);
        uint256 start = SLICES + 32 * sliceCount + 8 * tensorCount;
        for (uint256 i = 0; i < count; ++i) {
            ids[i] = uint16(CodeStore.wordAt(store, start + 2 * i) >> 240);
        }
    }

    /// @notice The numbers of all slices, the heaviest first, and their packed descriptions by number.
    function byWeight(address store) internal view returns (bytes memory order, uint256[] memory slices) {
        (, , uint256 outputs, uint256 tensors, uint256 count) = headerOf(store);
        slices = slicesFrom(store, 0, count);
        order = CodeStore.read(store, SLICES + 32 * count + 8 * tensors + 2 * outputs, count);
    }

    /// @dev Writes the slices' numbers by weight, a byte each.
    function _putOrder(bytes memory data, uint256 position, uint256[] memory slices) private pure {
        uint256[] memory order = _byWeight(slices);
        for (uint256 i = 0; i < order.length; ++i) _put(data, position + i, order[i] & 0xff, 1);
    }

    /// @dev The slices' numbers in the lowest 8 bits, the heaviest first: runs of 1, 2, 4, … are merged from one array into
    /// another and back.
    function _byWeight(uint256[] memory slices) private pure returns (uint256[] memory from) {
        uint256 count = slices.length;
        from = new uint256[](count);
        uint256[] memory into = new uint256[](count);
        unchecked {
            // At most 256 slices, weights of 32 bits.
            for (uint256 i = 0; i < count; ++i) from[i] = (slices[i].weight() << 8) | i;
            for (uint256 run = 1; run < count; run *= 2) {
                for (uint256 start = 0; start < count; start += 2 * run) _merge(from, into, start, run);
                (from, into) = (into, from);
            }
        }
    }

    /// @dev Merges two descending runs, of which the second may be short or missing.
    function _merge(
        uint256[] memory from,
        uint256[] memory into,
        uint256 start,
        uint256 run
    ) private pure {
        unchecked {
            uint256 end = Math.min(start + 2 * run, from.length);
            uint256 middle = Math.min(start + run, end);
            uint256 left = start;
            uint256 right = middle;
            for (uint256 place = start; place < end; ++place) {
                bool takesLeft = left < middle && (right == end || from[left] > from[right]);
                into[place] = takesLeft ? from[left++] : from[right++];
            }
        }
    }

    /// @dev Writes the low `size` bytes of `value` at a position of `data`.
    function _put(bytes memory data, uint256 position, uint256 value, uint256 size) private pure {
        assembly ("memory-safe") {
            // position + size is within `data`. The word written may reach past its end when size is below 32; what
            // lies there is read first and written back as it was.
            let place := add(add(data, 32), position)
            let bits := shl(3, sub(32, size))
            let rest := and(mload(place), sub(shl(bits, 1), 1))
            mstore(place, or(shl(bits, value), rest))
        }
    }
}
