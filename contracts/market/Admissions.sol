// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAdmission} from "../interfaces/IAdmission.sol";
import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {Admission} from "../types/JobRequest.sol";
import {JobState} from "../types/MarketStates.sol";
import {Job, JobFlags, JobHead} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";

/// @title Asking a job's admission contract who may enter
/// @notice The contract is anybody's, so it is asked statically, with bounded gas, one word of its answer is read, and nothing but
/// a one admits. It is asked of who comes, never of who is in the job already: what it answers later takes neither the right to prove
/// from a holder, nor from an executor whose bond hangs on what is unproved.
library Admissions {
    using JobFlags for JobHead;

    /// @notice The most gas that an admission contract may use for an answer.
    uint256 internal constant GAS = 100_000;
    /// @dev What a call needs besides the callee's gas: reading whom to ask, the call itself, and what the caller does afterwards.
    uint256 private constant CALL_MARGIN = 15_000;

    /// @notice Refuses a contract that isn't there, and data for none.
    /// @return asked Whether anybody is to be asked.
    function check(Admission calldata admission) internal view returns (bool asked) {
        asked = admission.hook != address(0);
        bool usable = asked ? admission.hook.code.length != 0 : admission.data == 0;
        if (!usable) revert IMarketErrors.InvalidAdmission(admission.hook, admission.data);
    }

    /// @notice Whether an account may claim a job's execution, bid on its slices, or settle those that nobody holds. Reverts where
    /// there is less gas than the answer may take: too little would look like a refusal.
    function admits(
        Job storage job,
        JobHead memory head,
        bytes32 jobId,
        address account
    ) internal view returns (bool) {
        if (!head.has(JobFlags.ADMISSION)) return true;
        if (head.state == JobState.Traced && account == JobRecords.executorOf(job)) return true;
        // 63/64 of the gas left is the most that a call can be given.
        uint256 needed = GAS + GAS / 63 + CALL_MARGIN;
        if (gasleft() < needed) revert IMarketErrors.TooLittleGas(needed);
        Admission memory admission = job.admission;
        bytes memory question = abi.encodeCall(IAdmission.admits, (jobId, account, admission.data));
        return _saysYes(admission.hook, question);
    }

    function _saysYes(address hook, bytes memory question) private view returns (bool yes) {
        uint256 gasLimit = GAS;
        assembly ("memory-safe") {
            // Takes one word of the answer into scratch space, however much there is.
            yes := staticcall(gasLimit, hook, add(question, 32), mload(question), 0, 32)
            yes := and(yes, and(gt(returndatasize(), 31), eq(mload(0), 1)))
        }
    }
}
