namespace Sluice.Mcp;

/// <summary>A call that waits for a slot.</summary>
/// <remarks>
/// It is not decided yet. When another configuration becomes the current one, the call moves to the gate of that one, which then decides it
/// as a whole. Its longest wait was set when it came.
/// </remarks>
/// <param name="gate">The gate to which it came.</param>
/// <param name="call">The call.</param>
/// <param name="held">Where it is held.</param>
/// <param name="place">Its place there.</param>
/// <param name="since">The timestamp at which it came.</param>
internal sealed class SlotWait(CallGate gate, in CallGate.DecidingCall call, HeldCalls held, HeldCalls.HeldCall place, long since)
    : SlotWaiter(call.Request, call.Lease.StatesToFill, held, place)
{
    /// <summary>The gate that decides it.</summary>
    internal CallGate Gate { get; private set; } = gate;

    /// <summary>The call, with the limits by which it was decided last, or will be.</summary>
    internal CallGate.DecidingCall Call { get; private set; } = call;

    /// <summary>The timestamp at which it came.</summary>
    internal long Since => since;

    /// <inheritdoc/>
    internal override bool Renew()
    {
        CallGate latest = Gate.Latest;
        if (latest == Gate)
        {
            return false;
        }

        Gate = latest;
        Call = latest.Renew(Call);
        Request = Call.Request;
        States = Call.Lease.StatesToFill;
        Answer = default; // That was the answer by other limits.
        return true;
    }
}
