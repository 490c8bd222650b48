// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITensorHasher} from "./interfaces/ITensorHasher.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {PoseidonTables} from "./libraries/PoseidonTables.sol";

/// @title The hash that tensors are committed with
/// @notice See {ITensorHasher}. Poseidon's constants lie in the code of small contracts, which are the same everywhere:
/// this one refuses any others.
/// @dev Of each permutation there are 8 full rounds and as many partial ones as circomlib has for its width; x^5; the
/// state starts as (0, inputs), the hash is its first element.
contract TensorHasher is ITensorHasher {
    uint256 private constant FULL_ROUNDS = 8;
    uint256 private constant LONG_PARTIAL_ROUNDS = 68;
    uint256 private constant LEAST_WORDS = 3;
    uint256 private constant MOST_IN_ONE = 5;
    uint256 private constant CHAIN = 16;

    address private immutable _table0;
    address private immutable _table1;
    address private immutable _table2;
    address private immutable _table3;
    address private immutable _table4;
    address private immutable _table5;

    /// @param tables Contracts whose code is a STOP byte and constants, in {PoseidonTables}' order.
    constructor(address[6] memory tables) {
        bytes32[6] memory hashes = PoseidonTables.hashes();
        for (uint256 i = 0; i < 6; ++i) {
            if (tables[i].codehash != hashes[i]) revert WrongTable(i, tables[i].codehash, hashes[i]);
        }
        _table0 = tables[0];
        _table1 = tables[1];
        _table2 = tables[2];
        _table3 = tables[3];
        _table4 = tables[4];
        _table5 = tables[5];
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
            return _permuteShort(short, _shortConstants(count + 1));
        }
        uint256 constants = _longConstants();
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
            hash = _permuteLong(state, constants);
        }
    }

    /// @dev Copies the constants of a short permutation to memory and returns where they are.
    function _shortConstants(uint256 width) private view returns (uint256 place) {
        uint256 size = 32 * ((FULL_ROUNDS + _shortPartialRounds(width)) * width + width * width);
        place = _allocate(size);
        _copy(width == 6 ? _table1 : _table0, width == 5 ? PoseidonTables.WIDTH_5 : 0, place, size);
    }

    /// @dev Copies the constants of the long permutation to memory and returns where they are.
    function _longConstants() private view returns (uint256 place) {
        uint256 part = PoseidonTables.PART;
        place = _allocate(PoseidonTables.LONG);
        _copy(_table2, 0, place, part);
        _copy(_table3, 0, place + part, part);
        _copy(_table4, 0, place + 2 * part, part);
        _copy(_table5, 0, place + 3 * part, PoseidonTables.LONG - 3 * part);
    }

    function _allocate(uint256 size) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            // Takes `size` bytes, a multiple of 32, which the caller fills.
            place := mload(0x40)
            mstore(0x40, add(place, size))
        }
    }

    function _copy(address table, uint256 from, uint256 to, uint256 size) private view {
        assembly ("memory-safe") {
            // Within what was allocated for it; 1 for the table's STOP byte.
            extcodecopy(table, to, add(from, 1), size)
        }
    }

    /// @dev circomlib's number of partial rounds for 4, 5 and 6 elements.
    function _shortPartialRounds(uint256 width) private pure returns (uint256) {
        return width == 4 ? 56 : 60;
    }

    /// @dev One permutation of 4 to 6 elements, in place; returns its first element. The constants are those of all
    /// rounds, row by row, then the matrix, row by row.
    function _permuteShort(uint256[] memory state, uint256 constants) private pure returns (uint256 first) {
        uint256 width = state.length;
        uint256 rounds = FULL_ROUNDS + _shortPartialRounds(width);
        uint256 r = Bn254.SCALAR_FIELD;
        assembly ("memory-safe") {
            // Reads `state`, `rounds · width` words of round constants and `width²` of the matrix after them; writes
            // `state`, and `width` words from the free memory pointer on, which is not moved: nothing is kept there.
            // Sums of products stay below 2^256: each product is below r, and 5r is below 2^256.
            function fifth(x, q) -> y {
                let square := mulmod(x, x, q)
                y := mulmod(mulmod(square, square, q), x, q)
            }
            function dot(row, words, size, q) -> sum {
                sum := add(
                    add(mulmod(mload(row), mload(words), q), mulmod(mload(add(row, 32)), mload(add(words, 32)), q)),
                    add(
                        mulmod(mload(add(row, 64)), mload(add(words, 64)), q),
                        mulmod(mload(add(row, 96)), mload(add(words, 96)), q)
                    )
                )
                if gt(size, 128) {
                    sum := add(sum, mulmod(mload(add(row, 128)), mload(add(words, 128)), q))
                    if gt(size, 160) {
                        sum := add(mod(sum, q), mulmod(mload(add(row, 160)), mload(add(words, 160)), q))
                    }
                }
                sum := mod(sum, q)
            }
            let size := mul(width, 32)
            let words := add(state, 32)
            let matrix := add(constants, mul(rounds, size))
            let fresh := mload(0x40)
            for { let round := 0 } lt(round, rounds) { round := add(round, 1) } {
                let full := or(lt(round, 4), gt(add(round, 5), rounds))
                // An unreduced sum is below 2r; the products below reduce it.
                mstore(words, fifth(add(mload(words), mload(constants)), r))
                for { let i := 32 } lt(i, size) { i := add(i, 32) } {
                    let x := add(mload(add(words, i)), mload(add(constants, i)))
                    if full { x := fifth(x, r) }
                    mstore(add(words, i), x)
                }
                constants := add(constants, size)
                let row := matrix
                for { let i := 0 } lt(i, size) { i := add(i, 32) } {
                    mstore(add(fresh, i), dot(row, words, size, r))
                    row := add(row, size)
                }
                mcopy(words, fresh, size)
            }
            first := mload(words)
        }
    }

    /// @dev One permutation of 17 elements, in place; returns its first element. The constants are as
    /// scripts/poseidon-tables.ts orders and explains them.
    function _permuteLong(uint256[] memory state, uint256 constants) private pure returns (uint256 first) {
        uint256 r = Bn254.SCALAR_FIELD;
        uint256 partialRounds = LONG_PARTIAL_ROUNDS;
        assembly ("memory-safe") {
            // Reads `state` and the constants; writes `state`, and 17 words from the free memory pointer on, which is not
            // moved: nothing is kept there. Sums of products stay below 2^256: each product is below r, a reduced sum is
            // too, and 5r is below 2^256.
            function fifth(x, q) -> y {
                let square := mulmod(x, x, q)
                y := mulmod(mulmod(square, square, q), x, q)
            }
            function four(row, words, q) -> sum {
                sum := add(
                    add(mulmod(mload(row), mload(words), q), mulmod(mload(add(row, 32)), mload(add(words, 32)), q)),
                    add(
                        mulmod(mload(add(row, 64)), mload(add(words, 64)), q),
                        mulmod(mload(add(row, 96)), mload(add(words, 96)), q)
                    )
                )
            }
            function dot(row, words, q) -> sum {
                sum := add(four(row, words, q), mulmod(mload(add(row, 128)), mload(add(words, 128)), q))
                sum := add(mod(sum, q), four(add(row, 160), add(words, 160), q))
                sum := add(mod(sum, q), four(add(row, 288), add(words, 288), q))
                sum := mod(add(mod(sum, q), four(add(row, 416), add(words, 416), q)), q)
            }
            // A full round: constants, fifth powers, then the matrix at `matrix`.
            function fullRound(words, fresh, addends, matrix, q) {
                for { let i := 0 } lt(i, 544) { i := add(i, 32) } {
                    mstore(add(words, i), fifth(add(mload(add(words, i)), mload(add(addends, i))), q))
                }
                for { let i := 0 } lt(i, 544) { i := add(i, 32) } {
                    mstore(add(fresh, i), dot(matrix, words, q))
                    matrix := add(matrix, 544)
                }
                mcopy(words, fresh, 544)
            }
            let words := add(state, 32)
            let fresh := mload(0x40)
            // After 4 rows of constants comes P (17² words), d (17), the partial rounds (34 each), 4 rows, the matrix.
            let p := add(constants, 2176)
            let step := add(p, 9792)
            let last := add(step, mul(partialRounds, 1088))
            let matrix := add(last, 2176)
            fullRound(words, fresh, constants, matrix, r)
            fullRound(words, fresh, add(constants, 544), matrix, r)
            fullRound(words, fresh, add(constants, 1088), matrix, r)
            fullRound(words, fresh, add(constants, 1632), p, r)
            let d := add(p, 9248)
            for { let i := 0 } lt(i, 544) { i := add(i, 32) } {
                mstore(add(words, i), addmod(mload(add(words, i)), mload(add(d, i)), r))
            }
            for {} lt(step, last) { step := add(step, 1088) } {
                let head := add(fifth(mload(words), r), mload(step))
                mstore(words, head)
                let column := add(step, 576)
                let sum := dot(add(step, 32), words, r)
                for { let i := 32 } lt(i, 544) { i := add(i, 32) } {
                    let place := add(words, i)
                    mstore(place, addmod(mload(place), mulmod(head, mload(column), r), r))
                    column := add(column, 32)
                }
                mstore(words, sum)
            }
            fullRound(words, fresh, last, matrix, r)
            fullRound(words, fresh, add(last, 544), matrix, r)
            fullRound(words, fresh, add(last, 1088), matrix, r)
            fullRound(words, fresh, add(last, 1632), matrix, r)
            first := mload(words)
        }
    }
}
