// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "./interfaces/ICircuitRegistry.sol";
import {IGroth16BatchVerifier} from "./interfaces/IGroth16BatchVerifier.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {KeyStore} from "./libraries/KeyStore.sol";
import {Aggregate, ProofPoints} from "./types/ProofAggregate.sol";
import {G1Point, G2Point} from "./types/VerifyingKey.sol";

/// @title One pairing check for many Groth16 proofs of many circuits
/// @notice See {IGroth16BatchVerifier} for the statement that is checked and docs/protocol.md for why it suffices.
/// @dev The equation is brought to one side by negating the A points, so that the coefficients which are 1 (the first
/// proof's, the first key's) need no scalar multiplication.
///
/// A key's *record* in memory: its circuit, number of signals, whether a proof used it, ρ, a pointer to its sums, the
/// content of its key store, and then the sums: Σ s_i and Σ s_i·x_ij for each signal j over the key's proofs.
contract Groth16BatchVerifier is IGroth16BatchVerifier {
    // Literals, since assembly takes no constants of other contracts; the constructor compares them.
    uint256 private constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant Q =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;
    uint256 private constant LOW_128 = 0xffffffffffffffffffffffffffffffff;

    uint256 private constant SIGNALS = 0x20;
    uint256 private constant USED = 0x40;
    uint256 private constant RHO = 0x60;
    uint256 private constant SUMS = 0x80;
    uint256 private constant KEY = 0xa0;
    // Positions inside a record: those of the key store's layout, behind KEY.
    uint256 private constant KEY_ALPHA = 0xc0;
    uint256 private constant KEY_BETA = 0x100;
    uint256 private constant KEY_DELTA = 0x180;
    uint256 private constant KEY_IC = 0x200;

    uint256 private constant FAULT_LENGTH = 1;
    uint256 private constant FAULT_CIRCUIT = 2;
    uint256 private constant FAULT_SIGNAL = 3;
    uint256 private constant FAULT_POINT = 4;

    /// @inheritdoc IGroth16BatchVerifier
    ICircuitRegistry public immutable circuitRegistry;

    /// @param registry Whose circuits are verified. It must be a {CircuitRegistry}: keys are read from the stores that
    /// it created.
    constructor(ICircuitRegistry registry) {
        assert(R == Bn254.SCALAR_FIELD && Q == Bn254.BASE_FIELD);
        circuitRegistry = registry;
    }

    /// @inheritdoc IGroth16BatchVerifier
    function verify(
        address settler,
        uint256[] calldata statements,
        ProofPoints[] calldata proofs,
        Aggregate calldata aggregate
    ) external view {
        uint256 count = proofs.length;
        if (count == 0) revert EmptyBatch();
        uint256[] memory records = _loadKeys(aggregate);
        uint256 words = _copyStatements(statements);
        uint256 pairs = _copyProofs(proofs, 2 * records.length + 1);
        bytes32 seed = _seed(
            msg.sender,
            settler,
            _hashMemory(words, 32 * statements.length),
            _hashMemory(pairs, 192 * count)
        );
        _drawRho(records, seed, aggregate.c);
        _sumAndScale(records, words, statements.length, pairs, count, seed);
        uint256 end = _appendKeyPairs(records, pairs + 192 * count, aggregate, count);
        _checkPairing(pairs, end);
    }

    /// @inheritdoc IGroth16BatchVerifier
    function challenges(
        address market,
        address settler,
        uint256[] calldata statements,
        ProofPoints[] calldata proofs
    ) external view returns (uint256[] memory r) {
        uint256 words = _copyStatements(statements);
        bytes32 statementsHash = _hashMemory(words, 32 * statements.length);
        uint256 pairs = _copyProofs(proofs, 0);
        bytes32 seed = _seed(market, settler, statementsHash, _hashMemory(pairs, 192 * proofs.length));
        r = new uint256[](proofs.length);
        for (uint256 i = 0; i < r.length; ++i) {
            r[i] = i == 0 ? 1 : uint128(uint256(keccak256(abi.encode(seed, i))));
        }
    }

    function _seed(
        address market,
        address settler,
        bytes32 statementsHash,
        bytes32 proofsHash
    ) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, market, settler, statementsHash, proofsHash));
    }

    /// @dev Reads every listed key from its store. Refuses a list that isn't strictly ascending.
    function _loadKeys(Aggregate calldata aggregate) private view returns (uint256[] memory records) {
        uint256 count = aggregate.circuits.length;
        if (count != aggregate.c.length) revert AggregateLengthMismatch(count, aggregate.c.length);
        records = new uint256[](count);
        address registry = address(circuitRegistry);
        uint256 previous = 0;
        for (uint256 v = 0; v < count; ++v) {
            uint256 circuit = aggregate.circuits[v];
            if (v != 0 && circuit <= previous) revert CircuitsNotAscending(v);
            previous = circuit;
            address store = KeyStore.storeOf(registry, circuit);
            uint256 size = store.code.length;
            if (size == 0) revert CircuitNotRegistered(circuit);
            uint256 record;
            assembly ("memory-safe") {
                // A store is 1 + 352 + 64·(signals + 1) bytes. The record takes KEY bytes, the store without its STOP
                // byte (a multiple of 32) and signals + 1 sums, from the free memory pointer, which is moved behind
                // it. The sums are zeroed: free memory may be dirty.
                record := mload(0x40)
                let content := sub(size, 1)
                let points := shr(6, sub(content, 352))
                let sums := add(add(record, KEY), content)
                mstore(record, circuit)
                mstore(add(record, SIGNALS), sub(points, 1))
                mstore(add(record, USED), 0)
                mstore(add(record, SUMS), sums)
                extcodecopy(store, add(record, KEY), 1, content)
                let end := add(sums, shl(5, points))
                calldatacopy(sums, calldatasize(), sub(end, sums))
                mstore(0x40, end)
            }
            records[v] = record;
        }
    }

    /// @dev Copies the statements' words to new memory; returns where they start.
    function _copyStatements(uint256[] calldata statements) private pure returns (uint256 words) {
        assembly ("memory-safe") {
            // Fresh memory of exactly this size.
            words := mload(0x40)
            let size := shl(5, statements.length)
            calldatacopy(words, statements.offset, size)
            mstore(0x40, add(words, size))
        }
    }

    /// @dev Copies the proofs to the start of a new pairing input with room for `more` pairs behind them.
    function _copyProofs(
        ProofPoints[] calldata proofs,
        uint256 more
    ) private pure returns (uint256 pairs) {
        assembly ("memory-safe") {
            // A proof is six words, in the order of a pair. Fresh memory; what isn't copied to is written later.
            pairs := mload(0x40)
            calldatacopy(pairs, proofs.offset, mul(proofs.length, 192))
            mstore(0x40, add(pairs, mul(add(proofs.length, more), 192)))
        }
    }

    function _hashMemory(uint256 start, uint256 size) private pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            // Reads memory that the caller allocated.
            digest := keccak256(start, size)
        }
    }

    /// @dev Draws ρ for each key, when the seed, all C* and what is in the keys are fixed. The seed knows keys by their
    /// numbers alone, and the next number is known before its key: without the keys here, one could be made to fit.
    function _drawRho(uint256[] memory records, bytes32 seed, G1Point[] calldata c) private pure {
        bytes32 drawnFrom;
        assembly ("memory-safe") {
            // Free memory is used as scratch and not kept: all C*, then a digest of each key's store. A record's store
            // content lies from KEY up to its sums.
            let scratch := mload(0x40)
            let size := shl(6, c.length)
            calldatacopy(scratch, c.offset, size)
            let end := add(scratch, size)
            let keys := add(records, 32)
            let keysEnd := add(keys, shl(5, mload(records)))
            for {

            } lt(keys, keysEnd) {
                keys := add(keys, 32)
                end := add(end, 32)
            } {
                let record := mload(keys)
                let content := add(record, KEY)
                mstore(end, keccak256(content, sub(mload(add(record, SUMS)), content)))
            }
            drawnFrom := keccak256(scratch, sub(end, scratch))
        }
        bytes32 rhoSeed = keccak256(abi.encode(seed, drawnFrom));
        for (uint256 v = 0; v < records.length; ++v) {
            uint256 rho = v == 0 ? 1 : uint128(uint256(keccak256(abi.encode(rhoSeed, v))));
            uint256 record = records[v];
            assembly ("memory-safe") {
                // A field of the record.
                mstore(add(record, RHO), rho)
            }
        }
    }

    /// @dev Adds every statement to its key's sums and replaces each A by −s·A.
    function _sumAndScale(
        uint256[] memory records,
        uint256 words,
        uint256 wordCount,
        uint256 pairs,
        uint256 count,
        bytes32 seed
    ) private view {
        uint256 fault = 0;
        uint256 place = 0;
        uint256 value = 0;
        assembly ("memory-safe") {
            // Reads `words` (allocated, wordCount words) below `limit` only, reads and writes the records, whose sums
            // have one word more than the key has signals, and the first `count` pairs. The scalar of a
            // multiplication is put where B begins for the length of the call, so that A needs no copy. Scratch
            // space 0..63 is used for the challenges. No sum here can overflow but by wrapping modulo R: positions
            // are bounded by calldata, scalars are below R and added by addmod.
            let keys := add(records, 32)
            let keyCount := mload(records)
            let cursor := 0
            let word := words
            let limit := add(words, shl(5, wordCount))
            let pair := pairs
            mstore(0, seed)
            for {
                let i := 0
            } lt(i, count) {
                i := add(i, 1)
            } {
                if iszero(lt(word, limit)) {
                    fault := FAULT_LENGTH
                    break
                }
                // Proofs usually come in the order of their circuits, so the search goes on where the last one ended.
                let circuit := mload(word)
                let tries := 0
                let record := 0
                for {

                } lt(tries, keyCount) {
                    tries := add(tries, 1)
                } {
                    record := mload(add(keys, shl(5, cursor)))
                    if eq(mload(record), circuit) {
                        break
                    }
                    cursor := add(cursor, 1)
                    if eq(cursor, keyCount) {
                        cursor := 0
                    }
                }
                if eq(tries, keyCount) {
                    fault := FAULT_CIRCUIT
                    value := circuit
                    break
                }
                mstore(add(record, USED), 1)

                let s := mload(add(record, RHO))
                if i {
                    mstore(32, i)
                    s := mulmod(and(keccak256(0, 64), LOW_128), s, R)
                }
                let sum := mload(add(record, SUMS))
                mstore(sum, addmod(mload(sum), s, R))
                word := add(word, 32)
                let next := add(word, shl(5, mload(add(record, SIGNALS))))
                if gt(next, limit) {
                    fault := FAULT_LENGTH
                    break
                }
                for {

                } lt(word, next) {
                    word := add(word, 32)
                } {
                    value := mload(word)
                    if iszero(lt(value, R)) {
                        fault := FAULT_SIGNAL
                        place := shr(5, sub(word, words))
                        break
                    }
                    sum := add(sum, 32)
                    mstore(sum, addmod(mload(sum), mulmod(s, value, R), R))
                }
                if fault {
                    break
                }

                switch s
                case 1 {
                    let y := mload(add(pair, 32))
                    if iszero(lt(y, Q)) {
                        fault := FAULT_POINT
                        place := i
                        break
                    }
                    mstore(add(pair, 32), mod(sub(Q, y), Q))
                }
                default {
                    let scalar := add(pair, 64)
                    let kept := mload(scalar)
                    mstore(scalar, sub(R, s))
                    if iszero(staticcall(gas(), 7, pair, 96, pair, 64)) {
                        fault := FAULT_POINT
                        place := i
                        break
                    }
                    mstore(scalar, kept)
                }
                pair := add(pair, 192)
            }
            if iszero(or(fault, eq(word, limit))) {
                fault := FAULT_LENGTH
            }
        }
        if (fault == 0) return;
        if (fault == FAULT_LENGTH) revert StatementLengthMismatch(wordCount, count);
        if (fault == FAULT_CIRCUIT) revert CircuitNotListed(value);
        if (fault == FAULT_SIGNAL) revert SignalOutOfRange(place, value);
        revert PointNotOnCurve(place);
    }

    /// @dev Writes the pairs that don't belong to one proof: e(Σs·α, β) for each phase 1, e(Σ s·IC, G2), and
    /// e(ρ·C*, δ) for each key. Returns the end of the pairing input.
    function _appendKeyPairs(
        uint256[] memory records,
        uint256 position,
        Aggregate calldata aggregate,
        uint256 proofCount
    ) private view returns (uint256 end) {
        uint256 icPair = position;
        uint256 srsPairs = position + 192;
        end = srsPairs;
        G2Point memory generator = Bn254.g2();
        assembly ("memory-safe") {
            // The pair of the summed IC: its G1 point starts as infinity. Room for it was allocated. A point of the
            // second group in memory is two pointers to two words each.
            mstore(icPair, 0)
            mstore(add(icPair, 32), 0)
            mcopy(add(icPair, 64), mload(generator), 64)
            mcopy(add(icPair, 128), mload(add(generator, 32)), 64)
        }
        for (uint256 v = 0; v < records.length; ++v) {
            uint256 record = records[v];
            _requireUsed(record);
            _addIc(record, icPair);
        }
        end = _appendSrsPairs(records, srsPairs);
        for (uint256 v = 0; v < records.length; ++v) {
            if (!_scaleC(records[v], aggregate.c[v], end)) revert PointNotOnCurve(proofCount + v);
            end += 192;
        }
    }

    function _requireUsed(uint256 record) private pure {
        uint256 used;
        uint256 circuit;
        assembly ("memory-safe") {
            // Fields of the record.
            used := mload(add(record, USED))
            circuit := mload(record)
        }
        if (used == 0) revert CircuitWithoutProof(circuit);
    }

    /// @dev Adds Σ_j sums_j·IC_j of one key to the point at `total`.
    function _addIc(uint256 record, uint256 total) private view {
        assembly ("memory-safe") {
            // Free memory is used as scratch: five words for the accumulator and a multiplication's input. IC points
            // were checked to be on the curve when the key was registered, so the precompiles can't refuse them; if
            // one ran out of gas here, so does what follows.
            let scratch := mload(0x40)
            let term := add(scratch, 64)
            mstore(scratch, mload(total))
            mstore(add(scratch, 32), mload(add(total, 32)))
            let sum := mload(add(record, SUMS))
            let ic := add(record, KEY_IC)
            let icEnd := sum
            for {

            } lt(ic, icEnd) {
                ic := add(ic, 64)
                sum := add(sum, 32)
            } {
                mstore(term, mload(ic))
                mstore(add(term, 32), mload(add(ic, 32)))
                let scalar := mload(sum)
                let ok := 1
                if iszero(eq(scalar, 1)) {
                    mstore(add(term, 64), scalar)
                    ok := staticcall(gas(), 7, term, 96, term, 64)
                }
                ok := and(ok, staticcall(gas(), 6, scratch, 128, scratch, 64))
                if iszero(ok) {
                    revert(0, 0)
                }
            }
            mstore(total, mload(scratch))
            mstore(add(total, 32), mload(add(scratch, 32)))
        }
    }

    /// @dev Writes one pair for each phase 1 among the keys; its scalar is the sum of those of all its proofs.
    function _appendSrsPairs(uint256[] memory records, uint256 position) private view returns (uint256 end) {
        uint256[] memory firsts = new uint256[](records.length);
        uint256[] memory scalars = new uint256[](records.length);
        uint256 found = 0;
        for (uint256 v = 0; v < records.length; ++v) {
            uint256 record = records[v];
            uint256 k = 0;
            while (k < found && _srsOf(firsts[k]) != _srsOf(record)) ++k;
            if (k == found) {
                firsts[k] = record;
                ++found;
            }
            scalars[k] = addmod(scalars[k], _scalarSum(record), R);
        }
        end = position;
        for (uint256 k = 0; k < found; ++k) {
            uint256 record = firsts[k];
            uint256 scalar = scalars[k];
            assembly ("memory-safe") {
                // One pair of the allocated input: α·scalar, with the scalar where β begins until the call is done.
                // α was checked at registration.
                mcopy(end, add(record, KEY_ALPHA), 64)
                if iszero(eq(scalar, 1)) {
                    mstore(add(end, 64), scalar)
                    if iszero(staticcall(gas(), 7, end, 96, end, 64)) {
                        revert(0, 0)
                    }
                }
                mcopy(add(end, 64), add(record, KEY_BETA), 128)
            }
            end += 192;
        }
    }

    /// @dev Writes the pair (ρ·C*, δ) of one key; false if C* isn't on the curve.
    function _scaleC(uint256 record, G1Point calldata c, uint256 pair) private view returns (bool ok) {
        assembly ("memory-safe") {
            // One pair of the allocated input, the scalar where δ begins until the call is done.
            calldatacopy(pair, c, 64)
            let rho := mload(add(record, RHO))
            ok := 1
            if iszero(eq(rho, 1)) {
                mstore(add(pair, 64), rho)
                ok := staticcall(gas(), 7, pair, 96, pair, 64)
            }
            mcopy(add(pair, 64), add(record, KEY_DELTA), 128)
        }
    }

    function _srsOf(uint256 record) private pure returns (uint256 srs) {
        assembly ("memory-safe") {
            // The first word of the key's store.
            srs := mload(add(record, KEY))
        }
    }

    function _scalarSum(uint256 record) private pure returns (uint256 sum) {
        assembly ("memory-safe") {
            // The first of the record's sums.
            sum := mload(mload(add(record, SUMS)))
        }
    }

    function _checkPairing(uint256 start, uint256 end) private view {
        bool holds;
        assembly ("memory-safe") {
            // Reads the allocated input, writes the result to scratch space. The precompile refuses points that aren't
            // canonical, off the curve or outside their subgroup.
            holds := staticcall(gas(), 8, start, sub(end, start), 0, 32)
            holds := and(holds, eq(mload(0), 1))
        }
        if (!holds) revert ProofCheckFailed();
    }
}
