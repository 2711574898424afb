namespace Sluice.Mcp;

/// <summary>A call that waits for a slot.</summary>
/// <param name="Call">The call.</param>
/// <param name="Waiter">Its place in the queue.</param>
/// <param name="Since">The timestamp at which it came.</param>
internal sealed record SlotWait(CallGate.DecidingCall Call, SlotWaiter Waiter, long Since);
