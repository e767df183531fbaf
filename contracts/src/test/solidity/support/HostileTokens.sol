// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Keeps one percent of every transfer.
contract FeeToken is ERC20("Fee", "FEE") {
    constructor() {
        _mint(msg.sender, 1_000_000e18);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0) && to != address(0)) {
            super._update(from, address(0xFEE), value / 100);
            value -= value / 100;
        }
        super._update(from, to, value);
    }
}

/// Says false instead of reverting and moves nothing.
contract LyingToken is ERC20("Lie", "LIE") {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// Calls back into a target during a transfer, as a token with hooks would, and remembers whether that worked.
contract HookToken is ERC20("Hook", "HOOK") {
    address private _target;
    bytes private _call;
    bool public attempted;
    bool public succeeded;

    constructor() {
        _mint(msg.sender, 1_000_000e18);
        _mint(address(this), 1_000_000e18);
    }

    /// Does the call outside of any transfer.
    function run(address target, bytes calldata call) external {
        _approve(address(this), target, type(uint256).max);
        (bool done,) = target.call(call);
        require(done);
    }

    function arm(address target, bytes calldata call) external {
        (_target, _call) = (target, call);
        (attempted, succeeded) = (false, false);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        attempted = true;
        (succeeded,) = target.call(_call);
    }
}

/// A node that burns all gas it is given and returns a bomb, should anybody ever call it.
contract GasBurner {
    uint256 public calls;

    fallback() external {
        ++calls;
        assembly {
            return(0, 1000000)
        }
    }
}
