// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {CodeStore} from "../libraries/CodeStore.sol";
import {Admission} from "../types/JobRequest.sol";
import {Job, JobFlags, JobHead, MarketState} from "./JobRecord.sol";

/// @title Whom a requester lets execute and prove
/// @notice The list is kept as code: a byte (1: these are excluded, 0: only these), then 20 bytes an account.
library Admissions {
    using JobFlags for JobHead;

    /// @notice The most accounts of a list.
    uint256 internal constant MAX_ACCOUNTS = 64;

    /// @notice Whether a request restricts anyone.
    function restricts(Admission calldata admission) internal pure returns (bool) {
        return admission.accounts.length != 0 || admission.minRecord != 0;
    }

    /// @notice Keeps a list; zero if it is empty.
    function store(Admission calldata admission) internal returns (address list) {
        uint256 count = admission.accounts.length;
        if (count > MAX_ACCOUNTS) revert IMarketErrors.InvalidAdmission(count, MAX_ACCOUNTS);
        if (count == 0) return address(0);
        bytes memory data = abi.encodePacked(admission.excluded);
        for (uint256 i = 0; i < count; ++i) data = abi.encodePacked(data, admission.accounts[i]);
        list = CodeStore.write(data);
    }

    /// @notice Whether an account may execute or prove.
    function admits(
        MarketState storage market,
        Job storage job,
        JobHead memory head,
        address account
    ) internal view returns (bool) {
        if (!head.has(JobFlags.ADMISSION)) return true;
        if (market.accounts[account].record < job.minRecord) return false;
        address list = job.admitted;
        if (list == address(0)) return true;
        bytes memory data = CodeStore.read(list, 0, list.code.length - 1);
        bool excluded = data[0] != 0;
        for (uint256 place = 1; place < data.length; place += 20) {
            uint256 word;
            assembly ("memory-safe") {
                // Reads 32 bytes of `data` from `place` on, past its end for the last account; 20 of them are kept.
                word := shr(96, mload(add(add(data, 32), place)))
            }
            if (word == uint160(account)) return !excluded;
        }
        return excluded;
    }
}
