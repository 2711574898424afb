namespace Sluice;

/// <summary>A store that serves calls which wait for its slots.</summary>
internal interface ISlotWaiting
{
    /// <summary>The calls that wait, of all gates and limiters over the store.</summary>
    SlotWaiters SlotWaiters { get; }
}
