// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogId} from "../../../contracts/types/LogId.sol";

/// @dev As much of an EvidenceLog as a receipt's signature is judged by; vectors name its address.
contract OperatorOnly {
    mapping(LogId logId => address) public operator;

    function setOperator(LogId logId, address account) external {
        operator[logId] = account;
    }
}
