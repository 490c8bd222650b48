// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title What a contract has to answer to verify slices in place of a Groth16 key
/// @notice Slices proved by another system can be sold in the same market: their circuit names such a contract.
interface ISliceVerifier {
    /// @notice Whether a proof holds for public signals.
    /// @dev Called statically with the gas limit that it was registered with. Anything but a returned word of one, be
    /// it a revert, running out of gas or another answer, counts as no. The last signal is the tag: a proof that isn't
    /// bound to it can be copied and pays the thief.
    /// @param proof The proof, in whatever form the system has.
    /// @param signals Commitments of the slice's inputs, of its outputs, and the tag; each below the scalar field's order.
    function verify(bytes calldata proof, uint256[] calldata signals) external view returns (bool);
}
