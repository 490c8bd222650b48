// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../interfaces/ISliceMarket.sol";

/// @title An admission contract that doesn't behave, in the way that it is told
/// @dev Not an {IAdmission} for the compiler, which wouldn't let a view function write.
contract HostileAdmission {
    /// @notice How it answers.
    enum Way {
        Yes,
        No,
        Reverts,
        RevertsYes,
        BurnsAllGas,
        Invalid,
        Nothing,
        ShortYes,
        Two,
        Bomb,
        RevertBomb,
        Writes,
        Reenters,
        AsksForGas
    }

    /// @notice Thrown when none of what it tries goes through.
    error NothingHad();

    /// @notice How it answers now.
    Way public way;

    /// @notice Where the next answer of {Way-Writes} would be counted.
    uint256 public asked;

    /// @notice Changes its mind.
    function turn(Way way_) external {
        way = way_;
    }

    /// @notice As {IAdmission-admits}, but for what it does.
    /// @param data For {Way-AsksForGas}: yes, if there is more gas than this.
    function admits(bytes32 jobId, address account, bytes32 data) external returns (bool) {
        Way way_ = way;
        if (way_ == Way.Writes) ++asked;
        if (way_ == Way.Reenters) _reenter(jobId, account);
        if (way_ == Way.AsksForGas) return gasleft() > uint256(data);
        if (way_ == Way.Invalid) assert(false);
        assembly ("memory-safe") {
            // Answers that aren't one word of one: each ends the call.
            switch way_
            case 2 {
                revert(0, 0)
            }
            case 3 {
                // A revert that carries a yes.
                mstore(0, 1)
                revert(0, 32)
            }
            case 4 {
                // Wastes all the gas that it gets.
                for {

                } 1 {

                } {
                    pop(gas())
                }
            }
            case 6 {
                return(0, 0)
            }
            case 7 {
                mstore(0, 1)
                return(0, 31)
            }
            case 8 {
                mstore(0, 2)
                return(0, 32)
            }
            case 9 {
                // A bomb of returned bytes, as long as the gas allows.
                mstore(0, 0)
                return(0, 150000)
            }
            case 10 {
                revert(0, 150000)
            }
        }
        return way_ != Way.No;
    }

    /// @dev What would be worth something in the middle of a claim, a bid or a settlement; a yes if any of it went through.
    function _reenter(bytes32 jobId, address account) private {
        ISliceMarket market = ISliceMarket(msg.sender);
        bytes[] memory calls = new bytes[](4);
        calls[0] = abi.encodeCall(market.withdraw, (1, account, false));
        calls[1] = abi.encodeCall(market.claimExecution, (account, jobId));
        calls[2] = abi.encodeCall(market.finalize, (jobId));
        calls[3] = abi.encodeCall(market.cancelNonce, (1));
        bool any = false;
        for (uint256 i = 0; i < calls.length; ++i) {
            // solhint-disable-next-line avoid-low-level-calls
            (bool done, ) = address(market).call{gas: 22_000}(calls[i]);
            any = any || done;
        }
        if (!any) revert NothingHad();
    }
}
