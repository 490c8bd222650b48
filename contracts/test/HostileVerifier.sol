// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title An external verifier that doesn't behave, in the way that the first byte of a proof says
/// @dev Not an {ISliceVerifier} for the compiler, which wouldn't let a view function write.
contract HostileVerifier {
    /// @notice What the verifier answers when it isn't told how to misbehave.
    bool public answer = true;

    /// @notice Changes its mind, which the hash of its code doesn't show.
    function turn(bool answer_) external {
        answer = answer_;
    }

    /// @notice As {ISliceVerifier-verify}, but for what it does.
    function verify(bytes calldata proof, uint256[] calldata) external returns (bool) {
        bytes1 way = proof.length == 0 ? bytes1(0) : proof[0];
        assembly ("memory-safe") {
            // Answers that aren't one word of one: each ends the call.
            switch byte(0, way)
            case 1 {
                revert(0, 0)
            }
            case 2 {
                // Wastes all the gas that it gets.
                for {

                } 1 {

                } {
                    pop(gas())
                }
            }
            case 3 {
                // A bomb of returned bytes, as long as the gas allows.
                mstore(0, 0)
                return(0, 200000)
            }
            case 4 {
                mstore(0, 2)
                return(0, 32)
            }
            case 5 {
                mstore(0, 1)
                return(0, 31)
            }
            case 6 {
                return(0, 0)
            }
            case 7 {
                // A revert that carries a yes.
                mstore(0, 1)
                revert(0, 32)
            }
            case 8 {
                // Tries to write.
                sstore(0, 0)
            }
            case 9 {
                invalid()
            }
            case 10 {
                // Yes, if it has more gas than the word behind says.
                mstore(0, gt(gas(), calldataload(add(proof.offset, 1))))
                return(0, 32)
            }
        }
        return answer;
    }
}
