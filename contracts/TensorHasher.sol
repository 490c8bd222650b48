// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITensorHasher} from "./interfaces/ITensorHasher.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {PoseidonTables} from "./libraries/PoseidonTables.sol";

/// @title The hash that tensors are committed with
/// @notice See {ITensorHasher}. Poseidon's constants lie in the code of small contracts, which are the same everywhere:
/// this one refuses any others.
/// @dev Of each permutation there are 8 full rounds and as many partial ones as circomlib has for its width; x^5; the
/// state starts as (0, inputs), the hash is its first element. In a table come the round constants, row by row, then the
/// matrix, row by row.
contract TensorHasher is ITensorHasher {
    uint256 private constant FULL_ROUNDS = 8;
    uint256 private constant LEAST_WORDS = 3;
    uint256 private constant MOST_IN_ONE = 5;
    uint256 private constant CHAIN = 16;

    address private immutable _table0;
    address private immutable _table1;
    address private immutable _table2;
    address private immutable _table3;
    address private immutable _table4;

    /// @param tables Contracts whose code is a STOP byte and constants, in {PoseidonTables}' order.
    constructor(address[5] memory tables) {
        bytes32[5] memory hashes = PoseidonTables.hashes();
        for (uint256 i = 0; i < 5; ++i) {
            if (tables[i].codehash != hashes[i]) revert WrongTable(i, tables[i].codehash, hashes[i]);
        }
        _table0 = tables[0];
        _table1 = tables[1];
        _table2 = tables[2];
        _table3 = tables[3];
        _table4 = tables[4];
    }

    /// @inheritdoc ITensorHasher
    function hashWords(uint256[] calldata words) external view returns (uint256 hash) {
        uint256 count = words.length;
        if (count < LEAST_WORDS) revert TooFewWords(count, LEAST_WORDS);
        for (uint256 i = 0; i < count; ++i) {
            if (words[i] >= Bn254.SCALAR_FIELD) revert WordOutOfRange(i, words[i]);
        }
        if (count <= MOST_IN_ONE) {
            uint256[] memory short = new uint256[](count + 1);
            for (uint256 i = 0; i < count; ++i) short[i + 1] = words[i];
            return _permute(short, _constants(count + 1));
        }
        uint256 constants = _constants(CHAIN + 1);
        uint256[] memory state = new uint256[](CHAIN + 1);
        uint256 next = 0;
        while (next < count) {
            state[0] = 0;
            uint256 from = 1;
            if (next != 0) state[from++] = hash;
            for (uint256 i = from; i <= CHAIN; ++i) {
                state[i] = next < count ? words[next] : 0;
                ++next;
            }
            hash = _permute(state, constants);
        }
    }

    /// @dev Copies the constants of a permutation of `width` elements to memory and returns where they are.
    function _constants(uint256 width) private view returns (uint256 place) {
        uint256 size = 32 * ((FULL_ROUNDS + _partialRounds(width)) * width + width * width);
        assembly ("memory-safe") {
            // Allocates `size` bytes, which the copies below fill.
            place := mload(0x40)
            mstore(0x40, add(place, size))
        }
        if (width == 4) {
            _copy(_table0, 0, place, size);
        } else if (width == 5) {
            _copy(_table0, PoseidonTables.WIDTH_5, place, size);
        } else if (width == 6) {
            _copy(_table1, 0, place, size);
        } else {
            uint256 part = PoseidonTables.PART;
            _copy(_table2, 0, place, part);
            _copy(_table3, 0, place + part, part);
            _copy(_table4, 0, place + 2 * part, size - 2 * part);
        }
    }

    function _copy(address table, uint256 from, uint256 to, uint256 size) private view {
        assembly ("memory-safe") {
            // Within what {_constants} allocated; 1 for the table's STOP byte.
            extcodecopy(table, to, add(from, 1), size)
        }
    }

    /// @dev circomlib's number of partial rounds for a width.
    function _partialRounds(uint256 width) private pure returns (uint256) {
        if (width == 4) return 56;
        return width == 17 ? 68 : 60;
    }

    /// @dev One permutation of the state, in place; returns its first element.
    /// Unreduced sums stay below 2^256: a round constant and an element are each below r < 2^254; five products, each
    /// below r, sum up to less than 5r < 2^256.
    function _permute(uint256[] memory state, uint256 constants) private pure returns (uint256 first) {
        uint256 width = state.length;
        uint256 rounds = FULL_ROUNDS + _partialRounds(width);
        uint256 r = Bn254.SCALAR_FIELD;
        assembly ("memory-safe") {
            // Reads `state`, `rounds · width` words of round constants and `width²` of the matrix after them; writes
            // `state`, and `width` words from the free memory pointer on, which is not moved: nothing is kept there.
            function fifth(x, q) -> y {
                let square := mulmod(x, x, q)
                y := mulmod(mulmod(square, square, q), x, q)
            }
            let size := mul(width, 32)
            let words := add(state, 32)
            let matrix := add(constants, mul(rounds, size))
            let fresh := mload(0x40)
            let addends := constants
            for { let round := 0 } lt(round, rounds) { round := add(round, 1) } {
                let full := or(lt(round, 4), gt(add(round, 5), rounds))
                for { let at := 0 } lt(at, size) { at := add(at, 32) } {
                    let x := addmod(mload(add(words, at)), mload(add(addends, at)), r)
                    if or(full, iszero(at)) { x := fifth(x, r) }
                    mstore(add(words, at), x)
                }
                addends := add(addends, size)
                let row := matrix
                for { let at := 0 } lt(at, size) { at := add(at, 32) } {
                    let sum := 0
                    for { let k := 0 } lt(k, size) { k := add(k, 32) } {
                        sum := addmod(sum, mulmod(mload(add(row, k)), mload(add(words, k)), r), r)
                    }
                    mstore(add(fresh, at), sum)
                    row := add(row, size)
                }
                mcopy(words, fresh, size)
            }
            first := mload(words)
        }
    }
}
